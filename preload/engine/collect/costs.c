/* costs.c - from costs of instructions to samples with stacks.
 *
 * One sample is one instruction with what it cost itself; the sums over all samples are the dump's
 * totals. The innermost location has the Go function, file and line of the instruction, with the
 * calls that were inlined there.
 *
 * Callers: callgrind knows which instruction called which function, not whole stacks. Where all
 * calls of a function come from one instruction (calls of itself aside) its caller is certain, and
 * the stack goes on with that. Where they come from several of one Go function, it goes on with
 * that function, without a line. Where they come from several functions, callgrind cannot tell
 * which of them an instruction's cost belongs to; dividing it up by how dear the calls were would
 * show as fact what is a guess, so the stack ends there and the sample is labelled callers=several.
 * What a function and all it calls cost together is thus a lower bound in these profiles; its own
 * cost is exact. Calls made before a window opened are not known either: what returns from perfgo's
 * hook into StartTimer at its beginning is taken for called from where the hook at its end is.
 *
 * Functions outside of Go (libc, perfgo's hooks, the code between) have the name that callgrind
 * gives them and no lines.
 */
#include "collect/costs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 128, MAX_INLINED = 32 };

/* A function: of Go by its entry, of another object by callgrind's numbers. */
struct node {
    uint64_t object, id; /* object 0: Go; else callgrind's + 1 */
};

struct caller { /* of one function */
    struct node callee, node;
    struct callgrind_place from;
    bool several; /* functions: which of them is not known */
    bool places;  /* one Go function, which of its instructions is not known */
};

struct builder {
    const struct callgrind *dump;
    const struct costs_subject *subject;
    struct profile *profile;
    struct caller *caller; /* by callee, ascending */
    size_t n_callers;
};

static bool in_subject(const struct builder *b, const struct callgrind_place *at)
{
    return strcmp(callgrind_object(b->dump, at->object), b->subject->object) == 0;
}

static struct node node_of(const struct builder *b, const struct callgrind_place *at)
{
    struct gobin_function f;

    if (in_subject(b, at) && gobin_function_at(b->subject->bin, at->addr, &f))
        return (struct node){0, f.entry};
    return (struct node){(uint64_t)at->object + 1, at->function};
}

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_nodes(const struct node *a, const struct node *b)
{
    int order = compare(a->object, b->object);

    return order != 0 ? order : compare(a->id, b->id);
}

static int compare_callers(const void *a, const void *b)
{
    const struct caller *x = a, *y = b;
    int order = compare_nodes(&x->callee, &y->callee);

    order = order != 0 ? order : compare(x->from.object, y->from.object);
    return order != 0 ? order : compare(x->from.addr, y->from.addr);
}

static int compare_callees(const void *a, const void *b)
{
    return compare_nodes(&((const struct caller *)a)->callee, &((const struct caller *)b)->callee);
}

