/* script.c - reads the text of perf script.
 *
 * A line that begins with a blank and has a hexadecimal number first is a frame; any other line
 * that is not empty must be the head of a sample. A head is read from its end, for names of threads
 * may have blanks and colons: behind the last ": " (or ":" at the end) may stand a frame, in front
 * of it the event, the period, and then "seconds:". Lines of other records, which perf prints when
 * asked to (PERF_RECORD_…), and comments (#) are passed over.
 */
#include "perfdata/script.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_EVENTS = 4096, MAX_FRAMES = 4096 };

struct script {
    const char *text, *end;
    const char **event;
    size_t n_events, room;
    struct arena arena;
    struct script_text *frame; /* of the sample that is being read */
};

struct head {
    struct script_text comm, event, rest;
    uint64_t tid, time_ns, period;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct script_text trim(struct script_text t)
{
    for (; t.size > 0 && is_blank(t.at[0]); t.at++)
        t.size--;
    while (t.size > 0 && (is_blank(t.at[t.size - 1]) || t.at[t.size - 1] == '\r'))
        t.size--;
    return t;
}

/* The next line, without its newline; false at the end. */
static bool next_line(const char **at, const char *end, struct script_text *line)
{
    const char *newline;

    if (*at >= end)
        return false;
    newline = memchr(*at, '\n', (size_t)(end - *at));
    line->at = *at;
    line->size = (size_t)((newline != NULL ? newline : end) - *at);
    *at = newline != NULL ? newline + 1 : end;
    return true;
}

/* Cuts the last word off; empty when there is none. */
static struct script_text last_word(struct script_text *t)
{
    struct script_text word;

    *t = trim(*t);
    word = (struct script_text){t->at + t->size, 0};
    while (t->size > 0 && !is_blank(t->at[t->size - 1])) {
        t->size--;
        word.at--;
        word.size++;
    }
    return word;
}

static bool read_decimal(struct script_text t, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < t.size; i++)
        if (!is_digit(t.at[i]) || __builtin_mul_overflow(*out, (uint64_t)10, out) ||
            __builtin_add_overflow(*out, (uint64_t)(t.at[i] - '0'), out))
            return false;
    return t.size > 0;
}

static int hex_digit(char c)
{
    return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(struct script_text t, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < t.size; i++) {
        if (hex_digit(t.at[i]) < 0)
            return false;
        *out = *out << 4 | (uint64_t)hex_digit(t.at[i]);
    }
    return t.size > 0 && t.size <= 16;
}

/* "1234.567890123:" */
static bool read_time(struct script_text t, uint64_t *ns)
{
    const char *point = t.size > 0 ? memchr(t.at, '.', t.size) : NULL;
    uint64_t seconds, part, unit = 1000000000;
    size_t digits;

    if (point == NULL || t.at[t.size - 1] != ':')
        return false;
    digits = t.size - 2 - (size_t)(point - t.at);
    if (digits > 9 || !read_decimal((struct script_text){t.at, (size_t)(point - t.at)}, &seconds) ||
        !read_decimal((struct script_text){point + 1, digits}, &part) || seconds > UINT32_MAX)
        return false;
    for (size_t i = 0; i < digits; i++)
        unit /= 10;
    *ns = seconds * 1000000000 + part * unit;
    return true;
}

/* "comm tid [cpu]" or "comm pid/tid". */
static bool read_who(struct script_text t, struct head *h)
{
    struct script_text word = last_word(&t);
    const char *slash;

    if (word.size > 2 && word.at[0] == '[' && word.at[word.size - 1] == ']')
        word = last_word(&t);
    slash = word.size > 0 ? memchr(word.at, '/', word.size) : NULL;
    if (slash != NULL) {
        word.size -= (size_t)(slash + 1 - word.at);
        word.at = slash + 1;
    }
    h->comm = trim(t);
    return read_decimal(word, &h->tid) && h->comm.size > 0;
}

/* What stands before the event: period, time, who. */
static bool read_front(struct script_text t, struct head *h)
{
    struct script_text word = last_word(&t);

    h->period = 1;
    if (read_decimal(word, &h->period))
        word = last_word(&t);
    else
        h->period = 1;
    return read_time(word, &h->time_ns) && read_who(t, h);
}

/* A word that ends with a colon is the event; a frame may stand behind it. Names of threads can
 * look like that too, so the first one counts that has the right things in front. */
static bool read_head(struct script_text line, struct head *h)
{
    for (size_t i = 1; i < line.size; i++) {
        struct script_text front = {line.at, i}, event;

        if (line.at[i] != ':' || (i + 1 < line.size && !is_blank(line.at[i + 1])))
            continue;
        event = last_word(&front);
        if (event.size == 0 || is_digit(event.at[0]) || !read_front(front, h))
            continue;
        h->event = event;
        h->rest = trim((struct script_text){line.at + i + 1, line.size - i - 1});
        return true;
    }
    return false;
}

