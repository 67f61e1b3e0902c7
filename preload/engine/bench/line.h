/* line.h - the benchmark line that Go prints instead of its own. */
#ifndef PERFGO_BENCH_LINE_H
#define PERFGO_BENCH_LINE_H

#include "bench/record.h"

/* A number in the style of Go's testing package (BenchmarkResult.String): about four significant
 * digits, decimal points in one column. Returns the length, like snprintf. */
int line_number(double x, char *out, size_t size);

/* Appends the record's metrics to *out, each as "\t<number> <unit>", and for a counter that did not
 * run all the time "\t<percent> <name>-coverage-%". Units are written without blanks. */
/* Copies Go's result text without the fields that are times or rates (ns/op, MB/s): under
 * simulation they measure nothing. out has room for size bytes; returns the bytes written. */
size_t line_without_times(const char *text, size_t size, char *out);

void line_metrics(const struct record *r, struct strbuf *out);

#endif