static int find_callers(struct builder *b, struct pg_error *err)
{
    size_t n, kept = 0;
    const struct callgrind_call *call = callgrind_calls(b->dump, &n);

    b->caller = calloc(n + 1, sizeof *b->caller);
    if (b->caller == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory for a profile");
    for (size_t i = 0; i < n; i++) {
        struct caller c = {node_of(b, &call[i].to), node_of(b, &call[i].from), call[i].from, false,
                           false};

        if (compare_nodes(&c.callee, &c.node) != 0)
            b->caller[b->n_callers++] = c;
    }
    qsort(b->caller, b->n_callers, sizeof *b->caller, compare_callers);
    for (size_t i = 0; i < b->n_callers; i++) {
        const struct caller *c = &b->caller[i];
        struct caller *last = kept > 0 ? &b->caller[kept - 1] : NULL;

        if (last == NULL || compare_callees(last, c) != 0)
            b->caller[kept++] = *c;
        else if (compare_nodes(&last->node, &c->node) != 0)
            last->several = true;
        else if (compare_callers(last, c) != 0)
            last->places = true;
    }
    b->n_callers = kept;
    return 0;
}

/* ---- locations ---- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* Addresses in place of names are the same as no name: they say nothing, and may change. */
static uint64_t foreign_location(const struct builder *b, const struct callgrind_place *at)
{
    const char *object = base_name(callgrind_object(b->dump, at->object));
    const char *name = callgrind_function(b->dump, at->function);
    bool named = name[0] != '\0' && strncmp(name, "0x", 2) != 0 && strcmp(name, "???") != 0;
    struct profile_frame frame = {.function = name, .file = object};
    char text[300];

    if (!named) {
        snprintf(text, sizeof text, "[%s]",
                 object[0] != '\0' && strcmp(object, "???") != 0 ? object : "code without file");
        frame.function = text;
        frame.file = "";
    }
    return profile_location(
        b->profile, 0, (uint64_t)at->object << 32 | (named ? at->function : UINT32_MAX), &frame, 1);
}

static uint64_t location_of(const struct builder *b, const struct callgrind_place *at)
{
    struct gobin_frame found[MAX_INLINED];
    struct profile_frame frame[MAX_INLINED];
    size_t n = in_subject(b, at) ? gobin_frames(b->subject->bin, at->addr, found, MAX_INLINED) : 0;

    if (n == 0)
        return foreign_location(b, at);
    for (size_t i = 0; i < n; i++)
        frame[i] = (struct profile_frame){found[i].function, found[i].file, found[i].line,
                                          found[i].start_line};
    return profile_location(b->profile, 1, at->addr, frame, n);
}

/* Somewhere in a function: nothing but the function itself is certain, not what was inlined. */
static uint64_t function_location(const struct builder *b, const struct caller *c)
{
    struct gobin_frame found;
    struct profile_frame frame;

    if (c->node.object != 0 || gobin_frames(b->subject->bin, c->node.id, &found, 1) == 0)
        return location_of(b, &c->from);
    frame = (struct profile_frame){found.function, found.file, 0, found.start_line};
    return profile_location(b->profile, 0, 1ull << 63 | c->node.id, &frame, 1);
}

/* ---- samples ---- */

/* Fills the stack of an instruction; *several tells whether it ends for want of certainty. */
static size_t stack_of(const struct builder *b, const struct callgrind_place *at,
                       uint64_t location[MAX_DEPTH], bool *several)
{
    struct node visited[MAX_DEPTH];
    size_t depth = 0;
    uint64_t here = location_of(b, at);

    *several = false;
    for (struct node node = node_of(b, at); depth < MAX_DEPTH;) {
        const struct caller key = {.callee = node}, *c;

        for (size_t i = 0; i < depth; i++)
            if (compare_nodes(&visited[i], &node) == 0)
                return depth; /* functions that call each other: nobody outside called them */
        visited[depth] = node;
        location[depth++] = here;
        c = bsearch(&key, b->caller, b->n_callers, sizeof *b->caller, compare_callees);
        *several = c != NULL && c->several;
        if (c == NULL || c->several)
            break;
        here = c->places ? function_location(b, c) : location_of(b, &c->from);
        node = c->node;
    }
    return depth;
}

static void add_sample(const struct builder *b, const struct callgrind_cost *cost)
{
    const struct profile_label label[] = {
        {"benchmark", b->subject->benchmark, 0},
        {"package", b->subject->package, 0},
        {"callers", "several", 0},
    };
    uint64_t location[MAX_DEPTH];
    int64_t value[CALLGRIND_VALUES];
    bool several;
    size_t depth = stack_of(b, &cost->at, location, &several);

    for (size_t i = 0; i < CALLGRIND_VALUES; i++)
        value[i] = cost->value[i] <= INT64_MAX ? (int64_t)cost->value[i] : INT64_MAX;
    profile_add_sample(b->profile, location, depth, value, label, several ? 3 : 2);
}

static void describe(const struct builder *b)
{
    const struct costs_subject *subject = b->subject;
    struct profile_mapping mapping = {.file = subject->file, .symbolized = true};
    char id[ELF_BUILD_ID_SIZE], text[64];

    for (size_t i = 0; i < elf_segment_count(subject->image); i++) {
        const Elf64_Phdr *seg = elf_segment(subject->image, i);

        if (seg->p_type == PT_LOAD && (seg->p_flags & PF_X) != 0 && mapping.limit == 0) {
            mapping.start = seg->p_vaddr;
            mapping.limit = seg->p_vaddr + seg->p_memsz;
            mapping.offset = seg->p_offset;
        }
    }
    elf_build_id(subject->image, id);
    mapping.build_id = id;
    profile_add_mapping(b->profile, &mapping);
    profile_add_comment(b->profile, "perfgo " PERFGO_VERSION);
    profile_add_comment(b->profile, "back end: simulate (Valgrind's callgrind)");
    snprintf(text, sizeof text, "seed: %" PRIu64, subject->seed);
    profile_add_comment(b->profile, text);
    profile_add_comment(b->profile, "callers=several: called from several functions, which "
                                    "callgrind does not keep apart; these stacks end there");
}

int costs_profile(const struct callgrind *dump, const struct costs_subject *subject,
                  struct profile **out, struct pg_error *err)
{
    static const struct profile_type types[CALLGRIND_VALUES] = {
        [CALLGRIND_INSTRUCTIONS] = {"instructions", "count"},
        [CALLGRIND_L1_MISSES] = {"L1-misses", "count"},
        [CALLGRIND_LL_MISSES] = {"LL-misses", "count"},
        [CALLGRIND_BRANCH_MISSES] = {"branch-misses", "count"},
    };
    struct builder b = {
        .dump = dump, .subject = subject, .profile = profile_new(types, CALLGRIND_VALUES)};
    const struct callgrind_cost *cost;
    size_t n;
    int rc;

    *out = NULL;
    if (b.profile == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory for a profile");
    rc = find_callers(&b, err);
    if (rc == 0) {
        describe(&b);
        cost = callgrind_costs(dump, &n);
        for (size_t i = 0; i < n; i++)
            add_sample(&b, &cost[i]);
        *out = b.profile;
    } else {
        profile_free(b.profile);
    }
    free(b.caller);
    return rc;
}
