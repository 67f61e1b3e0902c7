/* error.h - how every perfgo function says that it failed.
 *
 * A function that can fail returns 0 or a negative enum pg_code and takes a struct pg_error as its
 * last parameter, which it fills with the same code and one sentence: what, where, what to do. The
 * library never prints and never exits; whoever owns the process decides (the agent goes on without
 * perfgo, the command line prints and exits). `err` may be NULL where the text is not wanted.
 */
#ifndef PERFGO_BASE_ERROR_H
#define PERFGO_BASE_ERROR_H

/* code, text used when a function has nothing more specific to say */
#define PG_ERROR_CODES(X)                        \
    X(PG_E_NOMEM, "out of memory")               \
    X(PG_E_IO, "input or output failed")         \
    X(PG_E_FORMAT, "not in the expected format") \
    X(PG_E_UNSUPPORTED, "not supported here")    \
    X(PG_E_NOTFOUND, "not found")                \
    X(PG_E_PERMISSION, "permission denied")      \
    X(PG_E_INVALID, "invalid argument")          \
    X(PG_E_LIMIT, "a limit was reached")         \
    X(PG_E_TIMEOUT, "took too long")

enum pg_code {
    PG_OK = 0,
#define X(code, text) code,
    PG_ERROR_CODES(X)
#undef X
};

struct pg_error {
    int code;       /* enum pg_code; 0 = no error */
    char text[480]; /* NUL-terminated sentence without trailing newline */
};

/* Fills *err (if not NULL) and returns -code. [any thread] */
int pg_error_set(struct pg_error *err, enum pg_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* As pg_error_set, with ": " and the text of errno value `number` behind the message. [any thread]
 */
int pg_error_errno(struct pg_error *err, enum pg_code code, int number, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* The general text of a code; a static string. [any thread] */
const char *pg_error_text(enum pg_code code);

#endif
