/* spread.h - what changes from seed to seed, for perfgo test simulate --seeds. */
#ifndef PERFGO_CLI_SPREAD_H
#define PERFGO_CLI_SPREAD_H

#include "cli/output.h"
#include "cli/summary.h"

/* Writes one row for every metric of a benchmark that was not the same in all its repeats: minimum,
 * median, maximum and their distance in percent; and how many were the same. */
void spread_write(FILE *f, const struct run_data *data, uint64_t seeds, struct output_style style);

#endif