bool script_frame(struct script_text line, struct script_frame *out)
{
    struct script_text t = trim(line), word = t;
    size_t open, plus;

    memset(out, 0, sizeof *out);
    for (word.size = 0; word.size < t.size && !is_blank(t.at[word.size]);)
        word.size++;
    if (!read_hex(word, &out->address))
        return false;
    t.at += word.size;
    t.size -= word.size;
    t = trim(t);
    out->symbol = t;
    out->object = (struct script_text){"[unknown]", 9};
    for (open = t.size; open > 0 && t.at[open - 1] != '(';) /* of the last parenthesis */
        open--;
    if (t.size > 0 && t.at[t.size - 1] == ')' && open > 0) {
        /* An object's name may have parentheses: "/tmp/x (deleted)". */
        size_t first = open;

        while (first > 1 && !(t.at[first - 1] == '(' && (first == 1 || is_blank(t.at[first - 2])) &&
                              (t.at[first] == '/' || t.at[first] == '[')))
            first--;
        if (first > 1 || (first == 1 && t.at[0] == '('))
            open = first > 1 ? first : open;
        out->object = (struct script_text){t.at + open, t.size - open - 1};
        out->symbol = trim((struct script_text){t.at, open - 1});
    }
    out->inlined = out->object.size == 7 && memcmp(out->object.at, "inlined", 7) == 0;
    for (plus = out->symbol.size; plus > 0 && hex_digit(out->symbol.at[plus - 1]) >= 0;)
        plus--;
    if (plus >= 3 && memcmp(out->symbol.at + plus - 3, "+0x", 3) == 0 &&
        read_hex((struct script_text){out->symbol.at + plus, out->symbol.size - plus},
                 &out->offset)) {
        out->has_offset = true;
        out->symbol.size = plus - 3;
    }
    if (out->symbol.size == 0)
        out->symbol = (struct script_text){"[unknown]", 9};
    return true;
}

static bool is_passed_over(struct script_text line)
{
    static const char mark[] = "PERF_RECORD_";

    return line.size == 0 || line.at[0] == '#' ||
           memmem(line.at, line.size, mark, sizeof mark - 1) != NULL;
}

/* The number of an event; -1 without memory. */
static long event_number(struct script *s, struct script_text name, bool add)
{
    const char *copy;

    for (size_t i = 0; i < s->n_events; i++)
        if (strncmp(s->event[i], name.at, name.size) == 0 && s->event[i][name.size] == '\0')
            return (long)i;
    if (!add || s->n_events == MAX_EVENTS)
        return -1;
    copy = arena_copy(&s->arena, name.at, name.size);
    if (s->n_events == s->room) {
        const char **more = realloc(s->event, (2 * s->room + 8) * sizeof *more);

        if (more == NULL)
            return -1;
        s->event = more;
        s->room = 2 * s->room + 8;
    }
    if (copy == NULL)
        return -1;
    s->event[s->n_events] = copy;
    return (long)s->n_events++;
}

static bool is_frame_line(struct script_text line)
{
    struct script_frame unused;

    return line.size > 0 && is_blank(line.at[0]) && script_frame(line, &unused);
}

/* Goes through the text; visit NULL: only looks for events. */
static int go(struct script *s, script_visit *visit, void *arg, struct pg_error *err)
{
    struct script_sample sample;
    struct script_text line;
    const char *at = s->text;
    bool open = false;
    size_t number = 0, heads = 0;
    int rc = 0;

    while (rc == 0 && next_line(&at, s->end, &line)) {
        struct head h;
        long event;

        number++;
        if (open && is_frame_line(line)) {
            if (sample.n_frames < MAX_FRAMES)
                s->frame[sample.n_frames++] = line;
            continue;
        }
        if (open && visit != NULL)
            rc = visit(arg, &sample, err);
        open = false;
        if (rc != 0 || is_passed_over(trim(line)))
            continue;
        if (!read_head(line, &h))
            return pg_error_set(err, PG_E_FORMAT, "line %zu is not what perf script prints: '%.*s'",
                                number, line.size < 60 ? (int)line.size : 60, line.at);
        heads++;
        event = event_number(s, h.event, visit == NULL);
        if (event < 0)
            return pg_error_set(err, PG_E_LIMIT, "line %zu: too many events", number);
        sample =
            (struct script_sample){h.comm, h.tid, h.time_ns, h.period, (size_t)event, s->frame, 0};
        if (h.rest.size > 0)
            s->frame[sample.n_frames++] = h.rest;
        open = true;
    }
    if (rc == 0 && open && visit != NULL)
        rc = visit(arg, &sample, err);
    if (rc == 0 && heads == 0)
        return pg_error_set(err, PG_E_FORMAT, "there is no sample in it");
    return rc;
}

int script_parse(const char *text, size_t size, struct script **out, struct pg_error *err)
{
    struct script *s = calloc(1, sizeof *s);
    int rc;

    *out = NULL;
    if (s != NULL)
        s->frame = calloc(MAX_FRAMES, sizeof *s->frame);
    if (s == NULL || s->frame == NULL) {
        script_close(s);
        return pg_error_set(err, PG_E_NOMEM, "out of memory");
    }
    s->text = text;
    s->end = text + size;
    rc = go(s, NULL, NULL, err);
    if (rc != 0)
        script_close(s);
    else
        *out = s;
    return rc;
}

void script_close(struct script *s)
{
    if (s == NULL)
        return;
    arena_free(&s->arena);
    free(s->event);
    free(s->frame);
    free(s);
}

size_t script_events(const struct script *s)
{
    return s->n_events;
}

const char *script_event(const struct script *s, size_t i)
{
    return s->event[i];
}

int script_read(struct script *s, script_visit *visit, void *arg, struct pg_error *err)
{
    return go(s, visit, arg, err);
}
