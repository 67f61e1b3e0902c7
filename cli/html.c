#include "cli/html.h"

#include <string.h>

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

/* In a JSON text these characters can only stand in strings, where an escape means the same.
 * Without
 * '<' no element can end or begin, and no comment; U+2028 and U+2029 end lines in old JavaScript.
 */
static void write_json(FILE *f, const char *s)
{
    while (*s != '\0') {
        const size_t plain = strcspn(s, "<>&\x7f\xe2");

        fwrite(s, 1, plain, f);
        s += plain;
        if (s[0] == '\xe2' && s[1] == '\x80' && (s[2] == '\xa8' || s[2] == '\xa9')) {
            fprintf(f, "\\u202%c", s[2] == '\xa8' ? '8' : '9');
            s += 3;
        } else if (*s == '\xe2') {
            fputc(*s++, f);
        } else if (*s != '\0') {
            fprintf(f, "\\u%04x", (unsigned)*s++);
        }
    }
}

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
                       const char *title, const char *json)
{
    if (strncmp(name, "hashes", size) == 0)
        write_hashes(f, kind);
    else if (strncmp(name, "title", size) == 0)
        write_text(f, title);
    else if (strncmp(name, "style", size) == 0)
        write_asset(f, "perfgo.css");
    else if (strncmp(name, "data", size) == 0)
        write_json(f, json);
    else if (strncmp(name, "licences", size) == 0)
        write_asset(f, "LICENSES.txt");
    else if (strncmp(name, "scripts", size) == 0)
        write_scripts(f, kind);
}

void html_write(FILE *f, enum html_kind kind, const char *title, const char *json)
{
    const char *text = asset("page.html")->data, *open, *close; /* NUL-terminated by embed.sh */

    while ((open = strstr(text, "{{")) != NULL && (close = strstr(open, "}}")) != NULL) {
        fwrite(text, 1, (size_t)(open - text), f);
        write_part(f, open + 2, (size_t)(close - open - 2), kind, title, json);
        text = close + 2;
    }
    fputs(text, f);
}
