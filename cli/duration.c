#include "cli/duration.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Longer names first: "ms" begins with "m". */
static const struct {
    const char *name;
    double ns;
} units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};

bool duration_parse(const char *text, uint64_t *ns)
{
    double sum = 0;

    if (*text == '\0')
        return false;
    while (*text != '\0') {
        size_t i = 0;
        char *end;
        double value;

        if (!isdigit((unsigned char)*text))
            return false;
        value = strtod(text, &end);
        while (i < sizeof units / sizeof units[0] &&
               strncmp(end, units[i].name, strlen(units[i].name)) != 0)
            i++;
        if (i == sizeof units / sizeof units[0])
            return false;
        sum += value * units[i].ns;
        text = end + strlen(units[i].name);
    }
    if (sum >= 9e18)
        return false;
    *ns = (uint64_t)sum;
    return true;
}

uint64_t duration_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}
