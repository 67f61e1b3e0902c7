#include "collect/samples.h"

#include "arch/arch.h"
#include "collect/samples_priv.h"
#include "collect/stitch.h"
#include "collect/waits.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool sum_up(struct samples *s, struct samples_stack *stack);

static bool keep_wait(struct samples *s, const struct samples_stack *stack)
{
    struct samples_stack copy = *stack;

    return sum_up(s, &copy);
}

struct samples *samples_new(const struct pg_sampling *sampling, struct samples_program program)
{
    struct samples *s = calloc(1, sizeof *s);
    const struct stack_program *stack = NULL;

    if (s == NULL)
        return NULL;
    s->sampling = sampling;
    s->program = program;
    record_format_of(&sampling->event[0].attr, &s->format);
    if (program.bin != NULL) {
        s->stack = stack_program(program.bin, program.bias);
        stack = &s->stack;
    }
    if (stack != NULL && sampling->native)
        s->stitch = stitch_new(stack);
    if (sampling->waits &&
        (s->waits = waits_new(s, stack, keep_wait, stack != NULL ? wakeups_find : NULL)) == NULL) {
        free(s);
        return NULL;
    }
    return s;
}

static void forget(struct samples *s)
{
    arena_free(&s->arena);
    free(s->slot);
    s->slot = NULL;
    s->n_slots = s->n_stacks = s->n_ones = s->n_losses = 0;
    s->sums = (struct samples_sums){0};
    if (s->stitch != NULL)
        stitch_forget(s->stitch);
    if (s->waits != NULL)
        waits_begin(s->waits);
}

void samples_free(struct samples *s)
{
    if (s == NULL)
        return;
    forget(s);
    stitch_free(s->stitch);
    free(s->one);
    free(s->loss);
    waits_free(s->waits);
    free(s);
}

void samples_begin(struct samples *s, uint32_t run)
{
    forget(s);
    s->run = run;
}

uint32_t samples_run(const struct samples *s)
{
    return s->run;
}

struct samples_sums samples_sums(const struct samples *s)
{
    return s->sums;
}

/* ---- equal stacks together ---- */

