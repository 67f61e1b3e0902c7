/* windows.h - which threads count, and what they counted inside the timer's windows.
 *
 * A WINDOW is the time between testing's StartTimer and StopTimer. A RUN is one call of
 * testing.(*B).runN and has one or many windows. For each live thread there is a slot; a window
 * reads every slot that is not idle at its start and at its end and adds the difference.
 * The order matters: the thread that starts the window is read last and, at its stop, first, so
 * that reading the others stays outside of what is counted.
 *
 * One mutex guards all of it. Benchmarks are serialised by testing itself (benchmarkLock); the lock
 * is for threads that begin or end meanwhile, and for user code that calls StartTimer from several
 * goroutines by mistake.
 */
#ifndef PERFGO_AGENT_WINDOWS_H
#define PERFGO_AGENT_WINDOWS_H

#include "collect/session.h"
#include "hot/plan.h"

struct hot_self;
struct samplers;
struct windows; /* one per process, preallocated */

/* --- arch/<cpu>/self.c: how threads tell the time and themselves here. [constructor] */
void self_find(struct hot_self *self);

/* Allocates the slots (touched as threads come) for a plan, which is borrowed. With samplers (may
 * be NULL), which are borrowed too, threads are also sampled. NULL: no memory. [constructor] */
struct windows *windows_create(const struct pg_plan *plan, struct samplers *samplers);

/* A thread begins: opens its counters. A thread that cannot be counted is counted as missed.
 * Returns 0 or -errno. Second calls for a live thread do nothing. [go thread] */
int windows_thread_begin(struct windows *w);

/* The calling thread ends: its share of the run is kept, its descriptors are closed. [go thread] */
void windows_thread_end(struct windows *w);

/* Forgets what was counted. A window that is open stays open and counts from now on. [go thread] */
void windows_reset(struct windows *w);
/* Forgets what was counted and closes an open window: a new run begins. [go thread] */
void windows_begin_run(struct windows *w);
/* Opens / closes a window; without effect when it is open / closed already. [go thread] */
void windows_start(struct windows *w);
void windows_stop(struct windows *w);

/* From now on these regions are open, a bit each, and samples carry them. Nothing where waits are
 * sampled: a wait is not at one moment. [go thread] */
void windows_divide(struct windows *w, uint64_t regions);

/* Was the last window opened with hardware counters read in user mode? [go thread] */
bool windows_reads_by_user(const struct windows *w);

/* What the windows of the run counted. Threads that counted nothing are left out; beyond max the
 * rest is added up in one entry with tid 0. [go thread] */
struct windows_total {
    uint32_t run;     /* its number, as samples know it */
    uint64_t windows; /* closed in this run */
    uint64_t missed;  /* threads of the process that could not be counted, so far */
    struct pg_counts total;
    size_t n_threads;
};
void windows_total(struct windows *w, struct windows_total *out, struct session_thread *thread,
                   size_t max);

/* What the windows of the run counted up to now, all threads together, the open one included: only
 * grows until windows_reset or windows_begin_run, which make it zero. Two of these and a
 * subtraction are a part of a window; `closing` says which end this one is, as for
 * hot_counters_read_self. [go thread] */
void windows_counted(struct windows *w, bool closing, struct pg_counts *out);

#endif
