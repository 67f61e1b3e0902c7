/* compare_config.h - .perfgo.toml: what perfgo compare does where its flags say nothing. */
#ifndef PERFGO_CLI_COMPARE_CONFIG_H
#define PERFGO_CLI_COMPARE_CONFIG_H

#include "bench/gate.h"

struct compare_config { /* zero-initialised: there is no file */
    char *path;
    struct gate *gate; /* as --gate */
    size_t n_gates;
    double alpha, confidence; /* 0: not given */
    bool force, allow_drop;
};

/* Reads `path`; with NULL the nearest .perfgo.toml from the working directory upward, as far as the
 * directory of go.mod, or nothing when there is none. compare_config_free also after a failure. */
int compare_config_read(const char *path, struct compare_config *out, struct pg_error *err);
void compare_config_free(struct compare_config *c);

/* "0.05": a number within what the setting can be; `name` is alpha or confidence. */
int compare_config_share(const char *name, const char *text, double *out, struct pg_error *err);

#endif
