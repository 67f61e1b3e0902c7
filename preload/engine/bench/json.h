/* json.h - cJSON with the checks that files from elsewhere need; used by record_json.c and
 * testrun_json.c only, so that cJSON's types stay out of every contract. */
#ifndef PERFGO_BENCH_JSON_H
#define PERFGO_BENCH_JSON_H

#include "base/arena.h"
#include "base/error.h"
#include "base/strbuf.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

/* ---- writing: every function returns false when memory is out ---- */

/* The shortest decimal text that strtod reads back as exactly x; call within a locale_scope. */
bool json_add_double(cJSON *object, const char *key, double x);
bool json_add_u64(cJSON *object, const char *key, uint64_t x);
bool json_add_i64(cJSON *object, const char *key, int64_t x);
/* Bytes that are not UTF-8 are written as \xNN. NULL adds nothing. */
bool json_add_string(cJSON *object, const char *key, const char *s);
bool json_add_strings(cJSON *object, const char *key, const char *const *list);
/* Appends the text of `root` to *out: on one line, or indented. */
bool json_print(const cJSON *root, bool indented, struct strbuf *out);

/* ---- reading ---- */

/* NULL, with a sentence, for what is not one JSON object, or has trailing bytes. cJSON_Delete it.
 */
cJSON *json_parse_object(const char *text, size_t size, struct pg_error *err);

/* False when a key stands twice: readers would differ in which one they take. */
bool json_keys_unique(const cJSON *object);

/* The member `key`; NULL when absent or null. */
const cJSON *json_member(const cJSON *object, const char *key);

/* Each is true when absent (*out keeps its value, *has if given is false), and false when the
 * member has the wrong type or range. Strings are copied into the arena as valid UTF-8. */
bool json_get_double(const cJSON *object, const char *key, double *out, bool *has);
bool json_get_u64(const cJSON *object, const char *key, uint64_t *out, bool *has);
bool json_get_i64(const cJSON *object, const char *key, int64_t *out, bool *has);
bool json_get_bool(const cJSON *object, const char *key, bool *out, bool *has);
bool json_get_string(const cJSON *object, const char *key, struct arena *a, const char **out);
/* A list of strings, NULL-terminated; an empty list when absent. */
bool json_get_strings(const cJSON *object, const char *key, struct arena *a, const char ***out);

/* Number of members or elements, 0 for NULL; linear, as everything on cJSON's lists. */
size_t json_size(const cJSON *node);

#endif
