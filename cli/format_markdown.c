/* format_markdown.c - a GitHub-flavoured table for pull requests and step summaries. */
#include "cli/format.h"

#include "cli/say.h"

#include <ctype.h>
#include <stdlib.h>

/* Names come from anybody's test: nothing of them may be taken as markup or as the end of a cell.
 */
static void escaped(FILE *f, const char *s)
{
    for (; *s != '\0'; s++) {
        const unsigned char c = (unsigned char)*s;

        if (c < 0x20 || c == 0x7f)
            fputc(' ', f);
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
        else if (c < 0x80 && ispunct(c) && c != '/' && c != '-' && c != '.' && c != ',' && c != '%')
            fprintf(f, "\\%c", c);
        else
            fputc(c, f);
    }
}

static void cell(FILE *f, const struct summary_cell *c)
{
    char number[64];

    if (c->n == 0) {
        fputs(" |", f);
        return;
    }
    output_round(c->median, number, sizeof number);
    fprintf(f, " %s", number);
    if (c->coverage < 1)
        fprintf(f, " (%.0f%% covered)", 100 * c->coverage);
    if (c->n > 1)
        fprintf(f, " ± %.1f%%", 100 * summary_spread(c));
    fputs(" |", f);
}

static void head(FILE *f, const struct summary *s)
{
    fputs(s->n_packages > 1 ? "| package | benchmark |" : "| benchmark |", f);
    for (size_t i = 0; i < s->n_columns; i++) {
        fputc(' ', f);
        escaped(f, s->column[i].unit);
        fputs(" |", f);
    }
    fputs(s->n_packages > 1 ? "\n|---|---|" : "\n|---|", f);
    for (size_t i = 0; i < s->n_columns; i++)
        fputs("--:|", f);
    fputc('\n', f);
}

static void write_markdown(FILE *f, const struct report *r)
{
    const struct summary *s = r->summary;
    const struct testrun *info = r->data->info;

    if (s->n_packages == 1) {
        fputs("**", f);
        escaped(f, s->row[0].pkg);
        fputs("**\n\n", f);
    }
    head(f, s);
    for (size_t i = 0; i < s->n_rows; i++) {
        char *label = summary_label(&s->row[i]);

        fputs("| ", f);
        if (s->n_packages > 1) {
            escaped(f, s->row[i].pkg);
            fputs(" | ", f);
        }
        escaped(f, label);
        fputs(" |", f);
        for (size_t j = 0; j < s->n_columns; j++)
            cell(f, &s->row[i].cell[j]);
        fputc('\n', f);
        free(label);
    }
    fputs("\nrun ", f);
    escaped(f, r->data->id);
    if (info != NULL && info->go_version != NULL) {
        fputs(", ", f);
        escaped(f, info->go_version);
    }
    if (info != NULL && info->cpu != NULL) {
        fputs(", ", f);
        escaped(f, info->cpu);
    }
    fputc('\n', f);
}

const struct report_format format_markdown = {"markdown", write_markdown};
