/* evspec.c - parser of event lists.
 *
 * The grammar is perf's (perf-list(1), "EVENT MODIFIERS", "RAW HARDWARE EVENT DESCRIPTOR",
 * "PARAMETERIZED EVENTS", "EVENT GROUPS"), with libpfm4's names beside it as `perf --pfm-events`
 * and libpfm's own tools take them. The two overlap: in "a:b" b may be modifiers, a tracepoint's
 * name or a unit mask. So a name is cut at its colons, and:
 *   - behind a builtin name there can be modifiers only, and anything else is an error here;
 *   - else a last part made of modifier letters is modifiers. Unit masks are upper case, so behind
 * a name with upper-case letters only a part with one of u k h p counts ("L2_LD:S" keeps its S);
 *   - two parts that remain, the first without upper case, are a tracepoint;
 *   - the rest is a name that only sysfs or libpfm4 can know.
 */
#include "pmu/evspec.h"

#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parser {
    const char *list, *at;
    struct evspec *spec;
    struct pg_error *err;
};

/* A piece of the list. */
struct slice {
    const char *at;
    size_t size;
};

static const char modifier_letters[] = {
#define X(letter, bit, text) letter,
    EVSPEC_MODIFIERS(X)
#undef X
};

#define KNOWN_MODIFIERS "use u, k, h, G, H, I, p, pp, ppp, P, S, D, W, e"

__attribute__((format(printf, 3, 4))) static int fail(struct parser *p, const char *at,
                                                      const char *fmt, ...)
{
    char why[256];
    va_list args;

    va_start(args, fmt);
    vsnprintf(why, sizeof why, fmt, args);
    va_end(args);
    return pg_error_set(p->err, PG_E_INVALID, "in '%.120s%s' at column %zu: %s", p->list,
                        strlen(p->list) > 120 ? "…" : "", (size_t)(at - p->list) + 1, why);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct parser *p)
{
    while (is_blank(*p->at))
        p->at++;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_name_char(char c)
{
    return is_digit(c) || is_upper(c) || (c >= 'a' && c <= 'z') ||
           (c != '\0' && strchr("_-.:=@*?!+#~", c) != NULL);
}

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A whole slice that is a number, decimal or with 0x in hexadecimal, and fits 64 bits. */
static bool number(struct slice s, unsigned base, uint64_t *out)
{
    uint64_t value = 0;

    if (s.size > 2 && s.at[0] == '0' && (s.at[1] | 0x20) == 'x') {
        base = 16;
        s.at += 2;
        s.size -= 2;
    }
    for (size_t i = 0; i < s.size; i++) {
        int digit = hex_digit(s.at[i]);
        if (digit < 0 || (unsigned)digit >= base || value > (UINT64_MAX - (unsigned)digit) / base)
            return false;
        value = value * base + (unsigned)digit;
    }
    *out = value;
    return s.size > 0;
}

int evspec_mods_parse(const char *text, size_t size, struct evspec_mods *out)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < size; i++) {
        const char *known = memchr(modifier_letters, text[i], sizeof modifier_letters);
        uint32_t bit = known ? 1u << (known - modifier_letters) : 0;

        if (text[i] == 'p' && out->precise < 3)
            out->precise++;
        else if (known == NULL || (out->bits & bit) != 0)
            return (int)i;
        out->bits |= bit;
    }
    return -1;
}

static int modifiers(struct parser *p, struct slice s, struct evspec_mods *out)
{
    int wrong;

    if (s.size == 0)
        return fail(p, s.at, "modifiers are missing behind ':'; " KNOWN_MODIFIERS);
    wrong = evspec_mods_parse(s.at, s.size, out);
    if (wrong < 0)
        return 0;
    char c = s.at[wrong];
    if (c == 'p' || memchr(modifier_letters, c, sizeof modifier_letters) != NULL)
        return fail(p, s.at + wrong, "modifier '%c' is there too often; " KNOWN_MODIFIERS, c);
    return fail(p, s.at + wrong, "unknown modifier '%c'; " KNOWN_MODIFIERS, c);
}

