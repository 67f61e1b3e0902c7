#include "bench/record.h"
#include "schema_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#define SCHEMA "proto/record.schema.json"

/* A plan with one perf counter per group, a clock and a getrusage counter. */
static const struct pg_plan *plan(void)
{
    static struct pg_plan p;

    p = (struct pg_plan){
        .n_groups = 2,
        .n_events = 2,
        .n_counters = 4,
        .group = {{0, 1}, {1, 1}},
        .event = {{.group = 0}, {.group = 1}},
        .counter =
            {
                {.name = "instructions",
                 .unit = "instructions/op",
                 .source = PG_SOURCE_PERF,
                 .backend = PG_BACKEND_PMU,
                 .event = 0,
                 .scale = 1,
                 .own_cost = 50,
                 .own_residual = 5,
                 .exclude_kernel = true},
                {.name = "energy",
                 .unit = "J/op",
                 .source = PG_SOURCE_PERF,
                 .backend = PG_BACKEND_PMU,
                 .event = 1,
                 .scale = 0.5,
                 .own_cost = 4},
                {.name = "task-clock",
                 .unit = "task-ns/op",
                 .source = PG_SOURCE_THREAD_CLOCK,
                 .backend = PG_BACKEND_TIMER,
                 .scale = 1},
                {.name = "page-faults",
                 .unit = "page-faults/op",
                 .source = PG_SOURCE_RUSAGE,
                 .backend = PG_BACKEND_TIMER,
                 .scale = 1},
            },
        .backend = PG_BACKEND_PMU,
    };
    return &p;
}

static struct record *make(const char *name, const char *printed, const char *text,
                           uint64_t windows)
{
    const struct record_head head = {
        .pkg = "example.com/m",
        .name = name,
        .printed_name = printed,
        .text = text,
        .text_size = strlen(text),
        .n = 77,
        .duration_ns = 5000,
        .iterations_run = 120,
        .windows = windows,
    };
    struct record *r;

    assert_int_equal(record_new(&head, &r, NULL), 0);
    return r;
}

static void counts_become_metrics(void **state)
{
    static const struct {
        uint64_t value, enabled, running, windows;
        bool absent;
        double want, per_op, coverage;
    } rows[] = {
        {1100, 500, 500, 2, false, 1000, 10, 1},  /* own cost off: 2 windows of 50 */
        {1100, 500, 600, 2, false, 1000, 10, 1},  /* more running than enabled */
        {99, 500, 500, 2, false, 0, 0, 1},        /* less than the own cost: 0, no wrap */
        {0, 500, 500, 0, false, 0, 0, 1},         /* counted nothing */
        {550, 1000, 500, 2, false, 500, 10, 0.5}, /* half the time: half the own cost */
        {1100, 500, 0, 2, true, 0, 0, 0},         /* enabled, never ran */
        {0, 0, 0, 2, true, 0, 0, 0},              /* a window, but never enabled */
        {0, 0, 0, 0, false, 0, 0, 1},             /* no window */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct record *r = make("BenchmarkX", "BenchmarkX", "100\t 1 ns/op", rows[i].windows);
        const struct pg_counts c = {.value = {rows[i].value, 10, 20, 30},
                                    .enabled_ns = {rows[i].enabled, 100},
                                    .running_ns = {rows[i].running, 100}};
        const struct record_metric *m;

        assert_int_equal(record_add_counts(r, plan(), &c, NULL), 0);
        m = record_metric(r, "instructions");
        if ((m == NULL) != rows[i].absent)
            fail_msg("row %zu: %s", i, m != NULL ? "present" : "absent");
        if (m != NULL) {
            assert_true(m->value == rows[i].want);
            assert_true(m->per_op == rows[i].per_op);
            assert_true(m->coverage == rows[i].coverage);
            assert_true(m->scaled == (rows[i].coverage < 1));
            assert_true(m->own_cost == 50 && m->own_residual == 5 && m->exclude_kernel);
        }
        record_free(r);
    }
}

