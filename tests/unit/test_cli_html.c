/* Pages: data cannot leave their element, whatever they say, and the numbers are those of the run.
 */
#include "cli/html.h"
#include "cli/html_data.h"

#include "bench/stats.h"
#include "profile/profile.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *page_of(enum html_kind kind, const char *title, const char *json)
{
    static char *text;
    static size_t size;
    FILE *f = open_memstream(&text, &size);

    html_write(f, kind, title, json);
    fclose(f);
    return text;
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;

    for (const char *at = text; (at = strstr(at, what)) != NULL; at += strlen(what))
        n++;
    return n;
}

/* The text of the data element, malloc'ed: up to the first "</", as a browser ends it. */
static char *data_of(const char *page)
{
    static const char open[] = "<script type=\"application/json\" id=\"data\">";
    const char *start = strstr(page, open), *end;

    assert_non_null(start);
    start += sizeof open - 1;
    end = strstr(start, "</");
    assert_non_null(end);
    return strndup(start, (size_t)(end - start));
}

static void test_hostile(void **state)
{
    static const char *const hostile[] = {
        "</script><script>alert(1)</script>",
        "<!--<script>",
        "-->",
        "]]>",
        "a & b &lt; \"q\" 'q'",
        "line\nfeed\ttab\x01 \x7f",
        "U+2028 \xe2\x80\xa8 U+2029 \xe2\x80\xa9 end",
        "\xe2\x80\x94 dash",
        "{{data}} {{scripts}}",
        "\\u003c\\",
    };
    char *plain = page_of(HTML_REPORT, "title", "{}");
    const size_t ends = count(plain, "</script"), starts = count(plain, "<script");

    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        cJSON *object = cJSON_CreateObject(), *back;
        char *json, *page, *data;

        cJSON_AddStringToObject(object, "name", hostile[i]);
        cJSON_AddStringToObject(object, hostile[i], "as a key");
        json = cJSON_PrintUnformatted(object);
        page = page_of(HTML_REPORT, hostile[i], json);
        assert_int_equal(count(page, "</script"), ends);
        assert_int_equal(count(page, "<script"), starts);
        data = data_of(page);
        assert_int_equal(strcspn(data, "<>&\x7f"), strlen(data));
        assert_null(strstr(data, "\xe2\x80\xa8"));
        assert_null(strstr(data, "\xe2\x80\xa9"));
        back = cJSON_Parse(data);
        assert_non_null(back);
        assert_true(cJSON_Compare(object, back, true));
        cJSON_Delete(back);
        cJSON_Delete(object);
        cJSON_free(json);
        free(data);
        free(page);
    }
    free(plain);
}

static void write_bytewise(FILE *json, void *data)
{
    setvbuf(json, NULL, _IONBF, 0);
    for (const char *s = data; *s != '\0'; s++)
        fputc(*s, json);
}

/* A document that comes in pieces is the one that comes as a whole, also where a piece ends within
 * a character, and where the text ends there. */
