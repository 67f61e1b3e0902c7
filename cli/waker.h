/* waker.h - lets Go's sysmon run in a simulation that would otherwise stand still.
 *
 * The agent keeps sysmon asleep, because what it does depends on real time. But a goroutine may
 * wait for it: with one processor, one that blocks in a system call keeps the others from running
 * until sysmon takes the processor away. From outside that is a process which uses no processor
 * time; then a word in a shared file is changed, and sysmon, which waits on it, makes one round.
 */
#ifndef PERFGO_CLI_WAKER_H
#define PERFGO_CLI_WAKER_H

#include <stdint.h>
#include <sys/types.h>

struct waker {
    uint32_t *word; /* NULL: none; the agent then waits by itself */
    uint64_t cpu;   /* of the process when last looked at, in clock ticks */
    uint64_t since; /* when it last had moved, nanoseconds */
};

/* Creates `dir`/wake. */
void waker_open(struct waker *w, const char *dir);

/* Looks at the process; to be called a few times a second. */
void waker_look(struct waker *w, pid_t pid);

void waker_close(struct waker *w);

#endif
