/* Recordings that perfgo writes: read back, judged by perf, cut short, and damaged. */
#include "perfdata/format.h"
#include "perfdata/perfdata.h"
#include "perfdata/write.h"

#include "base/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

enum {
    PID = 4711,
    TYPE = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
           PERF_SAMPLE_PERIOD | PERF_SAMPLE_CALLCHAIN
};

static const struct perf_event_attr clock_attr = {
    .type = PERF_TYPE_SOFTWARE,
    .config = PERF_COUNT_SW_CPU_CLOCK,
    .sample_period = 1000000,
    .sample_type = TYPE,
    .read_format = PERF_FORMAT_ID,
    .sample_id_all = 1,
};

static char path[64];

static int make_path(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/perfgo-perfdata.%d", (int)getpid());
    return 0;
}

static int remove_path(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static void put_sample(struct perfdata_writer *w, uint64_t id, uint64_t time, uint64_t ip)
{
    uint64_t word[] = {
        0, id, ip, (uint64_t)PID << 32 | PID, time, 7, 3, (uint64_t)PERF_CONTEXT_USER, ip, ip + 16};
    struct perf_event_header header = {PERF_RECORD_SAMPLE, PERF_RECORD_MISC_USER, sizeof word};

    memcpy(word, &header, sizeof header);
    perfdata_records(w, word, sizeof word);
}

/* Two events, a process, and samples whose order in the file is not that of time. */
static void write_recording(void)
{
    const struct perfdata_new_event event[] = {{"cpu-clock", clock_attr}, {"my:event", clock_attr}};
    const struct record_mmap map = {.pid = PID,
                                    .tid = PID,
                                    .addr = 0x400000,
                                    .len = 0x1000,
                                    .file = "/tmp/there is no such file",
                                    .prot = PROT_READ | PROT_EXEC,
                                    .flags = MAP_PRIVATE};
    char *argv[] = {(char[]){"perfgo"}, (char[]){"test"}, NULL};
    static const uint8_t id[] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                 11, 12, 13, 14, 15, 16, 17, 18, 19, 20};
    struct perfdata_writer *w = NULL;
    struct pg_error err = {0};

    if (perfdata_create(path, event, 2, &w, &err) != 0)
        fail_msg("%s", err.text);
    perfdata_id(w, 0, 100);
    perfdata_id(w, 0, 101);
    perfdata_id(w, 1, 200);
    perfdata_comm(w, PID, PID, "a name of a thread that is too long", true);
    perfdata_mmap(w, &map);
    perfdata_kernel(w, 0xffffffff81000000, 0xffffffff82000000);
    put_sample(w, 101, 30, 0x400030);
    put_sample(w, 200, 10, 0x400010);
    perfdata_round(w);
    put_sample(w, 100, 40, 0x400040);
    put_sample(w, 200, 20, 0x400020);
    perfdata_round(w);
    perfdata_file_id(w, map.file, PID, false, id, sizeof id);
    if (perfdata_finish(w, argv, &err) != 0)
        fail_msg("%s", err.text);
}

struct seen {
    uint64_t ip[8], event[8];
    size_t n;
    unsigned int maps, comms;
};

static int see(void *arg, const struct record *r, size_t event, struct pg_error *err)
{
    struct seen *seen = arg;

    (void)err;
    if (r->type == PERF_RECORD_MMAP2) {
        assert_int_equal(r->mmap.addr, 0x400000);
        assert_int_equal(r->mmap.len, 0x1000);
        assert_int_equal(r->mmap.prot, PROT_READ | PROT_EXEC);
        assert_string_equal(r->mmap.file, "/tmp/there is no such file");
        seen->maps++;
    } else if (r->type == PERF_RECORD_MMAP) {
        assert_int_equal(r->mmap.pid, UINT32_MAX);
        assert_int_equal(r->mmap.len, 0x1000000);
        assert_string_equal(r->mmap.file, "[kernel.kallsyms]_text");
        seen->maps++;
    } else if (r->type == PERF_RECORD_COMM) {
        assert_string_equal(r->comm.name, "a name of a thr");
        assert_true(r->misc & PERF_RECORD_MISC_COMM_EXEC);
        seen->comms++;
    } else if (r->type == PERF_RECORD_SAMPLE && seen->n < 8) {
        seen->event[seen->n] = event;
        seen->ip[seen->n++] = r->sample.ip;
        assert_int_equal(r->id.pid, PID);
        assert_int_equal(r->sample.n_callchain, 3);
    }
    return 0;
}

