/* Every report format, over records with hostile names, repeats and partial coverage. */
#include "cli/report.h"

#include "bench/gobench.h"

#include <cjson/cJSON.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define METRIC(value, per_op, coverage)                    \
    "{\"value\":" value ",\"per_op\":" per_op              \
    ",\"unit\":\"instructions/op\",\"coverage\":" coverage \
    ",\"enabled_ns\":100,\"running_ns\":100,\"backend\":\"pmu\"}"
#define RECORD(pkg, name, n, ns, metric)                                            \
    "{\"schema\":1,\"pkg\":\"" pkg "\",\"name\":\"" name "\",\"procs\":2,\"n\":" n  \
    ",\"ns_per_op\":" ns ",\"duration_ns\":10,\"iterations_run\":10,\"windows\":1," \
    "\"go\":{\"ns/op\":" ns ",\"B/op\":16},\"metrics\":{\"instructions\":" metric "}}"

static const char *const lines[] = {
    RECORD("example.com/a", "BenchmarkPlain", "10", "100", METRIC("1000", "100.5", "1")),
    RECORD("example.com/a", "BenchmarkPlain", "10", "110", METRIC("1000", "100.5", "1")),
    RECORD("example.com/a", "BenchmarkPlain", "10", "130", METRIC("1000", "100.5", "1")),
    RECORD("example.com/a", "BenchmarkEvil/a|b<script>x_y,\\\"q\\\"@me", "10", "5",
           METRIC("70", "7", "0.5")),
    RECORD("example.com/b", "BenchmarkPlain", "10", "1e-7", METRIC("0", "0", "1")),
};
enum { LINES = sizeof lines / sizeof lines[0] };

static struct record *records[LINES];
static struct run_data data = {.id = (char *)(uintptr_t) "id1",
                               .dir = (char *)(uintptr_t) "/none",
                               .record = records,
                               .n_records = LINES};

static int load(void **state)
{
    (void)state;
    for (int i = 0; i < LINES; i++) {
        struct pg_error err;

        if (record_from_json(lines[i], strlen(lines[i]), &records[i], &err) < 0) {
            print_error("record %d: %s\n", i, err.text);
            return -1;
        }
    }
    return 0;
}

static int unload(void **state)
{
    (void)state;
    for (int i = 0; i < LINES; i++)
        record_free(records[i]);
    return 0;
}

static char *render(const struct report_format *format, size_t width)
{
    char *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    assert_non_null(f);
    report_write(f, format, &data, (struct output_style){.width = width});
    fclose(f);
    return text;
}

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * fabs(b);
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;

    for (; (text = strstr(text, what)) != NULL; text += strlen(what))
        n++;
    return n;
}

static void test_summary(void **state)
{
    struct summary s;

    (void)state;
    summary_make(&s, &data);
    assert_int_equal(s.n_rows, 3);
    assert_int_equal(s.n_packages, 2);
    assert_int_equal(s.n_columns, 3);
    assert_string_equal(s.column[0].unit, "ns/op");
    assert_null(s.column[1].backend);
    assert_string_equal(s.column[2].backend, "pmu");
    assert_int_equal(s.row[0].repeats, 3);
    assert_true(near(s.row[0].cell[0].median, 110));
    assert_true(near(summary_spread(&s.row[0].cell[0]), 20.0 / 110));
    assert_true(near(s.row[1].cell[2].coverage, 0.5));
    summary_free(&s);
}

static void test_table(void **state)
{
    char *wide = render(&format_table, 0), *narrow = render(&format_table, 60);

    (void)state;
    assert_int_equal(count(wide, "benchmark "), 1);
    assert_int_equal(count(wide, "110.0 ±18%"), 1);
    assert_int_equal(count(wide, "7.000*"), 1);
    assert_int_equal(count(wide, "counted 50% of the time"), 1);
    assert_true(count(narrow, "benchmark ") > 1); /* further tables, nothing lost */
    assert_int_equal(count(narrow, "instructions/op"), 1);
    assert_int_equal(count(narrow, "7.000*"), 1);
    for (char *line = strtok(narrow, "\n"); line != NULL; line = strtok(NULL, "\n"))
        if (strstr(line, "±") == NULL && strstr(line, "estimated") == NULL)
            assert_true(strlen(line) <= 60);
    free(wide);
    free(narrow);
}

