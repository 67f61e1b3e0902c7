/* evspec.h - the grammar of event lists: text -> terms and groups. Pure: no machine is asked.
 *
 *   list   := item {"," item}
 *   item   := term | "{" term {"," term} "}" [":" mods]
 *   term   := name [":" mods]            builtin, sysfs alias, tracepoint or libpfm4 name
 *           | "r" hex [":" mods]         raw event code
 *           | type ":" config            attr.type and attr.config as numbers
 *           | pmu "/" [key["=" value] {"," …}] "/" [[":"] mods]
 *   mods   := letters of u k h G H I p P S D W e, in any order, p up to three times
 *
 * Blanks between items are ignored. Names are those of perf-list(1). A term's name is perf's own
 * name for builtins ("cs" -> "context-switches") and the text of the user for everything else.
 */
#ifndef PERFGO_PMU_EVSPEC_H
#define PERFGO_PMU_EVSPEC_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EVSPEC_MAX_TERMS = 64, EVSPEC_MAX_SETTINGS = 128, EVSPEC_NAME_SIZE = 96 };

/* letter, bit, what it does; 'p' is counted in evspec_mods.precise instead */
#define EVSPEC_MODIFIERS(X)                                       \
    X('u', EVSPEC_USER, "user mode")                              \
    X('k', EVSPEC_KERNEL, "kernel mode")                          \
    X('h', EVSPEC_HV, "hypervisor mode")                          \
    X('G', EVSPEC_GUEST, "guests only")                           \
    X('H', EVSPEC_HOST, "host only")                              \
    X('I', EVSPEC_NO_IDLE, "not while idle")                      \
    X('P', EVSPEC_PRECISE_MAX, "the highest precision there is")  \
    X('S', EVSPEC_SAMPLE_READ, "read the group with each sample") \
    X('D', EVSPEC_PINNED, "always on the hardware, or fail")      \
    X('W', EVSPEC_WEAK, "give the group up if it does not fit")   \
    X('e', EVSPEC_EXCLUSIVE, "alone on the hardware")

enum evspec_modifier_index {
#define X(letter, bit, text) bit##_INDEX,
    EVSPEC_MODIFIERS(X)
#undef X
};
enum evspec_modifier {
#define X(letter, bit, text) bit = 1u << bit##_INDEX,
    EVSPEC_MODIFIERS(X)
#undef X
};

struct evspec_mods {
    uint32_t bits;   /* enum evspec_modifier */
    uint8_t precise; /* number of 'p' */
};

enum evspec_kind {
    EVSPEC_GENERIC,    /* type and config are final: builtin, cache event, rNNN, type:config */
    EVSPEC_PMU,        /* pmu/settings/ */
    EVSPEC_TRACEPOINT, /* name is "subsystem:event" */
    EVSPEC_NAMED,      /* an event of sysfs or libpfm4, or nothing at all: resolve.h finds out */
};

struct evspec_setting {
    char key[EVSPEC_NAME_SIZE];
    char text[EVSPEC_NAME_SIZE]; /* behind '=', quotes removed; "" when there is no '=' */
    uint64_t value;              /* the number in text; 1 when there is no '=' */
    bool has_text, has_value;
};

struct evspec_term {
    enum evspec_kind kind;
    char name[EVSPEC_NAME_SIZE]; /* without modifiers; EVSPEC_PMU: "pmu/…/", or its name= */
    char mods[24];               /* the term's modifiers, then those of its group not yet there */
    struct evspec_mods own, all; /* written at the term; with those of its group */
    uint32_t type;               /* EVSPEC_GENERIC: attr.type, attr.config */
    uint64_t config;
    char pmu[EVSPEC_NAME_SIZE];         /* EVSPEC_PMU: the PMU */
    uint16_t first_setting, n_settings; /* EVSPEC_PMU: evspec.setting[first …) */
    uint16_t group;  /* 0: in no braces; else the number of its pair of braces, from 1 */
    uint16_t column; /* where it starts in the list, from 1 */
};

struct evspec {
    size_t n_terms, n_settings, n_groups;
    struct evspec_term term[EVSPEC_MAX_TERMS];
    struct evspec_setting setting[EVSPEC_MAX_SETTINGS];
};

/* Parses a list. PG_E_INVALID with position and cure when it does not parse. The caller frees *out
 * with evspec_free. [any thread] */
int evspec_parse(const char *list, struct evspec **out, struct pg_error *err);
void evspec_free(struct evspec *spec); /* NULL is fine */

/* "name:mods", or "name" without modifiers. Always terminates; true when it fitted. */
bool evspec_display(const struct evspec_term *term, char *out, size_t size);

/* Reads a string of modifier letters. Returns the offset of the first one that is unknown, repeated
 * or too often there, or -1 when all are right. */
int evspec_mods_parse(const char *text, size_t size, struct evspec_mods *out);

/* perf's builtin names, cache events included. The canonical name goes to `name`. */
bool evspec_builtin(const char *text, size_t size, uint32_t *type, uint64_t *config,
                    char name[EVSPEC_NAME_SIZE]);

struct evspec_builtin_event {
    uint32_t type;
    char name[EVSPEC_NAME_SIZE]; /* perf's own */
    const char *alias;           /* another spelling; NULL: none that perf lists */
    char text[EVSPEC_NAME_SIZE]; /* what it counts */
};

/* The i-th builtin event, cache events after the plain ones; false behind the last. */
bool evspec_builtin_at(size_t i, struct evspec_builtin_event *out);

/* The builtin name that looks most like a mistyped one; false when none comes close. */
bool evspec_suggest(const char *text, char name[EVSPEC_NAME_SIZE]);

#endif
