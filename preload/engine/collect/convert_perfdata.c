/* convert_perfdata.c - follows processes through a recording, and gives its addresses meaning.
 *
 * A process is known by its pid. A fork copies the mappings of its parent, an exec empties them.
 * Which location an address has depends on the region that it lies in at that time; each region and
 * address is looked up once.
 */
#include "collect/convert_priv.h"

#include "sym/symbols.h"
#include "unwind/skipped.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KERNEL = 0 }; /* in place of a region's number */

struct process {
    struct space *space;
    const char *comm; /* of its first thread */
    bool announced;   /* its program is among the mappings */
};

struct conversion {
    struct convert c;
    struct perfdata *recording;
    struct symbols *symbols;
    struct process *process;
    size_t n_processes, process_room;
    struct numbers pids;  /* pid + 1: process + 1 */
    struct numbers comms; /* tid + 1: comm + 1 */
    const char **comm;
    size_t n_comms, comm_room;
    struct numbers skipped;       /* (leaf's function, return address): location + 1 */
    struct numbers mappings;      /* a region's number: that of its mapping in the profile */
    const struct region **mapped; /* by number of the mapping - 1 */
    size_t n_mapped, mapped_room;
    uint64_t lost, lost_samples; /* as records told when it happened; as one tells at the end */
};

static int no_memory(struct pg_error *err)
{
    return pg_error_set(err, PG_E_NOMEM, "out of memory");
}

/* Room for one more item behind n; array is a pointer to a pointer. */
static bool make_room(void *array, size_t n, size_t *room, size_t size)
{
    void **at = array, *more;

    if (n < *room)
        return true;
    more = realloc(*at, (2 * n + 16) * size);
    if (more == NULL)
        return false;
    *at = more;
    *room = 2 * n + 16;
    return true;
}

/* ---- processes ---- */

static struct process *process_of(struct conversion *v, uint32_t pid, const struct process *parent)
{
    uint64_t number = numbers_get(&v->pids, (uint64_t)pid + 1, 0);
    struct space *space;

    if (number != 0)
        return &v->process[number - 1];
    space = space_new(v->symbols, parent != NULL ? parent->space : NULL);
    if (space == NULL ||
        !make_room(&v->process, v->n_processes, &v->process_room, sizeof *v->process) ||
        !numbers_put(&v->pids, (uint64_t)pid + 1, 0, v->n_processes + 1))
        return NULL;
    v->process[v->n_processes] = (struct process){.space = space};
    return &v->process[v->n_processes++];
}

static int on_mmap(struct conversion *v, const struct record *r, struct pg_error *err)
{
    struct process *process;

    if (r->mmap.pid == UINT32_MAX) { /* the kernel, and where it says that a symbol of it is */
        static const char prefix[] = "[kernel.kallsyms]";

        if (strncmp(r->mmap.file, prefix, sizeof prefix - 1) == 0 && r->mmap.pgoff != 0)
            symbols_expect_kernel(v->symbols, r->mmap.file + sizeof prefix - 1, r->mmap.pgoff);
        return 0;
    }
    process = process_of(v, r->mmap.pid, NULL);
    return process != NULL && space_map(process->space, &r->mmap) ? 0 : no_memory(err);
}

static int on_comm(struct conversion *v, const struct record *r, struct pg_error *err)
{
    uint64_t number = numbers_get(&v->comms, (uint64_t)r->comm.tid + 1, 0);
    const char *copy = arena_string(&v->c.arena, r->comm.name);
    struct process *process;

    if (copy == NULL)
        return no_memory(err);
    if (number != 0) {
        v->comm[number - 1] = copy;
    } else {
        if (!make_room(&v->comm, v->n_comms, &v->comm_room, sizeof *v->comm) ||
            !numbers_put(&v->comms, (uint64_t)r->comm.tid + 1, 0, v->n_comms + 1))
            return no_memory(err);
        v->comm[v->n_comms++] = copy;
    }
    if ((r->misc & PERF_RECORD_MISC_COMM_EXEC) == 0)
        return 0;
    process = process_of(v, r->comm.pid, NULL);
    if (process == NULL)
        return no_memory(err);
    space_clear(process->space);
    process->announced = false;
    return 0;
}

static const char *comm_of(const struct conversion *v, uint32_t pid, uint32_t tid)
{
    uint64_t number = numbers_get(&v->comms, (uint64_t)tid + 1, 0);

    if (number == 0)
        number = numbers_get(&v->comms, (uint64_t)pid + 1, 0);
    return number != 0 ? v->comm[number - 1] : "";
}

/* A thread shares its process; a process begins as a copy of its parent. */
static int on_fork(struct conversion *v, const struct record *r, struct pg_error *err)
{
    uint64_t number = numbers_get(&v->pids, (uint64_t)r->task.ppid + 1, 0);

    if (r->task.pid == r->task.ppid || number == 0 ||
        numbers_get(&v->pids, (uint64_t)r->task.pid + 1, 0) != 0)
        return 0;
    return process_of(v, r->task.pid, &v->process[number - 1]) != NULL ? 0 : no_memory(err);
}

