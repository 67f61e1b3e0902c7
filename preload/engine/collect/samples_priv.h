/* samples_priv.h - what samples.c and samples_share.c share. */
#ifndef PERFGO_COLLECT_SAMPLES_PRIV_H
#define PERFGO_COLLECT_SAMPLES_PRIV_H

#include "base/arena.h"
#include "collect/samples.h"
#include "pmu/records.h"

struct samples {
    const struct pg_sampling *sampling;
    struct samples_program program;
    struct stack_program stack; /* of program.bin */
    struct record_format format;
    uint32_t run;
    struct arena arena;
    struct samples_stack **slot; /* a hash table; n_slots is 0 or a power of 2 */
    size_t n_slots, n_stacks;
    struct samples_sums sums;
    struct samples_one *one; /* with program.each */
    size_t n_ones, ones_room;
    struct samples_loss *loss; /* the same */
    size_t n_losses, losses_room;
    uint64_t newest_ns;    /* time of the latest record */
    struct stitch *stitch; /* NULL: no native code, or it cannot be unwound */
    struct waits *waits;   /* NULL: samples are what is taken */
    uint8_t scratch[RECORD_MAX];
};

#endif
