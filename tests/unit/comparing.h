/* comparing.h - what the tests of comparisons share: two sets from text in Go's benchmark format,
 * compared. */
#ifndef PERFGO_TESTS_COMPARING_H
#define PERFGO_TESTS_COMPARING_H

#include "bench/compare_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_GATES = 3 };

static inline void fill(struct benchset *s, const char *text)
{
    *s = (struct benchset){.results = 0};
    assert_int_equal(benchset_add_text(s, text, strlen(text), NULL), 0);
    benchset_sort(s);
}

/* "10 11 12" becomes three lines of BenchmarkA. */
static inline void repeats(struct strbuf *out, const char *values, const char *unit)
{
    char copy[512], *rest = copy, *value;

    snprintf(copy, sizeof copy, "%s", values);
    while ((value = strsep(&rest, " ")) != NULL)
        strbuf_printf(out, "BenchmarkA-8 100 %s %s\n", value, unit);
}

struct compared {
    struct benchset old, new;
    struct comparison c;
    struct gate gate[MAX_GATES];
    struct compare_options o;
};

static inline void compare(struct compared *k, const char *old, const char *new, const char *gate)
{
    k->o.alpha = 0.05;
    k->o.confidence = 0.95;
    if (gate != NULL) {
        assert_int_equal(gate_parse(gate, &k->gate[k->o.n_gates++], NULL), 0);
        k->o.gate = k->gate;
    }
    fill(&k->old, old);
    fill(&k->new, new);
    assert_int_equal(compare_sets(&k->old, &k->new, &k->o, &k->c, NULL), 0);
}

static inline void release(struct compared *k)
{
    compare_free(&k->c);
    benchset_free(&k->old);
    benchset_free(&k->new);
}

#define TEN     "100 101 102 99 98 100.5 100.2 99.5 99.1 101.5"
#define TEN_UP5 "105 106 107 104 103 105.5 105.2 104.5 104.1 106.5"
#define EXACT   "Unit x/op assume=exact better=lower\nUnit instructions/op assume=exact\n"
#define LINE    "BenchmarkA 1 100 x/op\n"
#define OTHER   "BenchmarkB 1 100 x/op\n"

#endif