/* ---- locations ---- */

/* Regions of several processes that are alike are one mapping. */
static uint64_t mapping_of(struct conversion *v, const struct region *region)
{
    uint64_t number = numbers_get(&v->mappings, region->number, 0);
    struct object *object;

    for (size_t i = 0; number == 0 && i < v->n_mapped; i++)
        if (v->mapped[i]->start == region->start && v->mapped[i]->end == region->end &&
            v->mapped[i]->offset == region->offset &&
            strcmp(v->mapped[i]->file, region->file) == 0 &&
            strcmp(v->mapped[i]->build_id, region->build_id) == 0) {
            number = i + 1;
            numbers_put(&v->mappings, region->number, 0, number);
        }
    if (number != 0)
        return number;
    object = region_object(v->symbols, region);
    if (!make_room(&v->mapped, v->n_mapped, &v->mapped_room, sizeof *v->mapped))
        return 0;
    number = profile_add_mapping(
        v->c.profile, &(struct profile_mapping){
                          region->file,
                          object != NULL && region->build_id[0] == '\0' ? object_build_id(object)
                                                                        : region->build_id,
                          region->start, region->end, region->offset, object != NULL});
    v->mapped[v->n_mapped++] = region;
    numbers_put(&v->mappings, region->number, 0, number);
    return number;
}

static uint64_t in_region(struct conversion *v, const struct region *region, uint64_t address)
{
    struct profile_frame frame[CONVERT_MAX_INLINED];
    uint64_t mapping = mapping_of(v, region);
    size_t n = region_frames(v->symbols, region, address, frame, CONVERT_MAX_INLINED);
    char text[300];

    if (n == 0) {
        const char *base = convert_base(region->file);

        v->c.sums->unknown++;
        snprintf(text, sizeof text, base[0] == '[' ? "%s" : "[%s]",
                 base[0] != '\0' ? base : "code without file");
        frame[0] = (struct profile_frame){text, "", 0, 0};
        n = 1;
    }
    return profile_location(v->c.profile, mapping, address, frame, n);
}

static uint64_t in_kernel(struct conversion *v, uint64_t address)
{
    struct profile_frame frame;

    if (kernel_frames(v->symbols, address, &frame, 1) == 0)
        return convert_named(&v->c, "[kernel]", "");
    return convert_named(&v->c, frame.function, frame.file);
}

/* `caller`: a return address; the call itself stands before it. */
static uint64_t location_of(struct conversion *v, const struct process *process, uint64_t context,
                            uint64_t ip, bool caller)
{
    uint64_t address = caller ? ip - 1 : ip, number, location;
    const struct region *region = NULL;

    if (context == (uint64_t)PERF_CONTEXT_USER)
        region = space_at(process->space, address);
    else if (context != (uint64_t)PERF_CONTEXT_KERNEL)
        return convert_named(&v->c, "[guest or hypervisor]", "");
    if (context == (uint64_t)PERF_CONTEXT_USER && region == NULL)
        return convert_named(&v->c, "[unknown]", "");
    number = region != NULL ? region->number : KERNEL;
    location = numbers_get(&v->c.locations, address, number);
    if (location != 0)
        return location;
    location = region != NULL ? in_region(v, region, address) : in_kernel(v, address);
    numbers_put(&v->c.locations, address, number, location);
    return location;
}

static uint64_t context_of(uint16_t misc)
{
    switch (misc & PERF_RECORD_MISC_CPUMODE_MASK) {
    case PERF_RECORD_MISC_KERNEL:
        return (uint64_t)PERF_CONTEXT_KERNEL;
    case PERF_RECORD_MISC_USER:
        return (uint64_t)PERF_CONTEXT_USER;
    default:
        return 0;
    }
}

/* The location of the function between a leaf and the caller that was found; 0: none is missing. */
static uint64_t skipped_location(struct conversion *v, const struct process *process, uint64_t leaf,
                                 uint64_t caller)
{
    const struct region *region = space_at(process->space, leaf);
    struct object *object = region != NULL ? region_object(v->symbols, region) : NULL;
    const struct gobin *go = object != NULL ? object_go(object) : NULL;
    uint64_t leaf_at, caller_at, at, location = 0, known;
    struct gobin_frame found;
    struct gobin_function in;

    if (go == NULL || space_at(process->space, caller - 1) != region ||
        !region_address(v->symbols, region, leaf, &leaf_at) ||
        !region_address(v->symbols, region, caller, &caller_at) ||
        !gobin_function_at(go, leaf_at, &in))
        return 0;
    known = numbers_get(&v->skipped, in.entry - leaf_at + leaf, caller);
    if (known != 0)
        return known - 1;
    switch (unwind_skipped(go, leaf_at, caller_at, &at)) {
    case SKIPPED_CALL:
        location = location_of(v, process, (uint64_t)PERF_CONTEXT_USER, at - leaf_at + leaf, false);
        break;
    case SKIPPED_FUNCTION:
        if (gobin_frames(go, at, &found, 1) == 1)
            location = profile_location(
                v->c.profile, 0, 1ull << 63 | (at - leaf_at + leaf),
                &(struct profile_frame){found.function, found.file, 0, found.start_line}, 1);
        break;
    default:
        break;
    }
    numbers_put(&v->skipped, in.entry - leaf_at + leaf, caller, location + 1);
    return location;
}

