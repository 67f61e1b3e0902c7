/* launch.h - one child process, and what signals mean while it runs.
 *
 * perfgo must be invisible between whoever started it and the child: the child sees the terminal's
 * signals itself (same process group), so those are dropped here; signals that were sent to perfgo
 * alone by kill(2) (go test's timeout, a CI runner's SIGTERM) are handed on; and perfgo ends the
 * way the child ended, by the same exit status or the same signal.
 *
 * Signals are blocked and read from a descriptor, so there are no handlers and no races; the child
 * gets the original mask and dispositions back. One child at a time, one thread.
 */
#ifndef PERFGO_CLI_LAUNCH_H
#define PERFGO_CLI_LAUNCH_H

#include "cli/tee.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct child_spec {
    const char *file;     /* with a slash: executed as it is; without: searched in PATH */
    char *const *argv;    /* NULL-terminated; environment: this process's */
    const char *dir;      /* working directory, or NULL for this one */
    int out, err;         /* become its stdout and stderr; -1: inherited */
    int death_signal;     /* sent to the child when perfgo dies first */
    bool fixed_addresses; /* without address randomisation, where the kernel lets us */
};

/* Something to look at every now and then while a child runs. */
struct launch_tick {
    void (*run)(void *context, pid_t pid);
    void *context;
};

/* Takes over signals for the rest of the process's life. Returns 0 or an errno value. */
int launch_begin(void);

/* Starts the child. Returns 0, or the errno value with which it could not be started (ENOENT,
 * EACCES, ENOEXEC…); then there is no child. */
int launch_start(const struct child_spec *spec, pid_t *pid);

/* Waits for the child, forwarding signals, and moves output while it waits when `tee` is not NULL.
 * Returns the status as waitpid gives it. */
int launch_wait(pid_t pid, struct tee *tee);

/* The same; calls tick->run five times a second, and once more when the child has ended. */
int launch_wait_ticking(pid_t pid, struct tee *tee, const struct launch_tick *tick);

/* Runs a short helper (git, go env): its stdout, at most 1 MiB, NUL-terminated, in *out
 * (malloc'ed); stderr is dropped. Returns the exit status, or -1 when it could not be started or
 * was killed. */
int launch_capture(const char *dir, char *const *argv, char **out);

/* 0…255 as a shell would say it: exit status, or 128 + signal. */
int launch_status_code(int wait_status);

/* Ends this process as the child ended; a signal is repeated without a second core dump. */
void launch_exit_like(int wait_status) __attribute__((noreturn));

#endif