static void scale_and_sources(void **state)
{
    struct record *r = make("BenchmarkX", NULL, "100\t 1 ns/op", 1);
    const struct pg_counts c = {
        .value = {1050, 14, 200, 300}, .enabled_ns = {9, 9}, .running_ns = {9, 9}};
    const struct record_metric *m;

    (void)state;
    assert_int_equal(record_add_counts(r, plan(), &c, NULL), 0);
    m = record_metric(r, "energy");
    assert_true(m->value == 5 && m->own_cost == 2); /* (14 - 4) * 0.5 */
    m = record_metric(r, "task-clock");
    assert_true(m->per_op == 2 && m->coverage == 1 && m->enabled_ns == 5000);
    assert_string_equal(m->backend, "timer");
    assert_true(record_metric(r, "CPUs-utilized")->value == 0.04);
    assert_int_equal(record_add_thread(r, plan(), 4711, &c, 1, NULL), 0);
    assert_int_equal(r->thread[0].n_values, 3); /* getrusage knows no threads */
    assert_true(r->thread[0].value[0].value == 1050);
    assert_true(record_add_thread(r, plan(), 4712, &c, 1, NULL) < 0);
    assert_int_equal(record_add_region(r, plan(), "parse", 3, &c, 2, NULL), 0);
    assert_int_equal(r->region[0].n_values, 4); /* a region is of the whole process */
    assert_true(r->region[0].entered == 3 && r->region[0].value[0].value == 1050);
    /* Two names that are the same once they can be written: the first one stays. */
    assert_int_equal(record_add_region(r, plan(), "parse", 4, &c, 2, NULL), 0);
    assert_true(r->n_regions == 1 && r->region[0].entered == 3);
    record_free(r);
}

static void bad_plans_are_survived(void **state)
{
    struct pg_plan p = *plan();
    struct record *r = make("BenchmarkX", NULL, "0", 1);
    const struct pg_counts c = {.value = {1}, .enabled_ns = {1}, .running_ns = {1}};

    (void)state;
    assert_int_equal(record_add_counts(r, &p, &c, NULL), 0);
    assert_int_equal(r->n_metrics, 0); /* no iterations: nothing per op */
    record_free(r);
    r = make("BenchmarkX", NULL, "5", 1);
    p.counter[0].event = 40;                      /* not in the plan */
    memset(p.counter[1].name, 'n', PG_NAME_SIZE); /* not terminated */
    memcpy(p.counter[3].name, "task-clock", 11);  /* stands twice */
    p.n_counters = PG_MAX_COUNTERS + 1;
    p.counter[4].scale = 1e308;
    assert_int_equal(record_add_counts(r, &p, &c, NULL), 0);
    assert_null(record_metric(r, "instructions"));
    record_free(r);
}

static void procs_and_text(void **state)
{
    static const struct {
        const char *name, *printed, *text;
        uint32_t procs;
        uint64_t n;
        bool has_ns;
        double ns;
        size_t go;
    } rows[] = {
        {"BenchmarkX", "BenchmarkX-8", "     100\t     123.4 ns/op\t      16 B/op", 8, 100, true,
         123.4, 2},
        {"BenchmarkX-4", "BenchmarkX-4", "100\t 1 ns/op", 1, 100, true, 1, 1},
        {"BenchmarkX-4", "BenchmarkX-4-2", "100\t 1 ns/op", 2, 100, true, 1, 1},
        {"BenchmarkX", "BenchmarkX-08", "100\t 1 ns/op", 0, 100, true, 1, 1},
        {"BenchmarkX", "BenchmarkX-x", "100", 0, 100, false, 0, 0},
        {"BenchmarkX", "BenchmarkY", "100", 0, 100, false, 0, 0},
        {"BenchmarkX", NULL, "100\t 7 widgets", 0, 100, false, 0, 1},
        {"BenchmarkX", "BenchmarkX", "garbage", 1, 77, false, 0, 0},
        {"BenchmarkX", "BenchmarkX", "100\t NaN ns/op\t 1 x\t 2 x", 1, 100, false, 0, 1},
        {"BenchmarkX", "BenchmarkX", "1\t 0.1 ns/op\t1e-7 s\t12345678901234567 y", 1, 1, true, 0.1,
         3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct record *r = make(rows[i].name, rows[i].printed, rows[i].text, 1), *back;
        struct strbuf json = {0};

        if (r->procs != rows[i].procs)
            fail_msg("row %zu: procs %u", i, r->procs);
        assert_true(r->n == rows[i].n && r->has_ns_per_op == rows[i].has_ns);
        assert_true(!rows[i].has_ns || r->ns_per_op == rows[i].ns);
        assert_int_equal(r->n_go, rows[i].go);
        assert_int_equal(record_to_json(r, &json, NULL), 0);
        assert_int_equal(record_from_json(json.text, json.size, &back, NULL), 0);
        assert_true(record_equal(r, back));
        assert_true(schema_check(SCHEMA, json.text, json.size));
        record_free(back);
        record_free(r);
        strbuf_free(&json);
    }
}

/* A full record: what is written is valid by the schema, on one line, and reads back equal. */
static void assert_round_trip(const struct record *r)
{
    struct strbuf json = {0};
    struct record *back;
    struct pg_error err;

    assert_int_equal(record_to_json(r, &json, NULL), 0);
    assert_null(memchr(json.text, '\n', json.size));
    assert_true(schema_check(SCHEMA, json.text, json.size));
    if (record_from_json(json.text, json.size, &back, &err) < 0)
        fail_msg("%s: %s", err.text, json.text);
    assert_true(record_equal(r, back));
    record_free(back);
    strbuf_free(&json);
}

static void hostile_names(void **state)
{
    static const char *const names[] = {
        "Benchmark\"quoted\"",
        "Benchmark\nnew\tline\r",
        "Benchmark\\back",
        "Benchmark\x01\x1f\x7f",
        "Benchmark\xff\xfe",
        "Benchmark\xc0\xaf overlong",
        "Benchmark\xed\xa0\x80 surrogate",
        "Benchmark\xf4\x90\x80\x80 beyond",
        "Benchmark\xe2\x82 cut",
        "Benchmark\xc3\x9c\xf0\x9f\x98\x80",
        "",
        "Benchmark</script>|`*_",
    };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct record_head head = {.pkg = names[i],
                                         .name = names[i],
                                         .printed_name = names[i],
                                         .tags = names[i],
                                         .text = "3\t 4 \xffx/op",
                                         .text_size = 11,
                                         .windows = 1};
        struct record *r;
        const struct pg_counts c = {
            .value = {1e6, 1, 1, 1}, .enabled_ns = {3, 3}, .running_ns = {1, 3}};

        assert_int_equal(record_new(&head, &r, NULL), 0);
        assert_int_equal(record_add_counts(r, plan(), &c, NULL), 0);
        assert_int_equal(record_add_thread(r, plan(), 7, &c, 1, NULL), 0);
        if (i % 3 > 0)
            assert_int_equal(record_add_region(r, plan(), names[i], i, &c, 2, NULL), 0);
        if (i % 3 > 1)
            assert_int_equal(record_add_region(r, plan(), "other", 1, &c, 2, NULL), 0);
        r->has_samples = i % 2;
        r->samples_taken = 5;
        r->threads_missed = i;
        assert_round_trip(r);
        record_free(r);
    }
}