static void test_pieces(void **state)
{
    static const struct {
        const char *json, *data;
    } rows[] = {
        {"[\"a<\xe2\x80\xa8>\xe2\x80\xa9&\"]", "[\"a\\u003c\\u2028\\u003e\\u2029\\u0026\"]"},
        {"[\"\xe2\xe2\x80\xe2\x80\xa8\xe2\x80<\xe2<\"]",
         "[\"\xe2\xe2\x80\\u2028\xe2\x80\\u003c\xe2\\u003c\"]"},
        {"\xe2\x80", "\xe2\x80"},
        {"\xe2", "\xe2"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *whole = page_of(HTML_COMPARE, "t", rows[i].json), *pieces = NULL, *data;
        size_t size;
        FILE *f = open_memstream(&pieces, &size);

        html_stream(f, HTML_COMPARE, "t", write_bytewise, (void *)rows[i].json);
        fclose(f);
        assert_string_equal(pieces, whole);
        data = data_of(pieces);
        assert_string_equal(data, rows[i].data);
        free(data);
        free(pieces);
        free(whole);
    }
}

/* Nothing to fetch is named, and only perfgo's scripts may run. */
static void test_self_contained(void **state)
{
    (void)state;
    for (int kind = HTML_VIEW; kind <= HTML_HISTORY; kind++) {
        char *page = page_of((enum html_kind)kind, "t", "{}");
        const char *body = strstr(page, "</style>"), *policy = strstr(page, "script-src ");

        assert_non_null(body);
        assert_non_null(policy);
        assert_non_null(strstr(page, "default-src 'none'"));
        assert_null(strstr(page, "unsafe-eval"));
        assert_null(strstr(page, "<script src"));
        assert_null(strstr(page, "{{"));
        /* A hash for each script that is one: all but data and licences. */
        assert_int_equal(count(policy, "'sha256-"), count(page, "<script>"));
        assert_in_range(count(page, "<script>"), 4, 5);
        free(page);
    }
}

static double number_at(const cJSON *list, int i)
{
    const cJSON *item = cJSON_GetArrayItem(list, i);

    assert_true(cJSON_IsNumber(item));
    return item->valuedouble;
}

static void test_values(void **state)
{
    static const double values[] = {5, 1, 3, 2, 4};
    struct bootstrap *boot = NULL;
    cJSON *object = html_values(values, 5, &boot);
    const cJSON *list = cJSON_GetObjectItem(object, "values");
    double low = cJSON_GetObjectItem(object, "low")->valuedouble,
           high = cJSON_GetObjectItem(object, "high")->valuedouble;

    (void)state;
    assert_int_equal(cJSON_GetArraySize(list), 5);
    for (int i = 0; i < 5; i++) /* in the order given */
        assert_true(number_at(list, i) == values[i]);
    assert_true(cJSON_GetObjectItem(object, "median")->valuedouble == 3);
    assert_true(low >= 1 && low < 3 && high > 3 && high <= 5);
    cJSON_Delete(object);
    object = html_values(values, 1, &boot);
    assert_null(cJSON_GetObjectItem(object, "low"));
    cJSON_Delete(object);
    object = html_values(values, 0, &boot);
    assert_null(cJSON_GetObjectItem(object, "median"));
    cJSON_Delete(object);
    bootstrap_free(boot);
}

/* main calls leaf<i>, which has i of one type and 1 of the other, on a line of its own. */
static struct pprof *make_profile(int n)
{
    static const struct profile_type types[] = {{"a", "count"}, {"b", "bytes"}};
    struct profile *p = profile_new(types, 2);
    struct strbuf bytes = {0};
    struct pprof *out;

    for (int i = 0; i < n; i++) {
        char name[32];
        const struct profile_frame leaf = {name, "leaf.go", i + 1, 1},
                                   top = {"main.main", "main.go", 3, 1};
        uint64_t stack[2];
        const int64_t value[] = {i, 1};

        snprintf(name, sizeof name, "main.leaf%d", i);
        stack[0] = profile_location(p, false, (uint64_t)i + 10, &leaf, 1);
        stack[1] = profile_location(p, false, 1, &top, 1);
        profile_add_sample(p, stack, 2, value, NULL, 0);
    }
    assert_int_equal(profile_encode(p, &bytes, NULL), 0);
    assert_int_equal(pprof_read(bytes.text, bytes.size, &out, NULL), 0);
    strbuf_free(&bytes);
    profile_free(p);
    return out;
}

static double sum(const cJSON *list)
{
    double total = 0;

    for (const cJSON *item = list != NULL ? list->child : NULL; item != NULL; item = item->next)
        total += item->valuedouble;
    return total;
}

static void test_profile(void **state)
{
    struct pprof *p = make_profile(1000);
    cJSON *object, *tree, *lines;

    (void)state;
    assert_int_equal(html_profile(p, 100, &object, NULL), 0);
    tree = cJSON_GetObjectItem(object, "tree");
    lines = cJSON_GetObjectItem(object, "lines");
    assert_in_range(cJSON_GetArraySize(cJSON_GetObjectItem(tree, "parent")), 50, 100);
    assert_true(cJSON_GetObjectItem(object, "folded")->valuedouble > 0);
    for (int type = 0; type < 2; type++)
        assert_true(sum(cJSON_GetArrayItem(cJSON_GetObjectItem(tree, "self"), type)) ==
                    number_at(cJSON_GetObjectItem(object, "total"), type));
    assert_true(number_at(cJSON_GetObjectItem(object, "total"), 0) == 499500);
    /* The heaviest 300 lines of the first type are there, and main's, which is heaviest in cum. */
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(lines, "line")) +
                         cJSON_GetObjectItem(object, "lines_left_out")->valueint,
                     1001);
    assert_true(sum(cJSON_GetArrayItem(cJSON_GetObjectItem(lines, "flat"), 0)) >=
                300 * (700 + 999) / 2.0);
    cJSON_Delete(object);
    pprof_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile),        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_self_contained), cmocka_unit_test(test_values),
        cmocka_unit_test(test_profile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
