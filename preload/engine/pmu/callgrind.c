/* callgrind.c - reads callgrind's dump line by line.
 *
 * After a header with the names of the events come lines of costs, "ADDRESS LINE COST COST …", that
 * belong to the object and function named last (ob=, fn=). Names are written once: "(7) name", then
 * "(7)". Positions may be relative to those of the line before: "+3", "-3", "*". The line behind
 * "calls=COUNT ADDRESS LINE" is where the call was made and what it cost in all, which costs no
 * instruction of the caller; cob= and cfn= before it name the callee, and hold for one call. The
 * line behind a jump has a position and no cost. Costs that are missing at the end of a line are 0.
 * (Valgrind manual, "Callgrind Format Specification")
 */
#include "pmu/callgrind.h"

#include "base/arena.h"
#include "base/files.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_DUMP = 32 << 20,
    MAX_EVENTS = 32,
    MAX_NAMES = 1 << 20,
    MAX_NAME = 4096,
};

struct names { /* by the dump's number */
    const char **name;
    size_t n;
};

struct list { /* a growing array of equal things */
    void *item;
    size_t n, capacity;
};

struct callgrind {
    struct arena arena; /* the names' text */
    struct names objects, functions;
    struct list costs, calls;
    uint64_t total[CALLGRIND_VALUES]; /* by the dump's own account */
};

struct reader {
    struct callgrind *dump;
    struct callgrind_place at, callee;
    uint64_t line;
    unsigned int kept[MAX_EVENTS]; /* bits: the values that this column adds to */
    size_t n_events, n_positions;
    bool callee_object, after_calls, have_totals;
    const char *problem; /* NULL: none so far */
};

static bool fail(struct reader *r, const char *problem)
{
    if (r->problem == NULL)
        r->problem = problem;
    return false;
}

static void *list_add(struct list *list, size_t size)
{
    if (list->n == list->capacity) {
        size_t capacity = list->capacity > 0 ? 2 * list->capacity : 256;
        void *item = realloc(list->item, capacity * size);

        if (item == NULL)
            return NULL;
        list->item = item;
        list->capacity = capacity;
    }
    return memset((char *)list->item + list->n++ * size, 0, size);
}

/* ---- words of a line; at the end of each line stands '\n' or '\0' ---- */

static bool is_end(char c)
{
    return c == '\n' || c == '\0' || c == '\r';
}

static const char *skip_blanks(const char *s)
{
    while (*s == ' ' || *s == '\t')
        s++;
    return s;
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* A number, decimal or with 0x; NULL when there is none or it is too large. */
static const char *read_number(const char *s, uint64_t *out)
{
    uint64_t base = 10, n = 0;
    const char *start;

    if (s[0] == '0' && s[1] == 'x') {
        base = 16;
        s += 2;
    }
    for (start = s; (uint64_t)digit(*s) < base; s++)
        if (__builtin_mul_overflow(n, base, &n) ||
            __builtin_add_overflow(n, (uint64_t)digit(*s), &n))
            return NULL;
    *out = n;
    return s > start ? s : NULL;
}

/* One position, given those of the line before. */
static const char *read_position(const char *s, uint64_t before, uint64_t *out)
{
    uint64_t n;
    char sign = *s;

    if (sign == '*') {
        *out = before;
        return s + 1;
    }
    s = read_number(sign == '+' || sign == '-' ? s + 1 : s, &n);
    *out = sign == '+' ? before + n : sign == '-' ? before - n : n;
    return s;
}

/* Address and, when the dump has them, source line. */
static const char *read_positions(const struct reader *r, const char *s, uint64_t *addr,
                                  uint64_t *line)
{
    s = read_position(s, r->at.addr, addr);
    if (s != NULL && r->n_positions > 1)
        s = read_position(skip_blanks(s), r->line, line);
    return s;
}

/* ---- header ---- */

static unsigned int values_of(const char *event, size_t size)
{
    static const struct {
        const char *event;
        enum callgrind_value value;
    } parts[] = {
        {"Ir", CALLGRIND_INSTRUCTIONS},   {"I1mr", CALLGRIND_L1_MISSES},
        {"D1mr", CALLGRIND_L1_MISSES},    {"D1mw", CALLGRIND_L1_MISSES},
        {"ILmr", CALLGRIND_LL_MISSES},    {"DLmr", CALLGRIND_LL_MISSES},
        {"DLmw", CALLGRIND_LL_MISSES},    {"Bcm", CALLGRIND_BRANCH_MISSES},
        {"Bim", CALLGRIND_BRANCH_MISSES},
    };

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strlen(parts[i].event) == size && memcmp(parts[i].event, event, size) == 0)
            return 1u << parts[i].value;
    return 0;
}

static bool read_events(struct reader *r, const char *s)
{
    unsigned int all = 0;

    r->n_events = 0; /* dumps may follow one another */
    for (s = skip_blanks(s); !is_end(*s); s = skip_blanks(s)) {
        size_t size = 0;

        while (!is_end(s[size]) && s[size] != ' ' && s[size] != '\t')
            size++;
        if (r->n_events == MAX_EVENTS)
            return fail(r, "has too many events");
        r->kept[r->n_events] = values_of(s, size);
        all |= r->kept[r->n_events++];
        s += size;
    }
    return all == (1u << CALLGRIND_VALUES) - 1 || fail(r, "lacks an event");
}

