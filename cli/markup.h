/* markup.h - names from anybody's test, made harmless for the place where they are shown. */
#ifndef PERFGO_CLI_MARKUP_H
#define PERFGO_CLI_MARKUP_H

#include "base/strbuf.h"

#include <stdio.h>

/* For a cell of a GitHub-flavoured table: nothing of the text is taken as markup, as HTML, as a
 * mention, or as the end of the cell. */
void markup_markdown(FILE *f, const char *s);

/* A JSON string with its quotes, or null for NULL. The text is valid UTF-8, as names in a benchset
 * or a record are. */
void markup_json(FILE *f, const char *s);

/* A field of RFC 4180: quoted where it must be. */
void markup_csv(FILE *f, const char *s);

/* Control characters, C0 and C1, as \xNN; malloc'ed, or added to *out. */
char *markup_terminal(const char *s);
void markup_terminal_add(struct strbuf *out, const char *s);

#endif
