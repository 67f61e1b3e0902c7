/* fit.c - groups that fit the hardware, found by trying.
 *
 * The kernel reads the events of a group at one moment and schedules them all or none
 * (perf_event_open(2)). How many fit, and which may stand together, depends on the CPU model, on
 * counters that are taken (NMI watchdog, other users) and on the hypervisor, and no interface
 * tells. So: open each event alone, which shows the ones that this machine does not have, and
 * exercise the CPU, which shows the ones that it only pretends to have; then build groups by adding
 * event after event until the kernel says EINVAL or ENOSPC, which starts a new group; then watch
 * each group, because opening proves only that it would fit an empty PMU. A group that is never on
 * the hardware is split in halves, down to single events.
 *
 * Groups are tried one at a time: together they would take turns and the watch would mistake
 * waiting for failure. Software events join the hardware group when there is just one and it is on
 * the hardware all the time: one read(2) less per window. Else they get a group of their own, so
 * that waiting for hardware does not cost them coverage.
 */
#include "pmu/fit.h"

#include "arch/arch.h"
#include "pmu/exercise.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Members of one group under construction, as indices of events. */
struct members {
    size_t n;
    size_t index[PG_MAX_GROUP_EVENTS];
};

struct fit {
    const struct fit_kernel *kernel;
    struct fit_event *event;
    size_t n;
    int n_groups;
};

enum verdict { ALWAYS_RUNS, SOMETIMES_RUNS, NEVER_RUNS, DOES_NOT_OPEN };

static int open_one(const struct fit *f, const struct fit_event *e, int leader)
{
    return f->kernel->open(f->kernel->context, &e->attr, leader);
}

/* Throughout on the hardware, with work that it cannot have missed. The work is done in user mode,
 * so an event of the kernel or of guests is judged by what it counts without that restriction. */
static bool counts_nothing(const struct fit *f, const struct fit_event *e)
{
    struct fit_event whole = *e;
    struct fit_reading r = {0};
    int fd, rc;

    if (!exercise_is_counted(&e->attr))
        return false;
    whole.attr.exclude_user = whole.attr.exclude_host = 0;
    fd = open_one(f, &whole, -1);
    if (fd < 0)
        return false;
    rc = f->kernel->exercise(f->kernel->context, fd, &r);
    f->kernel->close(f->kernel->context, fd);
    return rc == 0 && r.value == 0 && r.running_ns > 0 && r.running_ns == r.enabled_ns;
}

/* Finds the form in which an event opens: without kernel mode when that is denied, with the highest
 * precision when asked. */
static void try_alone(const struct fit *f, struct fit_event *e)
{
    const uint8_t most = arch_host()->max_precise;
    int fd;

    if (e->precise_max || e->attr.precise_ip > most)
        e->attr.precise_ip = most;
    for (;;) {
        fd = open_one(f, e, -1);
        if (fd >= 0)
            break;
        if ((fd == -EACCES || fd == -EPERM) && !e->attr.exclude_kernel && !e->attr.exclude_user &&
            !e->kernel_only) {
            e->attr.exclude_kernel = e->attr.exclude_hv = 1;
            e->kernel_denied = true;
        } else if (fd == -EINVAL && e->guests_too && e->attr.exclude_guest) {
            e->attr.exclude_guest = 0;
        } else if (e->precise_max && e->attr.precise_ip > 0 && fd != -EACCES && fd != -EPERM) {
            e->attr.precise_ip--;
        } else {
            break;
        }
    }
    if (fd >= 0)
        f->kernel->close(f->kernel->context, fd);
    e->error = fd < 0 ? -fd : counts_nothing(f, e) ? FIT_COUNTS_NOTHING : 0;
}

/* Opens the members as one group and says what becomes of it. */
static enum verdict try_group(const struct fit *f, const struct members *m, bool watch)
{
    int fd[PG_MAX_GROUP_EVENTS] = {-1};
    enum verdict verdict = ALWAYS_RUNS;
    uint64_t enabled = 0, running = 0;
    size_t opened = 0;