static bool read_position_names(struct reader *r, const char *s)
{
    s = skip_blanks(s);
    if (strncmp(s, "instr", 5) != 0)
        return fail(r, "has no addresses");
    s = skip_blanks(s + 5);
    r->n_positions = strncmp(s, "line", 4) == 0 ? 2 : 1;
    return true;
}

static bool read_values(const struct reader *r, const char *s, uint64_t value[CALLGRIND_VALUES])
{
    uint64_t n;

    for (size_t i = 0; !is_end(*(s = skip_blanks(s))); i++) {
        s = read_number(s, &n);
        if (s == NULL || i == r->n_events)
            return false;
        for (size_t k = 0; k < CALLGRIND_VALUES; k++)
            if ((r->kept[i] & 1u << k) != 0 && __builtin_add_overflow(value[k], n, &value[k]))
                return false;
    }
    return true;
}

static bool read_totals(struct reader *r, const char *s)
{
    r->have_totals = read_values(r, s, r->dump->total);
    return r->have_totals || fail(r, "has totals that are no numbers");
}

/* ---- body ---- */

static bool read_name(struct reader *r, struct names *names, const char *s, uint32_t *number)
{
    uint64_t n;
    size_t size = 0;

    s = *s == '(' ? read_number(s + 1, &n) : NULL;
    if (s == NULL || *s != ')' || n >= MAX_NAMES)
        return fail(r, "has a name without a number");
    s = skip_blanks(s + 1);
    if (n >= names->n) {
        size_t wanted = n + n / 2 + 64;
        const char **more = realloc(names->name, wanted * sizeof *more);

        if (more == NULL)
            return fail(r, "does not fit into memory");
        memset(more + names->n, 0, (wanted - names->n) * sizeof *more);
        names->name = more;
        names->n = wanted;
    }
    while (!is_end(s[size]) && size < MAX_NAME)
        size++;
    if (size > 0 && names->name[n] == NULL) /* the first name stays */
        names->name[n] = arena_copy(&r->dump->arena, s, size);
    *number = (uint32_t)n;
    return true;
}

static bool read_calls(struct reader *r, const char *s)
{
    uint64_t count, line;

    s = read_number(skip_blanks(s), &count);
    if (s == NULL || read_positions(r, skip_blanks(s), &r->callee.addr, &line) == NULL)
        return fail(r, "has a call that cannot be read");
    if (!r->callee_object)
        r->callee.object = r->at.object;
    r->callee_object = false;
    r->after_calls = true;
    return true;
}

static bool add_call(struct reader *r)
{
    struct callgrind_call *call = list_add(&r->dump->calls, sizeof *call);

    r->after_calls = false;
    if (call == NULL)
        return fail(r, "does not fit into memory");
    *call = (struct callgrind_call){.from = r->at, .to = r->callee};
    return true;
}

static bool read_cost(struct reader *r, const char *s)
{
    uint64_t value[CALLGRIND_VALUES] = {0}, some = 0;
    struct callgrind_cost *cost;

    if (r->n_events == 0 || r->n_positions == 0)
        return fail(r, "has costs before it names its events and positions");
    s = read_positions(r, s, &r->at.addr, &r->line);
    if (s == NULL || !read_values(r, s, value))
        return fail(r, "has a line of costs that cannot be read");
    if (r->after_calls)
        return add_call(r);
    for (size_t k = 0; k < CALLGRIND_VALUES; k++)
        some |= value[k];
    if (some == 0)
        return true;
    cost = list_add(&r->dump->costs, sizeof *cost);
    if (cost == NULL)
        return fail(r, "does not fit into memory");
    cost->at = r->at;
    memcpy(cost->value, value, sizeof value);
    return true;
}

static const char *behind(const char *line, const char *key)
{
    size_t size = strlen(key);

    return strncmp(line, key, size) == 0 ? line + size : NULL;
}

static bool read_line(struct reader *r, const char *line)
{
    struct callgrind *dump = r->dump;
    const char *s;

    if (digit(*line) < 10 || *line == '+' || *line == '-' || *line == '*')
        return read_cost(r, line);
    if ((s = behind(line, "fn=")) != NULL)
        return read_name(r, &dump->functions, s, &r->at.function);
    if ((s = behind(line, "cfn=")) != NULL)
        return read_name(r, &dump->functions, s, &r->callee.function);
    if ((s = behind(line, "ob=")) != NULL)
        return read_name(r, &dump->objects, s, &r->at.object);
    if ((s = behind(line, "cob=")) != NULL)
        return r->callee_object = read_name(r, &dump->objects, s, &r->callee.object);
    if ((s = behind(line, "calls=")) != NULL)
        return read_calls(r, s);
    if ((s = behind(line, "events:")) != NULL)
        return read_events(r, s);
    if ((s = behind(line, "positions:")) != NULL)
        return read_position_names(r, s);
    if ((s = behind(line, "totals:")) != NULL)
        return read_totals(r, s);
    return true;
}

