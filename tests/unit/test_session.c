#include "bench/gobench.h"
#include "bench/run.h"
#include "collect/session.h"
#include "schema_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char home[PATH_MAX], root[PATH_MAX];
static const struct pg_plan plan = {
    .n_groups = 1,
    .n_events = 2,
    .n_counters = 2,
    .group = {{0, 2}},
    .counter = {{.name = "task-clock",
                 .unit = "task-ns/op",
                 .backend = PG_BACKEND_SOFTWARE,
                 .event = 0,
                 .scale = 1,
                 .own_cost = 500},
                {.name = "page-faults",
                 .unit = "page-faults/op",
                 .backend = PG_BACKEND_SOFTWARE,
                 .event = 1,
                 .scale = 1}},
    .backend = PG_BACKEND_SOFTWARE,
    .note = "no PMU here",
};
static char *const argv[] = {(char *)"m.test", (char *)"-test.bench=.", NULL};
static const struct session_target target = {.executable = "m.test",
                                             .go_version = "go1.26.8",
                                             .module = "m",
                                             .goarch = "amd64",
                                             .argc = 2,
                                             .argv = argv};
static const char text[] = "     100\t     123.4 ns/op";

static int set_up(void **state)
{
    (void)state;
    snprintf(home, sizeof home, "/tmp/perfgo-test-session-XXXXXX");
    return getcwd(root, sizeof root) == NULL || mkdtemp(home) == NULL || chmod(home, 0755) < 0;
}

static int tear_down(void **state)
{
    char command[PATH_MAX + 16];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", home);
    return chdir(root) < 0 || system(command) != 0;
}

static struct session_line line_of(struct session_thread *thread)
{
    struct session_line line = {
        .pkg = "m/p",
        .name = "BenchmarkX",
        .printed_name = "BenchmarkX-2",
        .text = text,
        .text_size = sizeof text - 1,
        .n = 100,
        .duration_ns = 12340,
        .iterations_run = 101,
        .windows = 1,
        .n_threads = 1,
        .thread = thread,
        .total = {.value = {20500, 7}, .enabled_ns = {20000}, .running_ns = {20000}},
    };

    *thread = (struct session_thread){.tid = 7, .counts = line.total};
    return line;
}

static struct pg_settings settings_for(const char *run)
{
    struct pg_settings s;

    pg_settings_default(&s);
    s.output = home;
    s.run = run;
    s.tags = "a=b";
    return s;
}

static bool exists(const char *name)
{
    char path[PATH_MAX + 64];

    snprintf(path, sizeof path, "%s/%s", home, name);
    return access(path, F_OK) == 0;
}

static void a_session(void **state)
{
    struct pg_settings settings = settings_for("r");
    struct session_thread thread;
    struct session_line line = line_of(&thread);
    struct session *s;
    struct run_data *data;
    struct strbuf json = {0};
    char out[4096], path[PATH_MAX + 64];
    size_t size;

    (void)state;
    assert_int_equal(session_open(&settings, &plan, &target, &s, NULL), 0);
    assert_false(exists("history")); /* nothing before the first line */
    assert_int_equal(session_line(s, &line, out, sizeof out, &size, NULL), 0);
    line.pkg = ""; /* a repeat of -count */
    assert_int_equal(session_line(s, &line, out, sizeof out, &size, NULL), 0);
    out[size] = '\0';
    assert_string_equal(out, "     100\t     123.4 ns/op\t       200.0 task-ns/op"
                             "\t         0.07000 page-faults/op\t         1.621 CPUs-utilized");
    assert_true(session_lines(s) == 2);
    snprintf(path, sizeof path, "%s/history/r", home);
    assert_int_equal(run_load(path, &data, NULL), 0); /* readable while it runs */
    assert_false(data->info->has_exit_code);
    run_data_free(data);
    assert_int_equal(session_close(s, 3, NULL), 0);
    assert_int_equal(run_load(path, &data, NULL), 0);
    assert_int_equal(data->n_records, 2);
    assert_int_equal(data->bad_lines, 0);
    assert_int_equal(data->record[0]->procs, 2);
    assert_string_equal(data->record[1]->pkg, "m/p");
    assert_true(data->record[0]->ns_per_op == 123.4 && data->record[0]->n == 100);
    assert_true(record_metric(data->record[0], "task-clock")->value == 20000);
    assert_true(data->info->exit_code == 3 && data->info->duration_ns > 0);
    assert_true(data->info->process[0].duration_ns == data->info->duration_ns);
    assert_string_equal(data->info->note, "no PMU here");
    assert_string_equal(data->info->process[0].pkg, "m/p");
    assert_string_equal(data->info->process[0].argv[1], "-test.bench=.");
    assert_string_equal(data->info->tag[0].key, "a");
    snprintf(path, sizeof path, "%s/history/r/testrun.json", home);
    assert_int_equal(file_read(path, 1 << 20, &json, NULL), 0);
    assert_true(schema_check("proto/testrun.schema.json", json.text, json.size));
    strbuf_free(&json);
    run_data_free(data);
}

static void no_lines_no_trace(void **state)
{
    struct pg_settings settings = settings_for(NULL);
    struct session *s;

    (void)state;
    assert_int_equal(session_open(&settings, &plan, &target, &s, NULL), 0);
    assert_int_equal(session_close(s, 0, NULL), 0);
    assert_false(exists("history"));
}

