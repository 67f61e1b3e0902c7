/* goenv.h - what the go command says about itself and its target. */
#ifndef PERFGO_CLI_GOENV_H
#define PERFGO_CLI_GOENV_H

#include "base/error.h"

/* Go releases that the tests cover (tests/matrix/run.sh), as the number behind "go1.". */
enum { GOENV_OLDEST = 18, GOENV_NEWEST = 27 };

struct goenv { /* malloc'ed; "" when go does not say */
    char *version, *goflags, *goos, *goarch, *hostos, *hostarch, *cc, *cgo_enabled;
};

/* Asks `go env` in `dir` (NULL: here). PG_E_NOTFOUND when there is no go command; a go command that
 * fails leaves everything "" (it will tell why when it is run). */
int goenv_read(const char *dir, struct goenv *out, struct pg_error *err);
void goenv_free(struct goenv *g);

#endif
