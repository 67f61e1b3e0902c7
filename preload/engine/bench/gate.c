#include "bench/gate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char example[] = "write it as instructions/op<=+1% or 'Sort* allocs/op<=0'";

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static const char *skip_blanks(const char *s)
{
    while (is_blank(*s))
        s++;
    return s;
}

/* Decimal only: strtod would also take nan, inf and hexadecimal. NULL when there is no number. */
static const char *number(const char *s, double *out)
{
    const char *digits = s + (*s == '+' || *s == '-');
    char *end;

    if (strspn(digits, "0123456789.") == 0 || (digits[0] == '0' && (digits[1] | 0x20) == 'x'))
        return NULL;
    *out = strtod(s, &end);
    return end > digits && isfinite(*out) ? end : NULL;
}

static int bad(struct pg_error *err, const char *text, const char *what)
{
    return pg_error_set(err, PG_E_INVALID, "the gate '%.100s' %s: %s", text, what, example);
}

/* "PATTERN UNIT" or "UNIT", of size bytes. */
static int parse_subject(const char *subject, size_t size, struct gate *g, struct pg_error *err)
{
    size_t first, gap, second;

    while (size > 0 && is_blank(subject[size - 1]))
        size--;
    for (first = 0; first < size && !is_blank(subject[first]); first++)
        ;
    for (gap = first; gap < size && is_blank(subject[gap]); gap++)
        ;
    for (second = gap; second < size && !is_blank(subject[second]); second++)
        ;
    if (first == 0)
        return bad(err, g->text, "names no metric");
    if (second < size)
        return bad(err, g->text, "has more than a pattern and a metric before its limit");
    if (gap < size)
        memcpy(g->pattern, subject, first);
    memcpy(g->unit, gap < size ? subject + gap : subject, gap < size ? second - gap : first);
    return 0;
}

static int parse_limit(const char *s, struct gate *g, struct pg_error *err)
{
    const char *rest = number(skip_blanks(s), &g->limit);

    if (rest == NULL)
        return bad(err, g->text, "has no number behind <= or >=");
    if (*rest == '%') {
        g->relative = true;
        g->limit /= 100;
        rest++;
    }
    rest = skip_blanks(rest);
    if (strncmp(rest, ":advisory", 9) == 0) {
        g->advisory = true;
        rest = skip_blanks(rest + 9);
    }
    if (*rest != '\0')
        return bad(err, g->text, "goes on behind its limit, where only :advisory may stand");
    return 0;
}

int gate_parse(const char *text, struct gate *out, struct pg_error *err)
{
    const char *op, *subject = skip_blanks(text);
    int rc;

    *out = (struct gate){.limit = 0};
    for (const char *s = text; *s != '\0'; s++)
        if (((unsigned char)*s < ' ' && *s != '\t') || *s == 0x7f)
            return pg_error_set(err, PG_E_INVALID, "a gate has a control character in it: %s",
                                example);
    if (strlen(text) >= sizeof out->text)
        return bad(err, text, "is too long");
    snprintf(out->text, sizeof out->text, "%s", text);
    op = strpbrk(text, "<>");
    if (op == NULL || op[1] != '=')
        return bad(err, text, "has neither <= nor >=");
    out->at_least = *op == '>';
    rc = parse_subject(subject, op > subject ? (size_t)(op - subject) : 0, out, err);
    return rc < 0 ? rc : parse_limit(op + 2, out, err);
}

/* One star to go back to is enough: what an earlier star could take, the later one can too. */
bool gate_glob(const char *pattern, const char *text)
{
    const char *star = NULL, *from = NULL;

    while (*text != '\0') {
        if (*pattern == '*') {
            star = pattern++;
            from = text;
        } else if (*pattern == '?' || *pattern == *text) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star + 1;
            text = ++from;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

bool gate_names(const char *pattern, const char *name, uint32_t procs)
{
    const char *plain = strncmp(name, "Benchmark", 9) == 0 && name[9] != '\0' ? name + 9 : name;
    char suffixed[1024];

    if (pattern[0] == '\0' || gate_glob(pattern, name) || gate_glob(pattern, plain))
        return true;
    if (snprintf(suffixed, sizeof suffixed, "%s-%u", name, procs) >= (int)sizeof suffixed)
        return false;
    return gate_glob(pattern, suffixed) || gate_glob(pattern, suffixed + (size_t)(plain - name));
}

bool gate_matches(const struct gate *g, const char *name, uint32_t procs, const char *unit)
{
    return strcmp(g->unit, unit) == 0 && gate_names(g->pattern, name, procs);
}
