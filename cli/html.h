/* html.h - one self-contained HTML page: data as JSON, and what draws it.
 *
 * A page loads nothing: libraries, style and data are in it, and its content security policy
 * forbids requests as well as any script that is not one of perfgo's. Names from anybody's test are
 * data only: they stand in the JSON, escaped so that no HTML parser sees markup, and the scripts
 * put them on the page as text. The files are in cli/html/.
 */
#ifndef PERFGO_CLI_HTML_H
#define PERFGO_CLI_HTML_H

#include <stddef.h>
#include <stdio.h>

enum html_kind {
    HTML_VIEW,    /* a profile with its counters, or two of them */
    HTML_REPORT,  /* a run */
    HTML_COMPARE, /* a comparison */
    HTML_HISTORY, /* values over commits */
};

/* Writes the page. `json`: one JSON document in UTF-8, which the script of the kind understands;
 * see html_data.h for the objects in it. Errors of f are the caller's to see. */
void html_write(FILE *f, enum html_kind kind, const char *title, const char *json);

/* The same of a document too large to hold: `write` writes it, piece by piece. */
void html_stream(FILE *f, enum html_kind kind, const char *title,
                 void (*write)(FILE *json, void *data), void *data);

#endif