/* Adds modifiers to a term: letters for display that it does not have yet, and the bits. */
static void add_modifiers(struct evspec_term *term, struct slice s, struct evspec_mods mods)
{
    size_t used = strlen(term->mods);
    uint8_t precise = 0;

    for (size_t i = 0; i < s.size && used + 1 < sizeof term->mods; i++) {
        const char *known = memchr(modifier_letters, s.at[i], sizeof modifier_letters);
        bool is_new = known ? (term->all.bits & 1u << (known - modifier_letters)) == 0
                            : ++precise > term->all.precise;
        if (is_new)
            term->mods[used++] = s.at[i];
    }
    term->all.bits |= mods.bits;
    if (mods.precise > term->all.precise)
        term->all.precise = mods.precise;
}

static int own_modifiers(struct parser *p, struct evspec_term *term, struct slice s)
{
    struct evspec_mods mods;
    int rc = modifiers(p, s, &mods);

    if (rc != 0)
        return rc;
    add_modifiers(term, s, mods);
    term->own = term->all;
    return 0;
}

static int copy(struct parser *p, struct slice s, char out[EVSPEC_NAME_SIZE])
{
    if (s.size >= EVSPEC_NAME_SIZE)
        return fail(p, s.at,
                    "this is longer than %d characters (a pmu/…/ event can be given a short name=)",
                    EVSPEC_NAME_SIZE - 1);
    memcpy(out, s.at, s.size);
    out[s.size] = '\0';
    return 0;
}

/* key or key=value, up to the next ',' or the end of the settings. */
static int setting(struct parser *p, struct evspec_term *term, struct slice s)
{
    const char *equals = memchr(s.at, '=', s.size);
    struct slice key = {s.at, equals ? (size_t)(equals - s.at) : s.size};
    struct slice text = {equals ? equals + 1 : s.at + s.size, 0};
    struct evspec_setting *out = &p->spec->setting[p->spec->n_settings];
    int rc;

    if (p->spec->n_settings == EVSPEC_MAX_SETTINGS)
        return fail(p, s.at, "there are more than %d settings", EVSPEC_MAX_SETTINGS);
    if (key.size == 0)
        return fail(p, s.at, "a setting is missing; write pmu/name=value,…/");
    if (equals != NULL) {
        text.size = (size_t)(s.at + s.size - text.at);
        if (text.size == 0)
            return fail(p, text.at, "a value is missing behind '%.*s='", (int)key.size, key.at);
        if (text.size >= 2 && (text.at[0] == '\'' || text.at[0] == '"') &&
            text.at[text.size - 1] == text.at[0]) {
            text.at++;
            text.size -= 2;
        }
    }
    memset(out, 0, sizeof *out);
    if ((rc = copy(p, key, out->key)) != 0 || (rc = copy(p, text, out->text)) != 0)
        return rc;
    out->has_text = equals != NULL;
    out->has_value = equals == NULL || number(text, 10, &out->value);
    if (equals == NULL)
        out->value = 1;
    p->spec->n_settings++;
    term->n_settings++;
    return 0;
}

/* The settings between the slashes. name= replaces the term's name. */
static int settings(struct parser *p, struct evspec_term *term, struct slice s)
{
    const char *at = s.at, *end = s.at + s.size;
    int rc;

    term->first_setting = (uint16_t)p->spec->n_settings;
    while (at < end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma ? comma : end;
        const struct evspec_setting *last;

        if ((rc = setting(p, term, (struct slice){at, (size_t)(stop - at)})) != 0)
            return rc;
        last = &p->spec->setting[p->spec->n_settings - 1];
        if (strcmp(last->key, "name") == 0 && last->has_text)
            memcpy(term->name, last->text, sizeof term->name);
        if (comma != NULL && comma + 1 == end)
            return fail(p, comma, "a setting is missing behind ','");
        at = comma ? comma + 1 : end;
    }
    return 0;
}

static int pmu_term(struct parser *p, struct evspec_term *term, struct slice word)
{
    const char *end = word.at + word.size;
    const char *open = memchr(word.at, '/', word.size);
    const char *close = memchr(open + 1, '/', (size_t)(end - open - 1));
    struct slice pmu = {word.at, (size_t)(open - word.at)};
    struct slice mods = {close + 1, (size_t)(end - close - 1)};
    const char *colon = memchr(pmu.at, ':', pmu.size);
    int rc;

    if (pmu.size == 0)
        return fail(p, word.at, "the name of the PMU is missing in front of '/'");
    if (colon != NULL)
        return fail(p, colon, "a PMU's name has no ':'; write pmu/event/ or pmu::EVENT");
    term->kind = EVSPEC_PMU;
    if ((rc = copy(p, pmu, term->pmu)) != 0 ||
        (rc = settings(p, term, (struct slice){open + 1, (size_t)(close - open - 1)})) != 0)
        return rc;
    if (term->name[0] == '\0' &&
        (rc = copy(p, (struct slice){word.at, (size_t)(close + 1 - word.at)}, term->name)) != 0)
        return rc;
    if (mods.size == 0)
        return 0;
    if (*mods.at == ':') {
        mods.at++;
        mods.size--;
    }
    return own_modifiers(p, term, mods);
}

