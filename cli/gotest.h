/* gotest.h - reads the arguments of `go test` the way the go command reads them.
 *
 * perfgo changes one thing in them: -exec. To find it without mistaking a value for a flag, or an
 * argument of the test for one of go's, the scan has to know which flags take a value and where go
 * stops looking. Everything else is handed on untouched and unjudged: errors are go's to report.
 */
#ifndef PERFGO_CLI_GOTEST_H
#define PERFGO_CLI_GOTEST_H

#include "base/error.h"
#include "cli/words.h"

#include <stdbool.h>

struct gotest {
    struct words lead;  /* "-C DIR", which go wants to see first; often empty */
    struct words args;  /* the rest, without -exec and -count */
    char *exec;         /* value of the -exec that counts, or NULL */
    char *dir;          /* -C, or NULL */
    char *bench;        /* value of -bench, or NULL */
    bool compile_only;  /* -c: no test runs */
    bool lists_only;    /* -list, -n: likewise */
    bool many;          /* more than one package, as far as the arguments tell */
    bool verbose;       /* -v or -json */
    char *count;        /* value of -count, or NULL */
    bool timed;         /* -timeout */
    bool go_bench;      /* -bench is among the arguments, where go sees it, and not in GOFLAGS */
    struct words plain; /* args without that -bench */
};

/* Fills *out from the arguments behind `go test`; release with gotest_free. goflags: the value of
 * `go env GOFLAGS`, whose flags count where the arguments do not say otherwise (may be NULL). Fails
 * on GOFLAGS with an open quote. */
int gotest_scan(size_t n, char *const *args, const char *goflags, struct gotest *out,
                struct pg_error *err);
void gotest_free(struct gotest *g);

/* Will `go test` with these arguments run benchmarks? */
bool gotest_benchmarks(const struct gotest *g);

#endif
