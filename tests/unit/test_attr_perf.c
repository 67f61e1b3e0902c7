/* Attributes beside those that `perf stat -vv` shows for the same event, on this machine. */
#include "pmu/caps.h"
#include "pmu/resolve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* perf prints what is not 0. */
static const char *const fields[] = {
    "type",           "config",     "config1",       "config2",      "exclude_user",
    "exclude_kernel", "exclude_hv", "exclude_guest", "exclude_host", "exclude_idle",
    "precise_ip",     "pinned",     "exclusive",
};
enum { FIELDS = COUNT(fields) };

static void of_attr(const struct perf_event_attr *a, unsigned long long out[FIELDS])
{
    const unsigned long long value[FIELDS] = {
        a->type,           a->config,     a->config1,       a->config2,      a->exclude_user,
        a->exclude_kernel, a->exclude_hv, a->exclude_guest, a->exclude_host, a->exclude_idle,
        a->precise_ip,     a->pinned,     a->exclusive,
    };

    memcpy(out, value, sizeof value);
}

/* The first attribute that perf opens, or false: it does not know the event, or is not there. */
static bool of_perf(const char *event, unsigned long long out[FIELDS])
{
    char command[300], line[300], key[64], text[128];
    bool inside = false;
    FILE *f;

    memset(out, 0, FIELDS * sizeof *out);
    snprintf(command, sizeof command, "LC_ALL=C perf stat -vv -e '%s' true 2>&1", event);
    f = popen(command, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, "perf_event_attr:", 16) == 0)
            inside = true;
        else if (inside && line[0] == '-')
            break;
        else if (inside && sscanf(line, " %63s %127s", key, text) == 2)
            for (int i = 0; i < FIELDS; i++)
                if (strcmp(key, fields[i]) == 0)
                    out[i] = strtoull(text, NULL, 0);
    }
    while (fgets(line, sizeof line, f) != NULL)
        ;
    pclose(f);
    return inside;
}

static bool of_us(const struct resolve_roots *roots, const char *event,
                  unsigned long long out[FIELDS])
{
    struct resolved resolved[RESOLVE_MAX];
    struct pg_error err = {0};
    struct evspec *spec;
    int rc = evspec_parse(event, &spec, &err);

    if (rc == 0)
        rc = resolve_term(roots, spec, &spec->term[0], resolved, &err);
    evspec_free(spec);
    if (rc < 1)
        print_message("%s: %s\n", event, err.text);
    else
        of_attr(&resolved[0].attr, out);
    return rc >= 1;
}

static const char *const events[] = {
    "task-clock",
    "cpu-clock:u",
    "page-faults",
    "faults:k",
    "cs",
    "migrations",
    "minor-faults",
    "major-faults:u",
    "alignment-faults",
    "emulation-faults",
    "dummy",
    "bpf-output",
    "cgroup-switches",
    "cycles",
    "cpu-cycles:u",
    "instructions:k",
    "cache-references",
    "cache-misses",
    "branches",
    "branch-misses:uk",
    "bus-cycles",
    "stalled-cycles-frontend",
    "idle-cycles-backend",
    "ref-cycles:H",
    "cycles:pp",
    "cycles:G",
    "cycles:I",
    "cycles:D",
    "instructions:uppp",
    "L1-dcache-loads",
    "L1-dcache-load-misses",
    "L1-dcache-prefetches",
    "l1d-store",
    "L1-icache-loads",
    "LLC-load-misses",
    "LLC-stores:u",
    "dTLB-loads",
    "dTLB-store-misses",
    "iTLB-load-misses",
    "branch-loads",
    "bpu-misses",
    "node-load-misses",
    "node-prefetches",
    "r412e",
    "rc0:u",
    "r1ff",
    "sched:sched_switch",
    "sched:sched_wakeup:u",
    "syscalls:sys_enter_write:k",
    "msr/tsc/",
    "msr/tsc/u",
    "msr/event=0/",
    "{page-faults,cs}:u",
};

static void test_events(void **state)
{
    static struct pmu_caps caps;
    struct resolve_roots roots = {"/sys", NULL};
    unsigned long long perf[FIELDS], us[FIELDS];
    size_t compared = 0, wrong = 0;

    (void)state;
    if (!of_perf("task-clock", perf)) {
        print_message("perf is not installed, or may not run\n");
        skip();
    }
    /* For its first tracepoint root's perf mounts tracefs where nobody has. */
    of_perf("sched:sched_switch", perf);
    caps_probe("/proc", "/sys", &caps);
    roots.tracefs = caps.tracefs;
    for (size_t i = 0; i < COUNT(events); i++) {
        if (!of_perf(events[i], perf)) {
            print_message("%s: this perf does not know it\n", events[i]);
            continue;
        }
        compared++;
        if (!of_us(&roots, events[i], us)) {
            wrong++;
            continue;
        }
        for (int k = 0; k < FIELDS; k++)
            if (us[k] != perf[k]) {
                print_message("%s: %s is %#llx, perf's is %#llx\n", events[i], fields[k], us[k],
                              perf[k]);
                wrong++;
            }
    }
    assert_int_equal(wrong, 0);
    assert_true(compared >= COUNT(events) - 8); /* no tracefs, no msr, an older perf */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_events)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
