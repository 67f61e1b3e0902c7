#include "cli/testflags.h"

#include "cli/say.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* testing's flags that take no value from the next word. (Go: src/testing/testing.go, Init) */
static const char *const switches[] = {"v",        "short",     "failfast",     "benchmem",
                                       "fullpath", "artifacts", "paniconexit0", "fuzzworker",
                                       NULL};

/* "test.bench" of "-test.bench=."; NULL for what is no flag. */
static const char *flag_name(const char *word)
{
    if (word[0] != '-' || word[1] == '\0' || strcmp(word, "--") == 0)
        return NULL;
    return word[1] == '-' ? word + 2 : word + 1;
}

static bool is_switch(const char *name)
{
    for (const char *const *s = switches; *s != NULL; s++)
        if (strcmp(name, *s) == 0)
            return true;
    return false;
}

/* A step through the flags: where it is, how many words it has, its value. */
struct step {
    size_t at, words;
    const char *name; /* behind "test.", up to value or end; NULL: not testing's */
    size_t name_size;
    const char *value; /* or NULL */
};

/* The flag at args[s->at], or false at the end of the flags. */
static bool look(const struct words *args, struct step *s)
{
    const char *name = s->at < args->n ? flag_name(args->item[s->at]) : NULL;
    const char *next = name != NULL && s->at + 1 < args->n ? args->item[s->at + 1] : NULL;
    const char *equals;

    if (name == NULL)
        return false;
    equals = strchr(name, '=');
    s->words = 1;
    s->name = strncmp(name, "test.", 5) == 0 ? name + 5 : NULL;
    s->name_size = s->name == NULL  ? 0
                   : equals != NULL ? (size_t)(equals - s->name)
                                    : strlen(s->name);
    s->value = equals != NULL ? equals + 1 : NULL;
    if (equals != NULL || next == NULL)
        return true;
    if (s->name != NULL && !is_switch(s->name)) {
        s->value = next;
        s->words = 2;
    } else if (s->name == NULL && next[0] != '-') {
        s->words = 2;
    }
    return true;
}

static bool is_flag(const struct step *s, const char *name)
{
    return s->name != NULL && strlen(name) == s->name_size &&
           memcmp(s->name, name, s->name_size) == 0;
}

const char *testflags_value(const struct words *args, const char *name)
{
    const char *value = NULL;

    for (struct step s = {0}; look(args, &s); s.at += s.words)
        if (is_flag(&s, name))
            value = s.value != NULL ? s.value : "true";
    return value;
}

void testflags_remove(struct words *args, const char *name)
{
    struct words kept = {0};
    struct step s = {0};

    while (look(args, &s)) {
        if (!is_flag(&s, name))
            words_add_all(&kept, args->item + s.at, s.words);
        s.at += s.words;
    }
    if (s.at < args->n)
        words_add_all(&kept, args->item + s.at, args->n - s.at);
    words_free(args);
    *args = kept;
}

void testflags_set(struct words *args, const char *name, const char *value)
{
    char *flag = text_format("-test.%s=%s", name, value);
    struct words all = {0};

    testflags_remove(args, name);
    words_add(&all, flag);
    words_add_all(&all, args->item, args->n);
    words_free(args);
    *args = all;
    free(flag);
}

char *testflags_top_pattern(const char *pattern)
{
    char *out = text_copy(pattern);
    size_t n = 0;
    int brackets = 0, parens = 0;
    bool below = false; /* behind a slash */

    for (const char *s = pattern; *s != '\0'; s++) {
        const bool outside = brackets == 0 && parens == 0;

        if (outside && *s == '/')
            below = true;
        if (outside && *s == '|')
            below = false;
        if (!below)
            out[n++] = *s;
        if (*s == '\\' && s[1] != '\0') {
            s++;
            if (!below)
                out[n++] = *s;
        } else if (*s == '[') {
            brackets++;
        } else if (*s == ']' && brackets > 0) {
            brackets--;
        } else if (brackets == 0 && *s == '(') {
            parens++;
        } else if (brackets == 0 && *s == ')' && parens > 0) {
            parens--;
        }
    }
    out[n] = '\0';
    return out;
}

char *testflags_exact_pattern(const char *name)
{
    char *out = memory_grow(NULL, 4 * strlen(name) + 3), *at = out;

    *at++ = '^';
    for (; *name != '\0'; name++) {
        if (*name == '/') {
            memcpy(at, "$/^", 3);
            at += 3;
            continue;
        }
        if (strchr("\\.+*?()|[]{}^$", *name) != NULL)
            *at++ = '\\';
        *at++ = *name;
    }
    *at++ = '$';
    *at = '\0';
    return out;
}
