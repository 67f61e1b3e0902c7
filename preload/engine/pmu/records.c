/* records.c - decodes one record.
 *
 * A record is a header of 8 bytes and words whose presence depends on the attributes of the event.
 * Of a sample they come in the order of linux/perf_event.h; every other record of the kernel's has
 * its own fields in front and, with sample_id_all, a trailer that is decoded from its end. All
 * reading goes through a cursor that, once something does not fit, gives zeros and remembers it.
 */
#include "pmu/records.h"

#include <string.h>
#include <sys/mman.h>

struct cursor {
    const uint8_t *at, *end;
    bool bad;
};

/* What sample_id_all puts behind a record, in this order. */
#define TRAILER                                                                    \
    (PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID | \
     PERF_SAMPLE_CPU | PERF_SAMPLE_IDENTIFIER)

static const uint8_t *take(struct cursor *c, uint64_t size)
{
    const uint8_t *at = c->at;

    if (c->bad || size > (uint64_t)(c->end - c->at)) {
        c->bad = true;
        return NULL;
    }
    c->at += size;
    return at;
}

static uint64_t take64(struct cursor *c)
{
    const uint8_t *at = take(c, 8);

    return at != NULL ? *(const record_word *)at : 0;
}

static uint32_t take32(struct cursor *c)
{
    const uint8_t *at = take(c, 4);
    uint32_t value = 0;

    if (at != NULL)
        memcpy(&value, at, sizeof value);
    return value;
}

static const record_word *take_words(struct cursor *c, uint64_t n)
{
    return n <= RECORD_MAX ? (const record_word *)take(c, 8 * n) : (c->bad = true, NULL);
}

/* What is left is a NUL-terminated string, padded. */
static const char *take_string(struct cursor *c)
{
    const char *s = (const char *)c->at;

    if (c->bad || memchr(s, '\0', (size_t)(c->end - c->at)) == NULL) {
        c->bad = true;
        return "";
    }
    c->at = c->end;
    return s;
}

void record_format_of(const struct perf_event_attr *attr, struct record_format *out)
{
    *out = (struct record_format){
        .sample_type = attr->sample_type,
        .read_format = attr->read_format,
        .branch_sample_type = attr->branch_sample_type,
        .regs_user = attr->sample_regs_user,
        .regs_intr = attr->sample_regs_intr,
        .sample_id_all = attr->sample_id_all,
    };
}

int record_at(const uint8_t *at, size_t left, struct record_bytes *out, struct pg_error *err)
{
    struct perf_event_header header;

    if (left < sizeof header)
        return pg_error_set(err, PG_E_FORMAT, "a record is cut short");
    memcpy(&header, at, sizeof header);
    if (header.size < sizeof header || header.size > left)
        return pg_error_set(err, PG_E_FORMAT, "a record of %u bytes where %zu are left",
                            header.size, left);
    *out = (struct record_bytes){at, header.type, header.misc, header.size};
    return 0;
}

static unsigned int popcount(uint64_t bits)
{
    return (unsigned int)__builtin_popcountll(bits);
}

bool record_event_id(const struct record_bytes *bytes, const struct record_format *any,
                     uint64_t *id)
{
    uint64_t type = any->sample_type, bit, before, behind;
    size_t offset;

    if ((type & (PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_ID)) == 0)
        return false;
    bit = type & PERF_SAMPLE_IDENTIFIER ? PERF_SAMPLE_IDENTIFIER : PERF_SAMPLE_ID;
    if (bytes->type == PERF_RECORD_SAMPLE) {
        before =
            bit == PERF_SAMPLE_IDENTIFIER
                ? 0
                : type & (PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR);
        offset = sizeof(struct perf_event_header) + 8 * popcount(before);
    } else {
        behind = bit == PERF_SAMPLE_IDENTIFIER
                     ? 0
                     : type & (PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_CPU | PERF_SAMPLE_IDENTIFIER);
        offset = bytes->size - 8 * (1 + (size_t)popcount(behind));
        if (!any->sample_id_all || bytes->type >= 64)
            return false;
    }
    if (offset < sizeof(struct perf_event_header) || offset > bytes->size - sizeof(uint64_t))
        return false;
    *id = *(const record_word *)(bytes->at + offset);
    return true;
}

/* Cuts the trailer off the record's end and decodes it. */
static void take_trailer(struct cursor *c, const struct record_format *f, struct record_id *id)
{
    uint64_t type = f->sample_type & TRAILER;
    size_t size = 8 * popcount(type);
    struct cursor t = {.end = c->end};

    if (!f->sample_id_all || c->bad)
        return;
    if (size > (size_t)(c->end - c->at)) {
        c->bad = true;
        return;
    }
    t.at = c->end -= size;
    if (type & PERF_SAMPLE_TID) {
        id->pid = take32(&t);
        id->tid = take32(&t);
    }
    if (type & PERF_SAMPLE_TIME)
        id->time = take64(&t);
    if (type & PERF_SAMPLE_ID)
        id->id = take64(&t);
    if (type & PERF_SAMPLE_STREAM_ID)
        id->stream_id = take64(&t);
    if (type & PERF_SAMPLE_CPU)
        id->cpu = (uint32_t)take64(&t);
    if (type & PERF_SAMPLE_IDENTIFIER)
        id->id = take64(&t);
}

