/* Event lists from anywhere: parsed without a finding, and what parses is consistent. */
#include "pmu/evspec.h"
#include "pmu/sysfs.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct evspec *spec)
{
    char display[256];

    if (spec->n_terms == 0 || spec->n_terms > EVSPEC_MAX_TERMS ||
        spec->n_settings > EVSPEC_MAX_SETTINGS)
        abort();
    for (size_t i = 0; i < spec->n_terms; i++) {
        const struct evspec_term *t = &spec->term[i];
        if (!evspec_display(t, display, sizeof display) || t->group > spec->n_groups ||
            (size_t)t->first_setting + t->n_settings > spec->n_settings)
            abort();
        if ((t->own.bits & ~t->all.bits) != 0 || t->all.precise > 3)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sysfs_format format;
    struct evspec *spec = NULL;
    struct pg_error err = {0};
    char name[EVSPEC_NAME_SIZE];
    char *text = malloc(size + 1);

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (evspec_parse(text, &spec, &err) == 0)
        check(spec);
    else if (err.code != PG_E_INVALID || err.text[0] == '\0' || spec != NULL)
        abort();
    evspec_free(spec);
    evspec_suggest(text, name);
    sysfs_format_parse(text, &format);
    free(text);
    return 0;
}
