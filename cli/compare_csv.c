/* compare_csv.c - RFC 4180, one line per row of a comparison; an empty field is not known. */
#include "base/decimal.h"
#include "cli/compare_format.h"
#include "cli/markup.h"

#include <inttypes.h>
#include <math.h>

static void number(FILE *f, double x)
{
    char text[DECIMAL_SIZE];

    fputc(',', f);
    if (!isfinite(x))
        return;
    output_exact(x, text, sizeof text);
    fputs(text, f);
}

static void text(FILE *f, const char *s)
{
    fputc(',', f);
    markup_csv(f, s != NULL ? s : "");
}

static void side(FILE *f, const struct sample *s, bool both, double median)
{
    if (s != NULL)
        fprintf(f, ",%zu", s->n);
    else
        fputc(',', f);
    number(f, both ? median : NAN);
}

static void write_row(FILE *f, const struct compare_row *row)
{
    const bool both = row->old != NULL && row->new != NULL && row->old->n > 0 && row->new->n > 0;

    markup_csv(f, row->bench->pkg);
    text(f, row->bench->name);
    fprintf(f, ",%" PRIu32, row->bench->procs);
    text(f, row->unit);
    side(f, row->old, both, row->old_median);
    side(f, row->new, both, row->new_median);
    number(f, both ? row->absolute : NAN);
    number(f, both ? row->absolute_ci.low : NAN);
    number(f, both ? row->absolute_ci.high : NAN);
    number(f, both ? row->relative : NAN);
    number(f, both ? row->relative_ci.low : NAN);
    number(f, both ? row->relative_ci.high : NAN);
    number(f, row->relative_noise);
    number(f, row->p);
    number(f, row->q);
    text(f, row->exact ? "true" : "false");
    text(f, compare_change_name(row->change));
    text(f, row->gate != NULL ? row->gate->text : NULL);
    text(f, row->gate == NULL ? NULL : row->gate->advisory ? "true" : "false");
    text(f, row->verdict != COMPARE_NONE ? compare_verdict_name(row->verdict) : NULL);
    text(f, row->reason);
    fputs("\r\n", f);
}

static void write_csv(FILE *f, const struct compare_report *r)
{
    fputs("pkg,name,procs,unit,old_n,old_median,new_n,new_median,absolute,absolute_low,"
          "absolute_high,relative,relative_low,relative_high,noise,p,q,exact,change,gate,advisory,"
          "verdict,reason\r\n",
          f);
    for (size_t i = 0; i < r->result->n_rows; i++)
        write_row(f, &r->result->row[i]);
}

const struct compare_format compare_csv = {"csv", write_csv};
