#include "bench/git.h"
#include "bench/run.h"
#include "schema_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SCHEMA "proto/testrun.schema.json"

static char home[PATH_MAX]; /* a directory of its own for each test */

static int set_up(void **state)
{
    (void)state;
    snprintf(home, sizeof home, "/tmp/perfgo-test-run-XXXXXX");
    return mkdtemp(home) == NULL || chmod(home, 0755) < 0;
}

static int tear_down(void **state)
{
    char command[PATH_MAX + 16];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", home);
    return system(command);
}

static const char *at(const char *name)
{
    static char path[4][PATH_MAX + 300];
    static unsigned turn;

    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[0], "%s/%s", home, name);
    return path[turn];
}

static void put(const char *name, const char *text)
{
    char dir[PATH_MAX + 300];

    snprintf(dir, sizeof dir, "%s", at(name));
    *strrchr(dir, '/') = '\0';
    assert_int_equal(file_mkdirs(dir, 0777), 0);
    assert_int_equal(file_replace(at(name), text, strlen(text), NULL), 0);
}

static struct run *create(const char *id)
{
    struct pg_error err = {0};
    struct run *run;

    if (run_create(at("history"), id, &run, &err) < 0)
        fail_msg("%s", err.text);
    return run;
}

static void assert_valid_info(const char *dir)
{
    char path[PATH_MAX];
    struct strbuf text = {0};

    snprintf(path, sizeof path, "%s/testrun.json", dir);
    assert_int_equal(file_read(path, 1 << 20, &text, NULL), 0);
    assert_true(schema_check(SCHEMA, text.text, text.size));
    strbuf_free(&text);
}

static void ids(void **state)
{
    static const struct {
        const char *id;
        bool valid;
    } rows[] = {
        {"20261120-110000-00000000", true},
        {"my run", true},
        {"...", true},
        {"", false},
        {".", false},
        {"..", false},
        {"a/b", false},
        {"../x", false},
        {"a\nb", false},
        {"a\x7f", false},
        {"\xc3\x9c", true},
    };
    char long_id[300], a[RUN_ID_SIZE], b[RUN_ID_SIZE];
    struct run_launcher launcher;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (run_id_valid(rows[i].id) != rows[i].valid)
            fail_msg("\"%s\"", rows[i].id);
    memset(long_id, 'x', sizeof long_id);
    long_id[256] = '\0';
    assert_false(run_id_valid(long_id));
    long_id[255] = '\0';
    assert_true(run_id_valid(long_id));
    assert_int_equal(run_launcher(getpid(), &launcher, NULL), 0);
    assert_int_equal(run_default_id(&launcher, a, NULL), 0);
    assert_int_equal(run_default_id(&launcher, b, NULL), 0);
    assert_string_equal(a, b);
    assert_int_equal(strspn(a, "0123456789abcdef-"), 24);
    assert_int_equal(strlen(a), 24);
    launcher.start_ticks++;
    assert_int_equal(run_default_id(&launcher, b, NULL), 0);
    assert_string_not_equal(a, b);
    assert_true(run_launcher(0x7ffffff0, &launcher, NULL) < 0);
}

/* A process named `name` runs `then`, whose launcher is written to *out. */
static struct run_launcher launched_by(const char *name, const char *middle)
{
    struct run_launcher out = {0};
    int fd[2], status;
    pid_t pid;

    assert_int_equal(pipe(fd), 0);
    pid = fork();
    if (pid == 0) {
        char path[] = "/proc/self/comm";
        pid_t child;

        assert_int_equal(file_write_all(open(path, O_WRONLY), name, strlen(name)), 0);
        child = fork();
        if (child == 0 && middle != NULL) {
            file_write_all(open(path, O_WRONLY), middle, strlen(middle));
            child = fork();
        }
        if (child == 0) {
            struct run_launcher l = {0};

            run_launcher(getpid(), &l, NULL);
            file_write_all(fd[1], (char *)&l, sizeof l);
            _exit(0);
        }
        waitpid(child, &status, 0);
        _exit(0);
    }
    assert_int_equal(read(fd[0], &out, sizeof out), sizeof out);
    waitpid(pid, &status, 0);
    close(fd[0]);
    close(fd[1]);
    out.pid = out.pid == pid; /* 1: the outermost process is the launcher */
    return out;
}