static void test_benchfmt(void **state)
{
    char *text = render(&format_benchfmt, 0);
    struct gobench_slice rest = {text, strlen(text)}, line;
    size_t results = 0, units = 0, configs = 0, comments = 0, i = 0;

    (void)state;
    while (gobench_next_line(&rest, &line)) {
        struct gobench_line l;
        struct gobench_value v;

        switch (gobench_line(line, &l)) {
        case GOBENCH_RESULT:
            results++;
            assert_int_equal(l.n, 10);
            assert_int_equal(l.n_values, 3);
            assert_true(gobench_next(&l.values, &v));
            assert_true(near(v.value, records[i]->ns_per_op));
            i++;
            break;
        case GOBENCH_UNIT:
            units++;
            break;
        case GOBENCH_CONFIG:
            configs++;
            break;
        case GOBENCH_OTHER: /* the comment that names the run */
            comments++;
            assert_true(line.size > 0 && line.p[0] == '#');
            break;
        default:
            fail_msg("not benchmark format: %.*s", (int)line.size, line.p);
        }
    }
    assert_int_equal(results, LINES);
    assert_true(units >= 2);
    assert_int_equal(count(text, "\npkg: "), 2);
    assert_int_equal(configs, 2); /* the two packages */
    assert_int_equal(comments, 1);
    free(text);
}

static void test_markdown(void **state)
{
    char *text = render(&format_markdown, 0);
    size_t rows = 0;

    (void)state;
    assert_int_equal(count(text, "<"), 0);
    assert_int_equal(count(text, "@"), 0);
    assert_int_equal(count(text, "&lt;script&gt;"), 1);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
        if (line[0] == '|') {
            assert_int_equal(count(line, "|"), 6); /* package, benchmark, three metrics */
            rows++;
        }
    assert_int_equal(rows, 2 + 3);
    free(text);
}

static void test_json(void **state)
{
    char *text = render(&format_json, 0);
    cJSON *document = cJSON_Parse(text), *benchmarks;

    (void)state;
    assert_non_null(document);
    assert_int_equal(cJSON_GetObjectItem(document, "schema")->valueint, 1);
    benchmarks = cJSON_GetObjectItem(document, "benchmarks");
    assert_int_equal(cJSON_GetArraySize(benchmarks), LINES);
    assert_string_equal(
        cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetArrayItem(benchmarks, 3), "name")),
        records[3]->name);
    cJSON_Delete(document);
    free(text);
}

static void test_csv(void **state)
{
    char *text = render(&format_csv, 0);

    (void)state;
    assert_int_equal(count(text, "\r\n"), 1 + LINES * 3);
    assert_int_equal(count(text, ",\"BenchmarkEvil/a|b<script>x_y,\"\"q\"\"@me\",2,1,10,"), 3);
    assert_int_equal(count(text, "BenchmarkPlain,2,3,10,ns/op,ns/op,130,,,go\r\n"), 1);
    assert_int_equal(count(text, ",instructions,instructions/op,7,70,0.5,pmu\r\n"), 1);
    free(text);
}

static void test_numbers(void **state)
{
    static const struct {
        double x;
        const char *round, *exact;
    } row[] = {{0, "0", "0"},
               {1, "1.000", "1"},
               {0.1, "0.1000", "0.1"},
               {0.0000259, "0.00002590", "2.59e-05"},
               {1234.5, "1234", "1234.5"},
               {99.96, "99.96", "99.96"},
               {1e-9, "1.000e-09", "1e-09"},
               {123456789012.0, "123456789012", "123456789012"},
               {1.0 / 3, "0.3333", "0.3333333333333333"}};

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        char out[40];

        output_round(row[i].x, out, sizeof out);
        assert_string_equal(out, row[i].round);
        output_exact(row[i].x, out, sizeof out);
        assert_string_equal(out, row[i].exact);
    }
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_summary),  cmocka_unit_test(test_table),
        cmocka_unit_test(test_benchfmt), cmocka_unit_test(test_markdown),
        cmocka_unit_test(test_json),     cmocka_unit_test(test_csv),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
