/* The part of TOML that is read: each row is one document. tests/cli/t211 asks Python's tomllib
 * about many more. */
#include "base/toml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static void documents(void **state)
{
    static const struct {
        const char *text;
        const char *table, *key; /* of the last entry */
        enum toml_kind kind;
        double number;
        const char *first;
        size_t n, line;
    } rows[] = {
        {"a = 5", "", "a", TOML_NUMBER, 5, NULL, 0, 1},
        {"# c\n\n a\t= -0.05e+1 # d\r\n", "", "a", TOML_NUMBER, -0.5, NULL, 0, 3},
        {"a=1\nb=true", "", "b", TOML_BOOL, 1, NULL, 0, 2},
        {"b = false\n", "", "b", TOML_BOOL, 0, NULL, 0, 1},
        {"[t]\n\"k \\u00e9\" = \"x\\t\\\"\\\\\\U0001F600\"", "t", "k é", TOML_STRING, 0,
         "x\t\"\\\xf0\x9f\x98\x80", 1, 2},
        {"[ a-b_1 ] # t\n'k' = 'C:\\n'", "a-b_1", "k", TOML_STRING, 0, "C:\\n", 1, 2},
        {"k = []", "", "k", TOML_STRINGS, 0, NULL, 0, 1},
        {"k = [ # c\n 'a', # d\n\n\t\"b\"\n , 'c',\n]", "", "k", TOML_STRINGS, 0, "a", 3, 1},
        {"1 = ''", "", "1", TOML_STRING, 0, "", 1, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pg_error err = {0};
        struct toml t;
        const struct toml_entry *e;

        if (toml_parse("f", rows[i].text, strlen(rows[i].text), &t, &err) != 0)
            fail_msg("row %zu: %s", i, err.text);
        e = &t.entry[t.n - 1];
        assert_string_equal(e->table, rows[i].table);
        assert_string_equal(e->key, rows[i].key);
        assert_int_equal(e->kind, rows[i].kind);
        assert_int_equal(e->n, rows[i].n);
        assert_int_equal(e->line, rows[i].line);
        if (e->kind == TOML_NUMBER && e->number != rows[i].number)
            fail_msg("row %zu: %g", i, e->number);
        if (e->kind == TOML_BOOL)
            assert_int_equal(e->truth, rows[i].number != 0);
        if (rows[i].first != NULL)
            assert_string_equal(e->text[0].text, rows[i].first);
        toml_free(&t);
    }
}

/* Every mistake names the file, its line, and what to write. */
static void mistakes(void **state)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"a", "f:1: a key is followed by ="},
        {"a =", "f:1: a value is"},
        {"\n= 1", "f:2: a line is 'key = value'"},
        {"a = 1 b = 2", "f:1: something stands behind"},
        {"a = 1\na = 2", "f:2: 'a' is given a second time, first on line 1"},
        {"[t]\n[t]", "f:2: this table stands above"},
        {"t = 1\n[t]", "f:2: this name is a key above"},
        {"[t", "f:1: a table is written"},
        {"[]", "f:1: a table is written"},
        {"[a.b]", "f:1: a table is written"},
        {"[[a]]", "f:1: lists of tables"},
        {"a.b = 1", "f:1: keys with a dot"},
        {"a = {b = 1}", "f:1: tables in braces"},
        {"a = 'x", "f:1: a string has no closing quote"},
        {"a = \"x\n\"", "f:1: a string has no closing quote"},
        {"a = '''x'''", "f:1: strings over several lines"},
        {"a = \"\"\"x\"\"\"", "f:1: strings over several lines"},
        {"a = \"\\x41\"", "f:1: a backslash in"},
        {"a = \"\\u12\"", "f:1: \\u is followed by"},
        {"a = \"\\ud800\"", "f:1: \\u and \\U name a character"},
        {"a = \"\\u0000\"", "f:1: \\u and \\U name a character"},
        {"a = 'x\x01'", "f:1: a string has a control character"},
        {"# \x7f", "f:1: a comment has a control character"},
        {"a = [1]", "f:1: a list holds strings"},
        {"a = ['x' 'y']", "f:1: a list holds strings"},
        {"a = ['x',\n", "f:2: a list holds strings"},
        {"a = 01", "f:1: a value is"},
        {"a = 1_000", "f:1: a value is"},
        {"a = 0x10", "f:1: a value is"},
        {"a = .5", "f:1: a value is"},
        {"a = 5.", "f:1: digits are missing behind"},
        {"a = 5e", "f:1: digits are missing in"},
        {"a = 1e999", "f:1: a number is too large"},
        {"a = inf", "f:1: a value is"},
        {"a = 2026-01-01", "f:1: a value is"},
        {"a = 07:32", "f:1: a value is"},
        {"a = yes", "f:1: a value is"},
        {"a = 1\n\xff", "f:2: the file is not UTF-8"},
        {"a = 1\rb = 2", "f:1: something stands behind"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pg_error err = {0};
        struct toml t;
        const int rc = toml_parse("f", rows[i].text, strlen(rows[i].text), &t, &err);

        toml_free(&t);
        if (rc != -PG_E_FORMAT || strncmp(err.text, rows[i].error, strlen(rows[i].error)) != 0)
            fail_msg("%s: %d, %s", rows[i].text, rc, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents),
        cmocka_unit_test(mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
