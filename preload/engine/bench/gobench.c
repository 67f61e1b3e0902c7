#include "bench/gobench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ASCII only: the format's keys, numbers and separators are. Unicode white space inside a unit
 * stays part of it. */
static bool is_blank(char c)
{
    return (unsigned char)c <= ' ' &&
           (c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void skip(struct gobench_slice *s, size_t n)
{
    s->p += n;
    s->size -= n;
}

/* Takes the next field separated by blanks off *rest; false at the end. */
static bool next_field(struct gobench_slice *rest, struct gobench_slice *field)
{
    const char *p = rest->p, *end;

    *field = (struct gobench_slice){p, 0};
    if (rest->size == 0) /* p may be NULL */
        return false;
    end = p + rest->size;
    while (p < end && is_blank(*p))
        p++;
    field->p = p;
    while (p < end && !is_blank(*p))
        p++;
    field->size = (size_t)(p - field->p);
    rest->p = p;
    rest->size = (size_t)(end - p);
    return field->size > 0;
}

static bool parse_count(struct gobench_slice s, uint64_t *out)
{
    uint64_t n = 0;

    if (s.size == 0)
        return false;
    for (size_t i = 0; i < s.size; i++)
        if (!is_digit(s.p[i]) || __builtin_mul_overflow(n, 10, &n) ||
            __builtin_add_overflow(n, (uint64_t)(s.p[i] - '0'), &n))
            return false;
    *out = n;
    return true;
}

/* The exponent behind an "e". */
static bool parse_exponent(const char *p, const char *end, int *out)
{
    const bool negative = p < end && *p == '-';
    int value = 0;

    p += p < end && (*p == '-' || *p == '+');
    if (p == end || end - p > 3)
        return false;
    for (; p < end; p++) {
        if (!is_digit(*p))
            return false;
        value = 10 * value + (*p - '0');
    }
    *out = negative ? -value : value;
    return true;
}

/* Nearly every number that is printed: digits, perhaps with a sign, a point, an exponent. Up to 15
 * digits and a power of ten up to 22 are exact in a double, so that one multiplication or division
 * rounds as strtod does (W. D. Clinger, "How to read floating point numbers accurately", PLDI
 * 1990).
 */
static bool parse_plain(struct gobench_slice s, double *out)
{
    enum { MOST_DIGITS = 15, MOST_POWER = 22 };
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const char *p = s.p, *const end = p + s.size;
    const bool negative = p < end && *p == '-';
    int digits = 0, behind = 0, exponent = 0;
    bool point = false;
    uint64_t value = 0;
    double x;

    for (p += negative; p < end && *p != 'e' && *p != 'E'; p++) {
        if (is_digit(*p)) {
            if (++digits > MOST_DIGITS)
                return false;
            value = 10 * value + (uint64_t)(*p - '0');
            behind += point;
        } else if (*p == '.' && !point) {
            point = true;
        } else {
            return false;
        }
    }
    if (digits == 0 || (p < end && !parse_exponent(p + 1, end, &exponent)))
        return false;
    exponent -= behind;
    if (exponent > MOST_POWER || exponent < -MOST_POWER)
        return false;
    x = exponent < 0 ? (double)value / power[-exponent] : (double)value * power[exponent];
    *out = negative ? -x : x;
    return true;
}

/* Go's strconv.ParseFloat also knows NaN, Inf and hexadecimal; b.ReportMetric can print the first
 * two. They are read as what they are; hexadecimal and digit separators are not numbers here. */
static bool parse_number(struct gobench_slice s, double *out)
{
    char text[64], *end;

    if (parse_plain(s, out))
        return true;
    if (s.size == 0 || s.size >= sizeof text)
        return false;
    if (memchr(s.p, 'x', s.size) != NULL || memchr(s.p, 'X', s.size) != NULL ||
        memchr(s.p, '(', s.size) != NULL)
        return false;
    memcpy(text, s.p, s.size);
    text[s.size] = '\0';
    *out = strtod(text, &end);
    return end == text + s.size;
}

bool gobench_next_line(struct gobench_slice *rest, struct gobench_slice *line)
{
    const char *end;

    if (rest->size == 0)
        return false;
    end = memchr(rest->p, '\n', rest->size);
    line->p = rest->p;
    line->size = end != NULL ? (size_t)(end - rest->p) : rest->size;
    skip(rest, line->size + (end != NULL));
    if (line->size > 0 && line->p[line->size - 1] == '\r')
        line->size--;
    return true;
}

bool gobench_next(struct gobench_slice *values, struct gobench_value *out)
{
    return next_field(values, &out->number) && parse_number(out->number, &out->value) &&
           next_field(values, &out->unit);
}

bool gobench_text(struct gobench_slice text, struct gobench_line *out)
{
    struct gobench_slice count, rest;
    struct gobench_value value;

    while (text.size > 0 && (text.p[text.size - 1] == '\n' || is_blank(text.p[text.size - 1])))
        text.size--;
    if (!next_field(&text, &count) || !parse_count(count, &out->n))
        return false;
    out->values = rest = text;
    out->n_values = 0;
    while (gobench_next(&rest, &value)) {
        if (out->n_values < GOBENCH_KEPT)
            out->kept[out->n_values] = value;
        out->n_values++;
    }
    /* Left over: a number without unit or a word that is no number. */
    return rest.size == 0 && value.number.size == 0;
}

uint32_t gobench_procs(struct gobench_slice *name)
{
    size_t digits = 0;
    uint64_t procs;
    struct gobench_slice suffix;

    while (digits < name->size && is_digit(name->p[name->size - 1 - digits]))
        digits++;
    if (digits == 0 || digits + 1 >= name->size || name->p[name->size - 1 - digits] != '-')
        return 1;
    suffix = (struct gobench_slice){name->p + name->size - digits, digits};
    if (suffix.p[0] == '0' || !parse_count(suffix, &procs) || procs > INT32_MAX)
        return 1;
    name->size -= digits + 1;
    return (uint32_t)procs;
}

/* "BenchmarkX 100 12 ns/op": Go's rule for the name is Benchmark, then anything but a lower-case
 * letter. A name alone (verbose mode announces it) is no result. */
static bool parse_result(struct gobench_slice line, struct gobench_line *out)
{
    static const char prefix[] = "Benchmark";
    size_t size = sizeof prefix - 1;

    if (line.size <= size || memcmp(line.p, prefix, size) != 0 ||
        (line.p[size] >= 'a' && line.p[size] <= 'z'))
        return false;
    if (!next_field(&line, &out->name) || !gobench_text(line, out))
        return false;
    out->procs = gobench_procs(&out->name);
    return true;
}

/* "key: value": the key starts with a lower-case letter and has neither blanks nor capitals. */
static bool parse_config(struct gobench_slice line, struct gobench_line *out)
{
    size_t i = 0;

    if (line.size == 0 || line.p[0] < 'a' || line.p[0] > 'z')
        return false;
    while (i < line.size && line.p[i] != ':') {
        if (is_blank(line.p[i]) || (line.p[i] >= 'A' && line.p[i] <= 'Z'))
            return false;
        i++;
    }
    if (i == line.size)
        return false;
    out->key = (struct gobench_slice){line.p, i};
    skip(&line, i + 1);
    if (line.size > 0 && !is_blank(line.p[0]))
        return false; /* "http://…" */
    while (line.size > 0 && is_blank(line.p[0]))
        skip(&line, 1);
    while (line.size > 0 && is_blank(line.p[line.size - 1]))
        line.size--;
    out->value = line;
    return true;
}

static bool parse_unit(struct gobench_slice line, struct gobench_line *out)
{
    struct gobench_slice word;

    if (!next_field(&line, &word) || word.size != 4 || memcmp(word.p, "Unit", 4) != 0)
        return false;
    if (word.p + 4 == line.p + line.size || !next_field(&line, &out->key))
        return false;
    while (line.size > 0 && is_blank(line.p[0]))
        skip(&line, 1);
    out->value = line;
    return line.size > 0;
}

enum gobench_kind gobench_line(struct gobench_slice line, struct gobench_line *out)
{
    enum gobench_kind kind = GOBENCH_OTHER;

    memset(out, 0, offsetof(struct gobench_line, kept));
    if (parse_result(line, out))
        kind = GOBENCH_RESULT;
    else if (parse_config(line, out))
        kind = GOBENCH_CONFIG;
    else if (parse_unit(line, out))
        kind = GOBENCH_UNIT;
    else
        memset(out, 0, offsetof(struct gobench_line, kept));
    out->kind = kind;
    return kind;
}
