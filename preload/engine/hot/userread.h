/* userread.h - a thread reads its own hardware counters without entering the kernel.
 *
 * The kernel shows in a page of each event where its counter is and what was counted before it got
 * there; while the page's `lock` stays the same, offset plus counter is the count.
 * (linux/perf_event.h, struct perf_event_mmap_page)
 */
#ifndef PERFGO_HOT_USERREAD_H
#define PERFGO_HOT_USERREAD_H

#include "hot/counters.h"

/* Maps the pages of the plan's hardware events, whose descriptors are in c->fd. c->user.possible
 * says whether all of them may be read this way. [go thread] */
void hot_user_open(struct hot_counters *c, const struct pg_plan *plan);
void hot_user_close(struct hot_counters *c, const struct pg_plan *plan);

/* Finds out whether they can: only the thread itself sees, while it runs, whether its events are on
 * the hardware. Where they are not, c->user.possible is false from now on. [go thread] */
void hot_user_try(struct hot_counters *c, const struct pg_plan *plan);

/* Writes the counts of the plan's hardware counters, and nothing else, into *out. False, with *out
 * as it was, when one of them is not on the hardware now or the pages allow no reading. The calling
 * thread must be the one that c belongs to, or the result must not be used. [go thread] */
bool hot_user_read(const struct hot_counters *c, const struct pg_plan *plan, struct pg_counts *out);

/* Takes over what hot_user_read wrote. [any] */
void hot_user_copy(const struct hot_counters *c, const struct pg_plan *plan,
                   const struct pg_counts *from, struct pg_counts *to);

/* One event's count by its page; `read` reads a counter (pmc.h has the real one). [any] */
bool hot_user_count(const struct perf_event_mmap_page *page, bool (*read)(uint32_t, uint64_t *),
                    uint64_t *count);

/* Is it an event of a PMU, and not one of the kernel's own? [any] */
bool hot_is_hardware(const struct pg_event *event);

#endif
