/* The parts of a simulation that need no Valgrind: flags of a test binary, names and patterns,
 * caches, logs, durations. */
#include "cli/benchlist.h"
#include "cli/duration.h"
#include "cli/testflags.h"
#include "cli/valgrind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct words split(const char *text)
{
    struct words w = {0};
    struct pg_error err;

    assert_int_equal(words_split_quoted(text, &w, &err), 0);
    return w;
}

static void assert_joined(struct words *w, const char *want)
{
    char *text = NULL;

    assert_int_equal(words_join_quoted(w, &text, NULL), 0);
    assert_string_equal(text, want);
    free(text);
    words_free(w);
}

static void test_flag_values(void **state)
{
    static const struct {
        const char *args, *value; /* of -test.bench; NULL: not there */
    } rows[] = {
        {"-test.bench=a", "a"},
        {"--test.bench b", "b"},
        {"-test.bench=a -test.bench=b", "b"},
        {"-test.v -test.bench=a", "a"},
        {"-test.run -test.bench=a", NULL}, /* the value of -test.run */
        {"-golden dir -test.bench=a", "a"},
        {"-golden -test.bench=a", "a"},
        {"word -test.bench=a", NULL},
        {"-- -test.bench=a", NULL},
        {"-test.benchtime=1s", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct words w = split(rows[i].args);
        const char *value = testflags_value(&w, "bench");

        if (rows[i].value == NULL)
            assert_null(value);
        else
            assert_string_equal(value, rows[i].value);
        words_free(&w);
    }
}

static void test_flag_changes(void **state)
{
    struct words w =
        split("-test.v -test.benchtime 2s -test.bench . -test.benchtime=3s -- -test.benchtime=1s");

    (void)state;
    testflags_remove(&w, "benchtime");
    assert_joined(&w, "-test.v -test.bench . -- -test.benchtime=1s");
    w = split("-test.run x -test.bench . word");
    testflags_set(&w, "run", "^$");
    assert_joined(&w, "-test.run=^$ -test.bench . word");
}

static void test_patterns(void **state)
{
    static const struct {
        const char *pattern, *top;
    } rows[] = {
        {".", "."},
        {"A/b", "A"},
        {"A/b|C", "A|C"},
        {"A[/|]/b|D", "A[/|]|D"},
        {"(A/x|B)/c", "(A/x|B)"},
        {"A\\/b/c", "A\\/b"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *top = testflags_top_pattern(rows[i].pattern);

        assert_string_equal(top, rows[i].top);
        free(top);
    }
}

static void test_skip(void **state)
{
    static const struct {
        const char *begun, *skip;
    } rows[] = {
        {"A", "^A$"},
        {"A B", "^A$|^B$"},
        {"A A/x A/y", "^A$/^x$|^A$/^y$"}, /* A has more to come */
        {"A A/x B", "^A$|^A$/^x$|^B$"},
        {"Ab A/x+1", "^Ab$|^A$/^x\\+1$"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct words w = split(rows[i].begun);
        char *skip = benchlist_skip(&w);

        assert_string_equal(skip, rows[i].skip);
        free(skip);
        words_free(&w);
    }
}

static void test_install(void **state)
{
    (void)state;
    assert_string_equal(valgrind_install_command("NAME=x\nID=debian\n"),
                        "apt-get install valgrind");
    assert_string_equal(valgrind_install_command("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"),
                        "apt-get install valgrind");
    assert_string_equal(valgrind_install_command("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\""),
                        "dnf install valgrind");
    assert_string_equal(valgrind_install_command("ID=alpine\nVERSION_ID=3.20\n"),
                        "apk add valgrind");
    assert_string_equal(valgrind_install_command("ID=plan9\nVARIANT_ID=debian\n"), "");
    assert_string_equal(valgrind_install_command(""), "");
}

static const char *option(const struct words *w, const char *prefix)
{
    for (size_t i = 0; i < w->n; i++)
        if (strncmp(w->item[i], prefix, strlen(prefix)) == 0)
            return w->item[i] + strlen(prefix);
    return "";
}

static void test_caches(void **state)
{
    static const struct {
        const char *cache, *i1, *d1, *ll; /* i1 NULL: refused */
    } rows[] = {
        {NULL, "32768,8,64", "32768,8,64", "8388608,16,64"},
        {"L1=16K,4,32,LL=2M", "16384,4,32", "16384,4,32", "2097152,16,64"},
        {"D1=48K,12", "32768,8,64", "49152,12,64", "8388608,16,64"},
        {"LL=1048576,1,128", "32768,8,64", "32768,8,64", "1048576,1,128"},
        {"L1=33K", NULL, NULL, NULL},
        {"L2=1M", NULL, NULL, NULL},
        {"L1=", NULL, NULL, NULL},
        {"L1=32K,0", NULL, NULL, NULL},
        {"L1=32K,8,8", NULL, NULL, NULL},
        {"L1=32K,8,64,64", NULL, NULL, NULL},
        {"L1=0", NULL, NULL, NULL},
        {"L1=99999999999999999999", NULL, NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct words w = {0};
        struct pg_error err;
        int rc = valgrind_command(&w, "valgrind", "/d", rows[i].cache, &err);

        if (rows[i].i1 == NULL) {
            assert_int_equal(rc, -PG_E_INVALID);
            assert_non_null(strstr(err.text, rows[i].cache));
        } else {
            assert_int_equal(rc, 0);
            assert_string_equal(option(&w, "--I1="), rows[i].i1);
            assert_string_equal(option(&w, "--D1="), rows[i].d1);
            assert_string_equal(option(&w, "--LL="), rows[i].ll);
        }
        words_free(&w);
    }
}

static void test_log(void **state)
{
    static const struct {
        const char *log, *what;
        uint64_t address;
    } rows[] = {
        {"", "", 0},
        {"==7== some warning\n", "", 0},
        {"vex amd64->IR: unhandled instruction bytes: 0x62 0xF1 0x7D\n"
         "vex amd64->IR:   REX=0\n==7== valgrind: Unrecognised instruction at address 0x52e3a0.\n",
         "does not know the instruction 62 f1 7d", 0x52e3a0},
        {"ARM64 front end: load_store\ndisInstr(arm64): unhandled instruction 0x0420E3E0\n"
         "==7== valgrind: Unrecognised instruction at address 0x1234.\n",
         "does not know the instruction 0420e3e0", 0x1234},
        {"valgrind: the 'impossible' happened:\n   LibVEX called failure_exit().\n",
         "failed itself: LibVEX called failure_exit().", 0},
        {"Callgrind: threads.c:250 (x): Assertion 'csp < n' failed.\n",
         "failed itself: Assertion 'csp < n' failed.", 0},
    };
    char path[] = "/tmp/perfgo-unit-XXXXXX";
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct valgrind_failure f;

        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(pwrite(fd, rows[i].log, strlen(rows[i].log), 0), strlen(rows[i].log));
        valgrind_read_log(path, &f);
        assert_string_equal(f.what, rows[i].what);
        assert_int_equal(f.address, rows[i].address);
    }
    close(fd);
    unlink(path);
}

static void test_duration(void **state)
{
    uint64_t ns;

    (void)state;
    assert_true(duration_parse("90s", &ns) && ns == 90000000000);
    assert_true(duration_parse("1h30m", &ns) && ns == 5400000000000);
    assert_true(duration_parse("1.5ms", &ns) && ns == 1500000);
    assert_false(duration_parse("", &ns));
    assert_false(duration_parse("5", &ns));
    assert_false(duration_parse("-5s", &ns));
    assert_false(duration_parse("5x", &ns));
    assert_false(duration_parse("9999999h", &ns));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flag_values), cmocka_unit_test(test_flag_changes),
        cmocka_unit_test(test_patterns),    cmocka_unit_test(test_skip),
        cmocka_unit_test(test_install),     cmocka_unit_test(test_caches),
        cmocka_unit_test(test_log),         cmocka_unit_test(test_duration),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