static void take_values(struct cursor *c, uint64_t format, struct record_values *v)
{
    bool group = (format & PERF_FORMAT_GROUP) != 0;

    v->format = format;
    v->words = 1 + popcount(format & (PERF_FORMAT_ID | PERF_FORMAT_LOST));
    v->n = 1;
    if (group)
        v->n = take64(c);
    else
        v->entry = take_words(c, 1); /* its id and lost come behind the times */
    if (format & PERF_FORMAT_TOTAL_TIME_ENABLED)
        v->time_enabled = take64(c);
    if (format & PERF_FORMAT_TOTAL_TIME_RUNNING)
        v->time_running = take64(c);
    if (group) {
        v->entry = v->n <= RECORD_MAX ? take_words(c, v->n * v->words) : (c->bad = true, NULL);
    } else {
        take_words(c, v->words - 1);
        v->words = 1;
    }
}

static void take_regs(struct cursor *c, uint64_t mask, struct record_regs *regs)
{
    regs->abi = take64(c);
    if (regs->abi == PERF_SAMPLE_REGS_ABI_NONE)
        return;
    regs->mask = mask;
    regs->value = take_words(c, popcount(mask));
}

static void take_stack(struct cursor *c, struct record_sample *s)
{
    uint64_t size = take64(c), filled;

    if (size == 0)
        return;
    s->stack = take(c, size);
    filled = take64(c);
    if (filled > size)
        c->bad = true;
    s->stack_size = filled;
}

static void take_branches(struct cursor *c, const struct record_format *f, struct record_sample *s)
{
    uint64_t n = take64(c);

    if (f->branch_sample_type & PERF_SAMPLE_BRANCH_HW_INDEX)
        take64(c);
    s->branch = n <= RECORD_MAX ? take_words(c, 3 * n) : (c->bad = true, NULL);
    s->n_branches = n;
}

/* As far as the callchain. */
static void take_sample_head(struct cursor *c, const struct record_format *f,
                             struct record_sample *s, struct record_id *id)
{
    uint64_t type = f->sample_type;

    if (type & PERF_SAMPLE_IDENTIFIER)
        id->id = take64(c);
    if (type & PERF_SAMPLE_IP)
        s->ip = take64(c);
    if (type & PERF_SAMPLE_TID) {
        id->pid = take32(c);
        id->tid = take32(c);
    }
    if (type & PERF_SAMPLE_TIME)
        id->time = take64(c);
    if (type & PERF_SAMPLE_ADDR)
        s->addr = take64(c);
    if (type & PERF_SAMPLE_ID)
        id->id = take64(c);
    if (type & PERF_SAMPLE_STREAM_ID)
        id->stream_id = take64(c);
    if (type & PERF_SAMPLE_CPU)
        id->cpu = (uint32_t)take64(c);
    if (type & PERF_SAMPLE_PERIOD)
        s->period = take64(c);
    if (type & PERF_SAMPLE_READ)
        take_values(c, f->read_format, &s->values);
    if (type & PERF_SAMPLE_CALLCHAIN) {
        s->n_callchain = take64(c);
        s->callchain = take_words(c, s->n_callchain);
    }
}

static void take_sample(struct cursor *c, const struct record_format *f, struct record_sample *s,
                        struct record_id *id)
{
    uint64_t type = f->sample_type;

    take_sample_head(c, f, s, id);
    if (type & PERF_SAMPLE_RAW) {
        s->raw_size = take32(c);
        s->raw = take(c, s->raw_size);
    }
    if (type & PERF_SAMPLE_BRANCH_STACK)
        take_branches(c, f, s);
    if (type & PERF_SAMPLE_REGS_USER)
        take_regs(c, f->regs_user, &s->user);
    if (type & PERF_SAMPLE_STACK_USER)
        take_stack(c, s);
    if (type & PERF_SAMPLE_WEIGHT_TYPE)
        s->weight = take64(c);
    if (type & PERF_SAMPLE_DATA_SRC)
        s->data_src = take64(c);
    if (type & PERF_SAMPLE_TRANSACTION)
        s->transaction = take64(c);
    if (type & PERF_SAMPLE_REGS_INTR)
        take_regs(c, f->regs_intr, &s->intr);
    if (type & PERF_SAMPLE_PHYS_ADDR)
        s->phys_addr = take64(c);
    if (type & PERF_SAMPLE_CGROUP)
        s->cgroup = take64(c);
    if (type & PERF_SAMPLE_DATA_PAGE_SIZE)
        s->data_page_size = take64(c);
    if (type & PERF_SAMPLE_CODE_PAGE_SIZE)
        s->code_page_size = take64(c);
}

