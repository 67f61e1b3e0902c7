/* decimal.h - doubles as decimal text, byte for byte as printf writes them in the C locale, several
 * times as fast: a report of a comparison has millions. Pure. [any thread] */
#ifndef PERFGO_BASE_DECIMAL_H
#define PERFGO_BASE_DECIMAL_H

#include <stddef.h>

enum { DECIMAL_SIZE = 40 }; /* room that is enough, but for decimal_fixed of 1e17 and above */

/* Each writes a NUL behind the text and returns its length, as snprintf does. */

/* "%.<digits>g"; digits: 1 to 17. */
size_t decimal_general(double x, int digits, char *out, size_t size);

/* "%.<places>f" */
size_t decimal_fixed(double x, int places, char *out, size_t size);

/* As decimal_general with the fewest of 15, 16 or 17 digits that read back as the same double. 15
 * digits survive the way into a double and back, so that a shorter decimal is left as it was. */
size_t decimal_shortest(double x, char *out, size_t size);

#endif
