/* toml.c - a recursive descent over bytes that are known to be UTF-8; toml.h says what is read.
 *
 * Debian has no C library for TOML; those that there are would be a few thousand lines to bundle
 * for a file with half a dozen keys, and say less about a mistake than its line and what to write.
 */
#include "base/toml.h"

#include "base/strbuf.h"
#include "base/utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct parser {
    const char *name, *at, *end;
    size_t line;
    struct toml *out;
    size_t room, table_room;
    const char *table;
    struct pg_error *err;
};

static int bad(struct parser *p, const char *what)
{
    return pg_error_set(p->err, PG_E_FORMAT, "%.200s:%zu: %s", p->name, p->line, what);
}

static int no_memory(struct parser *p)
{
    return pg_error_set(p->err, PG_E_NOMEM, "no memory to read %.200s", p->name);
}

static int peek(const struct parser *p)
{
    return p->at < p->end ? (unsigned char)*p->at : -1;
}

static bool take(struct parser *p, const char *word)
{
    const size_t size = strlen(word);

    if ((size_t)(p->end - p->at) < size || memcmp(p->at, word, size) != 0)
        return false;
    p->at += size;
    return true;
}

static void skip_blanks(struct parser *p)
{
    while (peek(p) == ' ' || peek(p) == '\t')
        p->at++;
}

static bool at_newline(const struct parser *p)
{
    return peek(p) == '\n' || (peek(p) == '\r' && p->end - p->at > 1 && p->at[1] == '\n');
}

static void take_newline(struct parser *p)
{
    p->at += peek(p) == '\r' ? 2 : 1;
    p->line++;
}

static bool is_control(int c)
{
    return (c >= 0 && c < 0x20 && c != '\t') || c == 0x7f;
}

/* Blanks and a comment, up to the newline or the end. */
static int end_of_line(struct parser *p)
{
    skip_blanks(p);
    if (peek(p) == '#')
        while (peek(p) >= 0 && !at_newline(p)) {
            if (is_control(peek(p)))
                return bad(p, "a comment has a control character in it: take it out");
            p->at++;
        }
    if (peek(p) >= 0 && !at_newline(p))
        return bad(p, "something stands behind the end of this entry: give one entry per line");
    return 0;
}

/* ---- strings ---- */

static void add_rune(struct strbuf *out, unsigned long c)
{
    char s[4];
    size_t n;

    if (c < 0x80) {
        s[0] = (char)c;
        n = 1;
    } else if (c < 0x800) {
        s[0] = (char)(0xc0 | c >> 6);
        n = 2;
    } else if (c < 0x10000) {
        s[0] = (char)(0xe0 | c >> 12);
        n = 3;
    } else {
        s[0] = (char)(0xf0 | c >> 18);
        n = 4;
    }
    for (size_t i = 1; i < n; i++)
        s[i] = (char)(0x80 | ((c >> (6 * (n - 1 - i))) & 0x3f));
    strbuf_add(out, s, n);
}

static int hex_digit(int c)
{
    return c >= '0' && c <= '9'                     ? c - '0'
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                    : -1;
}

static int unicode(struct parser *p, int digits, struct strbuf *out)
{
    unsigned long c = 0;

    for (int i = 0; i < digits; i++, p->at++) {
        const int digit = hex_digit(peek(p));

        if (digit < 0)
            return bad(p, "\\u is followed by four hexadecimal digits, \\U by eight");
        c = 16 * c + (unsigned long)digit;
    }
    if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return bad(p, "\\u and \\U name a character other than U+0000 here");
    add_rune(out, c);
    return 0;
}

static int escape(struct parser *p, struct strbuf *out)
{
    static const char from[] = "btnfr\"\\", to[] = "\b\t\n\f\r\"\\";
    const int c = peek(p);
    const char *found = c > 0 ? strchr(from, c) : NULL;

    p->at += c >= 0;
    if (found != NULL) {
        strbuf_add(out, &to[found - from], 1);
        return 0;
    }
    if (c == 'u' || c == 'U')
        return unicode(p, c == 'u' ? 4 : 8, out);
    return bad(
        p, "a backslash in \"…\" starts one of \\\" \\\\ \\b \\t \\n \\f \\r \\u \\U: write \\\\ "
           "for a backslash, or use '…'");
}

