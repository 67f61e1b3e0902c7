/* compare_markdown.c - a comparison for a pull request or a step summary. */
#include "cli/compare_format.h"
#include "cli/markup.h"
#include "cli/say.h"

#include <stdlib.h>
#include <string.h>

/* One item per line of text. */
static void list(FILE *f, const char *title, const char *text)
{
    char *copy = text_copy(text != NULL ? text : ""), *rest = copy, *line;

    while ((line = strsep(&rest, "\n")) != NULL) {
        if (line[0] == '\0')
            continue;
        fprintf(f, "%s- ", title);
        title = "";
        markup_markdown(f, line);
        fputc('\n', f);
    }
    free(copy);
}

static void write_row(FILE *f, const struct compare_report *r, const struct compare_row *row,
                      struct compare_notes *notes, struct strbuf *scratch)
{
    fputc('|', f);
    if (r->packages) {
        fputc(' ', f);
        markup_markdown(f, row->bench->pkg);
        fputs(" |", f);
    }
    for (int i = 0; i < CELLS; i++) {
        scratch->size = 0;
        compare_cell_text(scratch, row, (enum compare_cell)i, notes);
        putc_unlocked(' ', f);
        markup_markdown(f, scratch->failed ? "out of memory" : scratch->text);
        fputs_unlocked(" |", f);
    }
    putc_unlocked('\n', f);
}

static void write_markdown(FILE *f, const struct compare_report *r)
{
    const struct comparison *c = r->result;
    struct compare_notes notes = {0};
    struct strbuf scratch = {0};
    char *sentence = compare_sentence(c), *noise = compare_noise(c);

    fputs("**", f);
    markup_markdown(f, sentence);
    fputs("**\n\n", f);
    list(f, "", c->reasons.text);
    list(f, "\n", noise);
    list(f, "\nOLD and NEW are not alike:\n\n", c->differences.text);
    fputs(r->packages ? "\n| package |" : "\n|", f);
    for (int i = 0; i < CELLS; i++)
        fprintf(f, " %s |", compare_cell_title(r, (enum compare_cell)i));
    fputs(r->packages ? "\n|---|" : "\n|", f);
    for (int i = 0; i < CELLS; i++)
        fputs(i >= CELL_OLD && i <= CELL_Q ? "--:|" : "---|", f);
    fputc('\n', f);
    for (size_t i = 0; i < c->n_rows; i++)
        write_row(f, r, &c->row[i], &notes, &scratch);
    for (size_t i = 0; i < notes.n; i++) {
        fprintf(f, "\n\\[%zu\\] ", i + 1);
        markup_markdown(f, notes.text[i]);
        fputc('\n', f);
    }
    strbuf_free(&scratch);
    free(noise);
    free(sentence);
    compare_notes_free(&notes);
}

const struct compare_format compare_markdown = {"markdown", write_markdown};
