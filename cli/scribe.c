#include "cli/scribe.h"

#include "cli/linearity.h"
#include "cli/say.h"

#include "arch/arch.h"
#include "base/files.h"
#include "collect/jobs.h"
#include "collect/session.h"
#include "gobin/sites.h"
#include "pmu/simulate.h"
#include "proto/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a simulation redirects: the process's end is seen from outside. */
#define WANTED ((1u << SITE_EXIT) - 1 - (1u << SITE_REHEARSE))

enum { LARGEST_DUMP = 32 << 20 }; /* as callgrind_read has it */

struct scribe {
    const char *program, *dir, *label;
    struct notes *notes;
    struct elf_image *image;
    struct gobin *bin;
    struct pg_settings settings;
    struct pg_plan plan;
    struct jobs *jobs; /* NULL: there are no profiles */
    /* of the process that runs */
    struct words argv;
    struct session_target target;
    struct session *session;
    int ask, answer, stop[2];
    pthread_t thread;
    bool running;
    /* the thread's */
    struct pg_error first_error;
    bool profile_failed;
    char strings[SIMULATION_STRINGS + 4], text[SIMULATION_TEXT];
};

/* ---- before ---- */

static int make_brief(const struct gobin *bin, struct simulation_brief *brief, struct pg_error *err)
{
    int rc = gobin_layout(bin, &brief->layout, err);

    if (rc == 0)
        rc = gobin_sites(bin, WANTED, brief->site, MAX_SITES, err);
    brief->magic = SIMULATION_MAGIC;
    brief->n_sites = rc > 0 ? (uint64_t)rc : 0;
    return rc < 0 ? rc : 0;
}

int scribe_check(const struct gobin *bin, struct pg_error *err)
{
    struct simulation_brief brief = {0};

    return make_brief(bin, &brief, err);
}

static int leave_brief(struct scribe *s, struct pg_error *err)
{
    struct simulation_brief brief = {.seed = s->settings.seed,
                                     .iterations = s->settings.iterations};
    char *path = text_format("%s/" SIMULATION_BRIEF, s->dir);
    int rc = make_brief(s->bin, &brief, err);

    if (rc == 0)
        rc = file_replace(path, (const char *)&brief, sizeof brief, err);
    free(path);
    return rc;
}

int scribe_open(const char *original, const char *program, const char *dir, const char *label,
                struct notes *notes, struct scribe **out, struct pg_error *err)
{
    struct scribe *s = memory_grow(NULL, sizeof *s);
    struct pg_error why;
    int rc;

    memset(s, 0, sizeof *s);
    *s = (struct scribe){.program = program,
                         .dir = dir,
                         .label = label,
                         .notes = notes,
                         .ask = -1,
                         .answer = -1,
                         .stop = {-1, -1}};
    *out = s;
    if (pg_settings_from_env(&s->settings, environ, err->text, sizeof err->text) < 0)
        return -(err->code = PG_E_INVALID);
    rc = simulate_plan(s->settings.events, &s->plan, err);
    if (rc == 0)
        rc = elf_open(original, &s->image, err);
    if (rc == 0)
        rc = gobin_open(s->image, &s->bin, err);
    if (rc == 0)
        rc = leave_brief(s, err);
    if (rc == 0 && jobs_open(program, s->settings.seed, &s->jobs, &why) < 0)
        notes_add(notes, NULL, "%s: there are no profiles: %s", label, why.text);
    s->target = (struct session_target){.executable = original,
                                        .go_version = rc == 0 ? gobin_go_version(s->bin) : "",
                                        .module = rc == 0 ? gobin_module_path(s->bin) : "",
                                        .goarch = arch_host()->name};
    return rc;
}

/* ---- the thread ---- */

