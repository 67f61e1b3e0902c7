/* pfm.c - libpfm4 behind one function.
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

/* The PMU among all that libpfm4 knows whose event `name` is; NULL when there is none. */
static const char *owner(const char *name, size_t size)
{
    pfm_pmu_t pmu;

    pfm_for_all_pmus(pmu)
    {
        pfm_pmu_info_t info = {.size = sizeof info};

        if (pfm_get_pmu_info(pmu, &info) != PFM_SUCCESS)
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

int pfmevent_encode(const char *event, struct perf_event_attr *attr, struct pg_error *err)
{
    struct perf_event_attr encoded = {.size = sizeof encoded};
    pfm_perf_encode_arg_t arg = {.attr = &encoded, .size = sizeof arg};
    const char *name = strstr(event, "::"), *cpu;
    int rc = pfm_initialize();

    if (rc != PFM_SUCCESS)
        return pg_error_set(err, PG_E_UNSUPPORTED, "libpfm4 does not start: %s", pfm_strerror(rc));
    rc = pfm_get_os_event_encoding(event, PFM_PLM0 | PFM_PLM3 | PFM_PLMH, PFM_OS_PERF_EVENT, &arg);
    if (rc == PFM_SUCCESS) {
        attr->type = encoded.type;
        attr->config = encoded.config;
        attr->config1 = encoded.config1;
        attr->config2 = encoded.config2;
        return 0;
    }
    name = name ? name + 2 : event;
    if (rc == PFM_ERR_NOTFOUND || rc == PFM_ERR_NOTSUPP) {
        cpu = owner(name, strcspn(name, ":"));
        if (cpu == NULL)
            return pg_error_set(err, PG_E_NOTFOUND, "libpfm4 knows no event '%s'", event);
        return pg_error_set(err, PG_E_UNSUPPORTED, "it is an event of %s, not of this CPU", cpu);
    }
    return pg_error_set(err, PG_E_UNSUPPORTED, "libpfm4 refuses it: %s", pfm_strerror(rc));
}
