/* benchset_text.c - Go's benchmark format into a set, piece by piece.
 *
 * A text is read once, in pieces of any size, and only an unfinished line is kept between them.
 * Unit lines hold for the whole text, wherever they stand, so each sample counts the values that
 * this text gave it, and the end applies what was said. Repeats of a benchmark mostly follow each
 * other and print their metrics in one order: both are tried before a table is asked.
 */
#include "bench/benchset_priv.h"

#include "base/utf8.h"
#include "bench/gobench.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct reader {
    struct benchset *set;
    const char *pkg;       /* of the lines that follow */
    struct strbuf partial; /* a line whose end is still to come */
    struct strbuf name;    /* scratch */
    size_t line;           /* finished lines */
    size_t bench;          /* of the last result; SIZE_MAX: none, or the package changed */
};

static bool is(struct gobench_slice s, const char *word)
{
    size_t i = 0;

    while (i < s.size && word[i] != '\0' && word[i] == s.p[i])
        i++;
    return i == s.size && word[i] == '\0';
}

/* A slice as a string, until the next call; NULL when memory is out. What is not UTF-8 is written
 * as arena_utf8 does. */
static const char *string(struct reader *r, struct gobench_slice s)
{
    if (!utf8_valid(s.p, s.size) || memchr(s.p, '\0', s.size) != NULL)
        return arena_utf8(&r->set->arena, s.p, s.size);
    r->name.size = 0;
    strbuf_add(&r->name, s.p, s.size);
    return r->name.failed ? NULL : r->name.text != NULL ? r->name.text : "";
}

static bool has_word(struct gobench_slice s, const char *word)
{
    const size_t size = strlen(word);

    for (size_t i = 0; i + size <= s.size; i++)
        if (memcmp(s.p + i, word, size) == 0 &&
            (i == 0 || s.p[i - 1] == ' ' || s.p[i - 1] == '\t') &&
            (i + size == s.size || s.p[i + size] == ' ' || s.p[i + size] == '\t'))
            return true;
    return false;
}

static int read_unit(struct reader *r, const struct gobench_line *line, struct pg_error *err)
{
    const bool lower = has_word(line->value, "better=lower");
    const char *name = string(r, line->key);
    struct benchset_unit *unit;
    size_t at;
    int rc = name != NULL ? benchset_unit_for(r->set, name, &at, err) : benchset_no_memory(err);

    if (rc < 0)
        return rc;
    unit = &r->set->unit[at];
    unit->exact |= has_word(line->value, "assume=exact");
    if (!unit->has_better && (lower || has_word(line->value, "better=higher"))) {
        unit->has_better = true;
        unit->text_better = lower ? METRIC_LOWER : METRIC_HIGHER;
    }
    return 0;
}

static int read_config(struct reader *r, const struct gobench_line *line, struct pg_error *err)
{
    static const struct {
        const char *key;
        enum benchset_fact fact;
    } keys[] = {
        {"cpu", FACT_CPU},
        {"goos", FACT_OS},
        {"goarch", FACT_ARCH},
        {"toolchain", FACT_GO},
    };
    const char *value = string(r, line->value);

    if (value == NULL)
        return benchset_no_memory(err);
    if (is(line->key, "pkg")) {
        if (strcmp(value, r->pkg) == 0)
            return 0;
        r->bench = SIZE_MAX;
        r->pkg = arena_string(&r->set->arena, value);
        return r->pkg != NULL ? 0 : benchset_no_memory(err);
    }
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (is(line->key, keys[i].key))
            return benchset_add_fact(r->set, keys[i].fact, value, err);
    return 0;
}

/* perfgo prints "NAME-coverage-%" behind a counter that ran only part of the time: that is no
 * metric but a remark on "NAME/op". True when the value was one. */
static bool is_coverage(struct reader *r, size_t bench, const char *unit)
{
    static const char suffix[] = "-coverage-%";
    const size_t size = strlen(unit), tail = sizeof suffix - 1;
    struct strbuf name = {0};
    struct sample *x = NULL;

    if (size <= tail || strcmp(unit + size - tail, suffix) != 0)
        return false;
    strbuf_add(&name, unit, size - tail);
    strbuf_puts(&name, "/op");
    if (!name.failed)
        x = benchset_sample_at(r->set, bench, name.text);
    if (x != NULL)
        x->n_scaled++;
    strbuf_free(&name);
    return true;
}

/* The sample of a benchmark that was the number-th to get a value, when it has this unit. */
static struct sample *usual_sample(const struct benchset *s, size_t bench, size_t number,
                                   struct gobench_slice unit)
{
    const size_t first = s->bench[bench].first, at = first + number - 1;

    return first > 0 && at < s->n_sample && s->sample[at].bench == bench &&
                   is(unit, s->sample[at].unit)
               ? &s->sample[at]
               : NULL;
}