static void invalid_bytes_stay_distinct(void **state)
{
    struct record *a = make("B\xff", NULL, "1", 0), *b = make("B\xfe", NULL, "1", 0);

    (void)state;
    assert_string_equal(a->name, "B\\xff");
    assert_string_not_equal(a->name, b->name);
    record_free(a);
    record_free(b);
}

static void tags(void **state)
{
    const struct record_head head = {.pkg = "p", .name = "B", .tags = "a=1,b,,c=x=y,a=2,=z"};
    struct record *r;

    (void)state;
    assert_int_equal(record_new(&head, &r, NULL), 0);
    assert_int_equal(r->n_tags, 3);
    assert_string_equal(r->tag[0].value, "2");
    assert_string_equal(r->tag[1].value, "");
    assert_string_equal(r->tag[2].value, "x=y");
    assert_round_trip(r);
    record_free(r);
}

#define HEAD "\"schema\":1,\"pkg\":\"p\",\"name\":\"B\",\"n\":1,\"metrics\":"
#define METRIC                                                                                  \
    "\"value\":1,\"per_op\":1,\"unit\":\"u\",\"coverage\":1,\"enabled_ns\":1,\"running_ns\":1," \
    "\"backend\":\"pmu\""

static void hostile_json(void **state)
{
    static const struct {
        const char *json;
        enum pg_code code;
    } rows[] = {
        {"{" HEAD "{}}", PG_OK},
        {"{" HEAD "{\"x\":{" METRIC "}}}", PG_OK},
        {"{" HEAD "{},\"future\":[{\"a\":null}],\"samples\":null}", PG_OK},
        {" {" HEAD "{}} \r", PG_OK},
        {"", PG_E_FORMAT},
        {"null", PG_E_FORMAT},
        {"[]", PG_E_FORMAT},
        {"{}", PG_E_FORMAT},
        {"{" HEAD "{}", PG_E_FORMAT},
        {"{" HEAD "{}}{}", PG_E_FORMAT},
        {"{\"schema\":2}", PG_E_UNSUPPORTED},
        {"{\"schema\":\"1\"}", PG_E_FORMAT},
        {"{\"schema\":1.5}", PG_E_FORMAT},
        {"{" HEAD "{},\"n\":2}", PG_E_FORMAT},
        {"{" HEAD "{\"x\":{" METRIC "},\"x\":{" METRIC "}}}", PG_E_FORMAT},
        {"{" HEAD "{\"x\":{" METRIC ",\"value\":2}}}", PG_E_FORMAT},
        {"{" HEAD "{\"x\":{}}}", PG_E_FORMAT},
        {"{" HEAD "{\"x\":1}}", PG_E_FORMAT},
        {"{" HEAD "[]}", PG_E_FORMAT},
        {"{" HEAD "null}", PG_E_FORMAT},
        {"{" HEAD "{},\"ns_per_op\":NaN}", PG_E_FORMAT},
        {"{" HEAD "{},\"ns_per_op\":1e999}", PG_E_FORMAT},
        {"{" HEAD "{},\"ns_per_op\":\"1\"}", PG_E_FORMAT},
        {"{" HEAD "{},\"procs\":-1}", PG_E_FORMAT},
        {"{" HEAD "{},\"procs\":0}", PG_E_FORMAT},
        {"{" HEAD "{},\"procs\":1e18}", PG_E_FORMAT},
        {"{" HEAD "{},\"windows\":1e30}", PG_E_FORMAT},
        {"{" HEAD "{},\"threads\":{\"x\":{}}}", PG_E_FORMAT},
        {"{" HEAD "{},\"threads\":{\"99999999999999999999\":{}}}", PG_E_FORMAT},
        {"{" HEAD "{},\"threads\":{\"1\":{\"a\":\"b\"}}}", PG_E_FORMAT},
        {"{" HEAD "{},\"regions\":3}", PG_E_FORMAT},
        {"{" HEAD "{},\"regions\":{\"a\":3}}", PG_E_FORMAT},
        {"{" HEAD "{},\"regions\":{\"a\":{\"values\":{}}}}", PG_E_FORMAT},
        {"{" HEAD "{},\"regions\":{\"a\":{\"entered\":1,\"values\":{\"x\":\"y\"}}}}", PG_E_FORMAT},
        {"{" HEAD "{},\"tags\":{\"a\":1}}", PG_E_FORMAT},
        {"{" HEAD "{},\"tags\":[1]}", PG_E_FORMAT},
        {"{" HEAD "{},\"go\":{\"ns/op\":true}}", PG_E_FORMAT},
        {"{" HEAD "{},\"samples\":3}", PG_E_FORMAT},
        {"{" HEAD "{},\"go\":{\"\xff\":1}}", PG_E_FORMAT},
        {"{" HEAD "{},\"go\":{\"\\ud800\":1}}", PG_E_FORMAT},
        {"{" HEAD "{},\"go\":{\"a\\u0000b\":1,\"a\":2}}", PG_E_FORMAT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pg_error err = {0};
        struct record *r;
        int rc = record_from_json(rows[i].json, strlen(rows[i].json), &r, &err);

        if (rc != -(int)rows[i].code)
            fail_msg("%s: %d %s", rows[i].json, rc, err.text);
        assert_int_equal(r == NULL, rc < 0);
        assert_int_equal(err.text[0] == '\0', rc == 0);
        record_free(r);
    }
}

static void huge_json(void **state)
{
    size_t size = 10 << 20;
    char *text = malloc(RECORD_MAX_BYTES + 1);
    struct pg_error err = {0};
    struct record *r;

    (void)state;
    memset(text, '[', RECORD_MAX_BYTES + 1);
    assert_int_equal(record_from_json(text, size, &r, &err), -PG_E_FORMAT);
    memset(text, ' ', size);
    memcpy(text, "{\"schema\":1,\"pkg\":\"", 19);
    assert_int_equal(record_from_json(text, size, &r, &err), -PG_E_FORMAT);
    memcpy(text, "{" HEAD "{}}", strlen("{" HEAD "{}}"));
    assert_int_equal(record_from_json(text, size, &r, &err), 0); /* blanks are valid JSON */
    record_free(r);
    assert_int_equal(record_from_json(text, RECORD_MAX_BYTES + 1, &r, &err), -PG_E_LIMIT);
    free(text);
}

/* 200 000 distinct members must not take quadratic time: seconds, not minutes, under ASan. */
static void many_members(void **state)
{
    struct strbuf json = {0};
    struct record *r;

    (void)state;
    strbuf_puts(&json, "{" HEAD "{},\"go\":{");
    for (int i = 0; i < 200000; i++)
        strbuf_printf(&json, "%s\"u%d\":%d", i > 0 ? "," : "", i, i);
    strbuf_puts(&json, "}}");
    assert_int_equal(record_from_json(json.text, json.size, &r, NULL), 0);
    assert_int_equal(r->n_go, 200000);
    record_free(r);
    strbuf_free(&json);
}

static void printed_name(void **state)
{
    struct record *r = make("BenchmarkX/a", "BenchmarkX/a-8", "1", 0);
    struct strbuf name = {0};

    (void)state;
    record_printed_name(r, &name);
    assert_string_equal(name.text, "BenchmarkX/a-8");
    strbuf_free(&name);
    record_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_become_metrics),
        cmocka_unit_test(scale_and_sources),
        cmocka_unit_test(bad_plans_are_survived),
        cmocka_unit_test(procs_and_text),
        cmocka_unit_test(hostile_names),
        cmocka_unit_test(invalid_bytes_stay_distinct),
        cmocka_unit_test(tags),
        cmocka_unit_test(hostile_json),
        cmocka_unit_test(huge_json),
        cmocka_unit_test(many_members),
        cmocka_unit_test(printed_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
