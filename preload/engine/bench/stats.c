#include "bench/stats.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

bool stats_is_sorted(const double *values, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (values[i] < values[i - 1])
            return false;
    return true;
}

void stats_sort(double *values, size_t n)
{
    enum { FEW = 32 };

    if (n > FEW) {
        qsort(values, n, sizeof *values, ascending);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        const double x = values[i];
        size_t k = i;

        for (; k > 0 && values[k - 1] > x; k--)
            values[k] = values[k - 1];
        values[k] = x;
    }
}

/* Hyndman and Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50 (1996):
 * definition 8, position (n + 1/3) q + 1/3, recommended there for any distribution. */
double stats_quantile(const double *sorted, size_t n, double q)
{
    double position, whole;
    size_t i;

    if (n == 0)
        return 0;
    position = ((double)n + 1.0 / 3) * q + 1.0 / 3;
    whole = floor(position);
    if (whole < 1)
        return sorted[0];
    i = (size_t)whole;
    if (i >= n)
        return sorted[n - 1];
    return sorted[i - 1] + (position - whole) * (sorted[i] - sorted[i - 1]);
}

/* Not by stats_quantile: position arithmetic in floating point may miss the middle by an ulp. */
double stats_median(const double *sorted, size_t n)
{
    return n % 2 ? sorted[n / 2] : sorted[n / 2 - 1] / 2 + sorted[n / 2] / 2;
}

struct stats stats_describe(double *values, size_t n)
{
    struct stats s = {.n = n};
    double squares = 0;

    if (n == 0)
        return s;
    stats_sort(values, n);
    s.min = values[0];
    s.max = values[n - 1];
    s.q1 = stats_quantile(values, n, 0.25);
    s.q3 = stats_quantile(values, n, 0.75);
    s.median = stats_median(values, n);
    for (size_t i = 0; i < n; i++)
        s.mean += (values[i] - s.mean) / (double)(i + 1);
    for (size_t i = 0; i < n; i++)
        squares += (values[i] - s.mean) * (values[i] - s.mean);
    s.stddev = n > 1 ? sqrt(squares / (double)(n - 1)) : 0;
    return s;
}

double stats_geomean(const double *values, size_t n)
{
    double logs = 0;

    for (size_t i = 0; i < n; i++) {
        if (!(values[i] > 0))
            return NAN;
        logs += log(values[i]);
    }
    return n > 0 ? exp(logs / (double)n) : NAN;
}
