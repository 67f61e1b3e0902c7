/* decimal.c - exact arithmetic where 128 bits hold it, which is nearly always.
 *
 * A double is m * 2^e with m below 2^53, and 5^27 is below 2^63: so x * 10^k = m * 5^k * 2^(e + k)
 * is an integer of at most 116 bits with a binary point in it, for k from 0 to 27. Its digits
 * before the point, and whether what is behind is less than, more than or just a half, are known
 * exactly. What does not fit is left to snprintf.
 */
#include "base/decimal.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned __int128 wide;

enum { MOST_POWER = 27, MOST_DIGITS = 17 };

/* x * 10^power as an integer and a fraction of 2^shift. */
struct scaled {
    uint64_t mantissa, five; /* five: 5^power */
    wide product;
    unsigned shift;
    int power;
};

static const uint64_t ten[] = {
    1u,
    10u,
    100u,
    1000u,
    10000u,
    100000u,
    1000000u,
    10000000u,
    100000000u,
    1000000000u,
    10000000000u,
    100000000000u,
    1000000000000u,
    10000000000000u,
    100000000000000u,
    1000000000000000u,
    10000000000000000u,
    100000000000000000u,
    1000000000000000000u,
    10000000000000000000u,
};
static const uint64_t five[MOST_POWER + 1] = {
    1u,
    5u,
    25u,
    125u,
    625u,
    3125u,
    15625u,
    78125u,
    390625u,
    1953125u,
    9765625u,
    48828125u,
    244140625u,
    1220703125u,
    6103515625u,
    30517578125u,
    152587890625u,
    762939453125u,
    3814697265625u,
    19073486328125u,
    95367431640625u,
    476837158203125u,
    2384185791015625u,
    11920928955078125u,
    59604644775390625u,
    298023223876953125u,
    1490116119384765625u,
    7450580596923828125u,
};

/* x is positive and finite. False: it does not fit, or is so small that nothing is left of it. */
static bool scale(double x, int power, struct scaled *out)
{
    uint64_t bits;
    int exponent;

    memcpy(&bits, &x, sizeof bits);
    exponent = (int)(bits >> 52) - 1075 + power;
    if (power < 0 || power > MOST_POWER || bits >> 52 == 0 || exponent <= -128 || exponent > 11)
        return false;
    out->mantissa = (bits & ((1ull << 52) - 1)) | 1ull << 52;
    out->five = five[power];
    out->product = (wide)out->mantissa * out->five;
    out->power = power;
    if (exponent > 0) {
        out->product <<= exponent; /* 53 + 63 + 11 bits */
        exponent = 0;
    }
    out->shift = (unsigned)-exponent;
    return out->product >> out->shift <= UINT64_MAX / 2;
}

/* To the nearest, halves to even: what printf does. */
static uint64_t rounded(const struct scaled *s)
{
    const uint64_t whole = (uint64_t)(s->product >> s->shift);
    const wide part = s->product - ((wide)whole << s->shift);
    const wide half = s->shift > 0 ? (wide)1 << (s->shift - 1) : 1;

    return whole + (part > half || (part == half && (whole & 1)));
}

/* Does decimal * 10^-power read as the very double? It does if it is nearer to it than half the way
 * to the next one: half a unit of the mantissa is 5^power / 2 here. Below a power of two the next
 * is nearer. */
static bool reads_back(const struct scaled *s, uint64_t decimal)
{
    const wide at = (wide)decimal << s->shift;
    const wide off = at > s->product ? at - s->product : s->product - at;

    return s->mantissa != 1ull << 52 && 2 * off < s->five;
}

/* The decimal digits of x, `digits` of them, and its decimal exponent. */
static bool digits_of(double x, int digits, struct scaled *s, uint64_t *decimal, int *exponent)
{
    const uint64_t least = ten[digits - 1];
    int binary;

    frexp(x, &binary);
    *exponent = (int)floor((binary - 1) * 0.30102999566398120); /* this, or one more */
    if (!scale(x, digits - 1 - *exponent, s))
        return false;
    if (s->product >> s->shift >= 10 * least && (++*exponent, !scale(x, digits - 1 - *exponent, s)))
        return false;
    *decimal = rounded(s);
    if (*decimal == 10 * least) {
        *decimal = least;
        ++*exponent;
    }
    return true;
}