static void take_mmap(struct cursor *c, const struct record_bytes *bytes, struct record_mmap *m)
{
    m->pid = take32(c);
    m->tid = take32(c);
    m->addr = take64(c);
    m->len = take64(c);
    m->pgoff = take64(c);
    m->prot = bytes->misc & PERF_RECORD_MISC_MMAP_DATA ? PROT_READ : PROT_READ | PROT_EXEC;
    if (bytes->type == PERF_RECORD_MMAP2) {
        if (bytes->misc & PERF_RECORD_MISC_MMAP_BUILD_ID) {
            const uint8_t *at = take(c, 4 + RECORD_BUILD_ID_MAX);

            m->build_id = at != NULL && at[0] > 0 && at[0] <= RECORD_BUILD_ID_MAX ? at + 4 : NULL;
            m->build_id_size = m->build_id != NULL ? at[0] : 0;
        } else {
            m->major = take32(c);
            m->minor = take32(c);
            m->inode = take64(c);
            m->inode_generation = take64(c);
        }
        m->prot = take32(c);
        m->flags = take32(c);
    }
    m->file = take_string(c);
}

static void take_fields(struct cursor *c, const struct record_bytes *bytes,
                        const struct record_format *f, struct record *out)
{
    switch (bytes->type) {
    case PERF_RECORD_MMAP:
    case PERF_RECORD_MMAP2:
        take_mmap(c, bytes, &out->mmap);
        break;
    case PERF_RECORD_COMM:
        out->comm.pid = take32(c);
        out->comm.tid = take32(c);
        out->comm.name = take_string(c);
        break;
    case PERF_RECORD_FORK:
    case PERF_RECORD_EXIT:
        out->task.pid = take32(c);
        out->task.ppid = take32(c);
        out->task.tid = take32(c);
        out->task.ptid = take32(c);
        out->task.time = take64(c);
        break;
    case PERF_RECORD_LOST:
        out->lost.id = take64(c);
        out->lost.lost = take64(c);
        break;
    case PERF_RECORD_LOST_SAMPLES:
        out->lost.lost = take64(c);
        break;
    case PERF_RECORD_THROTTLE:
    case PERF_RECORD_UNTHROTTLE:
        out->throttle.time = take64(c);
        out->throttle.id = take64(c);
        out->throttle.stream_id = take64(c);
        break;
    case PERF_RECORD_SWITCH_CPU_WIDE:
        out->other.pid = take32(c);
        out->other.tid = take32(c);
        break;
    case PERF_RECORD_KSYMBOL: {
        uint32_t kind;

        out->ksymbol.addr = take64(c);
        out->ksymbol.len = take32(c);
        kind = take32(c);
        out->ksymbol.kind = (uint16_t)kind;
        out->ksymbol.flags = (uint16_t)(kind >> 16);
        out->ksymbol.name = take_string(c);
        break;
    }
    case PERF_RECORD_READ:
        out->read.pid = take32(c);
        out->read.tid = take32(c);
        take_values(c, f->read_format, &out->read.values);
        break;
    default:
        break;
    }
}

int record_decode(const struct record_bytes *bytes, const struct record_format *format,
                  struct record *out, struct pg_error *err)
{
    struct cursor c = {bytes->at + sizeof(struct perf_event_header), bytes->at + bytes->size,
                       false};

    memset(out, 0, sizeof *out);
    out->type = bytes->type;
    out->misc = bytes->misc;
    if (bytes->type == PERF_RECORD_SAMPLE) {
        take_sample(&c, format, &out->sample, &out->id);
    } else if (bytes->type < 64) {
        take_trailer(&c, format, &out->id);
        take_fields(&c, bytes, format, out);
    }
    if (c.bad)
        return pg_error_set(err, PG_E_FORMAT,
                            "a record of type %u with %u bytes is shorter than what it holds",
                            bytes->type, bytes->size);
    return 0;
}

bool record_reg(const struct record_regs *regs, unsigned int reg, uint64_t *value)
{
    uint64_t bit = reg < 64 ? 1ull << reg : 0;

    if ((regs->mask & bit) == 0 || regs->value == NULL)
        return false;
    *value = regs->value[popcount(regs->mask & (bit - 1))];
    return true;
}

struct record_chain record_chain(const struct record_sample *sample)
{
    const record_word *at = sample->callchain;

    return (struct record_chain){at, at != NULL ? at + sample->n_callchain : NULL, 0};
}

bool record_chain_next(struct record_chain *chain, uint64_t *ip)
{
    for (; chain->at < chain->end; chain->at++) {
        if (*chain->at < (uint64_t)PERF_CONTEXT_MAX) {
            *ip = *chain->at++;
            return true;
        }
        chain->context = *chain->at;
    }
    return false;
}
