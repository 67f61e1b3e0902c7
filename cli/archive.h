/* archive.h - the run that `perfgo test` leaves: made before go test starts, so that all test
 * binaries write to the same one. */
#ifndef PERFGO_CLI_ARCHIVE_H
#define PERFGO_CLI_ARCHIVE_H

#include "bench/run.h"
#include "cli/goenv.h"
#include "proto/settings.h"

/* Names the run (or takes the name in *s), tells the test binaries by PERFGO_RUN and PERFGO_OUTPUT,
 * and then creates it, or opens one of that name. `dir`: where go test runs, NULL: here; argv: the
 * command line. A run that cannot be created costs the records, not the test: *out stays NULL. The
 * caller closes it with run_close. */
int archive_begin(const struct pg_settings *s, const struct goenv *env, const char *dir,
                  char *const *argv, struct run **out, struct pg_error *err);

/* Keeps a test binary with its run, where *s asks for it. */
int archive_binary(const struct pg_settings *s, const char *path, struct pg_error *err);

/* The directory for PERFGO_OUTPUT: that which holds history/, absolute. */
int archive_output(const struct pg_settings *s, const char *dir, char *out, size_t size,
                   struct pg_error *err);

#endif