/* Two binaries of one launcher share a run that nobody has named. */
static void sessions_share_a_run(void **state)
{
    struct pg_settings settings = settings_for(NULL);
    struct session_thread thread;
    struct session_line line = line_of(&thread);
    struct session *s[2];
    struct run_list list;
    struct run_data *data;
    char out[4096], path[PATH_MAX + 64];
    size_t size;

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(session_open(&settings, &plan, &target, &s[i], NULL), 0);
        assert_int_equal(session_line(s[i], &line, out, sizeof out, &size, NULL), 0);
    }
    for (int i = 0; i < 2; i++)
        assert_int_equal(session_close(s[i], 0, NULL), 0);
    snprintf(path, sizeof path, "%s/history", home);
    assert_int_equal(run_list(path, &list, NULL), 0);
    assert_int_equal(list.n, 1);
    assert_int_equal(run_load(list.entry[0].dir, &data, NULL), 0);
    assert_int_equal(data->n_records, 2);
    assert_int_equal(data->info->n_processes, 2);
    run_data_free(data);
    run_list_free(&list);
}

static void inline_off(void **state)
{
    struct pg_settings settings = settings_for("r");
    struct session_thread thread;
    struct session_line line = line_of(&thread);
    struct session *s;
    char out[4096];
    size_t size;

    (void)state;
    settings.inline_metrics = false;
    assert_int_equal(session_open(&settings, &plan, &target, &s, NULL), 0);
    assert_int_equal(session_line(s, &line, out, sizeof out, &size, NULL), 0);
    assert_int_equal(size, sizeof text - 1);
    assert_memory_equal(out, text, size);
    assert_true(exists("history/r/benchmarks.jsonl"));
    session_close(s, 0, NULL);
}

/* Whatever the capacity: nothing beyond it is written, Go's text is whole or absent, and what
 * follows it are whole metrics. */
static void small_buffers(void **state)
{
    struct pg_settings settings = settings_for("r");
    struct session_thread thread;
    struct session_line line = line_of(&thread);
    struct session *s;
    char out[256];
    size_t size;

    (void)state;
    assert_int_equal(session_open(&settings, &plan, &target, &s, NULL), 0);
    for (size_t capacity = 0; capacity < 150; capacity++) {
        struct gobench_line parsed;
        int rc;

        memset(out, '#', sizeof out);
        rc = session_line(s, &line, out, capacity, &size, NULL);
        assert_true(size <= capacity);
        assert_int_equal(out[size], '#');
        assert_int_equal(size == 0, capacity < sizeof text - 1);
        assert_int_equal(rc < 0, size == 0);
        assert_true(size == 0 || gobench_text((struct gobench_slice){out, size}, &parsed));
    }
    session_close(s, 0, NULL);
}

/* 0: as it should be. In a child, for a user without rights, with its own working directory. */
static int try_without_output(const struct pg_settings *settings, int want_code, const char *word)
{
    struct session_thread thread;
    struct session_line line = line_of(&thread);
    struct pg_error err = {0};
    struct session *s;
    char out[4096];
    size_t size = 0;
    int rc;

    if (session_open(settings, &plan, &target, &s, NULL) < 0)
        return 10;
    rc = session_line(s, &line, out, sizeof out, &size, &err);
    if (rc != -want_code || err.code != want_code)
        return 11;
    if (strstr(err.text, word) == NULL || strchr(err.text, '\n') != NULL)
        return 12;
    out[size] = '\0';
    if (strstr(out, "task-ns/op") == NULL || strstr(out, "123.4 ns/op") == NULL)
        return 13;
    return session_close(s, 0, &err) == 0 ? 0 : 14;
}

static void no_permission(void **state)
{
    struct pg_settings settings = settings_for(NULL);
    int status;

    (void)state;
    if (fork() == 0) {
        if (getuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
            _exit(9);
        chmod(home, 0555); /* ours only when not root */
        _exit(try_without_output(&settings, PG_E_PERMISSION, "PERFGO_OUTPUT"));
    }
    wait(&status);
    chmod(home, 0755);
    assert_int_equal(status, 0);
}

static void bad_run_name(void **state)
{
    struct pg_settings settings = settings_for("../x");

    (void)state;
    assert_int_equal(try_without_output(&settings, PG_E_INVALID, "PERFGO_RUN"), 0);
    settings.output = "/dev/null";
    settings.run = NULL;
    assert_true(try_without_output(&settings, PG_E_IO, "PERFGO_OUTPUT") == 0);
}

/* The test goes elsewhere, or its directory is gone: records stay where the test began. */
static void changed_directory(void **state)
{
    struct pg_settings settings = settings_for("r");
    struct session_thread thread;
    struct session_line line = line_of(&thread);
    struct session *s;
    char out[4096];
    size_t size;

    (void)state;
    settings.output = NULL;
    assert_int_equal(chdir(home), 0);
    assert_int_equal(file_replace("go.mod", "module m\n", 9, NULL), 0);
    assert_int_equal(session_open(&settings, &plan, &target, &s, NULL), 0);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(session_line(s, &line, out, sizeof out, &size, NULL), 0);
    assert_int_equal(session_close(s, 0, NULL), 0);
    assert_true(exists(".perfgo/history/r/benchmarks.jsonl"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_session),    TEST(no_lines_no_trace), TEST(sessions_share_a_run),
        TEST(inline_off),   TEST(small_buffers),     TEST(no_permission),
        TEST(bad_run_name), TEST(changed_directory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
