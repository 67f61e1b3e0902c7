/* tee.h - hands a child's stdout and stderr on, byte for byte as they come, and keeps a copy.
 *
 * The reader behind us sets the pace: nothing is read from the child while the last chunk is still
 * to be written, and a chunk is written only when poll says that there is room, so a slow reader of
 * one stream does not hold up the other. When a reader is gone, the child's pipe is closed: the
 * child then meets the same broken pipe that it would have met without us.
 */
#ifndef PERFGO_CLI_TEE_H
#define PERFGO_CLI_TEE_H

#include <poll.h>
#include <stddef.h>

enum {
    TEE_STREAMS = 2, /* stdout, stderr */
    TEE_POLLFDS = TEE_STREAMS,
    TEE_CHUNK = 4096, /* PIPE_BUF: a pipe that polls writable takes it at once */
};

struct tee_stream {
    int from; /* read end of the child's pipe; -1 when finished */
    int to;   /* our own stdout or stderr */
    int copy; /* file, or -1: not kept, or gave up (disk full) */
    int copy_errno;
    size_t start, end; /* chunk[start..end) is still to be written */
    char chunk[TEE_CHUNK];
};

struct tee {
    struct tee_stream stream[TEE_STREAMS];
    int child_end[TEE_STREAMS]; /* write ends, for the child; closed by tee_started */
};

/* Makes the pipes and copies (files in the open directory dir_fd, which grow at their end; -1:
 * none). Returns 0 or errno. */
int tee_open(struct tee *t, int dir_fd, const char *out_name, const char *err_name);

/* To be called when the child has its ends. */
void tee_started(struct tee *t);

/* Fills in what to wait for; returns how many entries. */
nfds_t tee_poll(const struct tee *t, struct pollfd *fds);

/* Moves what the poll said can be moved. */
void tee_move(struct tee *t, const struct pollfd *fds, nfds_t n);

/* After the child's end: moves what is still in the pipes, at most what they hold now, for a
 * grandchild may keep one open and go on writing. Gives up when interrupt_fd becomes readable (the
 * reader behind us may never read again, and somebody wants us to end). */
void tee_finish(struct tee *t, int interrupt_fd);

void tee_close(struct tee *t);

#endif
