#include "proto/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct pg_setting_row pg_setting_rows[] = {
#define ROW(field, is_internal, env_name, type_name, long_flag, short_flag, arg_name, text) \
    {                                                                                       \
        .env = env_name,                                                                    \
        .flag = long_flag,                                                                  \
        .arg = arg_name,                                                                    \
        .help = text,                                                                       \
        .type = PG_SETTING_##type_name,                                                     \
        .internal = is_internal,                                                            \
        .letter = short_flag,                                                               \
        .offset = offsetof(struct pg_settings, field),                                      \
    },
#define PG_SETTING(field, env, type, def, flag, letter, arg, help) \
    ROW(field, false, env, type, flag, letter, arg, help)
#define PG_SETTING_INTERNAL(field, env, type, def, arg, help) \
    ROW(field, true, env, type, NULL, 0, arg, help)
#include "proto/settings.def"
#undef PG_SETTING_INTERNAL
#undef PG_SETTING
#undef ROW
};
const size_t pg_setting_count = sizeof pg_setting_rows / sizeof pg_setting_rows[0];

void pg_settings_default(struct pg_settings *s)
{
    *s = (struct pg_settings){
#define PG_SETTING(field, env, type, def, flag, letter, arg, help) .field = (def),
#include "proto/settings.def"
#undef PG_SETTING
    };
}

static int set_bool(bool *out, const char *value)
{
    if (strcmp(value, "1") == 0 || strcmp(value, "0") == 0) {
        *out = value[0] == '1';
        return 0;
    }
    return -1;
}

static int set_u64(uint64_t *out, const char *value)
{
    char *end;

    if (value[0] < '0' || value[0] > '9')
        return -1;
    errno = 0;
    *out = strtoull(value, &end, 10);
    return *end == '\0' && errno == 0 ? 0 : -1;
}

int pg_settings_set(struct pg_settings *s, const struct pg_setting_row *row, const char *value,
                    char *text, size_t size)
{
    char *field = (char *)s + row->offset;
    struct pg_settings before = *s;

    switch (row->type) {
    case PG_SETTING_STR:
        *(const char **)(void *)field = value[0] != '\0' ? value : NULL;
        return 0;
    case PG_SETTING_BOOL:
        if (set_bool((bool *)field, value) == 0)
            return 0;
        break;
    case PG_SETTING_U64:
        if (set_u64((uint64_t *)(void *)field, value) == 0)
            return 0;
        break;
    }
    *s = before;
    snprintf(text, size, "%s=%s is not valid: give %s (%s)", row->env, value, row->arg, row->help);
    return -1;
}

int pg_settings_from_env(struct pg_settings *s, char *const *envp, char *text, size_t size)
{
    int rc = 0;

    pg_settings_default(s);
    for (; envp != NULL && *envp != NULL; envp++) {
        for (size_t i = 0; i < pg_setting_count; i++) {
            const struct pg_setting_row *row = &pg_setting_rows[i];
            size_t len = strlen(row->env);

            /* An empty variable is an unset one: the usual way to switch a setting off in CI. */
            if (strncmp(*envp, row->env, len) != 0 || (*envp)[len] != '=' || (*envp)[len + 1] == 0)
                continue;
            if (pg_settings_set(s, row, *envp + len + 1, rc == 0 ? text : (char[1]){0},
                                rc == 0 ? size : 1) < 0)
                rc = -1;
        }
    }
    return rc;
}