/* "basic" or 'literal', on one line. */
static int string(struct parser *p, const char **out)
{
    const char quote = *p->at++;
    struct strbuf text = {0};
    int rc = 0;

    if (peek(p) == quote && p->end - p->at > 1 && p->at[1] == quote)
        return bad(p, "strings over several lines are not read here: use one pair of quotes");
    while (rc == 0 && peek(p) != quote) {
        if (peek(p) < 0 || at_newline(p))
            rc = bad(p, "a string has no closing quote on its line");
        else if (is_control(peek(p)))
            rc = bad(p, "a string has a control character in it: write it as \\n, \\t or \\u0001");
        else if (quote == '"' && take(p, "\\"))
            rc = escape(p, &text);
        else
            strbuf_add(&text, p->at++, 1);
    }
    p->at += rc == 0;
    if (rc == 0) {
        *out = text.failed ? NULL : arena_copy(&p->out->arena, text.text, text.size);
        rc = *out != NULL ? 0 : no_memory(p);
    }
    strbuf_free(&text);
    return rc;
}

static bool is_bare(int c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-';
}

/* A bare or, for keys, a quoted name. */
static int name(struct parser *p, bool quoted, const char *what, const char **out)
{
    const char *start = p->at;

    if (quoted && (peek(p) == '"' || peek(p) == '\''))
        return string(p, out);
    while (is_bare(peek(p)))
        p->at++;
    if (p->at == start)
        return bad(p, what);
    *out = arena_copy(&p->out->arena, start, (size_t)(p->at - start));
    return *out != NULL ? 0 : no_memory(p);
}

/* ---- values ---- */

static size_t digits(struct parser *p)
{
    const char *start = p->at;

    while (peek(p) >= '0' && peek(p) <= '9')
        p->at++;
    return (size_t)(p->at - start);
}

/* [+-] digits [. digits] [e [+-] digits], with no needless leading zero. */
static int number(struct parser *p, double *out)
{
    static const char what[] =
        "a value is \"text\", 'text', a number such as 5 or 0.05, true, false, "
        "or a list of strings such as [\"a\", \"b\"]";
    const char *start = p->at, *whole;
    char text[64];
    size_t n;

    p->at += peek(p) == '+' || peek(p) == '-';
    whole = p->at;
    n = digits(p);
    if (n == 0 || (n > 1 && *whole == '0'))
        return bad(p, what);
    if (take(p, ".") && digits(p) == 0)
        return bad(p, "digits are missing behind the point of a number");
    if (take(p, "e") || take(p, "E")) {
        p->at += peek(p) == '+' || peek(p) == '-';
        if (digits(p) == 0)
            return bad(p, "digits are missing in the exponent of a number");
    }
    n = (size_t)(p->at - start);
    if (is_bare(peek(p)) || peek(p) == ':' || n >= sizeof text)
        return bad(p, what);
    memcpy(text, start, n);
    text[n] = '\0';
    *out = strtod(text, NULL);
    return isfinite(*out) ? 0 : bad(p, "a number is too large");
}

/* Blanks, comments and newlines between the items of a list. */
static int between(struct parser *p)
{
    int rc = 0;

    for (;;) {
        skip_blanks(p);
        if (peek(p) == '#')
            rc = end_of_line(p);
        if (rc < 0 || !at_newline(p))
            return rc;
        take_newline(p);
    }
}

static int list(struct parser *p, struct toml_entry *e)
{
    size_t room = 0;
    int rc;

    for (p->at++;; e->n++) {
        rc = between(p);
        if (rc < 0)
            return rc;
        if (take(p, "]"))
            return 0;
        if (peek(p) != '"' && peek(p) != '\'')
            return bad(p, "a list holds strings, with commas between, and ends with ]");
        if (e->n == room) {
            struct toml_text *more = arena_array(&p->out->arena, room = 2 * room + 4, sizeof *more);

            if (more == NULL)
                return no_memory(p);
            if (e->n > 0)
                memcpy(more, e->text, e->n * sizeof *more);
            e->text = more;
        }
        e->text[e->n].line = p->line;
        rc = string(p, &e->text[e->n].text);
        rc = rc < 0 ? rc : between(p);
        if (rc < 0)
            return rc;
        if (!take(p, ",") && peek(p) != ']')
            return bad(p, "a list holds strings, with commas between, and ends with ]");
    }
}

