#include "cli/godebug.h"

#include "cli/say.h"

#include <stdlib.h>
#include <string.h>

bool godebug_has(const char *name)
{
    const size_t size = strlen(name);

    for (const char *s = getenv("GODEBUG"); s != NULL; s = strchr(s, ',')) {
        s += *s == ',';
        if (strncmp(s, name, size) == 0 && s[size] == '=')
            return true;
    }
    return false;
}

void godebug_add(const char *settings)
{
    const char *before = getenv("GODEBUG");
    char *all = before != NULL && before[0] != '\0' ? text_format("%s,%s", before, settings)
                                                    : text_copy(settings);

    setenv("GODEBUG", all, 1);
    free(all);
}