/* Reads all of it; false when nobody will write any more. */
static bool read_all(const struct scribe *s, void *to, size_t size)
{
    char *at = to;

    while (size > 0) {
        struct pollfd fds[] = {{.fd = s->ask, .events = POLLIN},
                               {.fd = s->stop[0], .events = POLLIN}};
        ssize_t n;

        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return false;
        if ((fds[0].revents & POLLIN) == 0) {
            if (fds[1].revents != 0)
                return false;
            continue;
        }
        n = read(s->ask, at, size);
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

/* Takes a string out of what came, and terminates it: there is room for one byte more each. */
static const char *take(const char **from, char **to, uint64_t size)
{
    char *text = *to;

    memmove(text, *from, size);
    text[size] = '\0';
    *from += size;
    *to += size + 1;
    return text;
}

static char *dump_of(const struct scribe *s, uint64_t part)
{
    return text_format("%s/callgrind.out.%llu", s->dir, (unsigned long long)part);
}

/* Adds the counts of a dump. */
static int read_dump(const struct scribe *s, uint64_t part, struct pg_counts *sum,
                     struct pg_error *err)
{
    char *path = dump_of(s, part);
    struct pg_counts one;
    int rc = simulate_read(path, &s->plan, &one, err);

    for (uint32_t i = 0; rc == 0 && i < s->plan.n_counters; i++)
        sum->value[i] += one.value[i];
    free(path);
    return rc;
}

/* Counts of a run; without a dump they are zero. `keep`: its dumps are left where they are. */
static int read_run(const struct scribe *s, const struct simulation_run *run, bool keep,
                    struct pg_counts *out, struct pg_error *err)
{
    int rc = 0;

    *out = (struct pg_counts){0};
    for (uint64_t i = 0; rc == 0 && i < run->dumps; i++)
        rc = read_dump(s, run->part - i, out, err);
    for (uint64_t i = 0; !keep && i < run->dumps; i++) {
        char *path = dump_of(s, run->part - i);

        unlink(path);
        free(path);
    }
    return rc;
}

static void read_own_cost(struct scribe *s, uint64_t part)
{
    const struct simulation_run empty = {.part = part, .dumps = 1};
    struct pg_counts counts;

    if (part != 0 && read_run(s, &empty, false, &counts, NULL) == 0)
        for (uint32_t i = 0; i < s->plan.n_counters; i++)
            s->plan.counter[i].own_cost = counts.value[i];
}

/* One sentence per run, not one per benchmark or file. */
static void remember(struct scribe *s, const struct pg_error *err)
{
    if (s->first_error.code == 0)
        s->first_error = *err;
}

/* Counts of the line's runs, into the record's terms. */
static void count(struct scribe *s, const struct simulation_line *told, struct session_line *line)
{
    struct pg_error err;

    line->counted = told->full.iterations;
    line->windows = told->full.windows;
    line->half_counted = told->half.iterations;
    line->half_windows = told->half.windows;
    read_own_cost(s, told->empty_part);
    if (line->half_counted > 0 && read_run(s, &told->half, false, &line->half, NULL) < 0)
        line->half_counted = 0;
    if (line->counted > 0 && read_run(s, &told->full, true, &line->total, &err) < 0) {
        remember(s, &err);
        line->counted = 0;
    }
}

static void judge(const struct scribe *s, const struct session_line *line)
{
    struct linearity costs;

    if (linearity_differs(&s->plan, line, &costs))
        notes_add(s->notes, NULL,
                  "%s: %s costs %llu instructions/op in %llu iterations, but %llu in each of the "
                  "last %llu: its cost depends on their number, compare it with the same "
                  "--iterations only",
                  line->pkg, line->name, (unsigned long long)costs.mean,
                  (unsigned long long)line->counted, (unsigned long long)costs.margin,
                  (unsigned long long)(line->counted - line->half_counted));
}

static void make_profile(struct scribe *s)
{
    struct pg_error err;

    if (s->jobs != NULL && jobs_do(s->jobs, s->dir, &err) < 0 && !s->profile_failed) {
        notes_add(s->notes, NULL, "%s: %s", s->label, err.text);
        s->profile_failed = true;
    }
}

static bool answer(struct scribe *s, uint64_t size)
{
    char *at = s->text;

    if (write(s->answer, &size, sizeof size) != (ssize_t)sizeof size)
        return false;
    while (size > 0) {
        ssize_t n = write(s->answer, at, size);

        if (n <= 0 && errno != EINTR)
            return false;
        at += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* The path of a dump that has all of the run's, for a profile; NULL: there is to be none, or it
 * cannot be made, and that is remembered. */
static char *whole_dump(struct scribe *s, const struct simulation_run *run)
{
    char *last = run->dumps > 0 && s->jobs != NULL ? dump_of(s, run->part) : NULL;
    struct strbuf text = {0};
    struct pg_error err;
    int rc = 0;

    if (last == NULL || run->dumps == 1)
        return last;
    for (uint64_t i = 0; rc == 0 && i < run->dumps; i++) {
        char *path = dump_of(s, run->part - i);

        rc = file_read(path, LARGEST_DUMP, &text, &err);
        free(path);
    }
    if (rc == 0)
        rc = file_replace(last, text.text, text.size, &err);
    strbuf_free(&text);
    if (rc == 0)
        return last;
    remember(s, &err);
    free(last);
    return NULL;
}

static bool do_line(struct scribe *s, const struct simulation_line *told)
{
    const uint64_t all = told->pkg + told->name + told->printed_name + told->text;
    struct session_line line = {.simulated = true,
                                .n = told->n,
                                .duration_ns = (int64_t)told->duration_ns,
                                .iterations_run = told->iterations_run,
                                .text_size = told->text};
    char *to = s->strings, *dump = NULL;
    const char *from = s->strings + 4;
    struct pg_error err = {0};
    size_t size = 0;
    bool answered;

    if (all > SIMULATION_STRINGS || !read_all(s, s->strings + 4, all)) {
        pg_error_set(&err, PG_E_IO, "%s: its end cut a benchmark line off, which has no counts",
                     s->label);
        remember(s, &err);
        return false;
    }
    line.pkg = take(&from, &to, told->pkg);
    line.name = take(&from, &to, told->name);
    line.printed_name = take(&from, &to, told->printed_name);
    line.text = take(&from, &to, told->text);
    if (line.printed_name[0] == '\0')
        line.printed_name = NULL;
    count(s, told, &line);
    if (line.counted > 0)
        line.dump = dump = whole_dump(s, &told->full);
    if (session_line(s->session, &line, s->text, sizeof s->text, &size, &err) < 0)
        remember(s, &err);
    answered = answer(s, size);
    judge(s, &line);
    make_profile(s);
    free(dump);
    return answered;
}

static void say_armed(const struct scribe *s)
{
    char *how = text_format("%s, back end simulate", s->target.go_version);

    notes_armed(s->notes, how);
    free(how);
}

static void *run(void *context)
{
    struct scribe *s = context;
    struct simulation_line told;

    while (read_all(s, &told, sizeof told))
        if (told.armed != 0)
            say_armed(s);
        else if (!do_line(s, &told))
            break;
    close(s->answer); /* nobody waits for one any more */
    s->answer = -1;
    return NULL;
}

/* ---- a process ---- */

/* A fifo that is open at both ends here, so that nobody waits for the other end. */
static int make_fifo(const struct scribe *s, const char *name, struct pg_error *err)
{
    char *path = text_format("%s/%s", s->dir, name);
    int fd = -1;

    unlink(path);
    if (mkfifo(path, 0600) == 0)
        fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        pg_error_errno(err, PG_E_IO, errno, "cannot make the fifo %s", path);
    free(path);
    return fd;
}

static void close_all(struct scribe *s)
{
    int *const fds[] = {&s->ask, &s->answer, &s->stop[0], &s->stop[1]};

    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (*fds[i] >= 0)
            close(*fds[i]);
        *fds[i] = -1;
    }
}

int scribe_begin(struct scribe *s, const struct words *args, struct pg_error *err)
{
    int rc = 0;

    words_free(&s->argv);
    words_add(&s->argv, s->target.executable);
    words_add_all(&s->argv, args->item, args->n);
    s->target.argc = (int)s->argv.n;
    s->target.argv = s->argv.item;
    s->ask = make_fifo(s, SIMULATION_ASK, err);
    s->answer = s->ask >= 0 ? make_fifo(s, SIMULATION_ANSWER, err) : -1;
    if (s->answer < 0)
        return -PG_E_IO;
    if (pipe2(s->stop, O_CLOEXEC) < 0)
        return pg_error_errno(err, PG_E_LIMIT, errno, "no descriptors to simulate with");
    rc = session_open(&s->settings, &s->plan, &s->target, &s->session, err);
    if (rc < 0)
        return rc;
    rc = pthread_create(&s->thread, NULL, run, s);
    s->running = rc == 0;
    return rc == 0 ? 0 : pg_error_errno(err, PG_E_LIMIT, rc, "cannot start a thread");
}

void scribe_started(struct scribe *s, pid_t pid)
{
    __atomic_store_n(&s->target.pid, (int32_t)pid, __ATOMIC_RELEASE);
}

void scribe_end(struct scribe *s, int exit_code)
{
    struct pg_error err = {0};

    if (s->running) {
        close(s->stop[1]); /* the reading end sees that */
        s->stop[1] = -1;
        pthread_join(s->thread, NULL);
        s->running = false;
    }
    if (s->session != NULL) {
        if (session_lines(s->session) > 0)
            notes_add(s->notes, NULL, "%s", s->plan.note);
        if (session_close(s->session, exit_code, &err) < 0)
            remember(s, &err);
        s->session = NULL;
    }
    close_all(s);
}

void scribe_close(struct scribe *s)
{
    if (s == NULL)
        return;
    scribe_end(s, -1);
    if (s->first_error.code != 0)
        notes_add(s->notes, NULL, "%s", s->first_error.text);
    jobs_close(s->jobs);
    gobin_close(s->bin);
    elf_close(s->image);
    words_free(&s->argv);
    free(s);
}
