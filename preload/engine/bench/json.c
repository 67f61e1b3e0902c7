#include "bench/json.h"
#include "base/decimal.h"
#include "base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* cJSON prints doubles with 15 digits when that is within an ulp; a record must give back exactly
 * what was counted. */
bool json_add_double(cJSON *object, const char *key, double x)
{
    char text[DECIMAL_SIZE];

    if (!isfinite(x))
        return true; /* absent is absent; callers have checked */
    decimal_shortest(x, text, sizeof text);
    return cJSON_AddRawToObject(object, key, text) != NULL;
}

bool json_add_u64(cJSON *object, const char *key, uint64_t x)
{
    char text[24];

    snprintf(text, sizeof text, "%llu", (unsigned long long)x);
    return cJSON_AddRawToObject(object, key, text) != NULL;
}

bool json_add_i64(cJSON *object, const char *key, int64_t x)
{
    char text[24];

    snprintf(text, sizeof text, "%lld", (long long)x);
    return cJSON_AddRawToObject(object, key, text) != NULL;
}

static cJSON *string_node(const char *s)
{
    struct arena a = {0};
    const char *utf8 = arena_utf8(&a, s, strlen(s));
    cJSON *node = utf8 != NULL ? cJSON_CreateString(utf8) : NULL;

    arena_free(&a);
    return node;
}

static bool add_node(cJSON *object, const char *key, cJSON *node)
{
    if (node == NULL)
        return false;
    if (key != NULL ? cJSON_AddItemToObject(object, key, node) : cJSON_AddItemToArray(object, node))
        return true;
    cJSON_Delete(node);
    return false;
}

bool json_add_string(cJSON *object, const char *key, const char *s)
{
    return s == NULL || add_node(object, key, string_node(s));
}

bool json_add_strings(cJSON *object, const char *key, const char *const *list)
{
    cJSON *array;

    if (list == NULL)
        return true;
    array = cJSON_AddArrayToObject(object, key);
    for (; array != NULL && *list != NULL; list++)
        if (!add_node(array, NULL, string_node(*list)))
            return false;
    return array != NULL;
}

bool json_print(const cJSON *root, bool indented, struct strbuf *out)
{
    char *text = cJSON_PrintBuffered(root, 4096, indented);

    if (text == NULL)
        return false;
    strbuf_puts(out, text);
    cJSON_free(text);
    return !out->failed;
}

cJSON *json_parse_object(const char *text, size_t size, struct pg_error *err)
{
    const char *end = NULL;
    cJSON *root;

    /* cJSON takes any bytes; names that differ only in bad bytes would become one when written. */
    if (!utf8_valid(text, size)) {
        pg_error_set(err, PG_E_FORMAT, "not JSON: its text is not UTF-8");
        return NULL;
    }
    root = cJSON_ParseWithLengthOpts(text, size, &end, 0);
    if (root == NULL) {
        pg_error_set(err, PG_E_FORMAT, "not JSON: cut off or damaged near byte %zu",
                     end != NULL ? (size_t)(end - text) : 0);
        return NULL;
    }
    while (end < text + size && strchr(" \t\r\n", *end) != NULL && *end != '\0')
        end++;
    if (end == text + size && cJSON_IsObject(root))
        return root;
    pg_error_set(err, PG_E_FORMAT, "not one JSON object");
    cJSON_Delete(root);
    return NULL;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool sorted_keys_unique(const cJSON *object, size_t n)
{
    const char **key = calloc(n, sizeof *key);
    const cJSON *node;
    bool unique = key != NULL;
    size_t i = 0;

    if (key == NULL)
        return false;
    cJSON_ArrayForEach(node, object) key[i++] = node->string != NULL ? node->string : "";
    qsort(key, n, sizeof *key, by_key);
    for (i = 1; i < n && unique; i++)
        unique = strcmp(key[i - 1], key[i]) != 0;
    free(key);
    return unique;
}

bool json_keys_unique(const cJSON *object)
{
    enum { FEW = 32 };
    const char *key[FEW];
    const size_t n = json_size(object);
    const cJSON *node;
    size_t i = 0;

    if (n > FEW)
        return sorted_keys_unique(object, n);
    cJSON_ArrayForEach(node, object)
    {
        key[i] = node->string != NULL ? node->string : "";
        for (size_t k = 0; k < i; k++)
            if (key[k][0] == key[i][0] && strcmp(key[k], key[i]) == 0)
                return false;
        i++;
    }
    return true;
}

const cJSON *json_member(const cJSON *object, const char *key)
{
    const cJSON *node = cJSON_GetObjectItemCaseSensitive(object, key);

    return cJSON_IsNull(node) ? NULL : node;
}

bool json_get_double(const cJSON *object, const char *key, double *out, bool *has)
{
    const cJSON *node = json_member(object, key);

    if (has != NULL)
        *has = node != NULL;
    if (node == NULL)
        return true;
    if (!cJSON_IsNumber(node) || !isfinite(node->valuedouble))
        return false;
    *out = node->valuedouble;
    return true;
}

/* Beyond 2^53 a double has no odd numbers: such a count comes back rounded. Whole numbers only. */
bool json_get_u64(const cJSON *object, const char *key, uint64_t *out, bool *has)
{
    double x = 0;
    bool there;

    if (!json_get_double(object, key, &x, &there) || x < 0 || x >= 0x1p64 || x != floor(x))
        return false;
    if (has != NULL)
        *has = there;
    if (there)
        *out = (uint64_t)x;
    return true;
}

bool json_get_i64(const cJSON *object, const char *key, int64_t *out, bool *has)
{
    double x = 0;
    bool there;

    if (!json_get_double(object, key, &x, &there) || x < -0x1p63 || x >= 0x1p63 || x != floor(x))
        return false;
    if (has != NULL)
        *has = there;
    if (there)
        *out = (int64_t)x;
    return true;
}

bool json_get_bool(const cJSON *object, const char *key, bool *out, bool *has)
{
    const cJSON *node = json_member(object, key);

    if (has != NULL)
        *has = node != NULL;
    if (node != NULL && !cJSON_IsBool(node))
        return false;
    if (node != NULL)
        *out = cJSON_IsTrue(node);
    return true;
}

bool json_get_string(const cJSON *object, const char *key, struct arena *a, const char **out)
{
    const cJSON *node = json_member(object, key);

    if (node == NULL)
        return true;
    if (!cJSON_IsString(node))
        return false;
    *out = arena_utf8(a, node->valuestring, strlen(node->valuestring));
    return *out != NULL;
}

bool json_get_strings(const cJSON *object, const char *key, struct arena *a, const char ***out)
{
    const cJSON *list = json_member(object, key), *node;
    size_t n = 0;

    if (list != NULL && !cJSON_IsArray(list))
        return false;
    *out = arena_array(a, json_size(list) + 1, sizeof **out);
    if (*out == NULL)
        return false;
    cJSON_ArrayForEach(node, list)
    {
        if (!cJSON_IsString(node))
            return false;
        (*out)[n] = arena_utf8(a, node->valuestring, strlen(node->valuestring));
        if ((*out)[n++] == NULL)
            return false;
    }
    return true;
}

size_t json_size(const cJSON *node)
{
    size_t n = 0;

    for (const cJSON *child = node != NULL ? node->child : NULL; child != NULL; child = child->next)
        n++;
    return n;
}