/* The digits of n, at least `least` of them; returns the end. */
static char *put_digits(char *out, uint64_t n, int least)
{
    char text[24];
    int size = 0;

    for (; n > 0 || size < least; n /= 10)
        text[size++] = (char)('0' + n % 10);
    while (size > 0)
        *out++ = text[--size];
    return out;
}

/* Digits with a point behind the first `before` of them, which may be none or fewer. */
static char *put_fixed(char *out, uint64_t decimal, int digits, int before)
{
    const uint64_t unit = digits > before && before > 0 ? ten[digits - before] : 1;

    if (before <= 0) {
        *out++ = '0';
        *out++ = '.';
        for (; before < 0; before++)
            *out++ = '0';
        return put_digits(out, decimal, digits);
    }
    out = put_digits(out, decimal / unit, 1);
    for (int i = digits; i < before; i++)
        *out++ = '0';
    if (digits > before) {
        *out++ = '.';
        out = put_digits(out, decimal % unit, digits - before);
    }
    return out;
}

/* What %g makes of digits and an exponent. */
static size_t put_general(char *out, bool negative, uint64_t decimal, int exponent, int digits)
{
    const int precision = digits;
    char *at = out;

    if (digits > 8 && decimal % ten[8] == 0) {
        decimal /= ten[8];
        digits -= 8;
    }
    for (; digits > 1 && decimal % 10 == 0; digits--)
        decimal /= 10;
    if (negative)
        *at++ = '-';
    if (exponent >= -4 && exponent < precision) {
        at = put_fixed(at, decimal, digits, exponent + 1);
    } else {
        at = put_fixed(at, decimal, digits, 1);
        *at++ = 'e';
        *at++ = exponent < 0 ? '-' : '+';
        at = put_digits(at, (uint64_t)abs(exponent), 2);
    }
    *at = '\0';
    return (size_t)(at - out);
}

size_t decimal_general(double x, int digits, char *out, size_t size)
{
    struct scaled s;
    uint64_t decimal;
    int exponent;

    if (size >= DECIMAL_SIZE && x != 0 && isfinite(x) &&
        digits_of(fabs(x), digits, &s, &decimal, &exponent))
        return put_general(out, x < 0, decimal, exponent, digits);
    return (size_t)snprintf(out, size, "%.*g", digits, x);
}

size_t decimal_fixed(double x, int places, char *out, size_t size)
{
    struct scaled s;
    char *at = out;
    uint64_t unit;

    if (size < DECIMAL_SIZE || x == 0 || !isfinite(x) || places > MOST_DIGITS ||
        !scale(fabs(x), places, &s))
        return (size_t)snprintf(out, size, "%.*f", places, x);
    unit = ten[places];
    if (x < 0)
        *at++ = '-';
    at = put_digits(at, rounded(&s) / unit, 1);
    if (places > 0) {
        *at++ = '.';
        at = put_digits(at, rounded(&s) % unit, places);
    }
    *at = '\0';
    return (size_t)(at - out);
}

size_t decimal_shortest(double x, char *out, size_t size)
{
    struct scaled s;
    uint64_t decimal;
    size_t length = 0;
    int exponent;

    for (int digits = 15; digits <= MOST_DIGITS; digits++) {
        if (size >= DECIMAL_SIZE && x != 0 && isfinite(x) &&
            digits_of(fabs(x), digits, &s, &decimal, &exponent)) {
            /* A carry took a digit off: what the last place stands for is another. */
            const bool same_scale = exponent == digits - 1 - s.power;

            if (digits == MOST_DIGITS || (same_scale && reads_back(&s, decimal)))
                return put_general(out, x < 0, decimal, exponent, digits);
            if (same_scale && s.mantissa != 1ull << 52)
                continue;
        }
        length = (size_t)snprintf(out, size, "%.*g", digits, x);
        if (strtod(out, NULL) == x)
            break;
    }
    return length;
}
