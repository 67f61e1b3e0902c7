/* Gate expressions from anywhere: parsed without a finding, what parses is consistent and parses
 * again from what it keeps, what does not is said in one sentence. */
#include "bench/gate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct gate *g)
{
    struct gate again;

    if (g->unit[0] == '\0' || !isfinite(g->limit) || strpbrk(g->unit, " \t\n<>") != NULL ||
        strpbrk(g->pattern, " \t\n<>") != NULL)
        abort();
    if (gate_parse(g->text, &again, NULL) != 0 || again.limit != g->limit ||
        again.at_least != g->at_least || again.relative != g->relative ||
        again.advisory != g->advisory || strcmp(again.unit, g->unit) != 0 ||
        strcmp(again.pattern, g->pattern) != 0)
        abort();
    if (g->pattern[0] == '\0' && !gate_matches(g, "BenchmarkX", 8, g->unit))
        abort();
    if (gate_matches(g, "BenchmarkX", 8, "no such unit"))
        abort();
    gate_matches(g, "BenchmarkX/a=b/c-3", 8, g->unit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pg_error err = {0};
    struct gate gate;
    char *text = malloc(size + 1);

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (gate_parse(text, &gate, &err) == 0)
        check(&gate);
    else if (err.code != PG_E_INVALID || err.text[0] == '\0' || strchr(err.text, '\n') != NULL)
        abort();
    free(text);
    return 0;
}