/* ---- each once, in order ---- */

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_places(const struct callgrind_place *a, const struct callgrind_place *b)
{
    int order = compare(a->object, b->object);

    return order != 0 ? order : compare(a->addr, b->addr);
}

static int compare_costs(const void *a, const void *b)
{
    const struct callgrind_cost *x = a, *y = b;
    int order = compare_places(&x->at, &y->at);

    return order != 0 ? order : compare(x->at.function, y->at.function);
}

static int compare_calls(const void *a, const void *b)
{
    const struct callgrind_call *x = a, *y = b;
    int order = compare_places(&x->to, &y->to);

    return order != 0 ? order : compare_places(&x->from, &y->from);
}

/* Adds up what is at one place: a function that callgrind entered at two points has two names. */
static bool tidy(struct reader *r)
{
    struct callgrind_cost *cost = r->dump->costs.item;
    struct callgrind_call *call = r->dump->calls.item;
    size_t n = 0;

    if (r->dump->costs.n > 0)
        qsort(cost, r->dump->costs.n, sizeof *cost, compare_costs);
    for (size_t i = 0; i < r->dump->costs.n; i++) {
        if (n == 0 || compare_places(&cost[n - 1].at, &cost[i].at) != 0) {
            cost[n++] = cost[i];
            continue;
        }
        for (size_t k = 0; k < CALLGRIND_VALUES; k++)
            if (__builtin_add_overflow(cost[n - 1].value[k], cost[i].value[k],
                                       &cost[n - 1].value[k]))
                return fail(r, "has costs that are too large");
    }
    r->dump->costs.n = n;
    n = 0;
    if (r->dump->calls.n > 0)
        qsort(call, r->dump->calls.n, sizeof *call, compare_calls);
    for (size_t i = 0; i < r->dump->calls.n; i++)
        if (n == 0 || compare_calls(&call[n - 1], &call[i]) != 0)
            call[n++] = call[i];
    r->dump->calls.n = n;
    return true;
}

static bool adds_up(struct reader *r)
{
    const struct callgrind_cost *cost = r->dump->costs.item;
    uint64_t sum[CALLGRIND_VALUES] = {0};

    for (size_t i = 0; i < r->dump->costs.n; i++)
        for (size_t k = 0; k < CALLGRIND_VALUES; k++)
            sum[k] += cost[i].value[k]; /* modulo 2^64 */
    return memcmp(sum, r->dump->total, sizeof sum) == 0 ||
           fail(r, "has costs that do not add up to its totals");
}

static int parse(const char *text, const char *what, struct callgrind **out, struct pg_error *err)
{
    struct reader r = {.dump = calloc(1, sizeof *r.dump)};

    *out = NULL;
    if (r.dump == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory for Valgrind's dump");
    for (const char *line = text; *line != '\0' && read_line(&r, line);) {
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    if (r.problem == NULL && !r.have_totals)
        fail(&r, "is cut short");
    if (r.problem == NULL && tidy(&r))
        adds_up(&r);
    if (r.problem != NULL) {
        callgrind_free(r.dump);
        return pg_error_set(err, PG_E_FORMAT, "%s %s", what, r.problem);
    }
    *out = r.dump;
    return 0;
}

int callgrind_parse(const char *text, size_t size, struct callgrind **out, struct pg_error *err)
{
    struct strbuf copy = {0};
    int rc;

    *out = NULL;
    strbuf_add(&copy, text, size);
    if (copy.failed)
        return pg_error_set(err, PG_E_NOMEM, "no memory for Valgrind's dump");
    rc = parse(copy.text != NULL ? copy.text : "", "Valgrind's dump", out, err);
    strbuf_free(&copy);
    return rc;
}

int callgrind_read(const char *path, struct callgrind **out, struct pg_error *err)
{
    struct strbuf text = {0};
    int rc = file_read(path, MAX_DUMP, &text, err);

    *out = NULL;
    if (rc == 0)
        rc = parse(text.text != NULL ? text.text : "", path, out, err);
    strbuf_free(&text);
    return rc;
}

void callgrind_free(struct callgrind *dump)
{
    if (dump == NULL)
        return;
    free(dump->objects.name);
    free(dump->functions.name);
    free(dump->costs.item);
    free(dump->calls.item);
    arena_free(&dump->arena);
    free(dump);
}

const struct callgrind_cost *callgrind_costs(const struct callgrind *dump, size_t *n)
{
    *n = dump->costs.n;
    return dump->costs.item;
}

const struct callgrind_call *callgrind_calls(const struct callgrind *dump, size_t *n)
{
    *n = dump->calls.n;
    return dump->calls.item;
}

static const char *name_of(const struct names *names, uint32_t i)
{
    return i < names->n && names->name[i] != NULL ? names->name[i] : "";
}

const char *callgrind_object(const struct callgrind *dump, uint32_t object)
{
    return name_of(&dump->objects, object);
}

const char *callgrind_function(const struct callgrind *dump, uint32_t function)
{
    return name_of(&dump->functions, function);
}
