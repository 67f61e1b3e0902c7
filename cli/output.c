#include "cli/output.h"

#include "base/decimal.h"
#include "base/files.h"

#include <errno.h>
#include <langinfo.h>
#include <libsmartcols/libsmartcols.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct output_style output_style(FILE *f)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    struct output_style style = {0};
    struct winsize size;
    const int fd = fileno(f);

    if (fd < 0 || !isatty(fd))
        return style;
    style.colors =
        (no_color == NULL || no_color[0] == '\0') && (term == NULL || strcmp(term, "dumb") != 0);
    style.width = ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
    return style;
}

void output_table(struct libscols_table *table, FILE *f, const struct output_style *style)
{
    scols_table_set_stream(table, f);
    scols_table_set_column_separator(table, "  ");
    scols_table_enable_colors(table, style->colors);
    scols_table_set_termforce(table,
                              style->width > 0 ? SCOLS_TERMFORCE_ALWAYS : SCOLS_TERMFORCE_NEVER);
    if (style->width > 0)
        scols_table_set_termwidth(table, style->width);
}

bool output_to_stdout(const char *path)
{
    return path == NULL || strcmp(path, "-") == 0;
}

static int flush(struct pg_error *err)
{
    return fflush(stdout) == 0 && !ferror(stdout)
               ? 0
               : pg_error_errno(err, PG_E_IO, errno, "cannot write to standard output");
}

int output_text(const char *path, const char *text, size_t size, struct pg_error *err)
{
    if (!output_to_stdout(path))
        return file_replace(path, text, size, err);
    fwrite(text, 1, size, stdout);
    return flush(err);
}

int output_stream(const char *path, void (*write)(FILE *f, const void *data), const void *data,
                  struct pg_error *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f;
    int rc;

    if (output_to_stdout(path)) {
        write(stdout, data);
        return flush(err);
    }
    f = open_memstream(&text, &size);
    if (f == NULL)
        return pg_error_set(err, PG_E_NOMEM, "out of memory");
    write(f, data);
    rc = fclose(f) == 0 ? file_replace(path, text, size, err)
                        : pg_error_set(err, PG_E_NOMEM, "out of memory");
    free(text);
    return rc;
}

const char *output_plus_minus(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? "±" : "+-";
}

void output_exact(double x, char *out, size_t size)
{
    decimal_shortest(x, out, size);
}

void output_round(double x, char *out, size_t size)
{
    const double magnitude = fabs(x);
    int before;

    if (x == 0) {
        snprintf(out, size, "0");
        return;
    }
    if (magnitude >= 1e15 || magnitude < 1e-6) {
        snprintf(out, size, "%.3e", x);
        return;
    }
    before = (int)floor(log10(magnitude)) + 1;
    decimal_fixed(x, before >= 4 ? 0 : 4 - before, out, size);
}
