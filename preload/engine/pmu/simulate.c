#include "pmu/simulate.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_EVENTS = 32, MAX_PARTS = 3, TAIL = 4096 };

/* A counter is a sum of callgrind's events. Names of the events: Valgrind manual, "Cachegrind". */
static const struct simulated {
    const char *name;
    const char *part[MAX_PARTS];
} simulated[] = {
    {"instructions", {"Ir"}},
    {"loads", {"Dr"}},
    {"stores", {"Dw"}},
    {"L1-misses", {"I1mr", "D1mr", "D1mw"}},
    {"LL-misses", {"ILmr", "DLmr", "DLmw"}},
    {"branches", {"Bc", "Bi"}},
    {"branch-misses", {"Bcm", "Bim"}},
};

enum { N_SIMULATED = sizeof simulated / sizeof simulated[0] };

static const struct simulated *find(const char *name, size_t size)
{
    for (size_t i = 0; i < N_SIMULATED; i++)
        if (strlen(simulated[i].name) == size && memcmp(simulated[i].name, name, size) == 0)
            return &simulated[i];
    return NULL;
}

static void add_counter(struct pg_plan *plan, const struct simulated *s)
{
    struct pg_counter *c = &plan->counter[plan->n_counters];

    for (uint32_t i = 0; i < plan->n_counters; i++)
        if (strcmp(plan->counter[i].name, s->name) == 0)
            return;
    snprintf(c->name, sizeof c->name, "%s", s->name);
    snprintf(c->unit, sizeof c->unit, "%s/op", s->name);
    c->source = PG_SOURCE_SIMULATE;
    c->backend = PG_BACKEND_SIMULATE;
    c->exclude_kernel = true;
    c->scale = 1;
    plan->n_counters++;
}

int simulate_plan(const char *events, struct pg_plan *plan, struct pg_error *err)
{
    memset(plan, 0, sizeof *plan);
    plan->backend = PG_BACKEND_SIMULATE;
    snprintf(plan->note, sizeof plan->note,
             "instructions and caches are simulated by Valgrind: exact and repeatable, no times");
    if (events == NULL) {
        for (size_t i = 0; i < N_SIMULATED; i++)
            add_counter(plan, &simulated[i]);
        return 0;
    }
    for (const char *name = events; *name != '\0';) {
        size_t size = strcspn(name, ",");
        const struct simulated *s = find(name, size);

        if (s == NULL)
            return pg_error_set(err, PG_E_INVALID,
                                "'%.*s' cannot be simulated: give instructions, loads, stores, "
                                "L1-misses, LL-misses, branches or branch-misses",
                                (int)size, name);
        add_counter(plan, s);
        name += size;
        name += *name == ',';
    }
    if (plan->n_counters == 0)
        return pg_error_set(err, PG_E_INVALID, "the event list is empty");
    return 0;
}

struct totals {
    char name[MAX_EVENTS][16];
    uint64_t value[MAX_EVENTS];
    size_t n_names, n_values;
};

static void read_names(struct totals *t, const char *text)
{
    while (t->n_names < MAX_EVENTS) {
        size_t size;

        text += strspn(text, " \t\n");
        size = strcspn(text, " \t\n");
        if (size == 0 || size >= sizeof t->name[0])
            return;
        memcpy(t->name[t->n_names], text, size);
        t->name[t->n_names++][size] = '\0';
        text += size;
    }
}

static void read_values(struct totals *t, const char *text)
{
    t->n_values = 0;
    while (t->n_values < MAX_EVENTS) {
        char *end;

        text += strspn(text, " \t");
        if (!isdigit((unsigned char)*text))
            return;
        errno = 0;
        t->value[t->n_values] = strtoull(text, &end, 10);
        if (errno != 0)
            return;
        t->n_values++;
        text = end;
    }
}

/* Trailing zeros are left out in callgrind's lines: a value that is not there is 0. */
static int value_of(const struct totals *t, const char *event, uint64_t *sum)
{
    for (size_t i = 0; i < t->n_names; i++)
        if (strcmp(t->name[i], event) == 0) {
            *sum += i < t->n_values ? t->value[i] : 0;
            return 0;
        }
    return -1;
}

static int take(const struct totals *t, const struct pg_plan *plan, const char *path,
                struct pg_counts *out, struct pg_error *err)
{
    for (uint32_t i = 0; i < plan->n_counters; i++) {
        const struct simulated *s = find(plan->counter[i].name, strlen(plan->counter[i].name));

        out->value[i] = 0;
        for (size_t k = 0; s != NULL && k < MAX_PARTS && s->part[k] != NULL; k++)
            if (value_of(t, s->part[k], &out->value[i]) < 0)
                return pg_error_set(err, PG_E_FORMAT, "%s has no event %s", path, s->part[k]);
    }
    return 0;
}

/* Both lines are near an end of the file: the names in its head, the totals behind everything. */
static void read_lines(FILE *f, struct totals *t, bool *have_totals)
{
    char line[1024];

    while (t->n_names == 0 && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, "events:", 7) == 0)
            read_names(t, line + 7);
    if (fseek(f, -TAIL, SEEK_END) != 0)
        rewind(f);
    while (fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, "totals:", 7) == 0) {
            read_values(t, line + 7);
            *have_totals = strchr(line, '\n') != NULL;
        }
}

int simulate_read(const char *path, const struct pg_plan *plan, struct pg_counts *out,
                  struct pg_error *err)
{
    struct totals t = {.n_names = 0};
    bool have_totals = false;
    FILE *f = fopen(path, "re");

    if (f == NULL)
        return pg_error_errno(err, errno == ENOENT ? PG_E_NOTFOUND : PG_E_IO, errno,
                              "cannot read Valgrind's dump %s", path);
    read_lines(f, &t, &have_totals);
    fclose(f);
    if (!have_totals || t.n_names == 0)
        return pg_error_set(err, PG_E_FORMAT, "Valgrind's dump %s is cut short", path);
    return take(&t, plan, path, out, err);
}
