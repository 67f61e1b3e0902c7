/* Text of perf script: lines as versions of it print them. */
#include "perfdata/script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct {
    const char *line, *comm, *event;
    uint64_t tid, time_ns, period;
    size_t frames;
} heads[] = {
    {"hot  9662 14697.532232:          1 page-faults: ", "hot", "page-faults", 9662, 14697532232000,
     1, 0},
    {"hot 9662 [001] 14697.532232:    1001001 cpu-clock:pppH: ", "hot", "cpu-clock:pppH", 9662,
     14697532232000, 1001001, 0},
    {"hot 12/9662 [001] 1.5:  3 cycles:u:  400abc main.f+0x1c (/tmp/hot)", "hot", "cycles:u", 9662,
     1500000000, 3, 1},
    {"hot  9662     1.000000001: cycles: ", "hot", "cycles", 9662, 1000000001, 1, 0},
    {"a b: c 2  7 [000]  2.25:  9 cycles: ", "a b: c 2", "cycles", 7, 2250000000, 9, 0},
    {":-1 -1 x 4 5 1.000000:  9 my:event: ", ":-1 -1 x 4", "my:event", 5, 1000000000, 9, 0},
    {"swapper     0 [000]  3.000000:  4 cpu/event=0x3c,umask=0x0/: ffffffff8 f ([kernel.kallsyms])",
     "swapper", "cpu/event=0x3c,umask=0x0/", 0, 3000000000, 4, 1},
};

struct seen {
    struct script_sample sample;
    char comm[32];
    size_t n, frames;
};

static int see(void *arg, const struct script_sample *sample, struct pg_error *err)
{
    struct seen *seen = arg;

    (void)err;
    seen->sample = *sample;
    snprintf(seen->comm, sizeof seen->comm, "%.*s", (int)sample->comm.size, sample->comm.at);
    seen->frames += sample->n_frames;
    seen->n++;
    return 0;
}

static void test_heads(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        struct pg_error err = {0};
        struct seen seen = {0};
        struct script *s;

        if (script_parse(heads[i].line, strlen(heads[i].line), &s, &err) != 0 ||
            script_read(s, see, &seen, &err) != 0)
            fail_msg("row %zu: %s", i, err.text);
        assert_int_equal(seen.n, 1);
        assert_string_equal(seen.comm, heads[i].comm);
        assert_string_equal(script_event(s, seen.sample.event), heads[i].event);
        assert_int_equal(seen.sample.tid, heads[i].tid);
        assert_int_equal(seen.sample.time_ns, heads[i].time_ns);
        assert_int_equal(seen.sample.period, heads[i].period);
        assert_int_equal(seen.sample.n_frames, heads[i].frames);
        script_close(s);
    }
}

static const struct {
    const char *line;
    uint64_t address, offset;
    const char *symbol, *object;
    bool has_offset, inlined;
} frames[] = {
    {"\t          9f237 main.main+0x97 (/tmp/sy/hot)", 0x9f237, 0x97, "main.main", "/tmp/sy/hot",
     true, false},
    {"\tffffffff8175336a elf_load+0x28a ([kernel.kallsyms])", 0xffffffff8175336a, 0x28a, "elf_load",
     "[kernel.kallsyms]", true, false},
    {"\t    7fe44cef2ad7 [unknown] ([unknown])", 0x7fe44cef2ad7, 0, "[unknown]", "[unknown]", false,
     false},
    {"  9f237 main.(*T).f+0x1 (/a b/x (deleted))", 0x9f237, 1, "main.(*T).f", "/a b/x (deleted)",
     true, false},
    {"  9f237 slices.f[go.shape.int]+0x1 (/x)", 0x9f237, 1, "slices.f[go.shape.int]", "/x", true,
     false},
    {"  9f237 main.add (inlined)", 0x9f237, 0, "main.add", "inlined", false, true},
    {"  9f237 operator+0x (/x)", 0x9f237, 0, "operator+0x", "/x", false, false},
    {"  9f237 f(int, char)+0x2 (/x)", 0x9f237, 2, "f(int, char)", "/x", true, false},
    {"  9f237 (/x)", 0x9f237, 0, "[unknown]", "/x", false, false},
    {"  9f237 f", 0x9f237, 0, "f", "[unknown]", false, false},
    {"  9f237", 0x9f237, 0, "[unknown]", "[unknown]", false, false},
};

static void assert_text(struct script_text t, const char *want, const char *line)
{
    if (t.size != strlen(want) || memcmp(t.at, want, t.size) != 0)
        fail_msg("'%.*s' in place of '%s' in: %s", (int)t.size, t.at, want, line);
}

static void test_frames(void **state)
{
    struct script_frame f;

    (void)state;
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        const char *line = frames[i].line;

        assert_true(script_frame((struct script_text){line, strlen(line)}, &f));
        assert_int_equal(f.address, frames[i].address);
        assert_int_equal(f.offset, frames[i].offset);
        assert_int_equal(f.has_offset, frames[i].has_offset);
        assert_int_equal(f.inlined, frames[i].inlined);
        assert_text(f.symbol, frames[i].symbol, line);
        assert_text(f.object, frames[i].object, line);
    }
    assert_false(script_frame((struct script_text){"  xyz f (/x)", 12}, &f));
    assert_false(script_frame((struct script_text){"  11112222333344445 f", 21}, &f));
    assert_false(script_frame((struct script_text){"", 0}, &f));
}

/* Several events, records of other kinds, comments, and lines that end with CR LF. */
static void test_text(void **state)
{
    static const char text[] = "# a comment\n"
                               "hot 1 1.0: 1 a: \n\t1 f+0x1 (/x)\n\t2 g+0x1 (/x)\n\n"
                               "hot 1 1.0: PERF_RECORD_COMM: hot:1/1\n"
                               "hot 1 1.1: 1 b: \r\n\t1 f+0x1 (/x)\r\n\r\n"
                               "hot 1 1.2: 1 a: 3 h (/x)\n"
                               "hot 1 1.3: 1 c: ";
    struct pg_error err = {0};
    struct seen seen = {0};
    struct script *s;

    (void)state;
    if (script_parse(text, sizeof text - 1, &s, &err) != 0 || script_read(s, see, &seen, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(seen.n, 4);
    assert_int_equal(seen.frames, 4);
    assert_int_equal(script_events(s), 3);
    assert_string_equal(script_event(s, 1), "b");
    script_close(s);
}

static void test_sentences(void **state)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "no sample"},
        {"# nothing\n\n", "no sample"},
        {"hello\n", "line 1 is not what perf script prints: 'hello'"},
        {"hot 1 1.0: 1 a: \n\nBenchmarkX 1 2 ns/op\n", "line 3"},
        {"hot 1 1.0 1 a: \n", "line 1"},
        {"hot x 1.0: 1 a: \n", "line 1"},
        {"1 1.0: 1 a: \n", "line 1"},
        {"hot 1 99999999999999999999.0: 1 a: \n", "line 1"},
        {"hot 1 1.0123456789: 1 a: \n", "line 1"},
        {"\t1 f (/x)\n", "line 1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pg_error err = {0};
        struct script *s;

        assert_int_equal(script_parse(rows[i].text, strlen(rows[i].text), &s, &err), -PG_E_FORMAT);
        if (strstr(err.text, rows[i].says) == NULL)
            fail_msg("row %zu: %s", i, err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_sentences),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