/* The addresses of a callchain are where calls return to, but for the first in each context. */
static void walk(struct conversion *v, const struct process *process, const struct record *r)
{
    struct record_chain chain = record_chain(&r->sample);
    uint64_t before = 1, leaf = 0, ip, location;
    const uint64_t user = (uint64_t)PERF_CONTEXT_USER;

    v->c.depth = 0;
    while (v->c.depth + 1 < CONVERT_MAX_DEPTH && record_chain_next(&chain, &ip)) {
        bool caller = chain.context == before;

        if (caller && leaf != 0 && (location = skipped_location(v, process, leaf, ip)) != 0)
            v->c.stack[v->c.depth++] = location;
        leaf = !caller && chain.context == user ? ip : 0;
        v->c.stack[v->c.depth++] = location_of(v, process, chain.context, ip, caller);
        before = chain.context;
    }
    if (v->c.depth == 0)
        v->c.stack[v->c.depth++] =
            location_of(v, process, context_of(r->misc), r->sample.ip, false);
}

/* pprof takes the first mapping for the program: it must not be one that happens to come first. */
static void announce(struct conversion *v, struct process *process)
{
    const struct region *program = space_program(process->space);

    if (program != NULL)
        mapping_of(v, program);
    process->announced = true;
}

static int on_sample(struct conversion *v, const struct record *r, size_t event,
                     struct pg_error *err)
{
    const struct perf_event_attr *attr = &perfdata_event(v->recording, event)->attr;
    struct process *process = process_of(v, r->id.pid, NULL);
    const char *comm = comm_of(v, r->id.pid, r->id.tid);

    if (process == NULL)
        return no_memory(err);
    if (!process->announced)
        announce(v, process);
    walk(v, process, r);
    return convert_sample(&v->c, event,
                          attr->sample_type & PERF_SAMPLE_PERIOD ? r->sample.period
                                                                 : attr->sample_period,
                          r->id.time, comm, strlen(comm), err);
}

static int visit(void *arg, const struct record *r, size_t event, struct pg_error *err)
{
    struct conversion *v = arg;

    switch (r->type) {
    case PERF_RECORD_SAMPLE:
        return on_sample(v, r, event, err);
    case PERF_RECORD_MMAP:
    case PERF_RECORD_MMAP2:
        return r->misc & PERF_RECORD_MISC_MMAP_DATA ? 0 : on_mmap(v, r, err);
    case PERF_RECORD_COMM:
        return on_comm(v, r, err);
    case PERF_RECORD_FORK:
        return on_fork(v, r, err);
    case PERF_RECORD_LOST:
        v->lost += r->lost.lost;
        return 0;
    case PERF_RECORD_LOST_SAMPLES:
        v->lost_samples += r->lost.lost;
        return 0;
    default:
        return 0;
    }
}

static int begin(struct conversion *v, struct pg_error *err)
{
    size_t n = perfdata_events(v->recording);
    const char **name = calloc(n, sizeof *name);
    const struct perf_event_attr *first = &perfdata_event(v->recording, 0)->attr;
    struct perfdata_build_id id;
    int rc;

    v->symbols = symbols_new();
    if (name == NULL || v->symbols == NULL) {
        free(name);
        return no_memory(err);
    }
    for (size_t i = 0; i < n; i++)
        name[i] = perfdata_event(v->recording, i)->name;
    for (size_t i = 0; perfdata_build_id(v->recording, i, &id); i++)
        if (!id.kernel)
            symbols_expect(v->symbols, id.file, id.build_id);
    rc = convert_begin(&v->c, name, n, err);
    if (rc == 0 && !first->freq) {
        struct profile_type type = {name[0], "count"};

        profile_set_period(v->c.profile, &type, (int64_t)first->sample_period);
    }
    free(name);
    return rc;
}

int convert_perfdata(struct perfdata *recording, struct profile **out, struct convert_sums *sums,
                     struct pg_error *err)
{
    struct conversion *v = calloc(1, sizeof *v);
    int rc;

    *out = NULL;
    *sums = (struct convert_sums){0};
    if (v == NULL)
        return no_memory(err);
    v->recording = recording;
    v->c.sums = sums;
    rc = begin(v, err);
    if (rc == 0)
        rc = perfdata_read(recording, visit, v, err);
    /* perf record tells of the same losses again at its end (since Linux 6.1). */
    sums->lost = v->lost > v->lost_samples ? v->lost : v->lost_samples;
    rc = convert_end(&v->c, rc, out, err);
    symbols_free(v->symbols);
    numbers_free(&v->pids);
    numbers_free(&v->comms);
    numbers_free(&v->mappings);
    numbers_free(&v->skipped);
    free(v->process);
    free(v->comm);
    free(v->mapped);
    free(v);
    return rc;
}