/* rNNN and type:config, which need no table. */
static bool numeric_term(struct evspec_term *term, struct slice head, struct slice tail)
{
    uint64_t type;

    if (head.size > 1 && head.size <= 19 && head.at[0] == 'r' &&
        number((struct slice){head.at + 1, head.size - 1}, 16, &term->config)) {
        term->type = PERF_TYPE_RAW;
        return true;
    }
    if (is_digit(head.at[0]) && number(head, 10, &type) && type <= UINT32_MAX &&
        number(tail, 10, &term->config)) {
        term->type = (uint32_t)type;
        return true;
    }
    return false;
}

/* Is the last part of a name that is not builtin a list of modifiers? (essay above) */
static bool is_modifiers(struct slice head, struct slice tail)
{
    struct evspec_mods mods;
    bool upper = false;

    if (tail.size == 0 || evspec_mods_parse(tail.at, tail.size, &mods) >= 0)
        return false;
    for (size_t i = 0; i < head.size; i++)
        upper |= is_upper(head.at[i]);
    return !upper || mods.precise > 0 ||
           (mods.bits & (EVSPEC_USER | EVSPEC_KERNEL | EVSPEC_HV)) != 0;
}

static int other_term(struct parser *p, struct evspec_term *term, struct slice word)
{
    const char *last, *first = memchr(word.at, ':', word.size);
    size_t upper = 0;
    int rc;

    /* libpfm4 lets each modifier stand behind a colon of its own: "EVENT:MASK:u:k". */
    while ((last = memrchr(word.at, ':', word.size)) != NULL) {
        struct slice head = {word.at, (size_t)(last - word.at)};
        struct slice tail = {last + 1, (size_t)(word.at + word.size - last - 1)};
        if (tail.size == 0 || head.size == 0)
            return fail(p, last, "there is nothing %s ':'", tail.size == 0 ? "behind" : "before");
        if (!is_modifiers(head, tail))
            break;
        if ((rc = own_modifiers(p, term, tail)) != 0)
            return rc;
        word = head;
    }
    for (size_t i = 0; i < word.size; i++)
        if (word.at[i] == '*' || word.at[i] == '?')
            return fail(p, word.at + i,
                        "a pattern names many events; name them one by one "
                        "(`perfgo events PATTERN` shows them)");
    for (const char *c = word.at; first != NULL && c < first; c++)
        upper += is_upper(*c);
    term->kind = last != NULL && first == last && upper == 0 ? EVSPEC_TRACEPOINT : EVSPEC_NAMED;
    return copy(p, word, term->name);
}

static int named_term(struct parser *p, struct evspec_term *term, struct slice word)
{
    const char *colon = memchr(word.at, ':', word.size);
    struct slice head = {word.at, colon ? (size_t)(colon - word.at) : word.size};
    struct slice tail = {colon ? colon + 1 : word.at + word.size,
                         colon ? word.size - head.size - 1 : 0};

    if (head.size == 0)
        return fail(p, word.at, "the event's name is missing in front of ':'");
    if (evspec_builtin(head.at, head.size, &term->type, &term->config, term->name))
        return colon ? own_modifiers(p, term, tail) : 0;
    if (numeric_term(term, head, tail)) {
        if (term->type != PERF_TYPE_RAW || !colon || head.at[0] != 'r')
            return copy(p, word, term->name);
        int rc = copy(p, head, term->name);
        return rc != 0 ? rc : own_modifiers(p, term, tail);
    }
    return other_term(p, term, word);
}

