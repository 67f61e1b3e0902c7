#include "bench/line.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Widths and precisions of Go's testing.prettyPrint (src/testing/benchmark.go): ten columns before
 * the decimal point, four significant digits for what is small. A first column tells from which
 * magnitude on a precision is used; the odd limits are those at which rounding would carry. */
int line_number(double x, char *out, size_t size)
{
    static const struct {
        double from;
        int width, precision;
    } style[] = {
        {999.95, 10, 0},   {99.995, 12, 1},    {9.9995, 13, 2},     {0.99995, 14, 3},
        {0.099995, 15, 4}, {0.0099995, 16, 5}, {0.00099995, 17, 6}, {0, 18, 7},
    };
    double y = fabs(x);
    size_t i = 0;

    while (y != 0 && y < style[i].from)
        i++;
    return snprintf(out, size, "%*.*f", style[i].width, style[i].precision, x);
}

static void add_unit(struct strbuf *out, const char *unit, const char *suffix)
{
    for (; *unit != '\0'; unit++) {
        unsigned char c = (unsigned char)*unit;

        strbuf_add(out, c <= ' ' || c == 0x7f ? "-" : unit, 1);
    }
    strbuf_puts(out, suffix);
}

static bool ends_with(const char *field, size_t size, const char *unit)
{
    size_t n = strlen(unit);

    return size > n && memcmp(field + size - n, unit, n) == 0 && field[size - n - 1] == ' ';
}

size_t line_without_times(const char *text, size_t size, char *out)
{
    size_t from = 0, written = 0;

    while (from < size) {
        const char *tab = memchr(text + from + 1, '\t', size - from - 1);
        size_t end = tab != NULL ? (size_t)(tab - text) : size;

        if (!ends_with(text + from, end - from, "ns/op") &&
            !ends_with(text + from, end - from, "MB/s")) {
            memcpy(out + written, text + from, end - from);
            written += end - from;
        }
        from = end;
    }
    return written;
}

void line_metrics(const struct record *r, struct strbuf *out)
{
    char number[400]; /* 1.8e308 in full has 309 digits */

    for (size_t i = 0; i < r->n_metrics; i++) {
        const struct record_metric *m = &r->metric[i];

        if (!isfinite(m->per_op) || m->unit[0] == '\0')
            continue;
        line_number(m->per_op, number, sizeof number);
        strbuf_printf(out, "\t%s ", number);
        add_unit(out, m->unit, "");
        /* The inputs of a derived metric have said it already. */
        if (m->scaled && !m->derived) {
            /* Rounded down: 99.96 must not be shown as 100.0. */
            strbuf_printf(out, "\t%10.1f ", floor(m->coverage * 1000) / 10);
            add_unit(out, m->name, "-coverage-%");
        }
    }
}
