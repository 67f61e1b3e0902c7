/* Any two texts as OLD and NEW: read, compared under a gate, and the verdict rests on evidence. The
 * first byte says where the texts part. */
#include "bench/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool fill(struct benchset *s, const char *text, size_t size)
{
    struct pg_error err = {0};
    const int rc = benchset_add_text(s, text, size, &err);

    if (rc < 0 && (rc != -PG_E_LIMIT || err.text[0] == '\0'))
        abort();
    benchset_sort(s);
    for (size_t i = 0; i < s->n_sample; i++) {
        const struct sample *x = &s->sample[i];

        if (x->bench >= s->n_bench || x->n_exact > x->n + x->n_bad || x->n_text > size ||
            benchset_sample(s, &s->bench[x->bench], x->unit) != x)
            abort();
        for (size_t k = 0; k < x->n; k++)
            if (!isfinite(x->value[k]) || (k > 0 && x->value[k] < x->value[k - 1]))
                abort();
    }
    return rc == 0;
}

static void check(const struct comparison *c)
{
    size_t counted = 0;

    for (size_t i = 0; i < c->n_rows; i++) {
        const struct compare_row *row = &c->row[i];
        const bool fails = row->verdict == COMPARE_FAIL;

        if (row->verdict == COMPARE_PASS || fails)
            if (row->gate == NULL || row->old == NULL || row->new == NULL || row->old->n_bad > 0 ||
                row->new->n_bad > 0 || row->old->n_scaled > 0)
                abort();
        if (fails && !row->exact && !(row->q <= 0.05))
            abort();
        if ((row->verdict == COMPARE_INCONCLUSIVE || fails) && row->reason[0] == '\0')
            abort();
        counted += row->verdict != COMPARE_NONE && row->gate != NULL && !row->gate->advisory;
    }
    if (counted != c->n_gated || (c->verdict == COMPARE_PASS && counted == 0) ||
        c->verdict == COMPARE_NONE)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const rules[] = {"ns/op<=+5%", "x<=0", "B/op<=+1%", "allocs/op<=0"};
    struct gate gate[4];
    struct compare_options o = {.gate = gate, .alpha = 0.05, .confidence = 0.95};
    struct benchset old = {.results = 0}, new = {.results = 0};
    struct comparison c;
    size_t half;

    if (size == 0)
        return 0;
    o.n_gates = data[0] % 5;
    for (size_t i = 0; i < o.n_gates; i++)
        if (gate_parse(rules[i], &gate[i], NULL) < 0)
            abort();
    half = 1 + (size - 1) * data[0] / 255;
    if (fill(&old, (const char *)data + 1, half - 1) &&
        fill(&new, (const char *)data + half, size - half)) {
        if (compare_sets(&old, &new, &o, &c, NULL) < 0)
            abort();
        check(&c);
        compare_free(&c);
    }
    benchset_free(&old);
    benchset_free(&new);
    return 0;
}
