/* memory.h - which events sample memory accesses with their data address on this machine. */
#ifndef PERFGO_PMU_MEMORY_H
#define PERFGO_PMU_MEMORY_H

#include "pmu/resolve.h"

enum memory_kind {
    MEMORY_PEBS, /* Intel: loads slower than 30 cycles, and stores; an event each */
    MEMORY_IBS,  /* AMD: every n-th operation, of which some are loads and stores */
    MEMORY_SPE,  /* Arm: every n-th load or store; the samples arrive in an AUX area */
};

enum { MEMORY_MAX = 8 };

struct memory_event {
    enum memory_kind kind;
    char name[EVSPEC_NAME_SIZE]; /* as an event list takes it */
    /* Ready but for the period. sample_type has the address and the data source (datasrc.h) unless
     * `aux`: then samples are packets of the AUX area. */
    struct perf_event_attr attr;
    bool loads, stores; /* what it samples */
    bool aux;
    /* Must be in the group of an event that leads it: on Golden Cove and its successors loads have
     * no latency without. sample_type of the leader is 0. */
    bool has_leader;
    struct perf_event_attr leader;
};

/* Fills out with the events of this machine, by what sysfs publishes; nothing is opened. Returns
 * how many, or PG_E_UNSUPPORTED: no PMU here samples data addresses. [one thread at a time] */
int memory_events(const struct resolve_roots *roots, struct memory_event out[MEMORY_MAX],
                  struct pg_error *err);

const char *memory_kind_name(enum memory_kind kind);

#endif
