/* settings.h - the settings that cross from a person or the command line into a test binary.
 *
 * They travel as PERFGO_* environment variables; proto/settings.def is the only list of them.
 */
#ifndef PERFGO_PROTO_SETTINGS_H
#define PERFGO_PROTO_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PG_TYPE_STR  const char *
#define PG_TYPE_BOOL bool
#define PG_TYPE_U64  uint64_t

struct pg_settings {
#define PG_SETTING(field, env, type, def, flag, letter, arg, help) PG_TYPE_##type field;
#include "proto/settings.def"
#undef PG_SETTING
};

enum pg_setting_type { PG_SETTING_STR, PG_SETTING_BOOL, PG_SETTING_U64 };

/* One row of settings.def, for code that walks all of them (options, help, environment). */
struct pg_setting_row {
    const char *env, *flag, *arg, *help;
    enum pg_setting_type type;
    bool internal; /* set by perfgo exec, not by people */
    char letter;
    size_t offset; /* of the field in struct pg_settings */
};
extern const struct pg_setting_row pg_setting_rows[];
extern const size_t pg_setting_count;

/* Fills *s with the defaults. Strings are static. [any thread] */
void pg_settings_default(struct pg_settings *s);

/* Defaults, then PERFGO_* from envp. Strings point into envp. Returns 0, or -1 with one sentence in
 * text (what is wrong, what is allowed) for the first value that is not acceptable; that setting
 * keeps its default. [any thread] */
int pg_settings_from_env(struct pg_settings *s, char *const *envp, char *text, size_t size);

/* Sets the setting of a row from its textual value. The string is kept, not copied. Returns 0, or
 * -1 with a sentence in text. [any thread] */
int pg_settings_set(struct pg_settings *s, const struct pg_setting_row *row, const char *value,
                    char *text, size_t size);

#endif
