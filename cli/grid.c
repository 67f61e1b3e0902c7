#include "cli/grid.h"

#include "cli/say.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

enum { GAP = 2, INDENT = 2 };

struct grid_cell {
    size_t at; /* in the text */
    uint32_t width;
    uint32_t color;
};

/* ---- text as a terminal shows it ---- */

/* Bytes of the next character, and its columns; -1 columns: the locale cannot show it. */
static size_t next_character(const char *s, int *columns)
{
    mbstate_t state = {0};
    wchar_t c;
    size_t size;

    if ((unsigned char)*s < 0x80) {
        *columns = *s >= ' ' && *s != 0x7f ? 1 : -1;
        return 1;
    }
    size = mbrtowc(&c, s, strlen(s), &state);
    if (size == (size_t)-1 || size == (size_t)-2) {
        *columns = -1;
        return 1;
    }
    *columns = iswprint((wint_t)c) ? wcwidth(c) : -1;
    return size;
}

static size_t width_of(const char *s)
{
    size_t width = 0;
    int columns;

    for (; *s != '\0'; width += columns > 0 ? (size_t)columns : 0)
        s += next_character(s, &columns);
    return width;
}

/* How many bytes from the start fit into *width columns; leaves in *width what they do not take. */
static size_t head_of(const char *s, size_t *width)
{
    size_t bytes = 0, size;
    int columns;

    for (; s[bytes] != '\0'; bytes += size, *width -= (size_t)columns) {
        size = next_character(s + bytes, &columns);
        columns = columns > 0 ? columns : 0;
        if ((size_t)columns > *width)
            break;
    }
    return bytes;
}

/* Where the longest end begins that fits into *width of the text's `all` columns. */
static const char *tail_of(const char *s, size_t all, size_t *width)
{
    int columns;

    while (all > *width) {
        s += next_character(s, &columns);
        all -= columns > 0 ? (size_t)columns : 0;
    }
    *width -= all;
    return s;
}

/* Bytes of the longest run of whole words from the start that fits; at least one word. */
static size_t words_of(const char *s, size_t width)
{
    const size_t most = head_of(s, &width);
    size_t bytes = strcspn(s, " \n");

    while (s[bytes] == ' ') {
        const size_t next = bytes + 1 + strcspn(s + bytes + 1, " \n");

        if (next > most)
            break;
        bytes = next;
    }
    return bytes;
}

static void pad(FILE *f, size_t n)
{
    static const char blanks[] = "                                ";

    for (size_t part; n > 0; n -= part) {
        part = n < sizeof blanks - 1 ? n : sizeof blanks - 1;
        fwrite_unlocked(blanks, 1, part, f);
    }
}

void grid_lines(FILE *f, const struct output_style *style, size_t indent, const char *text)
{
    for (size_t from = 0; *text != '\0'; text++) {
        const size_t room = style->width > from ? style->width - from : 1;
        const size_t bytes = style->width > 0 ? words_of(text, room) : strcspn(text, "\n");

        pad(f, from);
        fwrite(text, 1, bytes, f);
        fputc('\n', f);
        text += bytes;
        from = *text == ' ' ? indent : 0;
        if (*text == '\0')
            return;
    }
}

/* ---- cells ---- */

void grid_begin(struct grid *g, const struct grid_column *column, size_t n)
{
    *g = (struct grid){.n_columns = n};
    memcpy(g->column, column, n * sizeof *column);
    for (size_t i = 0; i < n; i++) {
        strbuf_puts(&g->text, column[i].title);
        grid_end_cell(g, GRID_PLAIN);
    }
}

static bool is_plain(const char *s, size_t size)
{
    unsigned char odd = 0;

    for (size_t i = 0; i < size; i++)
        odd |= (unsigned char)s[i] < ' ' || (unsigned char)s[i] >= 0x7f;
    return !odd;
}

/* Writes what cannot be shown as \xNN. */
static void make_plain(struct grid *g)
{
    char *copy = text_copy(g->text.text + g->start);

    g->text.size = g->start;
    for (size_t i = 0, size; copy[i] != '\0'; i += size) {
        int columns;

        size = next_character(copy + i, &columns);
        if (columns >= 0)
            strbuf_add(&g->text, copy + i, size);
        else
            for (size_t k = 0; k < size; k++)
                strbuf_printf(&g->text, "\\x%02x", (unsigned char)copy[i + k]);
    }
    free(copy);
}