static int value(struct parser *p, struct toml_entry *e)
{
    const int c = peek(p);

    if (c == '"' || c == '\'') {
        e->kind = TOML_STRING;
        e->n = 1;
        e->text = arena_alloc(&p->out->arena, sizeof *e->text);
        if (e->text == NULL)
            return no_memory(p);
        e->text->line = p->line;
        return string(p, &e->text->text);
    }
    if (c == '[') {
        e->kind = TOML_STRINGS;
        return list(p, e);
    }
    if (c == '{')
        return bad(p, "tables in braces are not read here: write [table] on a line of its own");
    e->kind = TOML_BOOL;
    e->truth = take(p, "true");
    if (e->truth || take(p, "false"))
        return 0;
    e->kind = TOML_NUMBER;
    return number(p, &e->number);
}

/* ---- lines ---- */

static int add(struct parser *p, struct toml_entry e)
{
    for (size_t i = 0; i < p->out->n; i++)
        if (strcmp(p->out->entry[i].table, e.table) == 0 &&
            strcmp(p->out->entry[i].key, e.key) == 0) {
            p->line = e.line;
            return pg_error_set(
                p->err, PG_E_FORMAT,
                "%.200s:%zu: '%.60s' is given a second time, first on line %zu: keep one", p->name,
                e.line, e.key, p->out->entry[i].line);
        }
    if (p->out->n == p->room) {
        struct toml_entry *more =
            reallocarray(p->out->entry, p->room = 2 * p->room + 8, sizeof *more);

        if (more == NULL)
            return no_memory(p);
        p->out->entry = more;
    }
    p->out->entry[p->out->n++] = e;
    return 0;
}

static int entry(struct parser *p)
{
    struct toml_entry e = {.table = p->table, .line = p->line};
    int rc = name(p, true, "a line is 'key = value', [table], or a # comment", &e.key);

    if (rc < 0)
        return rc;
    skip_blanks(p);
    if (peek(p) == '.')
        return bad(p, "keys with a dot are not read here: write [table], and the key below it");
    if (!take(p, "="))
        return bad(p, "a key is followed by = and its value");
    skip_blanks(p);
    rc = value(p, &e);
    rc = rc < 0 ? rc : end_of_line(p);
    return rc < 0 ? rc : add(p, e);
}

static int add_table(struct parser *p)
{
    struct toml *out = p->out;

    for (size_t i = 0; i < out->n_tables; i++)
        if (strcmp(out->table[i].text, p->table) == 0)
            return bad(p, "this table stands above already: put its keys together");
    for (size_t i = 0; i < out->n; i++)
        if (out->entry[i].table[0] == '\0' && strcmp(out->entry[i].key, p->table) == 0)
            return bad(p, "this name is a key above already: a table needs another one");
    if (out->n_tables == p->table_room) {
        struct toml_text *more =
            reallocarray(out->table, p->table_room = 2 * p->table_room + 4, sizeof *more);

        if (more == NULL)
            return no_memory(p);
        out->table = more;
    }
    out->table[out->n_tables++] = (struct toml_text){p->table, p->line};
    return 0;
}

static int table(struct parser *p)
{
    int rc;

    if (take(p, "[["))
        return bad(p, "lists of tables are not read here: write [table]");
    p->at++;
    skip_blanks(p);
    rc = name(p, false, "a table is written as [name], with letters, digits, - and _", &p->table);
    if (rc < 0)
        return rc;
    skip_blanks(p);
    if (!take(p, "]"))
        return bad(p, "a table is written as [name], with letters, digits, - and _");
    rc = add_table(p);
    return rc < 0 ? rc : end_of_line(p);
}

int toml_parse(const char *file, const char *text, size_t size, struct toml *out,
               struct pg_error *err)
{
    struct parser p = {.name = file,
                       .at = text,
                       .end = text + size,
                       .line = 1,
                       .out = out,
                       .table = "",
                       .err = err};
    int rc = 0;

    *out = (struct toml){.n = 0};
    for (size_t i = 0, n; i < size; i += n) {
        n = utf8_length(text + i, size - i);
        if (n == 0)
            return bad(&p, "the file is not UTF-8 on this line: save it as UTF-8");
        p.line += text[i] == '\n';
    }
    p.line = 1;
    while (rc == 0 && p.at < p.end) {
        skip_blanks(&p);
        if (peek(&p) == '[')
            rc = table(&p);
        else if (peek(&p) == '#' || peek(&p) < 0 || at_newline(&p))
            rc = end_of_line(&p);
        else
            rc = entry(&p);
        if (rc == 0 && p.at < p.end)
            take_newline(&p);
    }
    return rc;
}

void toml_free(struct toml *t)
{
    free(t->entry);
    free(t->table);
    arena_free(&t->arena);
    *t = (struct toml){.n = 0};
}
