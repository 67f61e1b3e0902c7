/* notes.h - what the test binaries have to say, each sentence once.
 *
 * Nothing may be printed inside a test binary (tests compare their children's output), and ten
 * packages must not print ten notes. So the agent appends one JSON object per line to the file that
 * PERFGO_NOTES names:
 *
 *     {"event":"armed"|"note"|"error", "text":…}
 *
 * Each `perfgo exec` gives its binary a file of its own, so that it can tell whether that binary
 * was reached at all, and hands the lines on to the file of the `perfgo test` above it, if there is
 * one; whoever is on top prints.
 */
#ifndef PERFGO_CLI_NOTES_H
#define PERFGO_CLI_NOTES_H

#include <stdbool.h>

struct notes {
    char *path;  /* this command's file; NULL: could not be made */
    char *outer; /* PERFGO_NOTES as it was, or NULL: this command prints */
};

/* Creates `dir`/notes and points PERFGO_NOTES to it. */
void notes_begin(struct notes *n, const char *dir);

/* Adds a sentence of perfgo's own, to be printed by whoever is on top. With a program, the sentence
 * goes on from its name, and is printed once for all programs that have the same to say. */
void notes_add(struct notes *n, const char *program, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Says that the program is measured, and how, as the agent in it would. */
void notes_armed(struct notes *n, const char *how);

/* True when the agent has reported anything at all (not counting notes_add). */
bool notes_heard(const struct notes *n);

/* Prints every distinct sentence, or hands all lines on; then frees and restores PERFGO_NOTES. The
 * file itself goes with its directory. */
void notes_finish(struct notes *n, bool verbose);

#endif