static size_t longest_word(const char *s)
{
    size_t longest = 0;

    while (*s != '\0') {
        const size_t size = strcspn(s, " ");

        longest = size > longest ? size : longest;
        s += size + (s[size] != '\0');
    }
    return longest;
}

static void note_widths(struct grid *g, const char *text, size_t width)
{
    const size_t column = g->n_cells % g->n_columns;
    size_t *widest = &g->widest[column], *word = &g->longest_word[column];

    if (width > *widest)
        *widest = width;
    if (column == g->n_columns - 1 && width > *word) {
        const size_t longest = longest_word(text);

        *word = longest > *word ? longest : *word;
    }
}

void grid_end_cell(struct grid *g, enum grid_color color)
{
    const char *text;
    size_t width;

    strbuf_add(&g->text, "", 0);
    if (!g->text.failed && !is_plain(g->text.text + g->start, g->text.size - g->start)) {
        make_plain(g);
        width = g->text.failed ? 0 : width_of(g->text.text + g->start);
    } else {
        width = g->text.size - g->start;
    }
    strbuf_add(&g->text, "", 1);
    if (g->n_cells == g->room) {
        g->room = g->room > 0 ? 2 * g->room : 256;
        g->cell = memory_grow(g->cell, g->room * sizeof *g->cell);
    }
    if (g->text.failed)
        memory_grow(NULL, SIZE_MAX / 2);
    text = g->text.text + g->start;
    note_widths(g, text, width);
    g->cell[g->n_cells++] = (struct grid_cell){g->start, (uint32_t)width, color};
    g->start = g->text.size;
}

void grid_free(struct grid *g)
{
    strbuf_free(&g->text);
    free(g->cell);
    *g = (struct grid){.n_cells = 0};
}

/* ---- layout ---- */

struct layout {
    bool shown[GRID_COLUMNS];
    size_t width[GRID_COLUMNS];
    bool headings, broken, shortened;
};

static bool in_line(const struct grid *g, const struct layout *l, size_t i)
{
    return l->shown[i] && !(l->headings && (g->column[i].flags & GRID_NAME));
}

/* The fewest columns that a column of the table can do with, as the layout stands. */
static size_t least(const struct grid *g, const struct layout *l, size_t i)
{
    const struct grid_column *c = &g->column[i];
    const bool shorter = (c->flags & GRID_NAME) || (l->shortened && (c->flags & GRID_SHORT));
    const size_t to = i == g->n_columns - 1 && l->broken ? g->longest_word[i]
                      : shorter                          ? c->least
                                                         : SIZE_MAX;

    return to < g->widest[i] ? to : g->widest[i];
}

/* What is left of the width; negative: too much is shown. */
static long spare(const struct grid *g, const struct layout *l, size_t width)
{
    long left = (long)width + GAP - (l->headings ? INDENT : 0);

    for (size_t i = 0; i < g->n_columns; i++)
        if (in_line(g, l, i))
            left -= (long)least(g, l, i) + GAP;
    return left;
}

static void show(const struct grid *g, struct layout *l, unsigned drop, bool shown)
{
    for (size_t i = 0; i < g->n_columns; i++)
        if (g->column[i].drop == drop)
            l->shown[i] = shown;
}

/* Columns for which there is room come back, those that went last first. */
static void show_again(const struct grid *g, struct layout *l, size_t width)
{
    for (unsigned i = GRID_DROPS - 1; i > 0; i--) {
        struct layout more = *l;

        show(g, &more, i, true);
        if (spare(g, &more, width) >= 0)
            *l = more;
    }
}

/* In the order that grid.h says. */
static struct layout fit(const struct grid *g, size_t width)
{
    struct layout l = {.headings = false};
    long left;

    for (size_t i = 0; i < g->n_columns; i++) {
        l.shown[i] = true;
        l.width[i] = g->widest[i];
    }
    if (width == 0)
        return l;
    for (unsigned i = 1; i < GRID_LATE && spare(g, &l, width) < 0; i++)
        show(g, &l, i, false);
    l.headings = (g->column[0].flags & GRID_NAME) && spare(g, &l, width) < 0;
    for (unsigned i = GRID_LATE; i < GRID_DROPS && spare(g, &l, width) < 0; i++)
        show(g, &l, i, false);
    l.broken = spare(g, &l, width) < 0;
    l.shortened = spare(g, &l, width) < 0;
    show_again(g, &l, width);
    left = spare(g, &l, width);
    for (size_t i = g->n_columns; i-- > 0;) {
        const size_t smallest = least(g, &l, i);
        size_t more = g->widest[i] - smallest;

        if (!in_line(g, &l, i))
            continue;
        more = left < 0 ? 0 : more < (size_t)left ? more : (size_t)left;
        l.width[i] = smallest + more;
        left -= (long)more;
    }
    return l;
}