static void launchers(void **state)
{
    static const struct {
        const char *outer, *middle;
        bool is_go;
    } rows[] = {
        {"go", NULL, true},  {"go", "perfgo", true},  {"sh", NULL, false},
        {"go", "sh", false}, {"sh", "perfgo", false}, {"go (x) y", NULL, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct run_launcher l = launched_by(rows[i].outer, rows[i].middle);

        if (l.is_go != rows[i].is_go || (l.pid == 1) != rows[i].is_go)
            fail_msg("row %zu: is_go %d, outermost %d", i, l.is_go, l.pid);
        assert_true(l.start_ticks > 0);
    }
}

static void history_dirs(void **state)
{
    char out[PATH_MAX];

    (void)state;
    put("m/go.mod", "module m\n");
    put("m/a/b/x", "");
    assert_int_equal(run_history_dir(NULL, NULL, at("m/a/b"), out, sizeof out, NULL), 0);
    assert_string_equal(out, at("m/.perfgo/history"));
    assert_int_equal(run_history_dir(NULL, NULL, at("m"), out, sizeof out, NULL), 0);
    assert_string_equal(out, at("m/.perfgo/history"));
    assert_int_equal(run_history_dir(NULL, NULL, home, out, sizeof out, NULL), 0);
    assert_string_equal(out, at(".perfgo/history"));
    assert_int_equal(run_history_dir("/abs", "/base", home, out, sizeof out, NULL), 0);
    assert_string_equal(out, "/abs/history");
    assert_int_equal(run_history_dir("rel", "/base", home, out, sizeof out, NULL), 0);
    assert_string_equal(out, "/base/rel/history");
    assert_int_equal(run_history_dir("rel", NULL, "/cwd", out, sizeof out, NULL), 0);
    assert_string_equal(out, "/cwd/rel/history");
    assert_true(run_history_dir("rel", NULL, "/cwd", out, 8, NULL) < 0);
}

enum { WRITERS = 8, LINES = 200 };

static void write_many(int writer)
{
    struct run *run = create("shared");
    struct run_process p = {.pid = getpid(),
                            .start_ns = 1000000000ll * (writer + 1),
                            .pkg = "p",
                            .has_result = true,
                            .exit_code = writer == 3   ? 2
                                         : writer == 5 ? 1
                                                       : 0,
                            .duration_ns = 500000000,
                            .lines = LINES};
    char pkg[16];
    int failed = 0;

    snprintf(pkg, sizeof pkg, "p%d", writer);
    for (int i = 0; i < LINES; i++) {
        const struct record_head head = {.pkg = pkg, .name = "BenchmarkX", .n = (uint64_t)i + 1};
        struct strbuf json = {0};
        struct record *r;

        failed |= record_new(&head, &r, NULL) < 0 || record_to_json(r, &json, NULL) < 0 ||
                  run_append(run, json.text, json.size, NULL) < 0;
        record_free(r);
        strbuf_free(&json);
    }
    failed |= run_update_process(run, &p, NULL) < 0;
    run_close(run);
    _exit(failed);
}

static void many_writers(void **state)
{
    unsigned seen[WRITERS] = {0};
    struct run_data *data;
    int status;

    (void)state;
    for (int i = 0; i < WRITERS; i++)
        if (fork() == 0)
            write_many(i);
    for (int i = 0; i < WRITERS; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(run_load(at("history/shared"), &data, NULL), 0);
    assert_int_equal(data->bad_lines, 0);
    assert_int_equal(data->n_records, WRITERS * LINES);
    for (size_t i = 0; i < data->n_records; i++) {
        int writer = data->record[i]->pkg[1] - '0';

        assert_true(data->record[i]->n == ++seen[writer]); /* each writer's lines in order */
    }
    assert_int_equal(data->info->n_processes, WRITERS);
    assert_true(data->info->exit_code == 2 || data->info->exit_code == 1);
    assert_true(data->info->duration_ns == 7500000000ll);
    assert_valid_info(data->dir);
    run_data_free(data);
}

static void description(void **state)
{
    static const char *const argv[] = {"go", "test", "-bench=.", "\xff", NULL};
    static const char *const cli[] = {"perfgo", "test", NULL};
    const struct record_tag setting = {"PERFGO_FREQ", "99"};
    struct run_description d = {.command = argv,
                                .go_version = "go1.26.8",
                                .goos = "linux",
                                .goarch = "amd64",
                                .module = "m",
                                .cwd = home,
                                .tags = "a=b",
                                .backend = "timer",
                                .note = "why",
                                .setting = &setting,
                                .n_settings = 1};
    struct run *run = create("one");
    struct run_data *data;
    static struct pg_plan plan = {.n_counters = 1,
                                  .counter = {{.name = "task-clock",
                                               .unit = "task-ns/op",
                                               .scale = 2,
                                               .backend = PG_BACKEND_TIMER,
                                               .own_cost = 3}}};

    (void)state;
    put(".git/HEAD", "ref: refs/heads/main\n");
    put(".git/refs/heads/main", "0123456789abcdef0123456789abcdef01234567\n");
    d.plan = &plan;
    assert_int_equal(run_update_description(run, &d, NULL), 0);
    d.go_version = "go9";
    d.module = NULL;
    assert_int_equal(run_update_description(run, &d, NULL), 0); /* the first one stays */
    assert_int_equal(run_update_command(run, cli, NULL), 0);
    assert_int_equal(run_update_git_dirty(run, true, NULL), 0);
    assert_int_equal(run_update_result(run, 1, 42, NULL), 0);
    assert_int_equal(run_load(run_dir(run), &data, NULL), 0);
    assert_string_equal(data->id, "one");
    assert_string_equal(data->info->id, "one");
    assert_string_equal(data->info->go_version, "go1.26.8");
    assert_string_equal(data->info->module, "m");
    assert_string_equal(data->info->command[0], "perfgo");
    assert_null(data->info->command[2]);
    assert_string_equal(data->info->git_branch, "main");
    assert_string_equal(data->info->git_commit, "0123456789abcdef0123456789abcdef01234567");
    assert_true(data->info->has_git_dirty && data->info->git_dirty);
    assert_true(data->info->has_exit_code && data->info->exit_code == 1);
    assert_true(data->info->duration_ns == 42);
    assert_int_equal(data->info->n_events, 1);
    assert_true(data->info->event[0].own_cost == 6);
    assert_string_equal(data->info->setting[0].key, "PERFGO_FREQ");
    assert_string_equal(data->info->tag[0].value, "b");
    assert_true(data->info->cpus > 0 && data->info->kernel != NULL);
    assert_valid_info(run_dir(run));
    run_data_free(data);
    run_close(run);
}

static void unknown_members_are_kept(void **state)
{
    struct run *run = create("kept");
    struct strbuf text = {0};

    (void)state;
    put("history/kept/testrun.json",
        "{\"schema\":1,\"id\":\"kept\",\"time\":\"2026-01-01T00:00:00Z\",\"future\":{\"x\":[1]}}");
    assert_int_equal(run_update_result(run, 0, 1, NULL), 0);
    assert_int_equal(file_read(at("history/kept/testrun.json"), 4096, &text, NULL), 0);
    assert_non_null(strstr(text.text, "\"future\""));
    strbuf_free(&text);
    run_close(run);
}

static void git_states(void **state)
{
    static const char one[] = "1111111111111111111111111111111111111111";
    static const char two[] = "2222222222222222222222222222222222222222";
    char packed[300], line[PATH_MAX + 300];
    struct git_state git;

    (void)state;
    assert_false(git_read(at("nowhere"), &git));
    snprintf(packed, sizeof packed,
             "# pack-refs with: peeled\n%s refs/heads/mainx\n%s refs/heads/main\n^%s\n", one, two,
             one);
    put("r/.git/packed-refs", packed);
    put("r/.git/HEAD", "ref: refs/heads/main\n");
    put("r/sub/x", "");
    assert_true(git_read(at("r/sub"), &git));
    assert_string_equal(git.commit, two);
    assert_string_equal(git.branch, "main");
    put("r/.git/refs/heads/main", one); /* loose wins over packed */
    assert_true(git_read(at("r"), &git));
    assert_string_equal(git.commit, one);
    put("r/.git/HEAD", two); /* detached */
    assert_true(git_read(at("r"), &git));
    assert_string_equal(git.commit, two);
    assert_string_equal(git.branch, "");
    /* a worktree */
    put("r/.git/worktrees/w/HEAD", "ref: refs/heads/main\n");
    put("r/.git/worktrees/w/commondir", "../..\n");
    snprintf(line, sizeof line, "gitdir: %s\n", at("r/.git/worktrees/w"));
    put("w/.git", line);
    assert_true(git_read(at("w"), &git));
    assert_string_equal(git.commit, one);
    /* hostile or unborn */
    put("r/.git/HEAD", "ref: refs/heads/../../../../../etc/passwd\n");
    assert_true(git_read(at("r"), &git));
    assert_string_equal(git.commit, "");
    put("r/.git/HEAD", "ref: refs/heads/unborn\n");
    assert_true(git_read(at("r"), &git));
    assert_string_equal(git.commit, "");
    assert_string_equal(git.branch, "unborn");
}

#define RECORD "{\"schema\":1,\"pkg\":\"p\",\"name\":\"B\",\"n\":1,\"metrics\":{}}"

static void torn_lines(void **state)
{
    struct run *run = create("torn");
    struct run_data *data;
    struct strbuf text = {0};

    (void)state;
    put("history/torn/benchmarks.jsonl", RECORD "\n\n" RECORD "\n{\"schema\":1,\"pk");
    assert_int_equal(run_load(run_dir(run), &data, NULL), 0);
    assert_int_equal(data->n_records, 2);
    assert_int_equal(data->bad_lines, 1);
    assert_int_equal(data->first_bad_line, 4);
    assert_true(data->bad_line.text[0] != '\0');
    run_data_free(data);
    /* What follows a torn line is not lost with it. */
    assert_int_equal(run_append(run, RECORD, strlen(RECORD), NULL), 0);
    assert_int_equal(run_load(run_dir(run), &data, NULL), 0);
    assert_int_equal(data->n_records, 3);
    assert_int_equal(data->bad_lines, 1);
    run_data_free(data);
    assert_int_equal(file_read(at("history/torn/benchmarks.jsonl"), 4096, &text, NULL), 0);
    assert_int_equal(text.text[text.size - 1], '\n');
    strbuf_free(&text);
    /* A NUL, an over-long line, a damaged testrun.json. */
    put("history/torn/testrun.json", "{\"schema\":1,\"id\":3}");
    strbuf_puts(&text, "\"");
    for (int i = 0; i < 17; i++) {
        char block[4096];

        memset(block, 'x', sizeof block);
        for (int k = 0; k < 256; k++)
            strbuf_add(&text, block, sizeof block);
    }
    strbuf_add(&text, "\n\0\n" RECORD, strlen(RECORD) + 3);
    assert_int_equal(file_replace(at("history/torn/benchmarks.jsonl"), text.text, text.size, NULL),
                     0);
    assert_int_equal(run_load(run_dir(run), &data, NULL), 0);
    assert_int_equal(data->n_records, 1);
    assert_int_equal(data->bad_lines, 2);
    assert_int_equal(data->first_bad_line, 1);
    assert_null(data->info);
    assert_int_equal(data->info_error.code, PG_E_FORMAT);
    run_data_free(data);
    strbuf_free(&text);
    run_close(run);
}

static void damaged_info_is_replaced(void **state)
{
    struct run *run = create("damaged");

    (void)state;
    put("history/damaged/testrun.json", "{\"schema\":");
    assert_int_equal(run_update_result(run, 0, 1, NULL), 0);
    assert_int_equal(access(at("history/damaged/testrun.json.damaged"), F_OK), 0);
    run_close(run);
    run = create("damaged");
    assert_valid_info(run_dir(run));
    run_close(run);
}

static void lists_and_names(void **state)
{
    static const struct {
        const char *which, *id;
        enum pg_code code;
    } rows[] = {
        {NULL, "20260103-a", PG_OK},       {"2026", NULL, PG_E_INVALID},
        {"20260102", "20260102-b", PG_OK}, {"20260101-a", "20260101-a", PG_OK},
        {"x", NULL, PG_E_NOTFOUND},        {"", NULL, PG_E_NOTFOUND},
        {"empty", NULL, PG_E_NOTFOUND},    {"./x", NULL, PG_E_NOTFOUND},
    };
    struct run_list list;
    char *dir;

    (void)state;
    assert_int_equal(run_list(at("history"), &list, NULL), 0);
    assert_int_equal(list.n, 0);
    assert_int_equal(run_resolve(at("history"), NULL, &dir, NULL), -PG_E_NOTFOUND);
    put("history/20260101-a/testrun.json", "{\"schema\":1,\"time\":\"2026-01-01T00:00:00Z\"}");
    put("history/20260101-abc/testrun.json", "{\"schema\":1,\"time\":\"2026-01-01T00:00:01Z\"}");
    put("history/20260103-a/testrun.json", "{\"schema\":1,\"time\":\"2026-01-09T00:00:00.5Z\"}");
    put("history/20260102-b/testrun.json", "{\"schema\":1,\"time\":\"2026-01-02T00:00:00Z\"}");
    put("history/empty/x", "");
    put("history/file", "");
    assert_int_equal(run_list(at("history"), &list, NULL), 0);
    assert_int_equal(list.n, 4);
    assert_string_equal(list.entry[0].id, "20260103-a");
    assert_string_equal(list.entry[3].id, "20260101-a");
    assert_true(list.entry[0].time == 1767916800);
    run_list_free(&list);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pg_error err = {0};
        int rc = run_resolve(at("history"), rows[i].which, &dir, &err);

        if (rc != -(int)rows[i].code)
            fail_msg("%s: %d %s", rows[i].which ? rows[i].which : "NULL", rc, err.text);
        if (rc == 0)
            assert_string_equal(strrchr(dir, '/') + 1, rows[i].id);
        free(dir);
    }
    assert_int_equal(run_resolve("/nowhere", at("history/20260102-b"), &dir, NULL), 0);
    free(dir);
    assert_true(run_load(at("nowhere"), &(struct run_data *){NULL}, NULL) == -PG_E_NOTFOUND);
}

/* A full file system, as a limit on the size of files: the torn part is taken back. */
static void no_space(void **state)
{
    struct rlimit before, limit;
    struct run *run = create("full");
    struct pg_error err = {0};
    struct run_data *data;
    char *big = calloc(1, 9000);
    int rc;

    (void)state;
    memset(big, 'x', 9000);
    assert_int_equal(run_append(run, RECORD, strlen(RECORD), NULL), 0);
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = 4096;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    rc = run_append(run, big, 9000, &err);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_DFL);
    assert_true(rc < 0);
    assert_non_null(strstr(err.text, "PERFGO_OUTPUT"));
    assert_int_equal(run_append(run, RECORD, strlen(RECORD), NULL), 0);
    assert_int_equal(run_load(run_dir(run), &data, NULL), 0);
    assert_int_equal(data->n_records, 2);
    assert_int_equal(data->bad_lines, 0);
    run_data_free(data);
    /* A device that is always full. */
    assert_int_equal(unlink(at("history/full/benchmarks.jsonl")), 0);
    assert_int_equal(symlink("/dev/full", at("history/full/benchmarks.jsonl")), 0);
    assert_true(run_append(run, RECORD, strlen(RECORD), &err) < 0);
    assert_non_null(strstr(err.text, "No space left"));
    run_close(run);
    free(big);
}

/* As a user without rights: the sentence names directory and cure. */
static void no_permission(void **state)
{
    struct pg_error err = {0};
    struct run *run;
    int status;

    (void)state;
    if (fork() == 0) {
        if (getuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
            _exit(9);
        if (run_create(at("ro/history"), "x", &run, &err) != -PG_E_PERMISSION)
            _exit(1);
        _exit(strstr(err.text, at("ro/history/x")) != NULL &&
                      strstr(err.text, "PERFGO_OUTPUT") != NULL
                  ? 0
                  : 2);
    }
    wait(&status);
    assert_int_equal(status, 0);
}

static int set_up_read_only(void **state)
{
    return set_up(state) || mkdir(at("ro"), 0555) < 0;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(ids),
        TEST(launchers),
        TEST(history_dirs),
        TEST(many_writers),
        TEST(description),
        TEST(unknown_members_are_kept),
        TEST(git_states),
        TEST(torn_lines),
        TEST(damaged_info_is_replaced),
        TEST(lists_and_names),
        TEST(no_space),
        cmocka_unit_test_setup_teardown(no_permission, set_up_read_only, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
