/* fuzz_records.c - records of any bytes under any format: what is decoded lies within them. */
#include "pmu/records.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *first, *last;
static volatile uint64_t read_all; /* so that no read is left out */

static uint64_t sum(const void *at, size_t n, size_t width)
{
    const uint8_t *p = at;
    uint64_t total = 0;

    if (n == 0 || p == NULL)
        return 0;
    if (p < first || n > (size_t)(last - p) / width)
        abort();
    for (size_t i = 0; i < n * width; i++)
        total += p[i];
    return total;
}

static uint64_t use_sample(const struct record_sample *s)
{
    struct record_chain chain = record_chain(s);
    uint64_t ip, total = 0;

    while (record_chain_next(&chain, &ip))
        total += ip;
    for (unsigned int reg = 0; reg < 65; reg++)
        if (record_reg(&s->user, reg, &ip) || record_reg(&s->intr, reg, &ip))
            total += ip;
    return total + sum(s->raw, s->raw_size, 1) + sum(s->branch, s->n_branches, 24) +
           sum(s->stack, s->stack_size, 1) + sum(s->values.entry, s->values.n, 8 * s->values.words);
}

static uint64_t use(const struct record *r)
{
    switch (r->type) {
    case PERF_RECORD_SAMPLE:
        return use_sample(&r->sample);
    case PERF_RECORD_MMAP:
    case PERF_RECORD_MMAP2:
        return sum(r->mmap.build_id, r->mmap.build_id_size, 1) +
               sum(r->mmap.file, strlen(r->mmap.file) + 1, 1);
    case PERF_RECORD_COMM:
        return sum(r->comm.name, strlen(r->comm.name) + 1, 1);
    case PERF_RECORD_KSYMBOL:
        return sum(r->ksymbol.name, strlen(r->ksymbol.name) + 1, 1);
    case PERF_RECORD_READ:
        return sum(r->read.values.entry, r->read.values.n, 8 * r->read.values.words);
    default:
        return 0;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct record_format format;
    struct record_bytes bytes;
    struct record r;
    uint64_t id;

    if (size < 41)
        return 0;
    memcpy(&format, data, 40);
    format.sample_id_all = data[40] & 1;
    first = data + 41;
    last = data + size;
    for (const uint8_t *at = first; record_at(at, (size_t)(last - at), &bytes, NULL) == 0;
         at += bytes.size) {
        if (record_event_id(&bytes, &format, &id))
            read_all += id;
        if (record_decode(&bytes, &format, &r, NULL) == 0)
            read_all += use(&r);
    }
    return 0;
}
