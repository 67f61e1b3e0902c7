#include "cli/markup.h"

#include "cli/say.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Taken as it is by every reader of markdown. */
static bool is_plain_markdown(unsigned char c)
{
    return c >= 0x80 || isalnum(c) || c == ' ' || c == '/' || c == '-' || c == '.' || c == ',' ||
           c == '%';
}

void markup_markdown(FILE *f, const char *s)
{
    for (; *s != '\0'; s++) {
        const unsigned char c = (unsigned char)*s;

        if (is_plain_markdown(c))
            putc_unlocked(c, f);
        else if (c < 0x20 || c == 0x7f)
            putc_unlocked(' ', f);
        else if (c == '<')
            fputs("&lt;", f);
        else if (c == '>')
            fputs("&gt;", f);
        else if (c == '&')
            fputs("&amp;", f);
        else if (c == '@' || c == '#') /* would mention a person or an issue */
            fprintf(f, "&#%d;", c);
        else if (c == '|')
            fputs("&#124;", f); /* a backslash would not do inside of a table in every reader */
        else {
            putc_unlocked('\\', f);
            putc_unlocked(c, f);
        }
    }
}

void markup_json(FILE *f, const char *s)
{
    if (s == NULL) {
        fputs("null", f);
        return;
    }
    fputc('"', f);
    while (*s != '\0') {
        const char *plain = s;

        while ((unsigned char)*s >= 0x20 && *s != '"' && *s != '\\' && *s != 0x7f)
            s++;
        fwrite_unlocked(plain, 1, (size_t)(s - plain), f);
        if (*s == '"' || *s == '\\')
            fprintf(f, "\\%c", *s++);
        else if (*s != '\0')
            fprintf(f, "\\u%04x", (unsigned)*s++);
    }
    fputc('"', f);
}

void markup_csv(FILE *f, const char *s)
{
    if (strpbrk(s, ",\"\r\n") == NULL) {
        fputs(s, f);
        return;
    }
    fputc('"', f);
    for (; *s != '\0'; s++) {
        if (*s == '"')
            fputc('"', f);
        fputc(*s, f);
    }
    fputc('"', f);
}

/* Bytes before the next control character, or to the end. */
static size_t until_control(const char *s)
{
    const unsigned char *p = (const unsigned char *)s;

    while (*p >= 0x20 && *p != 0x7f && !(p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0))
        p++;
    return (size_t)(p - (const unsigned char *)s);
}

void markup_terminal_add(struct strbuf *out, const char *s)
{
    while (*s != '\0') {
        const size_t size = until_control(s);

        strbuf_add(out, s, size);
        s += size;
        s += (unsigned char)*s == 0xc2; /* U+0080 to U+009F */
        if (*s != '\0')
            strbuf_printf(out, "\\x%02x", (unsigned)(unsigned char)*s++);
    }
}

char *markup_terminal(const char *s)
{
    struct strbuf out = {0};
    char *text;

    markup_terminal_add(&out, s);
    text = text_copy(out.text != NULL ? out.text : "");
    strbuf_free(&out);
    return text;
}
