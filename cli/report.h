/* report.h - writing a loaded run, for `perfgo report` and at the end of `perfgo test`. */
#ifndef PERFGO_CLI_REPORT_H
#define PERFGO_CLI_REPORT_H

#include "cli/format.h"

void report_write(FILE *f, const struct report_format *format, const struct run_data *data,
                  struct output_style style);

/* Says on standard error what of the run could not be read. */
void report_complain(const struct run_data *data);

#endif
