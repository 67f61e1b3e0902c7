#include "cli/html.h"

#include <stdbool.h>
#include <string.h>
#include <sys/types.h>

/* Made by cli/html/embed.sh; ends with a NULL name. */
struct html_asset {
    const char *name, *data;
    size_t size;
    const char *hash; /* "sha256-…", as a content security policy wants it */
};
extern const struct html_asset html_assets[];

enum { MAX_SCRIPTS = 5 };
static const char *const scripts[][MAX_SCRIPTS + 1] = {
    [HTML_VIEW] = {"d3.min.js", "plot.umd.min.js", "d3-flamegraph.umd.min.js", "perfgo.js",
                   "view.js"},
    [HTML_REPORT] = {"d3.min.js", "plot.umd.min.js", "perfgo.js", "report.js"},
    [HTML_COMPARE] = {"d3.min.js", "plot.umd.min.js", "perfgo.js", "compare.js"},
    [HTML_HISTORY] = {"d3.min.js", "plot.umd.min.js", "perfgo.js", "history.js"},
};

static const struct html_asset *asset(const char *name)
{
    const struct html_asset *a = html_assets;

    while (a->name != NULL && strcmp(a->name, name) != 0)
        a++;
    return a; /* of a name that is not there: NULL and nothing */
}

static void write_asset(FILE *f, const char *name)
{
    const struct html_asset *a = asset(name);

    fwrite(a->data, 1, a->size, f);
}

static void write_text(FILE *f, const char *s)
{
    for (; *s != '\0'; s++)
        if (*s == '<')
            fputs("&lt;", f);
        else if (*s == '>')
            fputs("&gt;", f);
        else if (*s == '&')
            fputs("&amp;", f);
        else if (*s == '"')
            fputs("&quot;", f);
        else
            fputc(*s, f);
}

/* ---- data ---- */

/* In a JSON text these characters can only stand in strings, where an escape means the same.
 * Without '<' no element can end or begin, and no comment; U+2028 and U+2029 end lines in old
 * JavaScript. They are E2 80 A8 and E2 80 A9 in UTF-8: how much of that was seen, and not yet
 * written, is kept from one piece of the text to the next. */
struct escaping {
    FILE *f;
    size_t seen;
};

static const char separator[] = "\xe2\x80"; /* and A8 or A9 */

static bool escape_separator(struct escaping *e, unsigned char c)
{
    if (e->seen < 2 && c == (unsigned char)separator[e->seen]) {
        e->seen++;
        return true;
    }
    if (e->seen == 2 && (c == 0xa8 || c == 0xa9)) {
        fprintf(e->f, "\\u202%c", c == 0xa8 ? '8' : '9');
        e->seen = 0;
        return true;
    }
    fwrite(separator, 1, e->seen, e->f);
    e->seen = 0;
    return c == 0xe2 && escape_separator(e, c);
}

static const bool is_special[256] = {
    ['<'] = true, ['>'] = true, ['&'] = true, [0x7f] = true, [0xe2] = true};

static ssize_t escape(void *cookie, const char *p, size_t size)
{
    struct escaping *e = cookie;

    for (size_t i = 0; i < size; i++) {
        const unsigned char c = (unsigned char)p[i];
        const size_t from = i;

        if ((e->seen > 0 || c == 0xe2) && escape_separator(e, c))
            continue;
        while (i < size && !is_special[(unsigned char)p[i]])
            i++;
        if (i > from)
            fwrite_unlocked(p + from, 1, i-- - from, e->f);
        else
            fprintf(e->f, "\\u%04x", c);
    }
    return (ssize_t)size;
}

struct document {
    void (*write)(FILE *json, void *data);
    void *data;
};

static void write_json(FILE *f, const struct document *d)
{
    struct escaping e = {.f = f};
    FILE *json = fopencookie(&e, "w", (cookie_io_functions_t){.write = escape});

    if (json == NULL)
        return;
    d->write(json, d->data);
    fclose(json);
    fwrite(separator, 1, e.seen, f);
}

/* ---- the page ---- */

static void write_hashes(FILE *f, enum html_kind kind)
{
    for (const char *const *name = scripts[kind]; *name != NULL; name++)
        fprintf(f, "%s'%s'", name == scripts[kind] ? "" : " ", asset(*name)->hash);
}

static void write_scripts(FILE *f, enum html_kind kind)
{
    for (const char *const *name = scripts[kind]; *name != NULL; name++) {
        fputs("<script>", f);
        write_asset(f, *name);
        fputs("</script>\n", f);
    }
}

static void write_part(FILE *f, const char *name, size_t size, enum html_kind kind,
                       const char *title, const struct document *document)
{
    if (strncmp(name, "hashes", size) == 0)
        write_hashes(f, kind);
    else if (strncmp(name, "title", size) == 0)
        write_text(f, title);
    else if (strncmp(name, "style", size) == 0)
        write_asset(f, "perfgo.css");
    else if (strncmp(name, "data", size) == 0)
        write_json(f, document);
    else if (strncmp(name, "licences", size) == 0)
        write_asset(f, "LICENSES.txt");
    else if (strncmp(name, "scripts", size) == 0)
        write_scripts(f, kind);
}

static void write_string(FILE *json, void *data)
{
    fputs(data, json);
}

void html_write(FILE *f, enum html_kind kind, const char *title, const char *json)
{
    html_stream(f, kind, title, write_string, (void *)json);
}

void html_stream(FILE *f, enum html_kind kind, const char *title,
                 void (*write)(FILE *json, void *data), void *data)
{
    const struct document document = {write, data};
    const char *text = asset("page.html")->data, *open, *close; /* NUL-terminated by embed.sh */

    while ((open = strstr(text, "{{")) != NULL && (close = strstr(open, "}}")) != NULL) {
        fwrite(text, 1, (size_t)(open - text), f);
        write_part(f, open + 2, (size_t)(close - open - 2), kind, title, &document);
        text = close + 2;
    }
    fputs(text, f);
}
