/* Command lines from tables: values, operands, settings, and that mistakes end with status 3. */
#include "cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct values {
    bool loud;
    const char *name;
    struct words many;
    uint64_t count;
    const struct shape *shape;
};

struct shape {
    const char *name;
    int corners;
};
static const struct shape triangle = {"triangle", 3}, square = {"square", 4};
static const void *const shapes[] = {&triangle, &square, NULL};

static const struct option_row rows[] = {
    {"loud", 'l', NULL, "be loud", OPTION_BOOL, offsetof(struct values, loud)},
    {"name", 0, "NAME", "a name", OPTION_TEXT, offsetof(struct values, name)},
    {"many", 'm', "X", "repeatable", OPTION_TEXTS, offsetof(struct values, many)},
    {"count", 'c', "N", "a number", OPTION_NUMBER, offsetof(struct values, count)},
    {"shape", 0, "NAME", "the shape", OPTION_CHOICE, offsetof(struct values, shape)},
};

static struct options table(enum operands operands, bool settings)
{
    return (struct options){"", "", rows, sizeof rows / sizeof rows[0], operands, settings, shapes};
}

/* argv for one parse; the parser may reorder it. */
struct line {
    char *argv[12];
    int argc;
};

static struct line line_of(const char *text)
{
    static char buffer[256];
    struct line l = {{"perfgo x"}, 1};

    snprintf(buffer, sizeof buffer, "%s", text);
    for (char *word = strtok(buffer, " "); word != NULL; word = strtok(NULL, " "))
        l.argv[l.argc++] = word;
    return l;
}

static void test_values(void **state)
{
    const struct options o = table(OPERANDS_ANYWHERE, false);
    struct line l = line_of("run1 -l --name=n -m a -c 7 -m b run2");
    struct option_result r;
    struct values v = {0};

    (void)state;
    options_parse(&o, l.argc, l.argv, &v, &r);
    assert_true(v.loud);
    assert_string_equal(v.name, "n");
    assert_int_equal(v.count, 7);
    assert_ptr_equal(v.shape, &triangle);
    assert_int_equal(v.many.n, 2);
    assert_string_equal(v.many.item[1], "b");
    assert_int_equal(r.words.n, 2);
    assert_string_equal(r.words.item[1], "run2");
    assert_int_equal(r.n_rest, 0);
    words_free(&v.many);
    options_free(&r);
    l = line_of("--shape square");
    options_parse(&o, l.argc, l.argv, &v, &r);
    assert_int_equal(v.shape->corners, 4);
    options_free(&r);
}

static void check_rest(enum operands operands, const char *text, size_t words, const char *rest)
{
    const struct options o = table(operands, false);
    struct line l = line_of(text);
    struct option_result r;
    struct values v = {0};
    char joined[256] = "";

    options_parse(&o, l.argc, l.argv, &v, &r);
    for (size_t i = 0; i < r.n_rest; i++) {
        strcat(joined, i > 0 ? " " : "");
        strcat(joined, r.rest[i]);
    }
    assert_int_equal(r.words.n, words);
    assert_string_equal(joined, rest);
    assert_null(r.rest[r.n_rest]);
    words_free(&v.many);
    options_free(&r);
}

static void test_operands(void **state)
{
    (void)state;
    check_rest(OPERANDS_COMMAND, "-l -- ./a.test -c x -- y", 0, "./a.test -c x -- y");
    check_rest(OPERANDS_COMMAND, "-l ./a.test -l", 0, "./a.test -l");
    check_rest(OPERANDS_COMMAND, "-l", 0, "");
    check_rest(OPERANDS_DASHES, "stat -l -- -bench=. ./...", 1, "-bench=. ./...");
    check_rest(OPERANDS_DASHES, "-l stat -- a -- b", 1, "a -- b");
    check_rest(OPERANDS_DASHES, "one two", 2, "");
    check_rest(OPERANDS_DASHES, "--", 0, "");
}

static void test_settings_reach_the_environment(void **state)
{
    const struct options o = table(OPERANDS_DASHES, true);
    struct line l = line_of("-e cycles --tag a=1 --no-inline --tag b=2 -b auto");
    struct option_result r;
    struct values v = {0};

    (void)state;
    setenv("PERFGO_BACKEND", "timer", 1);
    setenv("PERFGO_TAGS", "z=0", 1);
    setenv("PERFGO_MODE", "off", 1);
    options_parse(&o, l.argc, l.argv, &v, &r);
    options_export(&r.settings);
    assert_string_equal(getenv("PERFGO_EVENTS"), "cycles");
    assert_string_equal(getenv("PERFGO_INLINE"), "0");
    assert_string_equal(getenv("PERFGO_TAGS"), "z=0,a=1,b=2");
    assert_null(getenv("PERFGO_BACKEND")); /* the flag wins: auto is the default */
    assert_string_equal(getenv("PERFGO_MODE"), "off");
    assert_null(getenv("PERFGO_RUN"));
    options_free(&r);
    unsetenv("PERFGO_TAGS");
    unsetenv("PERFGO_MODE");
}

/* Exit status of a process that parses the line; its messages are dropped. */
static int exit_status(const char *text)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        const struct options o = table(OPERANDS_DASHES, true);
        struct line l = line_of(text);
        struct option_result r;
        struct values v = {0};

        fclose(stdout);
        fclose(stderr);
        options_parse(&o, l.argc, l.argv, &v, &r);
        _exit(100);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_mistakes(void **state)
{
    static const struct {
        const char *text;
        int status;
    } lines[] = {
        {"-l", 100},           {"--help", 0},        {"--nope", 3},         {"-Z", 3},
        {"--name", 3},         {"--count=x", 3},     {"--count=-1", 3},     {"--count=1x", 3},
        {"--tag novalue", 3},  {"--tag =v", 3},      {"--tag a=1,b", 3},    {"-b sundial", 3},
        {"-bench=. ./...", 3}, {"-b software", 100}, {"--shape=circle", 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (exit_status(lines[i].text) != lines[i].status)
            fail_msg("'%s' ends with %d, not %d", lines[i].text, exit_status(lines[i].text),
                     lines[i].status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_operands),
        cmocka_unit_test(test_settings_reach_the_environment),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
