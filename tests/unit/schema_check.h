/* schema_check.h - as much of JSON Schema as the schemas of proto/ use: type,
 * required, properties, additionalProperties, items, enum, const, bounds and local $ref. For unit
 * tests. */
#ifndef PERFGO_TESTS_SCHEMA_CHECK_H
#define PERFGO_TESTS_SCHEMA_CHECK_H

#include "base/files.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static bool schema_type(const char *type, const cJSON *v)
{
    return strcmp(type, "object") == 0    ? cJSON_IsObject(v)
           : strcmp(type, "array") == 0   ? cJSON_IsArray(v)
           : strcmp(type, "string") == 0  ? cJSON_IsString(v)
           : strcmp(type, "null") == 0    ? cJSON_IsNull(v)
           : strcmp(type, "boolean") == 0 ? cJSON_IsBool(v)
           : strcmp(type, "integer") == 0
               ? cJSON_IsNumber(v) && v->valuedouble == floor(v->valuedouble)
               : strcmp(type, "number") == 0 && cJSON_IsNumber(v);
}

/* "type" is one name or a list of them. */
static bool schema_types(const cJSON *type, const cJSON *v)
{
    const cJSON *item;

    if (!cJSON_IsArray(type))
        return type == NULL || schema_type(type->valuestring, v);
    cJSON_ArrayForEach(item, type) if (schema_type(item->valuestring, v)) return true;
    return false;
}

static bool schema_bounds(const cJSON *schema, const cJSON *v)
{
    const cJSON *low = cJSON_GetObjectItem(schema, "minimum");
    const cJSON *above = cJSON_GetObjectItem(schema, "exclusiveMinimum");
    const cJSON *high = cJSON_GetObjectItem(schema, "maximum");

    return (low == NULL || v->valuedouble >= low->valuedouble) &&
           (above == NULL || v->valuedouble > above->valuedouble) &&
           (high == NULL || v->valuedouble <= high->valuedouble);
}

static bool schema_values(const cJSON *schema, const cJSON *v)
{
    const cJSON *constant = cJSON_GetObjectItem(schema, "const"), *item;
    const cJSON *list = cJSON_GetObjectItem(schema, "enum");

    if (constant != NULL && !cJSON_Compare(constant, v, true))
        return false;
    if (list == NULL)
        return true;
    cJSON_ArrayForEach(item, list) if (cJSON_Compare(item, v, true)) return true;
    return false;
}

static bool schema_node(const cJSON *root, const cJSON *schema, const cJSON *v, const char *where)
{
    const cJSON *ref = cJSON_GetObjectItem(schema, "$ref"), *type, *item, *rule;
    bool ok;

    if (ref != NULL)
        schema = cJSON_GetObjectItem(cJSON_GetObjectItem(root, "$defs"),
                                     ref->valuestring + strlen("#/$defs/"));
    type = cJSON_GetObjectItem(schema, "type");
    ok = schema != NULL && schema_types(type, v) &&
         (!cJSON_IsNumber(v) || schema_bounds(schema, v)) && schema_values(schema, v);
    if (!ok)
        fprintf(stderr, "schema: %s breaks a rule\n", where);
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(schema, "required"))
    {
        if (cJSON_IsObject(v) && cJSON_GetObjectItemCaseSensitive(v, item->valuestring) == NULL) {
            fprintf(stderr, "schema: %s lacks %s\n", where, item->valuestring);
            ok = false;
        }
    }
    cJSON_ArrayForEach(item, v)
    {
        rule = cJSON_IsArray(v) ? cJSON_GetObjectItem(schema, "items")
                                : cJSON_GetObjectItemCaseSensitive(
                                      cJSON_GetObjectItem(schema, "properties"), item->string);
        if (rule == NULL)
            rule = cJSON_GetObjectItem(schema, "additionalProperties");
        /* Our writers write nothing that the schema does not describe. */
        if (rule == NULL)
            fprintf(stderr, "schema: %s.%s is not described\n", where, item->string);
        ok = rule != NULL && schema_node(root, rule, item, item->string ? item->string : where) &&
             ok;
    }
    return ok;
}

/* True when `json` is valid by the schema file and has no member that it does not describe. */
static bool schema_check(const char *schema_path, const char *json, size_t size)
{
    struct strbuf text = {0};
    cJSON *schema = NULL, *value = cJSON_ParseWithLength(json, size);
    bool ok;

    if (file_read(schema_path, 1 << 20, &text, NULL) == 0)
        schema = cJSON_Parse(text.text);
    ok = schema != NULL && value != NULL && schema_node(schema, schema, value, "root");
    cJSON_Delete(schema);
    cJSON_Delete(value);
    strbuf_free(&text);
    return ok;
}

#endif
