/* compare_load.h - the operands of perfgo compare, read. */
#ifndef PERFGO_CLI_COMPARE_LOAD_H
#define PERFGO_CLI_COMPARE_LOAD_H

#include "bench/benchset.h"

/* Adds what `operand` names to *set: a run (id, unique prefix, directory), a directory with a
 * history/ (its newest run), a file in Go's benchmark format, or several of these with commas
 * between. What of a run could not be read is said on standard error. */
int compare_load(const char *history, const char *operand, struct benchset *set,
                 struct pg_error *err);

#endif