static void assert_recording(struct perfdata *p)
{
    static const uint64_t ip[] = {0x400010, 0x400020, 0x400030, 0x400040}, event[] = {1, 1, 0, 0};
    struct seen seen = {0};
    struct pg_error err = {0};

    assert_int_equal(perfdata_events(p), 2);
    assert_string_equal(perfdata_event(p, 0)->name, "cpu-clock");
    assert_string_equal(perfdata_event(p, 1)->name, "my:event");
    assert_int_equal(perfdata_event(p, 1)->attr.sample_period, 1000000);
    if (perfdata_read(p, see, &seen, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(seen.n, 4);
    assert_memory_equal(seen.ip, ip, sizeof ip);
    assert_memory_equal(seen.event, event, sizeof event);
    assert_int_equal(seen.maps, 2);
    assert_int_equal(seen.comms, 1);
}

static void test_round_trip(void **state)
{
    struct perfdata_build_id id;
    struct pg_error err = {0};
    struct perfdata *p;

    (void)state;
    write_recording();
    if (perfdata_open(path, &p, &err) != 0)
        fail_msg("%s", err.text);
    assert_recording(p);
    assert_true(perfdata_build_id(p, 0, &id));
    assert_string_equal(id.file, "/tmp/there is no such file");
    assert_string_equal(id.build_id, "0102030405060708090a0b0c0d0e0f1011121314");
    assert_false(id.kernel);
    assert_false(perfdata_build_id(p, 1, &id));
    perfdata_close(p);
}

/* What a visit returns ends the reading and comes back. */
static int stop(void *arg, const struct record *r, size_t event, struct pg_error *err)
{
    (void)r;
    (void)event;
    ++*(int *)arg;
    return pg_error_set(err, PG_E_LIMIT, "enough");
}

static void test_stop(void **state)
{
    struct pg_error err = {0};
    struct perfdata *p;
    int n = 0;

    (void)state;
    write_recording();
    assert_int_equal(perfdata_open(path, &p, &err), 0);
    assert_int_equal(perfdata_read(p, stop, &n, &err), -PG_E_LIMIT);
    assert_string_equal(err.text, "enough");
    assert_int_equal(n, 1);
    perfdata_close(p);
}

static char *output_of(const char *format)
{
    struct strbuf out = {0};
    char command[256], buf[4096];
    size_t n;
    FILE *f;

    snprintf(command, sizeof command, format, path);
    f = popen(command, "r");
    assert_non_null(f);
    while ((n = fread(buf, 1, sizeof buf, f)) > 0)
        strbuf_add(&out, buf, n);
    assert_int_equal(pclose(f), 0);
    strbuf_puts(&out, "");
    return out.text;
}

/* perf reads it, and has nothing to say about it. */
static void test_perf_reads_it(void **state)
{
    char *text;

    (void)state;
    if (system("perf --version >/dev/null 2>&1") != 0) {
        print_message("perf is not installed\n");
        skip();
    }
    write_recording();
    text = output_of("perf script -F comm,tid,time,period,event,ip -i %s 2>&1");
    assert_non_null(strstr(text, "a name of a thr  4711     0.000000:          7  my:event: "));
    assert_non_null(strstr(text, "          7 cpu-clock: "));
    assert_non_null(strstr(text, "\n\t              40\n\t              50\n"));
    free(text);
    text = output_of("perf script -i %s 2>&1 >/dev/null");
    assert_string_equal(text, "");
    free(text);
    text = output_of("perf report --stdio -i %s 2>&1 >/dev/null");
    assert_string_equal(text, "");
    free(text);
    text = output_of("perf report --stdio --header -i %s 2>&1");
    assert_non_null(strstr(text, "# cmdline : perfgo test"));
    assert_non_null(strstr(text, "# perf version : perfgo"));
    free(text);
    text = output_of("perf buildid-list -i %s 2>&1");
    assert_string_equal(text,
                        "0102030405060708090a0b0c0d0e0f1011121314 /tmp/there is no such file\n");
    free(text);
}

static struct strbuf recording(void)
{
    struct strbuf text = {0};

    write_recording();
    assert_int_equal(file_read(path, 1 << 20, &text, NULL), 0);
    return text;
}

/* Of every beginning: never taken for the whole, never read beyond. */
static void test_cut(void **state)
{
    struct strbuf text = recording();

    (void)state;
    for (size_t n = 0; n < text.size; n++) {
        char *copy = malloc(n + 1);
        struct perfdata *p = NULL;
        struct pg_error err = {0};
        struct seen seen = {0};
        int rc;

        memcpy(copy, text.text, n);
        rc = perfdata_parse(copy, n, &p, &err);
        if (rc == 0)
            rc = perfdata_read(p, see, &seen, &err);
        if (rc != -PG_E_FORMAT || err.text[0] == '\0')
            fail_msg("%zu bytes of %zu: %d %s", n, text.size, rc, err.text);
        perfdata_close(p);
        free(copy);
    }
    strbuf_free(&text);
}

static void test_sentences(void **state)
{
    static const struct {
        size_t at; /* of a word that is replaced */
        uint64_t word;
        int code;
        const char *says;
    } rows[] = {
        {0, 0x1122334455667788, PG_E_FORMAT, "not a recording"},
        {0, PERFDATA_MAGIC_SWAPPED, PG_E_UNSUPPORTED, "other byte order"},
        {0, PERFDATA_MAGIC_OLD, PG_E_UNSUPPORTED, "before 2011"},
        {offsetof(struct perfdata_header, attr_size), 8, PG_E_FORMAT, "does not know"},
        {offsetof(struct perfdata_header, attrs.offset), UINT64_MAX - 8, PG_E_FORMAT, "cut short"},
        {offsetof(struct perfdata_header, attrs.size), 0, PG_E_FORMAT, "cut short"},
        {offsetof(struct perfdata_header, data.size), 0, PG_E_FORMAT, "not ended in order"},
        {offsetof(struct perfdata_header, data.size), UINT64_MAX, PG_E_FORMAT, "cut short"},
        {offsetof(struct perfdata_header, features), 1 << 24, PG_E_UNSUPPORTED, "--threads"},
        {sizeof(struct perfdata_header), PERFDATA_COMPRESSED | 16ull << 48, PG_E_UNSUPPORTED, "-z"},
        {sizeof(struct perfdata_header), PERF_RECORD_COMM | 4ull << 48, PG_E_FORMAT, "cut short"},
        {sizeof(struct perfdata_header), PERF_RECORD_SAMPLE | 16ull << 48, PG_E_FORMAT,
         "at byte 104: a record of type 9 with 16 bytes is shorter than what it holds"},
    };
    struct strbuf text = recording();

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *copy = malloc(text.size);
        struct perfdata *p = NULL;
        struct pg_error err = {0};
        struct seen seen = {0};

        memcpy(copy, text.text, text.size);
        memcpy(copy + rows[i].at, &rows[i].word, sizeof rows[i].word);
        if (perfdata_parse(copy, text.size, &p, &err) == 0)
            perfdata_read(p, see, &seen, &err);
        if (err.code != rows[i].code || strstr(err.text, rows[i].says) == NULL)
            fail_msg("row %zu: %d %s", i, err.code, err.text);
        perfdata_close(p);
        free(copy);
    }
    strbuf_free(&text);
    assert_int_equal(perfdata_open("/tmp", &(struct perfdata *){NULL}, NULL), -PG_E_UNSUPPORTED);
    assert_int_equal(perfdata_open("/dev/null", &(struct perfdata *){NULL}, NULL), -PG_E_FORMAT);
    assert_int_equal(perfdata_open("/no/such", &(struct perfdata *){NULL}, NULL), -PG_E_NOTFOUND);
}

static void put_own(struct strbuf *b, uint32_t type, const void *body, size_t size)
{
    struct perf_event_header header = {type, 0, (uint16_t)(sizeof header + size)};

    strbuf_add(b, (const char *)&header, sizeof header);
    strbuf_add(b, body, size);
}

/* As perf record -o - writes it: what the sections would say comes in records. */
static void test_pipe(void **state)
{
    static const uint64_t magic[] = {PERFDATA_MAGIC, PERFDATA_PIPE_HEADER};
    struct perf_event_attr attr[2] = {clock_attr, clock_attr};
    uint64_t update[3] = {PERFDATA_UPDATE_NAME, 200};
    uint8_t attr_body[sizeof attr[0] + 16];
    uint64_t id[2] = {100, 101}, length = 5; /* of data that is no record, padded to 8 */
    struct seen seen = {0};
    struct strbuf file = recording(), pipe = {0};
    struct perfdata_header h;
    struct pg_error err = {0};
    struct perfdata *p;

    (void)state;
    memcpy(&h, file.text, sizeof h);
    strbuf_add(&pipe, (const char *)magic, sizeof magic);
    attr[0].size = attr[1].size = sizeof attr[0];
    memcpy(attr_body, &attr[0], sizeof attr[0]);
    memcpy(attr_body + sizeof attr[0], id, 16);
    put_own(&pipe, PERFDATA_ATTR, attr_body, sizeof attr_body);
    id[0] = 200;
    memcpy(attr_body + sizeof attr[0], id, 8);
    put_own(&pipe, PERFDATA_ATTR, attr_body, sizeof attr_body - 8);
    memcpy(&update[2], "my:even", 8);
    put_own(&pipe, PERFDATA_EVENT_UPDATE, update, sizeof update);
    put_own(&pipe, PERFDATA_TRACING_DATA, &length, 8);
    strbuf_add(&pipe, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
    strbuf_add(&pipe, file.text + h.data.offset, h.data.size);
    if (perfdata_parse(pipe.text, pipe.size, &p, &err) != 0)
        fail_msg("%s", err.text);
    assert_string_equal(perfdata_event(p, 1)->name, "my:even");
    assert_int_equal(perfdata_read(p, see, &seen, &err), 0);
    assert_int_equal(seen.n, 4);
    assert_int_equal(seen.event[0], 1);
    assert_int_equal(seen.ip[3], 0x400040);
    perfdata_close(p);
    strbuf_free(&pipe);
    strbuf_free(&file);
}

/* A file that cannot be written says so at its end, and leaves nothing behind. */
static void test_full_disk(void **state)
{
    const struct perfdata_new_event event = {"cpu-clock", clock_attr};
    struct perfdata_writer *w = NULL;
    struct pg_error err = {0};

    (void)state;
    assert_int_equal(perfdata_create("/no/such/directory/x", &event, 1, &w, &err), -PG_E_IO);
    assert_null(w);
    assert_int_equal(perfdata_create(path, &event, 0, &w, &err), -PG_E_LIMIT);
    assert_int_equal(perfdata_create(path, &event, 1, &w, &err), 0);
    perfdata_discard(w);
    assert_int_not_equal(access(path, F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, make_path, remove_path),
        cmocka_unit_test_setup_teardown(test_stop, make_path, remove_path),
        cmocka_unit_test_setup_teardown(test_perf_reads_it, make_path, remove_path),
        cmocka_unit_test_setup_teardown(test_cut, make_path, remove_path),
        cmocka_unit_test_setup_teardown(test_sentences, make_path, remove_path),
        cmocka_unit_test_setup_teardown(test_pipe, make_path, remove_path),
        cmocka_unit_test_setup_teardown(test_full_disk, make_path, remove_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
