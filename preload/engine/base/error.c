#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int pg_error_set(struct pg_error *err, enum pg_code code, const char *fmt, ...)
{
    va_list args;

    if (err == NULL)
        return -(int)code;
    err->code = (int)code;
    va_start(args, fmt);
    vsnprintf(err->text, sizeof err->text, fmt, args);
    va_end(args);
    return -(int)code;
}

int pg_error_errno(struct pg_error *err, enum pg_code code, int number, const char *fmt, ...)
{
    va_list args;
    int used;

    if (err == NULL)
        return -(int)code;
    err->code = (int)code;
    va_start(args, fmt);
    used = vsnprintf(err->text, sizeof err->text, fmt, args);
    va_end(args);
    if (used >= 0 && (size_t)used < sizeof err->text) {
        char buf[128];
        snprintf(err->text + used, sizeof err->text - (size_t)used, ": %s",
                 strerror_r(number, buf, sizeof buf));
    }
    return -(int)code;
}

const char *pg_error_text(enum pg_code code)
{
    switch (code) {
    case PG_OK:
        return "no error";
#define X(name, text) \
    case name:        \
        return text;
        PG_ERROR_CODES(X)
#undef X
    }
    return "unknown error";
}
