/* group_priv.h - what a group is made of; for groups.c (reading) and group_threads.c (opening). */
#ifndef PERFGO_AGENT_GROUP_PRIV_H
#define PERFGO_AGENT_GROUP_PRIV_H

#include "groups.h"

#include "hot/counters.h"
#include "hot/lock.h"
#include "hot/self.h"

struct group_slot {
    uint64_t key; /* self_key() of the thread, or 0: not known */
    struct hot_counters counters;
};

struct group {
    struct hot_lock lock; /* guards all that follows but plan and self */
    const struct pg_plan *plan;
    struct hot_self self;
    bool process, reads_process;
    bool open;
    uint32_t n_slots, capacity;
    uint32_t missed; /* threads of the process that could not be counted */
    uint64_t windows;
    struct pg_counts counted; /* by all threads, those gone too, as of their last readings */
    struct pg_counts base;    /* `counted` at the start of the open window */
    struct pg_counts sum;     /* over the closed ones */
    struct group_slot **slot; /* one allocation each: reading goes on while the table grows */
    struct group *next;       /* list of groups of the process */
    struct group_bpf {
        bool attached;
        uint32_t event; /* index into the plan's */
        int fd;         /* the group's own */
    } bpf;
};

/* Reads a thread's counters, which may be another's. With the lock held. [go thread] */
void group_read_slot(struct group *g, struct group_slot *slot);

#endif