    while (opened < m->n) {
        fd[opened] = open_one(f, &f->event[m->index[opened]], opened ? fd[0] : -1);
        if (fd[opened] < 0)
            break;
        opened++;
    }
    if (opened < m->n)
        verdict = DOES_NOT_OPEN;
    else if (watch && f->kernel->observe(f->kernel->context, fd[0], &enabled, &running) != 0)
        verdict = NEVER_RUNS;
    else if (watch && running < enabled)
        verdict = running > 0 ? SOMETIMES_RUNS : NEVER_RUNS;
    else if (watch && running == 0)
        verdict = NEVER_RUNS;
    while (opened-- > 0)
        f->kernel->close(f->kernel->context, fd[opened]);
    return verdict;
}

static void settle(struct fit *f, const struct members *m, int error)
{
    if (error == 0 && f->n_groups == PG_MAX_GROUPS)
        error = FIT_TOO_MANY;
    for (size_t i = 0; i < m->n; i++) {
        f->event[m->index[i]].error = error;
        f->event[m->index[i]].group = error ? -1 : f->n_groups;
    }
    f->n_groups += error == 0;
}

/* Makes groups of members that open together, splitting what is never scheduled. */
static enum verdict settle_watched(struct fit *f, const struct members *m)
{
    struct members half[2] = {{0}, {0}};
    enum verdict v = try_group(f, m, true), w;

    if (v == ALWAYS_RUNS || v == SOMETIMES_RUNS || m->n <= 1) {
        settle(f, m, v == NEVER_RUNS ? FIT_NEVER_RUNS : v == DOES_NOT_OPEN ? EBUSY : 0);
        return v;
    }
    for (size_t i = 0; i < m->n; i++) {
        struct members *h = &half[i >= (m->n + 1) / 2];
        h->index[h->n++] = m->index[i];
    }
    v = settle_watched(f, &half[0]);
    w = settle_watched(f, &half[1]);
    return v > w ? v : w;
}

/* The user's braces: all together, or not at all. */
static void settle_braces(struct fit *f, uint16_t braces)
{
    struct members m = {0};
    bool weak = false, full = false;
    enum verdict v;

    for (size_t i = 0; i < f->n; i++) {
        if (f->event[i].braces != braces || f->event[i].error != 0)
            continue;
        weak |= f->event[i].weak;
        full |= m.n == PG_MAX_GROUP_EVENTS;
        if (m.n < PG_MAX_GROUP_EVENTS)
            m.index[m.n++] = i;
    }
    /* Only the leader can be pinned or exclusive. */
    for (size_t i = 1; i < m.n; i++)
        f->event[m.index[i]].attr.pinned = f->event[m.index[i]].attr.exclusive = 0;
    if (m.n == 0)
        return;
    v = full ? DOES_NOT_OPEN : try_group(f, &m, true);
    if (v == ALWAYS_RUNS || v == SOMETIMES_RUNS) {
        settle(f, &m, 0);
        return;
    }
    for (size_t i = 0; i < f->n; i++)
        if (f->event[i].braces == braces && f->event[i].error == 0) {
            if (weak)
                f->event[i].braces = 0;
            else
                f->event[i].error = m.n > 1 || full ? FIT_BAD_GROUP : FIT_NEVER_RUNS;
        }
}

static bool is_free(const struct fit_event *e)
{
    return e->braces == 0 && e->error == 0 && e->group < 0;
}

/* Greedy groups of the free events of one PMU. Returns the verdict on the last one. */
static enum verdict settle_pmu(struct fit *f, bool software, uint32_t pmu)
{
    struct members m = {0};
    enum verdict v = ALWAYS_RUNS;

    for (size_t i = 0; i < f->n; i++) {
        struct fit_event *e = &f->event[i];
        if (!is_free(e) || e->software != software || (!software && e->pmu != pmu))
            continue;
        m.index[m.n++] = i;
        if (m.n > 1 && try_group(f, &m, false) == DOES_NOT_OPEN) {
            m.n--;
            v = settle_watched(f, &m);
            m = (struct members){.n = 1, .index = {i}};
        } else if (m.n == PG_MAX_GROUP_EVENTS) {
            v = settle_watched(f, &m);
            m.n = 0;
        }
    }
    if (m.n > 0)
        v = settle_watched(f, &m);
    return v;
}

