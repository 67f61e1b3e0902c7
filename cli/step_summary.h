/* step_summary.h - the page that GitHub Actions shows for a step. */
#ifndef PERFGO_CLI_STEP_SUMMARY_H
#define PERFGO_CLI_STEP_SUMMARY_H

#include <stdio.h>

/* Inside of GitHub Actions, appends the markdown that `write` writes to $GITHUB_STEP_SUMMARY; what
 * would make it too large is cut, and that is said in it. Elsewhere nothing. A page that cannot be
 * written is said on standard error and changes no exit status. */
void step_summary(void (*write)(FILE *f, const void *data), const void *data);

#endif
