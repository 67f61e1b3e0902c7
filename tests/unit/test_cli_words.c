/* The quoting of go's -exec and GOFLAGS: what cmd/internal/quoted does, row by row. */
#include "cli/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct row {
    const char *text;
    const char *words[6];
};

static const struct row splits[] = {
    {"", {NULL}},
    {" \t\n", {NULL}},
    {"a b", {"a", "b"}},
    {"  a\tb\n", {"a", "b"}},
    {"'a b' c", {"a b", "c"}},
    {"\"it's\" x", {"it's", "x"}},
    {"a=\"b c\"", {"a=\"b", "c\""}},
    {"'' x", {"", "x"}},
    {"'a''b'", {"a", "b"}},
    {"a\\ b", {"a\\", "b"}},
};

static void test_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof splits / sizeof splits[0]; i++) {
        struct words w = {0};
        size_t n = 0;

        assert_int_equal(words_split_quoted(splits[i].text, &w, NULL), 0);
        while (splits[i].words[n] != NULL)
            n++;
        assert_int_equal(w.n, n);
        for (size_t j = 0; j < n; j++)
            assert_string_equal(w.item[j], splits[i].words[j]);
        words_free(&w);
    }
}

static void test_split_open_quote(void **state)
{
    static const char *const bad[] = {"'", "\"a b", "a 'b", "a'b \"c"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct words w = {0};
        struct pg_error err;

        assert_int_equal(words_split_quoted(bad[i], &w, &err), -PG_E_FORMAT);
        assert_non_null(strstr(err.text, "never closed"));
        words_free(&w);
    }
}

/* Whatever split yields, join turns back into text that splits into the same. */
static void test_round_trip(void **state)
{
    static const char *const texts[] = {"a b c", "'a b' \"it's here\"", "x'y\"z plain",
                                        "'' \"'\" '\"'"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct words w = {0}, again = {0};
        char *joined = NULL;

        assert_int_equal(words_split_quoted(texts[i], &w, NULL), 0);
        assert_int_equal(words_join_quoted(&w, &joined, NULL), 0);
        assert_int_equal(words_split_quoted(joined, &again, NULL), 0);
        assert_int_equal(again.n, w.n);
        for (size_t j = 0; j < w.n; j++)
            assert_string_equal(again.item[j], w.item[j]);
        free(joined);
        words_free(&w);
        words_free(&again);
    }
}

static void test_join_refuses_what_cannot_be_said(void **state)
{
    struct words w = {0};
    struct pg_error err;
    char *joined = NULL;

    (void)state;
    words_add(&w, "both ' and \"");
    assert_int_equal(words_join_quoted(&w, &joined, &err), -PG_E_UNSUPPORTED);
    assert_null(joined);
    words_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_split_open_quote),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_join_refuses_what_cannot_be_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
