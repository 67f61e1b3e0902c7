/* duration.h - lengths of time as people write them: 90s, 5m, 1h30m, 1.5h. */
#ifndef PERFGO_CLI_DURATION_H
#define PERFGO_CLI_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/* False when the text is none, or too long for 64 bits of nanoseconds. */
bool duration_parse(const char *text, uint64_t *ns);

/* The monotonic clock in nanoseconds. */
uint64_t duration_now(void);

#endif
