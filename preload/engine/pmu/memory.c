/* memory.c - event strings for memory sampling, by PMU, and what they become here.
 *
 * The strings are those of perf-mem(1) and perf-c2c(1). Which of them a machine has is what the
 * kernel publishes: mem-loads, mem-stores and mem-loads-aux among the events of a core PMU (PEBS,
 * arch/x86/events/intel/core.c), a PMU called ibs_op (arch/x86/events/amd/ibs.c), PMUs called
 * arm_spe_N (drivers/perf/arm_spe_pmu.c).
 */
#include "pmu/memory.h"

#include "pmu/sysfs.h"

#include <stdio.h>
#include <string.h>

static const struct candidate {
    enum memory_kind kind;
    const char *pmu;      /* its name, or how it starts; NULL: any core PMU */
    const char *event;    /* that sysfs must publish; NULL: the PMU is enough */
    const char *settings; /* between the slashes */
    const char *modifiers;
    const char *leader; /* an event that leads the group where the PMU has it; or NULL */
    bool loads, stores, aux;
} candidates[] = {
    {MEMORY_PEBS, NULL, "mem-loads", "mem-loads,ldlat=30", "P", "mem-loads-aux", true, false,
     false},
    {MEMORY_PEBS, NULL, "mem-stores", "mem-stores", "P", NULL, false, true, false},
    {MEMORY_IBS, "ibs_op", NULL, "", "", NULL, true, true, false},
    {MEMORY_SPE, "arm_spe_", NULL, "ts_enable=1,load_filter=1,store_filter=1,min_latency=30", "",
     NULL, true, true, true},
};

static bool fits(const struct resolve_roots *roots, const struct candidate *c,
                 const struct sysfs_pmu *pmu)
{
    struct sysfs_event event;

    if (c->pmu == NULL ? !pmu->core : strncmp(pmu->name, c->pmu, strlen(c->pmu)) != 0)
        return false;
    return c->event == NULL || sysfs_event(roots->sysfs, pmu->name, c->event, &event);
}

static int attribute(const struct resolve_roots *roots, const char *text,
                     struct perf_event_attr *attr, struct pg_error *err)
{
    struct resolved out[RESOLVE_MAX];
    struct evspec *spec;
    int rc = evspec_parse(text, &spec, err);

    if (rc == 0)
        rc = resolve_term(roots, spec, &spec->term[0], out, err);
    evspec_free(spec);
    if (rc < 0)
        return rc;
    *attr = out[0].attr;
    if (out[0].precise_max)
        attr->precise_ip = 3; /* the caller lowers it until it opens, as with any P */
    return 0;
}

static int prepare(const struct resolve_roots *roots, const struct candidate *c,
                   const struct sysfs_pmu *pmu, struct memory_event *out, struct pg_error *err)
{
    char leader[EVSPEC_NAME_SIZE];
    struct sysfs_event event;
    int rc;

    memset(out, 0, sizeof *out);
    out->kind = c->kind;
    out->loads = c->loads;
    out->stores = c->stores;
    out->aux = c->aux;
    snprintf(out->name, sizeof out->name, "%.30s/%s/%s", pmu->name, c->settings, c->modifiers);
    if ((rc = attribute(roots, out->name, &out->attr, err)) != 0)
        return rc;
    if (!c->aux)
        out->attr.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
                                PERF_SAMPLE_ADDR | PERF_SAMPLE_DATA_SRC | PERF_SAMPLE_WEIGHT;
    out->has_leader = c->leader != NULL && sysfs_event(roots->sysfs, pmu->name, c->leader, &event);
    if (!out->has_leader)
        return 0;
    snprintf(leader, sizeof leader, "%.30s/%s/%s", pmu->name, c->leader, c->modifiers);
    return attribute(roots, leader, &out->leader, err);
}

int memory_events(const struct resolve_roots *roots, struct memory_event out[MEMORY_MAX],
                  struct pg_error *err)
{
    struct sysfs_pmu pmu[SYSFS_MAX_PMUS];
    size_t n = sysfs_pmus(roots->sysfs, pmu, SYSFS_MAX_PMUS);
    int found = 0, rc;

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sizeof candidates / sizeof *candidates; k++) {
            if (found == MEMORY_MAX || !fits(roots, &candidates[k], &pmu[i]))
                continue;
            if ((rc = prepare(roots, &candidates[k], &pmu[i], &out[found], err)) != 0)
                return rc;
            found++;
        }
    return found > 0 ? found
                     : pg_error_set(err, PG_E_UNSUPPORTED,
                                    "no PMU here samples data addresses (PEBS, IBS, SPE)");
}

const char *memory_kind_name(enum memory_kind kind)
{
    static const char *const names[] = {"PEBS", "IBS", "SPE"};

    return names[kind];
}
