/* samples_perfdata.c - processes, mappings and samples for perf.
 *
 * Records are written anew: what the kernel's hold of registers and of the stack has become
 * addresses. Each event has one id, its number, whatever ids it had on the threads.
 */
#include "collect/samples_perfdata.h"

#include "base/files.h"
#include "base/numbers.h"
#include "collect/stack.h"
#include "elf/image.h"
#include "perfdata/write.h"
#include "sym/kernel.h"
#include "sym/symbols.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MAX_CHAIN = STACK_MAX + 2 };

#define PARTS                                                                       \
    (PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | \
     PERF_SAMPLE_PERIOD | PERF_SAMPLE_CALLCHAIN)

static void comm_of(int32_t tid, char *comm, size_t size)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/self/task/%d/comm", (int)tid);
    if (!file_line(path, comm, size) && !file_line("/proc/self/comm", comm, size))
        comm[0] = '\0';
}

static void put_threads(struct perfdata_writer *w, const struct samples_one *one, size_t n)
{
    const uint32_t pid = (uint32_t)getpid();
    struct numbers told = {0};
    char comm[32];

    comm_of((int32_t)pid, comm, sizeof comm);
    perfdata_comm(w, pid, pid, comm, true);
    for (size_t i = 0; i < n; i++) {
        const uint32_t tid = (uint32_t)one[i].stack->tid;

        if (tid == pid || numbers_get(&told, tid, 0) != 0 || !numbers_put(&told, tid, 0, 1))
            continue;
        comm_of((int32_t)tid, comm, sizeof comm);
        perfdata_comm(w, pid, tid, comm, false);
    }
    numbers_free(&told);
}

/* A static program runs as a copy that is removed at its end; the original has the same addresses.
 */
static void put_mappings(struct perfdata_writer *w, const struct space *space, const char *program)
{
    const uint32_t pid = (uint32_t)getpid();
    const struct region *region;
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    self[n > 0 ? n : 0] = '\0';
    for (size_t i = 0; (region = space_region(space, i)) != NULL; i++)
        perfdata_mmap(w, &(struct record_mmap){
                             .pid = pid,
                             .tid = pid,
                             .addr = region->start,
                             .len = region->end - region->start,
                             .pgoff = region->offset,
                             .file = strcmp(region->file, self) == 0 ? program
                                     : region->file[0] != '\0'       ? region->file
                                                                     : "//anon",
                             .prot = PROT_READ | PROT_EXEC,
                             .flags = MAP_PRIVATE,
                         });
}

/* perf asks for it as soon as an event may be sampled in the kernel. */
static void put_kernel(struct perfdata_writer *w)
{
    struct kernel *kernel;

    if (kernel_open(&kernel, NULL) != 0)
        return;
    perfdata_kernel(w, kernel_address(kernel, "_text"), kernel_address(kernel, "_etext"));
    kernel_close(kernel);
}

static int put_process(struct perfdata_writer *w, const struct samples_recording *recording,
                       const struct samples_one *one, size_t n, struct pg_error *err)
{
    struct symbols *symbols = symbols_new();
    struct space *space = symbols != NULL ? space_new(symbols, NULL) : NULL;
    int rc = space != NULL ? space_read(space, (int32_t)getpid(), err)
                           : pg_error_set(err, PG_E_NOMEM, "out of memory");

    if (rc == 0) {
        put_threads(w, one, n);
        put_mappings(w, space, recording->program);
        put_kernel(w);
    }
    symbols_free(symbols);
    return rc;
}

/* The addresses with markers of what is the kernel's and what the program's. */
static size_t make_chain(const uint64_t *address, uint32_t n, uint64_t *chain)
{
    uint64_t before = 0;
    size_t out = 0;

    for (uint32_t i = 0; i < n; i++) {
        uint64_t context = stack_in_kernel(address[i]) ? (uint64_t)PERF_CONTEXT_KERNEL
                                                       : (uint64_t)PERF_CONTEXT_USER;

        if (context != before)
            chain[out++] = before = context;
        chain[out++] = address[i];
    }
    return out;
}

