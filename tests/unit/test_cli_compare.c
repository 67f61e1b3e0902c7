/* Comparisons as they are written: by their schemas, and with every name harmless in its place. */
#include "cli/compare_format.h"
#include "cli/compare_proof.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/schema_check.h"

#include <stdlib.h>

#define EVIL "BenchmarkX|y\"<script>`*_[a](b)&@you,\\\x1b[31m\x7f\xc2\x9b\xff=1"
/* Changed, exact, missing, new, only NaN, from zero, and odd units. */
#define OLD_TEXT                                                               \
    "pkg: a|b\ncpu: X\nUnit x assume=exact\n" EVIL "-8 1 100 ns/op 5 x\n" EVIL \
    "-8 1 101 ns/op 5 x\nBenchmarkGone 1 1 ns/op\nBenchmarkNaN 1 NaN ns/op 0 z 1 \"q\",<b>\n"
#define NEW_TEXT                                                                                  \
    "pkg: a|b\ncpu: Y\nUnit x assume=exact\n" EVIL "-8 1 200 ns/op 6 x\nBenchmarkNew 1 1 ns/op\n" \
    "BenchmarkNaN 1 1 ns/op 5 z 1 \"q\",<b>\n"

struct compared {
    struct benchset old, new;
    struct gate gate[3];
    struct compare_options options;
    struct comparison result;
};

static void fill(struct benchset *s, const char *text)
{
    *s = (struct benchset){.results = 0};
    assert_int_equal(benchset_add_text(s, text, strlen(text), NULL), 0);
    benchset_sort(s);
}

static int compare(void **state)
{
    struct compared *c = calloc(1, sizeof *c);

    c->options =
        (struct compare_options){.gate = c->gate, .n_gates = 3, .alpha = 0.05, .confidence = 0.95};
    assert_int_equal(gate_parse("ns/op<=+5%", &c->gate[0], NULL), 0);
    assert_int_equal(gate_parse("x<=0", &c->gate[1], NULL), 0);
    assert_int_equal(gate_parse("z<=0:advisory", &c->gate[2], NULL), 0);
    fill(&c->old, OLD_TEXT);
    fill(&c->new, NEW_TEXT);
    assert_int_equal(compare_sets(&c->old, &c->new, &c->options, &c->result, NULL), 0);
    *state = c;
    return 0;
}

static int release(void **state)
{
    struct compared *c = *state;

    compare_free(&c->result);
    benchset_free(&c->old);
    benchset_free(&c->new);
    free(c);
    return 0;
}

static char *written(const struct compared *c, const struct compare_format *format)
{
    const struct compare_report r = {
        .result = &c->result, .options = &c->options, .packages = true};
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);

    format->write(f, &r);
    fclose(f);
    assert_int_equal(strlen(text), size);
    return text;
}

static void json_has_its_schema(void **state)
{
    const struct compared *c = *state;
    char *text = written(c, &compare_json);
    cJSON *root = cJSON_Parse(text), *row = cJSON_GetObjectItem(root, "rows")->child;

    assert_true(schema_check("proto/compare.schema.json", text, strlen(text)));
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(root, "rows")), c->result.n_rows);
    assert_string_equal(cJSON_GetObjectItem(row, "name")->valuestring,
                        "BenchmarkX|y\"<script>`*_[a](b)&@you,\\\x1b[31m\x7f\xc2\x9b\\xff=1");
    assert_string_equal(cJSON_GetObjectItem(row, "pkg")->valuestring, "a|b");
    cJSON_Delete(root);
    free(text);
}

static void self_test_has_its_schema(void **state)
{
    const struct compared *c = *state;
    struct compare_selftest s;
    struct proof_report r = {.result = &s, .options = &c->options};
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);

    assert_int_equal(compare_selftest(&c->result, &c->options, &s, NULL), 0);
    assert_true(s.n >= 4);
    compare_proof_json(f, &r);
    fclose(f);
    assert_true(schema_check("proto/compare-selftest.schema.json", text, size));
    free(text);
    compare_selftest_free(&s);
}

/* RFC 4180, read strictly: the number of fields of each record, -1 where it is none. */
static int csv_record(const char **at)
{
    int fields = 1;

    for (const char *s = *at;; s++) {
        if (*s == '"') {
            for (s++; !(s[0] == '"' && s[1] != '"'); s += s[0] == '"' ? 2 : 1)
                if (*s == '\0')
                    return -1;
            s++;
        }
        if (*s == ',') {
            fields++;
        } else if (s[0] == '\r' && s[1] == '\n') {
            *at = s + 2;
            return fields;
        } else if (*s == '\0' || *s == '"' || *s == '\n') {
            return -1;
        }
    }
}

static void csv_has_its_fields(void **state)
{
    const struct compared *c = *state;
    char *text = written(c, &compare_csv);
    const char *at = text;
    const int fields = csv_record(&at);
    size_t n = 0;

    for (; *at != '\0'; n++)
        assert_int_equal(csv_record(&at), fields);
    assert_int_equal(fields, 23);
    assert_int_equal(n, c->result.n_rows);
    free(text);
}

static void names_are_harmless(void **state)
{
    const struct compared *c = *state;
    char *table = written(c, &compare_table), *markdown = written(c, &compare_markdown);
    size_t pipes = 0, rows = 0;

    for (const char *s = table; *s != '\0'; s++)
        if (((unsigned char)*s < 0x20 && *s != '\n') || *s == 0x7f ||
            strncmp(s, "\xc2\x9b", 2) == 0)
            fail_msg("a control character in the table");
    assert_null(strstr(markdown, "<script"));
    assert_null(strstr(markdown, "@you"));
    for (char *rest = markdown, *line; (line = strsep(&rest, "\n")) != NULL;) {
        size_t here = 0;

        if (line[0] != '|')
            continue;
        for (const char *s = line; *s != '\0'; s++)
            here += *s == '|';
        if (rows++ > 0)
            assert_int_equal(here, pipes);
        pipes = here;
    }
    assert_int_equal(rows, c->result.n_rows + 2);
    free(table);
    free(markdown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(json_has_its_schema, compare, release),
        cmocka_unit_test_setup_teardown(self_test_has_its_schema, compare, release),
        cmocka_unit_test_setup_teardown(csv_has_its_fields, compare, release),
        cmocka_unit_test_setup_teardown(names_are_harmless, compare, release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
