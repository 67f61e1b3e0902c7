/* locale.h - numbers in files have a point, whatever locale the program under test has set.
 *
 * printf and strtod obey the locale; between enter and leave the calling thread is in "C".
 */
#ifndef PERFGO_BASE_LOCALE_H
#define PERFGO_BASE_LOCALE_H

#include <locale.h>

struct locale_scope {
    locale_t c, before;
};

/* Always pair them. [any thread with libc] */
static inline struct locale_scope locale_enter(void)
{
    struct locale_scope s = {.c = newlocale(LC_ALL_MASK, "C", (locale_t)0)};

    if (s.c != (locale_t)0)
        s.before = uselocale(s.c);
    return s;
}

static inline void locale_leave(struct locale_scope *s)
{
    if (s->c == (locale_t)0)
        return;
    uselocale(s->before);
    freelocale(s->c);
}

#endif