static uint64_t hash_of(const struct samples_stack *stack)
{
    uint64_t hash =
        ((uint64_t)(uint32_t)stack->tid << 8 | stack->event) ^ stack->regions * 0xff51afd7ed558ccdu;

    for (uint32_t i = 0; i < stack->n; i++)
        hash = (hash ^ hash >> 29 ^ stack->address[i]) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

static bool same(const struct samples_stack *a, const struct samples_stack *b)
{
    return a->hash == b->hash && a->tid == b->tid && a->event == b->event && a->n == b->n &&
           a->truncated == b->truncated && a->regions == b->regions &&
           memcmp(a->address, b->address, a->n * sizeof *a->address) == 0;
}

static struct samples_stack **slot_of(const struct samples *s, const struct samples_stack *stack)
{
    size_t mask = s->n_slots - 1, i = stack->hash & mask;

    while (s->slot[i] != NULL && !same(s->slot[i], stack))
        i = (i + 1) & mask;
    return &s->slot[i];
}

static bool grow(struct samples *s)
{
    struct samples_stack **old = s->slot;
    size_t n = s->n_slots;

    if (s->n_stacks < n / 2)
        return true;
    s->slot = calloc(n > 0 ? 2 * n : 1024, sizeof *s->slot);
    if (s->slot == NULL) {
        s->slot = old;
        return false;
    }
    s->n_slots = n > 0 ? 2 * n : 1024;
    for (size_t i = 0; i < n; i++)
        if (old[i] != NULL)
            *slot_of(s, old[i]) = old[i];
    free(old);
    return true;
}

/* NULL: no memory. */
static const struct samples_stack *add(struct samples *s, const struct samples_stack *stack)
{
    struct samples_stack **slot, *new;
    uint64_t *address;

    if (!grow(s))
        return NULL;
    slot = slot_of(s, stack);
    if (*slot == NULL) {
        new = arena_alloc(&s->arena, sizeof *new);
        address = arena_array(&s->arena, stack->n + 1, sizeof *address);
        if (new == NULL || address == NULL)
            return NULL;
        memcpy(address, stack->address, stack->n * sizeof *address);
        *new = *stack;
        new->address = address;
        new->count = new->weight = 0;
        *slot = new;
        s->n_stacks++;
    }
    (*slot)->count += stack->count;
    (*slot)->weight += stack->weight;
    return *slot;
}

uint32_t samples_addresses(const struct samples *s, const struct samples_stack *stack,
                           uint64_t *address, bool *truncated)
{
    uint32_t n = stack->n, more;

    memcpy(address, stack->address, n * sizeof *address);
    *truncated = stack->truncated;
    if (s->stitch == NULL || n == 0 || !stitch_is_mark(address[n - 1]))
        return n;
    n--;
    more = stitch_callers(s->stitch, address[n], address + n, STACK_MAX - n);
    *truncated = more == 0;
    return n + more;
}

static bool add_resolved(struct samples *to, const struct samples *from,
                         const struct samples_stack *stack)
{
    uint64_t address[STACK_MAX];
    struct samples_stack whole = *stack;

    whole.n = samples_addresses(from, stack, address, &whole.truncated);
    whole.address = address;
    whole.hash = hash_of(&whole);
    return add(to, &whole) != NULL;
}

bool samples_merge(struct samples *to, const struct samples *from)
{
    bool all = true;

    for (size_t i = 0; i < from->n_slots; i++)
        if (from->slot[i] != NULL)
            all &= add_resolved(to, from, from->slot[i]);
    to->sums.taken += from->sums.taken;
    to->sums.lost += from->sums.lost;
    to->sums.throttled += from->sums.throttled;
    to->sums.own += from->sums.own;
    return all;
}

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_stacks(const void *a, const void *b)
{
    const struct samples_stack *x = *(const struct samples_stack *const *)a,
                               *y = *(const struct samples_stack *const *)b;
    int order = compare(x->event, y->event);

    for (uint32_t i = 0; order == 0 && i < x->n && i < y->n; i++)
        order = compare(x->address[i], y->address[i]);
    order = order != 0 ? order : compare(x->n, y->n);
    order = order != 0 ? order : compare((uint32_t)x->tid, (uint32_t)y->tid);
    order = order != 0 ? order : compare(x->regions, y->regions);
    return order != 0 ? order : compare(x->truncated, y->truncated);
}

const struct samples_stack **samples_sorted(const struct samples *s, size_t *n)
{
    const struct samples_stack **list = calloc(s->n_stacks + 1, sizeof *list);

    *n = 0;
    for (size_t i = 0; list != NULL && i < s->n_slots; i++)
        if (s->slot[i] != NULL)
            list[(*n)++] = s->slot[i];
    if (*n > 0)
        qsort(list, *n, sizeof *list, compare_stacks);
    return list;
}

/* ---- records of a ring ---- */

static uint32_t event_of(const struct samples *s, const struct hot_sampler *from, uint64_t id)
{
    for (uint32_t i = 0; i < s->sampling->n_events; i++)
        if (from->id[i] == id)
            return i;
    return 0;
}

/* The kernel and the vDSO may be working for a hook: then the user's stack pointer tells. */
static bool is_own(const struct samples *s, const struct record_sample *sample,
                   const struct samples_stack *stack)
{
    const struct samples_program *p = &s->program;
    uint64_t sp;
    uint32_t i = 0;

    if (record_reg(&sample->user, arch_host()->regs.stack, &sp) && sp >= p->stacks_start &&
        sp < p->stacks_limit)
        return true;
    while (i < stack->n && stack_in_kernel(stack->address[i]))
        i++;
    return i < stack->n && stack->address[i] >= p->own_start && stack->address[i] < p->own_limit;
}

static bool keep(struct samples *s, const struct record *r, const struct samples_stack *stack)
{
    if (stack == NULL || !s->program.each)
        return stack != NULL;
    if (s->n_ones == s->ones_room) {
        struct samples_one *more = realloc(s->one, (2 * s->ones_room + 1024) * sizeof *more);

        if (more == NULL)
            return false;
        s->one = more;
        s->ones_room = 2 * s->ones_room + 1024;
    }
    s->one[s->n_ones++] = (struct samples_one){r->id.time, r->sample.period, stack};
    return true;
}

const struct samples_one *samples_each(const struct samples *s, size_t *n)
{
    *n = s->n_ones;
    return s->one;
}

static bool sum_up(struct samples *s, struct samples_stack *stack)
{
    stack->hash = hash_of(stack);
    if (add(s, stack) == NULL) {
        s->sums.lost++;
        return false;
    }
    s->sums.taken++;
    return true;
}

static void take_sample(struct samples *s, struct hot_sampler *from, const struct record *r,
                        uint64_t regions)
{
    uint64_t address[STACK_MAX];
    struct samples_stack stack = {
        .tid = from->tid,
        .event = event_of(s, from, r->id.id),
        .regions = regions,
        .address = address,
        .count = 1,
        .weight = r->sample.period,
    };

    stack.n = stack_of(&r->sample, s->program.bin != NULL ? &s->stack : NULL, s->stitch,
                       s->sampling->max_stack, address, &stack.truncated);
    if (is_own(s, &r->sample, &stack)) {
        s->sums.own++;
        stack.n = 0;
        if (s->waits != NULL)
            waits_switch_sample(from, &stack);
        return;
    }
    stack.hash = hash_of(&stack);
    if (s->waits != NULL)
        waits_switch_sample(from, &stack);
    else if (keep(s, r, add(s, &stack)))
        s->sums.taken++;
    else
        s->sums.lost++;
}

/* Without memory the last one tells of this loss too. */
static void keep_loss(struct samples *s, const struct hot_sampler *from, uint64_t time,
                      uint64_t lost)
{
    if (!s->program.each || lost == 0)
        return;
    if (s->n_losses == s->losses_room) {
        struct samples_loss *more = realloc(s->loss, (2 * s->losses_room + 16) * sizeof *more);

        if (more != NULL) {
            s->loss = more;
            s->losses_room = 2 * s->losses_room + 16;
        } else if (s->n_losses == 0) {
            return;
        }
    }
    if (s->n_losses < s->losses_room)
        s->loss[s->n_losses++] = (struct samples_loss){from->tid, time, 0};
    s->loss[s->n_losses - 1].lost += lost;
}

const struct samples_loss *samples_losses(const struct samples *s, size_t *n)
{
    *n = s->n_losses;
    return s->loss;
}

static void tell_lost(struct samples *s, struct hot_sampler *from, uint64_t known, uint64_t time,
                      bool counts)
{
    if (known <= from->lost_told)
        return;
    if (counts) {
        s->sums.lost += known - from->lost_told;
        keep_loss(s, from, time, known - from->lost_told);
    }
    from->lost_told = known;
}

static void take_record(struct samples *s, struct hot_sampler *from, const struct record *r,
                        uint64_t at, const struct wait_window *window, bool in_run)
{
    s->newest_ns = r->id.time > s->newest_ns ? r->id.time : s->newest_ns;
    switch (r->type) {
    case PERF_RECORD_SAMPLE:
        if (s->waits != NULL || window->in)
            take_sample(s, from, r, window->regions);
        break;
    case PERF_RECORD_SWITCH:
        if (s->waits != NULL)
            waits_switch(s->waits, from, r, at, window);
        break;
    case PERF_RECORD_LOST:
        from->lost_records += r->lost.lost;
        tell_lost(s, from, from->lost_records, r->id.time, in_run);
        break;
    case PERF_RECORD_THROTTLE:
        s->sums.throttled += in_run;
        break;
    default:
        break;
    }
}

/* Where in the list of ranges the reader is. */
struct cursor {
    struct hot_sampler *sampler;
    const struct hot_view *view;
    uint32_t read;
    int64_t clock_offset;
};

/* The run that the record at `at` belongs to, by the window it lies in; false between windows. */
static bool window_at(struct cursor *c, uint64_t at, uint32_t *run, struct wait_window *window)
{
    const struct hot_range *r;

    for (; c->read != c->view->written; c->read++) {
        r = &c->sampler->range[c->read % HOT_RANGES];
        waits_closed(c->sampler, r, c->clock_offset);
        if (r->to > at)
            break;
    }
    r = &c->sampler->range[c->read % HOT_RANGES];
    if (c->read != c->view->written && at >= r->from) {
        *run = r->run;
        window->opened = r->opened + (uint64_t)c->clock_offset;
        window->closed = r->closed + (uint64_t)c->clock_offset;
        window->regions = r->regions;
        return true;
    }
    *run = c->view->run;
    window->opened = c->view->opened + (uint64_t)c->clock_offset;
    window->closed = UINT64_MAX;
    window->regions = c->view->regions;
    return c->view->open && at >= c->view->from;
}

/* As far as it is certain what lies in a window: the head that was seen, and the ranges. */
static uint64_t limit_of(const struct hot_sampler *from, const struct hot_view *view)
{
    uint64_t limit = view->head;

    if (view->written != from->read) {
        const struct hot_range *last = &from->range[(view->written - 1) % HOT_RANGES];

        limit = last->to > limit ? last->to : limit;
    }
    return limit;
}

int samples_drain(struct samples *s, struct hot_sampler *from, const struct hot_view *view,
                  struct pg_error *err)
{
    struct cursor cursor = {from, view, from->read, s->program.clock_offset};
    struct wait_window window;
    struct record_bytes bytes;
    struct record_ring ring;
    struct record r;
    int rc = 0;

    if (view->run != s->run)
        samples_begin(s, view->run);
    record_ring_init(&ring, from->page, from->page_size, from->ring_pages, s->scratch);
    record_ring_begin(&ring);
    ring.head = limit_of(from, view);
    for (uint64_t at = ring.tail; rc == 0; at = ring.tail) {
        uint32_t run;

        if (record_ring_next(&ring, &bytes, err) <= 0)
            break;
        window.in = window_at(&cursor, at, &run, &window) && run == s->run;
        rc = record_decode(&bytes, &s->format, &r, err);
        if (rc == 0)
            take_record(s, from, &r, at, &window, at >= view->run_from);
    }
    window_at(&cursor, ring.tail, &(uint32_t){0}, &window);
    __atomic_store_n(&from->read, cursor.read, __ATOMIC_RELEASE);
    record_ring_end(&ring);
    return rc;
}

void samples_settle(struct samples *s, struct hot_sampler *from)
{
    uint64_t known = __atomic_load_n(&from->lost, __ATOMIC_RELAXED), dropped;

    for (uint32_t i = 0; i < s->sampling->n_events; i++) {
        uint64_t value[2]; /* PERF_FORMAT_LOST: the count, and the losses */

        if (from->fd[i] >= 0 && s->sampling->event[i].attr.read_format == PERF_FORMAT_LOST &&
            read(from->fd[i], value, sizeof value) == sizeof value)
            known += value[1];
    }
    tell_lost(s, from, known, s->newest_ns, true);
    if (s->waits != NULL)
        waits_settle(s->waits, from);
    /* At least one sample each. */
    dropped = __atomic_exchange_n(&from->dropped, 0, __ATOMIC_RELAXED);
    s->sums.lost += dropped;
    keep_loss(s, from, s->newest_ns, dropped);
}

void samples_end(struct samples *s, struct hot_sampler *from)
{
    (void)s;
    waits_forget(from);
}

bool samples_waits(const struct samples *s, struct samples_waits *out)
{
    if (s->waits == NULL)
        return false;
    waits_sums(s->waits, out);
    return true;
}
