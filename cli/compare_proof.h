/* compare_proof.h - writing down what compare --self-test found. */
#ifndef PERFGO_CLI_COMPARE_PROOF_H
#define PERFGO_CLI_COMPARE_PROOF_H

#include "bench/compare_selftest.h"
#include "cli/output.h"

#include <stdio.h>

struct proof_report {
    const struct compare_selftest *result;
    const struct compare_options *options;
    struct output_style style;
};

void compare_proof_table(FILE *f, const struct proof_report *r);

/* proto/compare-selftest.schema.json */
void compare_proof_json(FILE *f, const struct proof_report *r);

#endif
