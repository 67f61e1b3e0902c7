#include "cli/compare_config.h"

#include "base/files.h"
#include "base/similar.h"
#include "base/toml.h"
#include "bench/run.h"
#include "cli/say.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONFIG_NAME  ".perfgo.toml"
#define CONFIG_TABLE "compare"

enum { CONFIG_MAX = 65536 };

struct share {
    const char *name;
    double least, most;
    const char *range;
};
static const struct share shares[] = {
    {"alpha", 1e-6, 0.5, "0.000001 to 0.5, such as 0.05"},
    {"confidence", 0.5, 0.99, "0.5 to 0.99, such as 0.95"},
};

static const struct share *share_by_name(const char *name)
{
    return &shares[strcmp(name, shares[0].name) == 0 ? 0 : 1];
}

static bool within(const struct share *s, double x)
{
    return x >= s->least && x <= s->most;
}

int compare_config_share(const char *name, const char *text, double *out, struct pg_error *err)
{
    const struct share *s = share_by_name(name);
    char *end;

    *out = strtod(text, &end);
    return end != text && *end == '\0' && within(s, *out)
               ? 0
               : pg_error_set(err, PG_E_INVALID, "--%s %.60s: give %s", name, text, s->range);
}

/* ---- one row per key ---- */

typedef int set_key(struct compare_config *c, const struct toml_entry *e, struct pg_error *err);

static int wrong(const struct compare_config *c, const struct toml_entry *e, const char *what,
                 struct pg_error *err)
{
    return pg_error_set(err, PG_E_FORMAT, "%.200s:%zu: %.40s is %s", c->path, e->line, e->key,
                        what);
}

static int set_gates(struct compare_config *c, const struct toml_entry *e, struct pg_error *err)
{
    if (e->kind != TOML_STRING && e->kind != TOML_STRINGS)
        return wrong(c, e, "a list of gates, such as [\"ns/op<=+5%\", \"Sort* allocs/op<=0\"]",
                     err);
    c->gate = memory_grow(c->gate, (e->n + 1) * sizeof *c->gate);
    for (c->n_gates = 0; c->n_gates < e->n; c->n_gates++) {
        const struct toml_text *text = &e->text[c->n_gates];
        struct pg_error why;

        if (gate_parse(text->text, &c->gate[c->n_gates], &why) < 0)
            return pg_error_set(err, PG_E_FORMAT, "%.200s:%zu: %.250s", c->path, text->line,
                                why.text);
    }
    return 0;
}

static int set_share(struct compare_config *c, const struct toml_entry *e, struct pg_error *err)
{
    const struct share *s = share_by_name(e->key);

    if (e->kind != TOML_NUMBER || !within(s, e->number))
        return wrong(c, e, s->range, err);
    *(s == &shares[0] ? &c->alpha : &c->confidence) = e->number;
    return 0;
}

static int set_flag(struct compare_config *c, const struct toml_entry *e, struct pg_error *err)
{
    if (e->kind != TOML_BOOL)
        return wrong(c, e, "true or false", err);
    *(strcmp(e->key, "force") == 0 ? &c->force : &c->allow_drop) = e->truth;
    return 0;
}

static const struct {
    const char *name;
    set_key *set;
} keys[] = {
    {"gate", set_gates}, {"alpha", set_share},     {"confidence", set_share},
    {"force", set_flag}, {"allow-drop", set_flag},
};
enum { KEYS = sizeof keys / sizeof keys[0] };

static int unknown_key(const struct compare_config *c, const struct toml_entry *e,
                       struct pg_error *err)
{
    const char *near = NULL;
    size_t best = 3; /* more than two edits is another word */

    for (size_t i = 0; i < KEYS; i++)
        if (similar_distance(e->key, keys[i].name) < best) {
            best = similar_distance(e->key, keys[i].name);
            near = keys[i].name;
        }
    return pg_error_set(err, PG_E_FORMAT,
                        "%.200s:%zu: there is no key '%.60s' in [" CONFIG_TABLE "]: %s%s", c->path,
                        e->line, e->key, near != NULL ? "did you mean " : "there are ",
                        near != NULL ? near : "gate, alpha, confidence, force and allow-drop");
}

static int apply(struct compare_config *c, const struct toml *t, struct pg_error *err)
{
    int rc = 0;

    for (size_t i = 0; i < t->n_tables; i++)
        if (strcmp(t->table[i].text, CONFIG_TABLE) != 0)
            return pg_error_set(err, PG_E_FORMAT,
                                "%.200s:%zu: there is no table [%.60s]: [" CONFIG_TABLE
                                "] is the only one",
                                c->path, t->table[i].line, t->table[i].text);
    for (size_t i = 0; i < t->n && rc == 0; i++) {
        const struct toml_entry *e = &t->entry[i];
        size_t k = 0;

        if (e->table[0] == '\0')
            return pg_error_set(err, PG_E_FORMAT,
                                "%.200s:%zu: '%.60s' stands before the line [" CONFIG_TABLE
                                "]: put it behind",
                                c->path, e->line, e->key);
        while (k < KEYS && strcmp(keys[k].name, e->key) != 0)
            k++;
        rc = k < KEYS ? keys[k].set(c, e, err) : unknown_key(c, e, err);
    }
    return rc;
}

/* ---- the file ---- */

/* malloc'ed; NULL when there is none. Not above the module, nor above the working directory when
 * there is no module: who can write there need not be who may loosen a gate. */
static char *nearest(void)
{
    char dir[PATH_MAX], root[PATH_MAX];

    if (getcwd(dir, sizeof dir) == NULL)
        return NULL;
    memcpy(root, dir, sizeof root);
    if (!run_module_root(root))
        memcpy(root, dir, sizeof root);
    for (;;) {
        char *path = text_format("%s/" CONFIG_NAME, dir), *slash = strrchr(dir, '/');

        if (access(path, F_OK) == 0)
            return path;
        free(path);
        if (strcmp(dir, root) == 0 || slash == NULL)
            return NULL;
        *slash = '\0';
    }
}

int compare_config_read(const char *path, struct compare_config *out, struct pg_error *err)
{
    struct strbuf text = {0};
    struct toml toml = {.n = 0};
    int rc;

    *out = (struct compare_config){.path = path != NULL ? text_copy(path) : nearest()};
    if (out->path == NULL)
        return 0;
    rc = file_read(out->path, CONFIG_MAX, &text, err);
    if (rc == 0)
        rc = toml_parse(out->path, text.text != NULL ? text.text : "", text.size, &toml, err);
    rc = rc < 0 ? rc : apply(out, &toml, err);
    toml_free(&toml);
    strbuf_free(&text);
    return rc;
}

void compare_config_free(struct compare_config *c)
{
    free(c->path);
    free(c->gate);
    *c = (struct compare_config){.path = NULL};
}
