/* printf is the judge: the same bytes, for numbers of every size and of every number of digits. */
#include "base/decimal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check_general(double x, int digits)
{
    char got[400], want[400];
    const size_t size = decimal_general(x, digits, got, sizeof got);

    snprintf(want, sizeof want, "%.*g", digits, x);
    if (strcmp(got, want) != 0 || size != strlen(want))
        fail_msg("%%.%dg of %a: %s, not %s", digits, x, got, want);
}

static void check_fixed(double x, int places)
{
    char got[400], want[400];
    const size_t size = decimal_fixed(x, places, got, sizeof got);

    snprintf(want, sizeof want, "%.*f", places, x);
    if (strcmp(got, want) != 0 || size != strlen(want))
        fail_msg("%%.%df of %a: %s, not %s", places, x, got, want);
}

static void check_shortest(double x)
{
    char got[400], want[400];
    const size_t size = decimal_shortest(x, got, sizeof got);

    for (int digits = 15; digits <= 17; digits++) {
        snprintf(want, sizeof want, "%.*g", digits, x);
        if (strtod(want, NULL) == x)
            break;
    }
    if (strcmp(got, want) != 0 || size != strlen(want))
        fail_msg("%a: %s, not %s", x, got, want);
}

static void check(double x)
{
    for (int i = 1; i <= 17; i++)
        check_general(x, i);
    for (int i = 0; i <= 18; i++)
        check_fixed(x, i);
    check_shortest(x);
}

static void edges(void **state)
{
    static const double x[] = {0,
                               1,
                               9.5,
                               0.5,
                               1.5,
                               2.5,
                               0.25,
                               0.125,
                               99.995,
                               999.95,
                               0.0001,
                               9.9999e-5,
                               1e15,
                               1e16,
                               1e17,
                               1e18,
                               1e22,
                               1e23,
                               1e27,
                               1e-27,
                               1e-28,
                               5e-324,
                               1e308,
                               1e-308,
                               0.1,
                               0.3,
                               1.0 / 3,
                               2.0 / 3,
                               123456.5,
                               1e21,
                               4503599627370496,
                               9007199254740994,
                               9999999999999998};

    (void)state;
    for (size_t i = 0; i < sizeof x / sizeof x[0]; i++) {
        check(x[i]);
        check(-x[i]);
        check(nextafter(x[i], INFINITY));
        check(nextafter(x[i], -INFINITY));
    }
    check(-0.0);
    check(INFINITY);
    check(-INFINITY);
    check(NAN);
    for (int i = -1074; i < 1024; i += 1)
        check(ldexp(1, i));
    for (int i = -40; i <= 40; i++)
        check(pow(10, i));
}

static uint64_t next_random(void)
{
    static uint64_t state = 20090331;

    state = state * 6364136223846793005u + 1442695040888963407u;
    return state >> 11 ^ state << 31;
}

/* Doubles of any bits, and short decimals with their neighbours: there digits end and ties are. */
static void many(void **state)
{
    (void)state;
    for (int i = 0; i < 5000; i++) {
        const uint64_t bits = next_random();
        double x, decimal;

        memcpy(&x, &bits, sizeof x);
        check(x);
        x = ldexp((double)(next_random() >> 11), (int)(next_random() % 160) - 120);
        check(x);
        decimal = (double)(next_random() % 1000000) / pow(10, (double)(next_random() % 9));
        check(decimal);
        check(nextafter(decimal, 0));
        check((double)(next_random() % 100000) / 64); /* exact ties */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges),
        cmocka_unit_test(many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