static void put_sample(struct perfdata_writer *w, const struct samples *s,
                       const struct samples_one *one)
{
    struct {
        struct perf_event_header header;
        uint64_t id, ip;
        uint32_t pid, tid;
        uint64_t time, period, n;
        uint64_t chain[MAX_CHAIN];
    } record;
    uint64_t address[STACK_MAX];
    bool truncated;
    uint32_t n = samples_addresses(s, one->stack, address, &truncated);

    if (n == 0)
        return;
    record.id = one->stack->event + 1;
    record.ip = address[0];
    record.pid = (uint32_t)getpid();
    record.tid = (uint32_t)one->stack->tid;
    record.time = one->time_ns;
    record.period = one->period;
    record.n = make_chain(address, n, record.chain);
    record.header = (struct perf_event_header){
        PERF_RECORD_SAMPLE,
        stack_in_kernel(address[0]) ? PERF_RECORD_MISC_KERNEL : PERF_RECORD_MISC_USER,
        (uint16_t)(sizeof record - sizeof record.chain + record.n * sizeof *record.chain)};
    perfdata_records(w, &record, record.header.size);
}

/* As the kernel tells of a full ring. */
static void put_loss(struct perfdata_writer *w, const struct samples_loss *loss)
{
    const struct {
        struct perf_event_header header;
        uint64_t id, lost;
        uint32_t pid, tid;
        uint64_t time, identifier;
    } record = {{PERF_RECORD_LOST, 0, sizeof record},
                1,
                loss->lost,
                (uint32_t)getpid(),
                (uint32_t)loss->tid,
                loss->time_ns,
                1};

    perfdata_records(w, &record, sizeof record);
}

/* As perf record does at its end, and perf report shows it: how many samples an event has lost.
 * When several share the rings, which of them it was is not known. */
static void put_lost_samples(struct perfdata_writer *w, uint64_t lost)
{
    const uint32_t pid = (uint32_t)getpid();
    const struct {
        struct perf_event_header header;
        uint64_t lost;
        uint32_t pid, tid;
        uint64_t time, identifier;
    } record = {{PERF_RECORD_LOST_SAMPLES, 0, sizeof record}, lost, pid, pid, 0, 1};

    perfdata_records(w, &record, sizeof record);
}

static void put_losses(struct perfdata_writer *w, const struct samples *s, uint32_t n_events)
{
    const uint64_t lost = samples_sums(s).lost;
    size_t n;
    const struct samples_loss *loss = samples_losses(s, &n);

    for (size_t i = 0; i < n; i++)
        put_loss(w, &loss[i]);
    if (lost > 0 && n_events == 1)
        put_lost_samples(w, lost);
}

static int create(const struct samples_recording *recording, struct perfdata_writer **w,
                  struct pg_error *err)
{
    const struct pg_sampling *sampling = recording->sampling;
    struct perfdata_new_event event[PG_MAX_SAMPLING];
    int rc;

    for (uint32_t i = 0; i < sampling->n_events; i++) {
        event[i].name = sampling->event[i].name;
        event[i].attr = sampling->event[i].attr;
        event[i].attr.sample_type = PARTS;
        event[i].attr.read_format = PERF_FORMAT_ID;
        event[i].attr.sample_regs_user = 0;
        event[i].attr.sample_stack_user = 0;
        event[i].attr.sample_id_all = 1;
        /* Timers sample nothing in the kernel, and perf needs no map of it then. */
        if (sampling->backend == PG_BACKEND_TIMER)
            event[i].attr.exclude_kernel = 1;
    }
    rc = perfdata_create(recording->path, event, sampling->n_events, w, err);
    for (uint32_t i = 0; rc == 0 && i < sampling->n_events; i++)
        perfdata_id(*w, i, i + 1);
    return rc;
}

static void put_build_id(struct perfdata_writer *w, const char *program)
{
    struct elf_image *image;
    const uint8_t *id;
    size_t size;

    if (elf_open("/proc/self/exe", &image, NULL) != 0)
        return;
    id = elf_note(image, "GNU", NT_GNU_BUILD_ID, &size);
    if (id != NULL)
        perfdata_file_id(w, program, (uint32_t)getpid(), false, id, size);
    elf_close(image);
}

int samples_perfdata(const struct samples *s, const struct samples_recording *recording,
                     struct pg_error *err)
{
    struct perfdata_writer *w = NULL;
    size_t n;
    const struct samples_one *one = samples_each(s, &n);
    int rc = create(recording, &w, err);

    if (rc == 0)
        rc = put_process(w, recording, one, n, err);
    for (size_t i = 0; rc == 0 && i < n; i++)
        put_sample(w, s, &one[i]);
    if (rc != 0) {
        perfdata_discard(w);
        return rc;
    }
    put_losses(w, s, recording->sampling->n_events);
    perfdata_round(w);
    put_build_id(w, recording->program);
    return perfdata_finish(w, recording->argv, err);
}
