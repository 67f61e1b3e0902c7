/* sampling.h - how threads are to be sampled: events, rates, rings. */
#ifndef PERFGO_PMU_SAMPLING_H
#define PERFGO_PMU_SAMPLING_H

#include "base/error.h"
#include "hot/plan.h"

struct sampling_request {
    const char *events; /* NULL: the CPU time of the back end */
    enum pg_backend backend;
    uint64_t freq;   /* samples per second of CPU time */
    uint64_t period; /* 0: by freq; else a sample every that many events */
    bool waits;      /* sample where threads leave the CPU, whatever `events` and rates say */
    bool native;     /* the program has code without frame pointers: copy registers and stack */
};

/* Fills *out for the calling thread's machine; opens and closes perf events on it. Events that
 * cannot be sampled are named in out->note; when none is left, out->n_events is 0. Fails only for a
 * list or a rate that makes no sense (PG_E_INVALID), and for a back end that was asked for by name
 * and cannot be used (PG_E_UNSUPPORTED). */
int pmu_sampling(const struct sampling_request *request, struct pg_sampling *out,
                 struct pg_error *err);

struct plan_machine;
/* The same on a given machine. */
int sampling_make(const struct plan_machine *machine, const struct sampling_request *request,
                  struct pg_sampling *out, struct pg_error *err);

#endif