/* ---- printing ---- */

static void print_shortened(FILE *f, const char *s, size_t all, size_t width)
{
    const bool utf8 = strcmp(output_plus_minus(), "±") == 0;
    const size_t dots = utf8 ? 1 : 3, rest = width > dots ? width - dots : 0;
    size_t before = rest / 2, behind = rest - rest / 2;

    fwrite(s, 1, head_of(s, &before), f);
    fputs(utf8 ? "…" : "...", f);
    fputs(tail_of(s, all, &behind), f);
    pad(f, before + behind); /* where half of a wide character would have been */
}

/* Text that is not to be shortened, with its colour. */
static void print_text(FILE *f, const struct output_style *style, const struct grid_cell *cell,
                       const char *s, size_t size)
{
    if (style->colors && cell->color != GRID_PLAIN)
        fprintf(f, "\033[%um%.*s\033[0m", (unsigned)cell->color, (int)size, s);
    else
        fwrite_unlocked(s, 1, size, f);
}

/* Words in as many lines as they take, all but the first below `before` columns. */
static void print_words(FILE *f, const struct output_style *style, const struct grid_cell *cell,
                        const char *s, size_t width, size_t before)
{
    size_t size = words_of(s, width);

    print_text(f, style, cell, s, size);
    while (s[size] != '\0') {
        s += size + 1;
        size = words_of(s, width);
        fputc('\n', f);
        pad(f, before);
        print_text(f, style, cell, s, size);
    }
}

/* *blanks are owed from before, so that no line ends in them. */
static void print_cell(const struct grid *g, FILE *f, const struct output_style *style,
                       const struct layout *l, const struct grid_cell *row, size_t i,
                       size_t *blanks)
{
    const char *s = g->text.text + row[i].at;
    const size_t rest = l->width[i] > row[i].width ? l->width[i] - row[i].width : 0;
    const bool right = g->column[i].flags & GRID_RIGHT;

    if (row[i].width > 0) {
        pad(f, *blanks + (right ? rest : 0));
        *blanks = right ? 0 : rest;
        if (row[i].width > l->width[i])
            print_shortened(f, s, row[i].width, l->width[i]);
        else
            print_text(f, style, &row[i], s, strlen(s));
    } else {
        *blanks += rest;
    }
    *blanks += GAP;
}

static void print_row(const struct grid *g, FILE *f, const struct output_style *style,
                      const struct layout *l, const struct grid_cell *row)
{
    const size_t last = g->n_columns - 1;
    size_t before = l->headings ? INDENT : 0, blanks = before;

    for (size_t i = 0; i < g->n_columns; i++) {
        if (!in_line(g, l, i))
            continue;
        if (l->broken && i == last && row[i].width > l->width[i]) {
            pad(f, blanks);
            print_words(f, style, &row[i], g->text.text + row[i].at, l->width[i], before);
        } else {
            print_cell(g, f, style, l, row, i, &blanks);
        }
        before += l->width[i] + GAP;
    }
    putc_unlocked('\n', f);
}

static bool same_names(const struct grid *g, const struct grid_cell *a, const struct grid_cell *b)
{
    for (size_t i = 0; i < g->n_columns && (g->column[i].flags & GRID_NAME); i++)
        if (strcmp(g->text.text + a[i].at, g->text.text + b[i].at) != 0)
            return false;
    return true;
}

/* The names of a row, each in full and beginning a line. */
static void print_heading(const struct grid *g, FILE *f, size_t width, const struct grid_cell *row)
{
    for (size_t i = 0; i < g->n_columns && (g->column[i].flags & GRID_NAME); i++)
        for (const char *s = g->text.text + row[i].at; *s != '\0';) {
            size_t room = width, size = head_of(s, &room);

            size = size > 0 ? size : strlen(s);
            fwrite(s, 1, size, f);
            fputc('\n', f);
            s += size;
        }
}

void grid_print(const struct grid *g, FILE *f, const struct output_style *style)
{
    const struct layout l = fit(g, style->width);

    for (size_t at = 0; at < g->n_cells; at += g->n_columns) {
        const struct grid_cell *row = &g->cell[at];

        if (l.headings && at > 0 && (at == g->n_columns || !same_names(g, row, row - g->n_columns)))
            print_heading(g, f, style->width, row);
        print_row(g, f, style, &l, row);
    }
}
