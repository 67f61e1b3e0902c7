#include "cli/goenv.h"

#include "cli/launch.h"
#include "cli/say.h"
#include "cli/target.h"

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdlib.h>

/* name as go env knows it, field */
#define VARIABLES(X)        \
    X(GOVERSION, version)   \
    X(GOFLAGS, goflags)     \
    X(GOOS, goos)           \
    X(GOARCH, goarch)       \
    X(GOHOSTOS, hostos)     \
    X(GOHOSTARCH, hostarch) \
    X(CC, cc)               \
    X(CGO_ENABLED, cgo_enabled)

static char *member(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

    return text_copy(text != NULL ? text : "");
}

int goenv_read(const char *dir, struct goenv *out, struct pg_error *err)
{
    char *argv[] = {"go", "env", "-json",
#define X(name, field) #name,
                    VARIABLES(X)
#undef X
                        NULL};
    char *go = target_find("go"), *text;
    cJSON *object;

    *out = (struct goenv){0};
    if (go == NULL)
        return pg_error_set(
            err, PG_E_NOTFOUND,
            "there is no go command in PATH: install Go (https://go.dev/doc/install)");
    free(go);
    launch_capture(dir, argv, &text);
    object = cJSON_Parse(text);
#define X(name, field) out->field = member(object, #name);
    VARIABLES(X)
#undef X
    cJSON_Delete(object);
    free(text);
    return 0;
}

void goenv_free(struct goenv *g)
{
#define X(name, field) free(g->field);
    VARIABLES(X)
#undef X
    *g = (struct goenv){0};
}