/* Puts the free software events into the only group, if that stays on the hardware all the time. */
static bool join_software(struct fit *f)
{
    struct members m = {0};
    size_t first_new;

    for (size_t i = 0; i < f->n; i++)
        if (f->event[i].group == 0)
            m.index[m.n++] = i;
    first_new = m.n;
    for (size_t i = 0; i < f->n; i++)
        if (is_free(&f->event[i]) && f->event[i].software) {
            if (m.n == PG_MAX_GROUP_EVENTS)
                return false;
            m.index[m.n++] = i;
        }
    if (m.n == first_new || try_group(f, &m, true) != ALWAYS_RUNS)
        return false;
    for (size_t i = first_new; i < m.n; i++)
        f->event[m.index[i]].group = 0;
    return true;
}

bool fit_reason(int error, char *out, size_t size)
{
    switch (error) {
    case FIT_NEVER_RUNS:
        snprintf(out, size,
                 "it opens but is never on the hardware: other users "
                 "or the NMI watchdog hold the counters");
        return true;
    case FIT_TOO_MANY:
        snprintf(out, size, "it would need more than %d groups", PG_MAX_GROUPS);
        return true;
    case FIT_COUNTS_NOTHING:
        snprintf(out, size, "it opens here but counts nothing, whatever the CPU does");
        return true;
    default:
        return false;
    }
}

void fit_alone(const struct fit_kernel *kernel, struct fit_event *event)
{
    const struct fit f = {.kernel = kernel, .event = event, .n = 1};

    try_alone(&f, event);
}

int fit_groups(const struct fit_kernel *kernel, struct fit_event *events, size_t n)
{
    struct fit f = {.kernel = kernel, .event = events, .n = n};
    bool joinable = true;
    int before;

    for (size_t i = 0; i < n; i++) {
        events[i].group = -1;
        if (events[i].error == 0)
            try_alone(&f, &events[i]);
    }
    for (size_t i = 0; i < n; i++)
        if (events[i].braces != 0 && events[i].error == 0 && events[i].group < 0)
            settle_braces(&f, events[i].braces);
    before = f.n_groups;
    for (size_t i = 0; i < n; i++)
        if (is_free(&events[i]) && !events[i].software)
            joinable &= settle_pmu(&f, false, events[i].pmu) == ALWAYS_RUNS;
    if (before == 0 && f.n_groups == 1 && joinable && join_software(&f))
        return f.n_groups;
    settle_pmu(&f, true, 0);
    return f.n_groups;
}

static int real_open(void *context, const struct perf_event_attr *attr, int group_fd)
{
    struct perf_event_attr copy = *attr;
    long fd;

    (void)context;
    fd = syscall(SYS_perf_event_open, &copy, 0, -1, group_fd, PERF_FLAG_FD_CLOEXEC);
    return fd < 0 ? -errno : (int)fd;
}

static void real_close(void *context, int fd)
{
    (void)context;
    close(fd);
}

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* A group that fits is on the hardware at once. Others that take turns with it let it wait for some
 * multiples of the kernel's rotation interval of 4 ms. */
static int real_observe(void *context, int leader, uint64_t *enabled_ns, uint64_t *running_ns)
{
    enum { SHORT_NS = 20000, PATIENCE_NS = 25000000 };
    uint64_t start = now_ns(), buffer[3 + PG_MAX_GROUP_EVENTS], waited;

    (void)context;
    do {
        ssize_t n = read(leader, buffer, sizeof buffer);
        if (n < 0)
            return -errno;
        if ((size_t)n < 3 * sizeof *buffer)
            return -ENOSPC; /* a pinned group that does not fit reads as end of file */
        *enabled_ns = buffer[1];
        *running_ns = buffer[2];
        waited = now_ns() - start;
    } while (waited < SHORT_NS || (*running_ns == 0 && waited < PATIENCE_NS));
    return 0;
}

/* Events that work have counted after the first round. */
static int real_exercise(void *context, int fd, struct fit_reading *out)
{
    enum { ROUNDS = 32 };
    uint64_t buffer[4]; /* nr, enabled, running, value */

    (void)context;
    for (int i = 0; i < ROUNDS; i++) {
        ssize_t n;

        exercise_round(now_ns());
        n = read(fd, buffer, sizeof buffer);
        if (n < 0)
            return -errno;
        if ((size_t)n < sizeof buffer)
            return -ENOSPC; /* as above */
        *out = (struct fit_reading){buffer[1], buffer[2], buffer[3]};
        if (out->value != 0)
            break;
    }
    return 0;
}

const struct fit_kernel fit_real_kernel = {NULL, real_open, real_close, real_observe,
                                           real_exercise};
