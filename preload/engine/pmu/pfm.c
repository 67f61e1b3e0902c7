/* pfm.c - libpfm4 behind two functions.
 *
 * libpfm4 (pfm_get_os_event_encoding(3)) translates a vendor's event names to perf_event_attr, for
 * the PMUs that it detects on this machine. Its tables know the events of all other CPUs too; they
 * are searched only to tell "no such event" from "not on this CPU".
 */
#include "pmu/pfm.h"

#include <perfmon/pfmlib.h>
#include <perfmon/pfmlib_perf_event.h>
#include <stdbool.h>
#include <string.h>

/* The PMU among all that libpfm4 knows whose event this is; NULL when there is none. "pmu::EVENT"
 * names it. */
static const char *owner(const char *event_text)
{
    const char *colons = strstr(event_text, "::"), *name = colons ? colons + 2 : event_text;
    const size_t size = strcspn(name, ":"), prefix = colons ? (size_t)(colons - event_text) : 0;
    pfm_pmu_t pmu;

    pfm_for_all_pmus(pmu)
    {
        pfm_pmu_info_t info = {.size = sizeof info};

        if (pfm_get_pmu_info(pmu, &info) != PFM_SUCCESS ||
            (prefix > 0 &&
             (strlen(info.name) != prefix || strncasecmp(info.name, event_text, prefix) != 0)))
            continue;
        for (int i = info.first_event; i != -1; i = pfm_get_event_next(i)) {
            pfm_event_info_t event = {.size = sizeof event};
            if (pfm_get_event_info(i, PFM_OS_NONE, &event) == PFM_SUCCESS &&
                strlen(event.name) == size && strncasecmp(event.name, name, size) == 0)
                return info.desc;
        }
    }
    return NULL;
}

/* Which modes are counted may be said in the name (":u=1:c=2"), behind it, or in both places. */
static void take_modes(const struct perf_event_attr *encoded, struct perf_event_attr *attr)
{
    if (!encoded->exclude_user && !encoded->exclude_kernel && !encoded->exclude_hv)
        return;
    if (!attr->exclude_user && !attr->exclude_kernel && !attr->exclude_hv)
        attr->exclude_user = attr->exclude_kernel = attr->exclude_hv = 1;
    attr->exclude_user &= encoded->exclude_user;
    attr->exclude_kernel &= encoded->exclude_kernel;
    attr->exclude_hv &= encoded->exclude_hv;
}

static void take(const struct perf_event_attr *encoded, struct perf_event_attr *attr)
{
    attr->type = encoded->type;
    attr->config = encoded->config;
    attr->config1 = encoded->config1;
    attr->config2 = encoded->config2;
    if (encoded->precise_ip > attr->precise_ip)
        attr->precise_ip = encoded->precise_ip;
    attr->exclusive |= encoded->exclusive;
    attr->pinned |= encoded->pinned;
    take_modes(encoded, attr);
    if (encoded->exclude_host) { /* ":mg": guests only */
        attr->exclude_host = 1;
        attr->exclude_guest = 0;
    }
}

int pfmevent_encode(const char *event, struct perf_event_attr *attr, struct pg_error *err)
{
    struct perf_event_attr encoded = {.size = sizeof encoded};
    pfm_perf_encode_arg_t arg = {.attr = &encoded, .size = sizeof arg};
    const char *cpu;
    int rc = pfm_initialize();

    if (rc != PFM_SUCCESS)
        return pg_error_set(err, PG_E_UNSUPPORTED, "libpfm4 does not start: %s", pfm_strerror(rc));
    rc = pfm_get_os_event_encoding(event, PFM_PLM0 | PFM_PLM3 | PFM_PLMH, PFM_OS_PERF_EVENT, &arg);
    if (rc == PFM_SUCCESS) {
        take(&encoded, attr);
        return 0;
    }
    if (rc == PFM_ERR_NOTFOUND || rc == PFM_ERR_NOTSUPP) {
        cpu = owner(event);
        if (cpu == NULL)
            return pg_error_set(err, PG_E_NOTFOUND, "libpfm4 knows no event '%s'", event);
        return pg_error_set(err, PG_E_UNSUPPORTED, "it is an event of %s, not of this CPU", cpu);
    }
    return pg_error_set(err, PG_E_UNSUPPORTED, "libpfm4 refuses it: %s", pfm_strerror(rc));
}

static void each_umask(const pfm_pmu_info_t *pmu, int index,
                       void (*visit)(void *context, const struct pfmevent *event), void *context)
{
    pfm_event_info_t event = {.size = sizeof event};
    struct pfmevent out = {.pmu = pmu->name, .pmu_text = pmu->desc, .umask = "", .umask_text = ""};
    bool masks = false;

    if (pfm_get_event_info(index, PFM_OS_PERF_EVENT, &event) != PFM_SUCCESS)
        return;
    out.event = event.name;
    out.text = event.desc ? event.desc : "";
    for (int i = 0; i < event.nattrs; i++) {
        pfm_event_attr_info_t attr = {.size = sizeof attr};
        if (pfm_get_event_attr_info(index, i, PFM_OS_PERF_EVENT, &attr) != PFM_SUCCESS ||
            attr.type != PFM_ATTR_UMASK)
            continue;
        masks = true;
        out.umask = attr.name;
        out.umask_text = attr.desc ? attr.desc : "";
        visit(context, &out);
    }
    if (!masks)
        visit(context, &out);
}

void pfmevent_each(void (*visit)(void *context, const struct pfmevent *event), void *context)
{
    pfm_pmu_t pmu;

    if (pfm_initialize() != PFM_SUCCESS)
        return;
    pfm_for_all_pmus(pmu)
    {
        pfm_pmu_info_t info = {.size = sizeof info};

        if (pmu == PFM_PMU_PERF_EVENT || pmu == PFM_PMU_PERF_EVENT_RAW ||
            pfm_get_pmu_info(pmu, &info) != PFM_SUCCESS || !info.is_present)
            continue;
        for (int i = info.first_event; i != -1; i = pfm_get_event_next(i))
            each_umask(&info, i, visit, context);
    }
}