static int read_value(struct reader *r, size_t bench, size_t number, bool usable,
                      const struct gobench_value *value, struct pg_error *err)
{
    struct sample *x = usual_sample(r->set, bench, number, value->unit);

    if (x == NULL) {
        const char *unit = string(r, value->unit);
        int rc;

        if (unit == NULL)
            return benchset_no_memory(err);
        if (is_coverage(r, bench, unit))
            return 0;
        rc = benchset_sample_for(r->set, bench, unit, &x, err);
        if (rc < 0)
            return rc;
    }
    x->n_text++;
    return benchset_add_value(x, value->value, usable, err);
}

static int find_bench(struct reader *r, const struct gobench_line *line, struct pg_error *err)
{
    struct bench key = {.pkg = r->pkg, .procs = line->procs};

    if (r->bench != SIZE_MAX && r->set->bench[r->bench].procs == line->procs &&
        is(line->name, r->set->bench[r->bench].name))
        return 0;
    key.name = string(r, line->name);
    return key.name != NULL ? benchset_bench_for(r->set, &key, &r->bench, err)
                            : benchset_no_memory(err);
}

static int read_result(struct reader *r, const struct gobench_line *line, struct pg_error *err)
{
    struct gobench_slice rest = line->values;
    struct gobench_value value;
    const bool kept = line->n_values <= GOBENCH_KEPT;
    int rc = find_bench(r, line, err);

    for (size_t i = 0; rc == 0 && i < line->n_values; i++)
        if (kept || gobench_next(&rest, &value))
            rc = read_value(r, r->bench, i, line->n > 0, kept ? &line->kept[i] : &value, err);
    r->set->results++;
    return rc;
}

/* One line, with its newline if it has one. */
static int read_line(struct reader *r, const char *text, size_t size, struct pg_error *err)
{
    struct gobench_slice rest = {text, size}, raw;
    struct gobench_line line;

    r->line++;
    if (!gobench_next_line(&rest, &raw))
        return 0;
    switch (gobench_line(raw, &line)) {
    case GOBENCH_UNIT:
        return read_unit(r, &line, err);
    case GOBENCH_CONFIG:
        return read_config(r, &line, err);
    case GOBENCH_RESULT:
        return read_result(r, &line, err);
    case GOBENCH_OTHER:
        break;
    }
    return 0;
}

static int read_partial(struct reader *r, struct pg_error *err)
{
    int rc = r->partial.failed ? benchset_no_memory(err)
                               : read_line(r, r->partial.text, r->partial.size, err);

    r->partial.size = 0;
    return rc;
}

static int take(struct reader *r, const char *p, size_t size, struct pg_error *err)
{
    int rc = 0;

    while (rc == 0 && size > 0) {
        const char *end = memchr(p, '\n', size);
        const size_t part = end != NULL ? (size_t)(end - p) + 1 : size;

        if (r->partial.size + part > BENCHSET_LINE_MAX)
            return pg_error_set(err, PG_E_LIMIT,
                                "line %zu is longer than %d bytes: that is not what go test prints",
                                r->line + 1, BENCHSET_LINE_MAX);
        if (end != NULL && r->partial.size == 0) {
            rc = read_line(r, p, part, err);
        } else {
            strbuf_add(&r->partial, p, part);
            rc = end != NULL ? read_partial(r, err) : 0;
        }
        p += part;
        size -= part;
    }
    return rc;
}

/* What Unit lines said becomes true of this text's values. */
static void apply_units(struct benchset *s)
{
    for (size_t i = 0; i < s->n_sample; i++) {
        struct sample *x = &s->sample[i];
        const struct benchset_unit *unit = &s->unit[x->of];

        x->n_exact += unit->exact ? x->n_text : 0;
        if (x->n_text > 0 && unit->has_better)
            x->better = unit->text_better;
        x->n_text = 0;
    }
    for (size_t i = 0; i < s->n_unit; i++)
        s->unit[i].exact = s->unit[i].has_better = false;
}

static int finish(struct reader *r, int rc, struct pg_error *err)
{
    if (rc == 0 && r->partial.size > 0)
        rc = read_partial(r, err);
    if (rc == 0)
        apply_units(r->set);
    strbuf_free(&r->partial);
    strbuf_free(&r->name);
    return rc;
}

int benchset_add_text(struct benchset *s, const char *text, size_t size, struct pg_error *err)
{
    struct reader r = {.set = s, .pkg = "", .bench = SIZE_MAX};

    return finish(&r, take(&r, text, size, err), err);
}

int benchset_add_file(struct benchset *s, const char *path, struct pg_error *err)
{
    struct reader r = {.set = s, .pkg = "", .bench = SIZE_MAX};
    char piece[65536];
    ssize_t n;
    int rc = 0, fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return pg_error_errno(err, PG_E_IO, errno, "cannot open %.300s", path);
    do {
        n = read(fd, piece, sizeof piece);
        if (n < 0 && errno != EINTR)
            rc = pg_error_errno(err, PG_E_IO, errno, "cannot read %.300s", path);
        else if (n > 0)
            rc = take(&r, piece, (size_t)n, err);
    } while (rc == 0 && n != 0);
    close(fd);
    rc = finish(&r, rc, err);
    if (rc == -PG_E_LIMIT && err != NULL) {
        const struct pg_error why = *err;

        pg_error_set(err, PG_E_LIMIT, "%.200s: %.200s", path, why.text);
    }
    return rc;
}
