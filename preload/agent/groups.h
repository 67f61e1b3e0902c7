/* groups.h - counters that the program itself opens, through the Go package gohook.
 *
 * A GROUP counts a plan's events on a set of threads: those that were named, or all of the process.
 * It has nothing to do with the timer's windows (windows.h): any number of groups may be open, in
 * any program, armed or not, each with descriptors of its own. Like there, nothing is ever toggled:
 * a window is two readings and a subtraction.
 *
 *   counted(t) = what threads that are gone counted + the sum over live threads
 *
 * only grows, so threads may come and go inside a window. All threads of a process are known
 * because libperfgo.so stands before libc in the scope of a program that imports gohook: its
 * pthread_create runs first on each new thread (pthread.c), and threads that were there before a
 * group was opened are listed in /proc/self/task. A thread that does both is opened once. Events
 * that the kernel hands down by itself (perf_event_attr.inherit) were the alternative: they cannot
 * be mapped, so every reading costs a system call per thread and per child, idle or not (some
 * 350 ns each), where here an idle thread costs a load; and they cannot tell a thread that was made
 * between listing and opening from one that was inherited.
 */
#ifndef PERFGO_AGENT_GROUPS_H
#define PERFGO_AGENT_GROUPS_H

#include "base/error.h"
#include "hot/plan.h"

#include <stdbool.h>
#include <stddef.h>

struct group; /* opaque */

struct group_counts {
    struct pg_counts counts; /* of the closed windows, or with the open one up to now */
    uint64_t windows;        /* closed ones */
    uint32_t threads, missed;
    bool open;
};

/* Opens the plan, which is borrowed, on every thread of the process, or on the n threads given. 0,
 * or -errno of the first thread of a list that cannot be counted, and of any thread when none can.
 * [any thread with libc] */
int group_open(const struct pg_plan *plan, bool process, const int32_t *tid, size_t n,
               struct group **out);
void group_close(struct group *g); /* NULL is fine [any thread with libc] */

/* The calling thread joins or leaves; what it counted stays. 0 or -errno. [any thread with libc] */
int group_join(struct group *g);
void group_leave(struct group *g);

/* A window; without effect when it is open, or closed, already. [go thread] */
void group_start(struct group *g);
void group_stop(struct group *g, struct group_counts *out);
void group_read(struct group *g, struct group_counts *out);
void group_reset(struct group *g, struct group_counts *out);

/* Runs a loaded BPF program at one event of every thread, now and to come; fd stays the caller's. 0
 * or -errno. [any thread with libc] */
int group_attach_bpf(struct group *g, uint32_t event, int fd);

/* Are there groups that a new thread must join? [any thread] */
bool groups_want_threads(void);
/* A thread begins: it joins the groups of the process. [any thread with libc] */
void groups_thread_begin(void);

#endif
