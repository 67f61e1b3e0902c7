/* sampler.h - the samples of one thread, and which of them lie in windows.
 *
 * A sampler is opened enabled and never toggled. The kernel (or the thread's own timer signal) puts
 * records into its ring; a window only notes where the ring's head was. When the head moved within
 * a window, the bytes in between are a RANGE, kept in a short list for the recorder. So windows
 * without samples leave nothing behind, however many there are, and what is kept is bounded by what
 * the ring can hold.
 *
 * The recorder drains rings while windows are open. It looks at ring and windows in this order: the
 * head first, then, as one consistent view, the gate (is a window open?), where the open window
 * began, and how many ranges are known. Records before that head are then certainly in a window or
 * certainly not: a window that held them is still open or its range is in the list.
 * The gate is a sequence count: hooks only ever write it, so that a recorder that is stopped in the
 * middle of looking keeps nobody waiting; a hook that is stopped in the middle of writing makes the
 * recorder come back later.
 *
 * What is open of the program's regions is a set of numbers, and changes within windows: then
 * ranges end and begin as if a window did, so that each has one set.
 *
 * A RUN is numbered; ranges carry its number, and those of a run that was begun anew or reset are
 * dropped by the recorder.
 */
#ifndef PERFGO_HOT_SAMPLER_H
#define PERFGO_HOT_SAMPLER_H

#include "hot/plan.h"

#include <stddef.h>

enum {
    /* A range has a record at least, and a record of SAMPLE_PARTS is 56 bytes at least: a ring of
     * 128 KiB is full before its list is. */
    HOT_RANGES = 2048,
    HOT_REGIONS = 64, /* bits of a set of regions */
};

struct hot_range {
    uint64_t from, to;       /* of the ring's head, which counts all bytes ever written */
    uint64_t opened, closed; /* when its window was, by hot_self_clock; closed 0: divided */
    uint64_t regions;        /* that were open, a bit each */
    uint32_t run;
};

enum hot_sampler_state {
    HOT_SAMPLER_FREE,
    HOT_SAMPLER_OPENING,
    HOT_SAMPLER_LIVE,
    HOT_SAMPLER_ENDED
};

struct hot_sampler {
    uint32_t state; /* enum hot_sampler_state; ENDED: the recorder's to drain and close */
    int32_t tid;
    int32_t fd[PG_MAX_SAMPLING]; /* -1: not open. The ring is the first one's */
    uint64_t id[PG_MAX_SAMPLING];
    struct perf_event_mmap_page *page;
    size_t page_size;
    uint32_t ring_pages; /* that it got */
    uint64_t from;       /* head when the open window began; stays true for a thread that sleeps */
    uint64_t run_from;   /* head when the run began */
    uint32_t written;    /* ranges so far, by hooks */
    uint32_t read;       /* ranges so far, by the recorder */
    uint64_t dropped;    /* ranges for which the list had no room */
    /* Of a timer (ticks.h): */
    int32_t timer;
    bool has_timer;
    uint64_t lost, lost_written; /* samples without room; those that a record tells of */
    /* Of the recorder alone: */
    uint64_t lost_told;    /* samples lost, as far as they are accounted for */
    uint64_t lost_records; /* by the LOST records that were read */
    void *wait;            /* what it knows of the thread's waiting (collect/waits.c) */
    struct hot_range range[HOT_RANGES];
};

struct hot_gate {
    uint32_t seq; /* odd: something is being changed */
    uint32_t open;
    uint32_t run;
    uint64_t opened;  /* by hot_self_clock */
    uint64_t regions; /* that are open, a bit each */
};

/* What the recorder saw. */
struct hot_view {
    bool open;
    uint32_t run;
    uint64_t head, from, run_from;
    uint64_t opened, regions;
    uint32_t written;
};

/* Opens the events for the calling thread, whose id is tid. 0 or -errno, with nothing left open.
 * [go thread] */
int hot_sampler_open(struct hot_sampler *s, const struct pg_sampling *sampling, int32_t tid);
/* Gives everything back; the state becomes FREE. [recorder], or whoever opened it */
void hot_sampler_close(struct hot_sampler *s);

static inline uint64_t hot_sampler_head(const struct hot_sampler *s)
{
    return __atomic_load_n(&s->page->data_head, __ATOMIC_ACQUIRE);
}

/* Each of these between hot_gate_begin and hot_gate_end. [go thread] */
void hot_sampler_go(struct hot_sampler *s); /* it becomes live */
void hot_sampler_begin_run(struct hot_sampler *s);
void hot_sampler_begin_window(struct hot_sampler *s);
void hot_sampler_end_window(struct hot_sampler *s, const struct hot_gate *gate, uint64_t closed);
/* The window goes on, but not with the regions that the gate still has. */
void hot_sampler_divide_window(struct hot_sampler *s, const struct hot_gate *gate);

/* Brackets every change of the windows; callers exclude each other. [go thread] */
static inline void hot_gate_begin(struct hot_gate *gate)
{
    __atomic_store_n(&gate->seq, gate->seq + 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

static inline void hot_gate_end(struct hot_gate *gate)
{
    __atomic_store_n(&gate->seq, gate->seq + 1, __ATOMIC_RELEASE);
}

/* Looks at a live or ended sampler. False: hooks were busy all the while. [recorder] */
bool hot_sampler_look(const struct hot_sampler *s, const struct hot_gate *gate,
                      struct hot_view *out);

#endif
