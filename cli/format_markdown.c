/* format_markdown.c - a GitHub-flavoured table for pull requests and step summaries. */
#include "cli/format.h"

#include "cli/markup.h"
#include "cli/say.h"

#include <stdlib.h>

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
        markup_markdown(f, s->column[i].unit);
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
        markup_markdown(f, s->row[0].pkg);
        fputs("**\n\n", f);
    }
    head(f, s);
    for (size_t i = 0; i < s->n_rows; i++) {
        char *label = summary_label(&s->row[i]);

        fputs("| ", f);
        if (s->n_packages > 1) {
            markup_markdown(f, s->row[i].pkg);
            fputs(" | ", f);
        }
        markup_markdown(f, label);
        fputs(" |", f);
        for (size_t j = 0; j < s->n_columns; j++)
            cell(f, &s->row[i].cell[j]);
        fputc('\n', f);
        free(label);
    }
    fputs("\nrun ", f);
    markup_markdown(f, r->data->id);
    if (info != NULL && info->go_version != NULL) {
        fputs(", ", f);
        markup_markdown(f, info->go_version);
    }
    if (info != NULL && info->cpu != NULL) {
        fputs(", ", f);
        markup_markdown(f, info->cpu);
    }
    fputc('\n', f);
}

const struct report_format format_markdown = {"markdown", write_markdown};