/* The text of a term: up to a ',', brace or blank that is not between slashes. */
static int scan_word(struct parser *p, struct slice *out)
{
    const char *slash = NULL, *at = p->at;
    int slashes = 0;

    for (; *at != '\0'; at++) {
        bool inside = slashes == 1;
        if (*at == '/') {
            if (++slashes == 3)
                return fail(p, at, "a '/' too many; write pmu/name=value,…/modifiers");
            slash = at;
        } else if (!inside && (*at == ',' || *at == '{' || *at == '}' || is_blank(*at))) {
            break;
        } else if (!is_name_char(*at) && !(inside && strchr(",'\"", *at) != NULL)) {
            return fail(p, at,
                        (unsigned char)*at >= ' ' && (unsigned char)*at < 0x7f
                            ? "unexpected '%c'"
                            : "unexpected byte 0x%02x",
                        (unsigned char)*at);
        }
    }
    if (slashes == 1)
        return fail(p, slash, "the '/' that ends pmu/…/ is missing");
    *out = (struct slice){p->at, (size_t)(at - p->at)};
    p->at = at;
    return 0;
}

static int parse_term(struct parser *p, unsigned group)
{
    struct evspec_term *term = &p->spec->term[p->spec->n_terms];
    struct slice word = {NULL, 0};
    const char *start = p->at;
    int rc;

    if (p->spec->n_terms == EVSPEC_MAX_TERMS)
        return fail(p, start, "there are more than %d events", EVSPEC_MAX_TERMS);
    if ((rc = scan_word(p, &word)) != 0)
        return rc;
    if (word.size == 0)
        return fail(p, start, *start == '{' ? "groups cannot be nested" : "an event is missing");
    memset(term, 0, sizeof *term);
    term->group = (uint16_t)group;
    term->column = (uint16_t)(start - p->list + 1);
    rc = memchr(word.at, '/', word.size) ? pmu_term(p, term, word) : named_term(p, term, word);
    if (rc == 0)
        p->spec->n_terms++;
    return rc;
}

static int parse_group(struct parser *p)
{
    const char *open = p->at++;
    size_t first = p->spec->n_terms;
    struct slice mods = {NULL, 0};
    struct evspec_mods parsed;
    unsigned group = (unsigned)++p->spec->n_groups;
    int rc;

    do {
        skip_blanks(p);
        if ((rc = parse_term(p, group)) != 0)
            return rc;
        skip_blanks(p);
    } while (*p->at == ',' && p->at++);
    if (*p->at != '}')
        return *p->at == '\0' ? fail(p, open, "the '}' that ends this group is missing")
                              : fail(p, p->at, "',' or '}' expected");
    if (*++p->at != ':')
        return 0;
    mods.at = ++p->at;
    while (is_name_char(*p->at))
        p->at++;
    mods.size = (size_t)(p->at - mods.at);
    if ((rc = modifiers(p, mods, &parsed)) != 0)
        return rc;
    for (size_t i = first; i < p->spec->n_terms; i++)
        add_modifiers(&p->spec->term[i], mods, parsed);
    return 0;
}

static int parse_list(struct parser *p)
{
    int rc;

    if (strlen(p->list) > UINT16_MAX / 2)
        return pg_error_set(p->err, PG_E_INVALID, "the event list is longer than %d characters",
                            UINT16_MAX / 2);
    for (;;) {
        skip_blanks(p);
        rc = *p->at == '{' ? parse_group(p) : parse_term(p, 0);
        if (rc != 0)
            return rc;
        skip_blanks(p);
        if (*p->at == '\0')
            return 0;
        if (*p->at == '}')
            return fail(p, p->at, "a '}' without '{'");
        if (*p->at != ',')
            return fail(p, p->at, "',' expected");
        p->at++;
    }
}

int evspec_parse(const char *list, struct evspec **out, struct pg_error *err)
{
    struct parser p = {.list = list, .at = list, .err = err};
    int rc;

    *out = NULL;
    p.spec = calloc(1, sizeof *p.spec);
    if (p.spec == NULL)
        return pg_error_set(err, PG_E_NOMEM, "out of memory for an event list");
    rc = parse_list(&p);
    if (rc == 0)
        *out = p.spec;
    else
        evspec_free(p.spec);
    return rc;
}

void evspec_free(struct evspec *spec)
{
    free(spec);
}

bool evspec_display(const struct evspec_term *term, char *out, size_t size)
{
    int n = snprintf(out, size, "%s%s%s", term->name, term->mods[0] ? ":" : "", term->mods);

    return n >= 0 && (size_t)n < size;
}
