/* samplers.h - the samplers of all threads: opened by threads, read and closed by the recorder. */
#ifndef PERFGO_AGENT_SAMPLERS_H
#define PERFGO_AGENT_SAMPLERS_H

#include "hot/sampler.h"

#include <signal.h>

enum { MAX_SAMPLERS = 4096 };

struct samplers {
    const struct pg_sampling *sampling;
    struct hot_gate gate;
    uint32_t n_used;                        /* samplers [0, n_used) have been used */
    void (*tick)(int, siginfo_t *, void *); /* the timers' handler; NULL: there are no timers */
    uint64_t missed;                        /* threads that could not be sampled, so far */
    int32_t wake_fd;                        /* an eventfd that wakes the recorder; -1: none yet */
    int32_t watch_fd; /* an epoll instance that the recorder waits on; -1: none yet */
    struct hot_sampler sampler[MAX_SAMPLERS];
};

/* NULL: no memory. The plan is borrowed. [constructor] */
struct samplers *samplers_create(const struct pg_sampling *sampling);

/* The descriptors by which the recorder waits; samplers that are open already are watched from now
 * on. [constructor] */
void samplers_wait_by(struct samplers *all, int wake_fd, int watch_fd);

/* Opens a sampler for the calling thread, not yet live; NULL: it cannot be sampled, which is
 * counted. [go thread] */
struct hot_sampler *samplers_open(struct samplers *all, int32_t tid);

/* Nothing will be read: closes what is open. [constructor] */
void samplers_abandon(struct samplers *all);

/* The thread ends: what its ring holds is the recorder's to read. [go thread] */
void samplers_end(struct samplers *all, struct hot_sampler *s);

#endif
