/* session.c - from finished benchmark lines to files and to text for Go to print.
 *
 * Everything here runs beside somebody's tests. Nothing is created before the first line; no
 * process is started; a run directory that cannot be written costs the files, never the numbers on
 * the line. The directory is found when the session opens, because a test may change its working
 * directory.
 */
#include "collect/session.h"
#include "base/files.h"
#include "base/locale.h"
#include "bench/line.h"
#include "bench/record.h"
#include "bench/run.h"
#include "collect/jobs.h"
#include "collect/sampled.h"
#include "collect/samples_perfdata.h"
#include "collect/waits_metrics.h"
#include "pmu/pmu.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct session {
    const struct pg_settings *settings;
    const struct pg_plan *plan;
    const struct session_target *target;
    char cwd[PATH_MAX], history[PATH_MAX], id[RUN_ID_SIZE];
    struct pg_error where; /* code != 0: history or id could not be found out */
    struct run_launcher launcher;
    int64_t start_ns;
    uint64_t start_mono_ns;
    char pkg[512];
    struct run *run; /* NULL until the first line, and while it cannot be created */
    uint64_t lines;
    /* The test binary, opened with the first profile. */
    struct elf_image *image;
    struct gobin *bin;
    char exe[PATH_MAX];
    struct sampled sampled;
};

static int64_t now_ns(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Where the user stands: the directory of the go command, if one started us. */
static const char *base_dir(const struct run_launcher *launcher, char *buf)
{
    char path[40];
    ssize_t n;

    if (!launcher->is_go)
        return NULL;
    snprintf(path, sizeof path, "/proc/%d/cwd", (int)launcher->pid);
    n = readlink(path, buf, PATH_MAX - 1);
    if (n <= 0)
        return NULL;
    buf[n] = '\0';
    return buf;
}

/* Fills cwd, history and id, or says in s->where why not. */
static int find_place(struct session *s)
{
    char base[PATH_MAX];
    const char *name = s->settings->run;
    int rc;

    if (getcwd(s->cwd, sizeof s->cwd) == NULL)
        return pg_error_errno(&s->where, PG_E_IO, errno, "cannot tell the working directory");
    rc = run_launcher(getpid(), &s->launcher, name != NULL ? NULL : &s->where);
    if (rc < 0 && name == NULL)
        return rc;
    rc = run_history_dir(s->settings->output, base_dir(&s->launcher, base), s->cwd, s->history,
                         sizeof s->history, &s->where);
    if (rc < 0)
        return rc;
    if (name == NULL)
        return run_default_id(&s->launcher, s->id, &s->where);
    if (!run_id_valid(name))
        return pg_error_set(&s->where, PG_E_INVALID,
                            "PERFGO_RUN=\"%.100s\" cannot name a run: give a file name without "
                            "slashes",
                            name);
    snprintf(s->id, sizeof s->id, "%s", name);
    return 0;
}

int session_open(const struct pg_settings *settings, const struct pg_plan *plan,
                 const struct session_target *target, struct session **out, struct pg_error *err)
{
    struct session *s = calloc(1, sizeof *s);

    *out = NULL;
    if (s == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory for a session");
    s->settings = settings;
    s->plan = plan;
    s->target = target;
    s->start_ns = now_ns(CLOCK_REALTIME);
    s->start_mono_ns = (uint64_t)now_ns(CLOCK_MONOTONIC);
    /* A place that cannot be found is reported with the first line; the metrics need none. */
    find_place(s);
    *out = s;
    return 0;
}

/* The command line of the launcher, or the test binary's own. The list points into *text. */
static const char **command_of(const struct session *s, struct strbuf *text)
{
    char path[40];
    size_t n = 0, max = 1;
    const char **argv;

    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)s->launcher.pid);
    if (!s->launcher.is_go || file_read(path, 4 << 20, text, NULL) < 0 || text->size == 0)
        return NULL;
    for (size_t i = 0; i < text->size; i++)
        max += text->text[i] == '\0';
    argv = calloc(max + 1, sizeof *argv);
    for (size_t i = 0; argv != NULL && i < text->size; i += strlen(text->text + i) + 1)
        argv[n++] = text->text + i;
    return argv;
}

/* A setting as text, NULL when unset. `buf` holds numbers and switches. */
static const char *setting_text(const struct pg_settings *settings,
                                const struct pg_setting_row *row, char buf[24])
{
    const void *field = (const char *)settings + row->offset;

    switch (row->type) {
    case PG_SETTING_STR:
        return *(const char *const *)field;
    case PG_SETTING_BOOL:
        return *(const bool *)field ? "1" : "0";
    case PG_SETTING_U64:
        snprintf(buf, 24, "%llu", (unsigned long long)*(const uint64_t *)field);
        return buf;
    }
    return NULL;
}

/* Settings that are not at their default, by variable name. */
static size_t settings_of(const struct pg_settings *settings, struct record_tag *out, size_t max,
                          char (*number)[24])
{
    struct pg_settings defaults;
    char buf[24];
    size_t n = 0;

    pg_settings_default(&defaults);
    for (size_t i = 0; i < pg_setting_count && n < max; i++) {
        const struct pg_setting_row *row = &pg_setting_rows[i];
        const char *value = setting_text(settings, row, number[n]);
        const char *normal = setting_text(&defaults, row, buf);

        if (!row->internal && value != NULL && (normal == NULL || strcmp(value, normal) != 0))
            out[n++] = (struct record_tag){row->env, value};
    }
    return n;
}

/* Puts what is known now about this process into testrun.json. */
static int put_process(struct session *s, bool finished, int exit_code, struct pg_error *err)
{
    const struct run_process p = {
        .pid = s->target->pid != 0 ? s->target->pid : getpid(),
        .start_ns = s->start_ns,
        .pkg = s->pkg,
        .argv = s->target->argc > 0 ? (const char *const *)s->target->argv : NULL,
        .backend = pmu_backend_name(s->plan->backend),
        .note = s->plan->note,
        .has_result = finished,
        .exit_code = exit_code,
        .duration_ns = now_ns(CLOCK_MONOTONIC) - (int64_t)s->start_mono_ns,
        .lines = s->lines,
    };

    return run_update_process(s->run, &p, err);
}

static int describe(struct session *s, struct pg_error *err)
{
    struct record_tag setting[64];
    char number[64][24];
    struct strbuf text = {0};
    const char **command = command_of(s, &text);
    const struct run_description d = {
        .command = command != NULL       ? command
                   : s->target->argc > 0 ? (const char *const *)s->target->argv
                                         : NULL,
        .go_version = s->target->go_version,
        .goos = "linux",
        .goarch = s->target->goarch,
        .module = s->target->module,
        .cwd = s->cwd,
        .tags = s->settings->tags,
        .backend = pmu_backend_name(s->plan->backend),
        .note = s->plan->note,
        .setting = setting,
        .n_settings = settings_of(s->settings, setting, 64, number),
        .plan = s->plan,
    };
    int rc = run_update_description(s->run, &d, err);

    free(command);
    strbuf_free(&text);
    return rc;
}

/* The run directory, made with the first line; tried anew with each line while it fails. */
static int ensure_run(struct session *s, struct pg_error *err)
{
    int rc;

    if (s->run != NULL)
        return 0;
    if (s->where.code != 0) {
        if (err != NULL)
            *err = s->where;
        return -s->where.code;
    }
    rc = run_create(s->history, s->id, &s->run, err);
    if (rc < 0)
        return rc;
    rc = describe(s, err);
    return rc < 0 ? rc : put_process(s, false, -1, err);
}

static int make_record(const struct session *s, const struct session_line *line,
                       struct record **out, struct pg_error *err)
{
    const struct record_head head = {
        /* With -count, testing makes a new B without import path for each further repeat. A test
         * binary has one package. */
        .pkg = line->pkg != NULL && line->pkg[0] != '\0' ? line->pkg : s->pkg,
        .name = line->name,
        .printed_name = line->printed_name,
        .text = line->text,
        .text_size = line->text_size,
        .tags = s->settings->tags,
        .n = line->n,
        .counted = line->counted,
        .duration_ns = line->simulated ? 0 : line->duration_ns,
        .iterations_run = line->iterations_run,
        .windows = line->windows,
        .threads_missed = line->threads_missed,
    };
    int rc = record_new(&head, out, err);

    if (rc == 0) {
        (*out)->has_samples = true; /* counting takes none: that is known, so it is said */
        if (line->samples != NULL) {
            const struct samples_sums sums = samples_sums(line->samples);

            (*out)->samples_taken = sums.taken;
            (*out)->samples_lost = sums.lost;
            (*out)->samples_throttled = sums.throttled;
        }
        if (!line->simulated || line->counted > 0) /* else Valgrind's dump could not be read */
            rc = record_add_counts(*out, s->plan, &line->total, err);
        if (rc == 0 && line->samples != NULL)
            rc = waits_metrics(*out, line->samples, err);
        if (rc == 0 && line->simulated)
            record_add_marginal(*out, s->plan, &line->total, &line->half, line->half_counted,
                                line->half_windows);
    }
    for (size_t i = 0; rc == 0 && i < line->n_threads; i++)
        rc = record_add_thread(*out, s->plan, line->thread[i].tid, &line->thread[i].counts,
                               line->n_threads, err);
    for (size_t i = 0; rc == 0 && i < line->n_regions; i++)
        rc = record_add_region(*out, s->plan, line->region[i].name, line->region[i].entered,
                               &line->region[i].counts, line->n_regions, err);
    if (rc < 0) {
        record_free(*out);
        *out = NULL;
    }
    return rc;
}

static int store(struct session *s, const struct record *r, struct pg_error *err)
{
    struct strbuf json = {0};
    struct pg_error first = {0};
    int rc = ensure_run(s, &first);

    if (rc < 0 && err != NULL)
        *err = first;
    /* Only testrun.json failed: the record itself may still get through. */
    if (s->run != NULL) {
        int written = record_to_json(r, &json, rc == 0 ? err : NULL);

        if (written == 0)
            written = run_append(s->run, json.text, json.size, rc == 0 ? err : NULL);
        rc = rc < 0 ? rc : written;
    }
    strbuf_free(&json);
    return rc;
}

/* Opens what is running, once. */
static int open_self(struct session *s, struct pg_error *err)
{
    ssize_t n = readlink("/proc/self/exe", s->exe, sizeof s->exe - 1);
    int rc;

    if (s->bin != NULL)
        return 0;
    if (n < 0)
        return pg_error_errno(err, PG_E_IO, errno, "cannot tell which program this is");
    s->exe[n] = '\0';
    rc = s->image != NULL ? 0 : elf_open(s->exe, &s->image, err);
    return rc == 0 ? gobin_open(s->image, &s->bin, err) : rc;
}

/* Encodes a profile and puts it beside the record; frees it. */
static int put_profile(struct session *s, const struct record *r, const char *suffix, bool replace,
                       struct profile *profile, struct pg_error *err)
{
    struct strbuf name = {0}, bytes = {0};
    int rc = profile_encode(profile, &bytes, err);

    strbuf_puts(&name, r->name);
    if (r->procs > 0)
        strbuf_printf(&name, "-%u", r->procs);
    strbuf_puts(&name, suffix);
    if (rc == 0)
        rc = name.failed
                 ? pg_error_set(err, PG_E_NOMEM, "no memory for the name of a profile")
                 : run_put_profile(s->run, r->pkg, name.text, replace, bytes.text, bytes.size, err);
    profile_free(profile);
    strbuf_free(&bytes);
    strbuf_free(&name);
    return rc;
}

/* The recording for perf, where the profile is and called like it. */
static int put_recording(struct session *s, const struct record *r, const char *suffix,
                         const struct samples *samples, struct pg_error *err)
{
    struct strbuf name = {0}, path = {0};
    char program[PATH_MAX];
    struct samples_recording recording = {
        .sampling = &s->plan->sampling,
        .argv = s->target->argv,
        .program =
            realpath(s->target->executable, program) != NULL ? program : s->target->executable,
    };
    int rc;

    strbuf_puts(&name, r->name);
    if (r->procs > 0)
        strbuf_printf(&name, "-%u", r->procs);
    strbuf_puts(&name, suffix);
    rc = name.failed ? pg_error_set(err, PG_E_NOMEM, "no memory for the name of a recording")
                     : run_profile_path(run_dir(s->run), r->pkg, name.text, &path, err);
    if (rc == 0) {
        path.size -= sizeof ".pb.gz" - 1;
        strbuf_puts(&path, ".perf.data");
        recording.path = path.text;
        rc = path.failed ? pg_error_set(err, PG_E_NOMEM, "no memory for the name of a recording")
                         : samples_perfdata(samples, &recording, err);
    }
    strbuf_free(&name);
    strbuf_free(&path);
    return rc;
}

static const char *file_name(const struct session *s)
{
    const char *slash = strrchr(s->exe, '/');

    return slash != NULL ? slash + 1 : s->exe;
}

/* CPU timers say where, the threads' clocks how long. Not when samples are missing: then their time
 * shall be missing too. */
static int weigh(const struct session *s, const struct record *r, const struct session_line *line,
                 struct pg_error *err)
{
    const struct record_metric *clock = record_metric(r, "task-clock");
    const struct samples_sums sums = samples_sums(line->samples);
    struct samples_thread *thread;
    bool ok;

    if (s->plan->sampling.backend != PG_BACKEND_TIMER || clock == NULL || sums.lost > 0 ||
        line->threads_unsampled > 0)
        return 0;
    thread = calloc(line->n_threads + 1, sizeof *thread);
    for (uint32_t i = 0; thread != NULL && i < s->plan->n_counters; i++)
        if (strcmp(s->plan->counter[i].name, clock->name) == 0)
            for (size_t k = 0; k < line->n_threads; k++)
                thread[k] =
                    (struct samples_thread){line->thread[k].tid, line->thread[k].counts.value[i]};
    ok = thread != NULL &&
         samples_share(line->samples, (uint64_t)clock->value, thread, line->n_threads);
    free(thread);
    return ok ? 0 : pg_error_set(err, PG_E_NOMEM, "no memory for the weights of samples");
}

/* The profile of a line from what was sampled. A benchmark that is repeated has one for all, which
 * each repetition replaces, or each its own. */
static int store_samples(struct session *s, const struct record *r, const struct session_line *line,
                         struct pg_error *err)
{
    const struct sampled_line of = {
        .samples = line->samples,
        .plan = &s->plan->sampling,
        .benchmark = r->name,
        .package = r->pkg,
        .procs = r->procs,
        .tags = s->settings->tags,
        .duration_ns = line->duration_ns,
        .end_ns = now_ns(CLOCK_REALTIME),
        .unsampled = line->threads_unsampled,
        .each = s->settings->each,
        .n_regions = line->n_regions,
        .region = line->region,
    };
    struct profile *profile = NULL;
    char suffix[32] = "";
    int rc = open_self(s, err);

    if (rc == 0)
        rc = weigh(s, r, line, err);
    if (rc == 0)
        rc = sampled_add(&s->sampled, &of, s->image, s->bin, file_name(s), &profile, err);
    if (rc < 0 || profile == NULL)
        return rc;
    if (of.each)
        snprintf(suffix, sizeof suffix, ".%u", s->sampled.repetition);
    rc = put_profile(s, r, suffix, true, profile, err);
    return rc == 0 && s->settings->perf_data ? put_recording(s, r, suffix, line->samples, err) : rc;
}

/* The profile of a line is made from Valgrind's dump, elsewhere. */
static int leave_profile(const struct session *s, const struct record *r, const char *dump,
                         struct pg_error *err)
{
    struct strbuf dir = {0}, name = {0};
    int rc;

    strbuf_printf(&dir, "%s/%s", s->history, s->id);
    strbuf_puts(&name, r->name);
    if (r->procs > 0)
        strbuf_printf(&name, "-%u", r->procs);
    if (dir.failed || name.failed)
        rc = pg_error_set(err, PG_E_NOMEM, "no memory for the name of a profile");
    else
        rc = job_leave(dump, &(struct job){dir.text, r->pkg, name.text, r->name}, err);
    strbuf_free(&dir);
    strbuf_free(&name);
    return rc;
}

/* Go's text, and with `r` its metrics behind it: as many whole ones as fit. */
static void compose(const struct session_line *line, const struct record *r, char *out,
                    size_t capacity, size_t *out_size)
{
    struct strbuf metrics = {0};
    struct locale_scope scope = locale_enter();
    size_t room;

    *out_size = 0;
    if (line->text_size <= capacity) {
        memcpy(out, line->text, line->text_size);
        *out_size = line->text_size;
        room = capacity - line->text_size;
        if (r != NULL)
            line_metrics(r, &metrics);
        if (!metrics.failed && metrics.size > 0) {
            size_t size = metrics.size;

            while (size > room)
                do
                    size--;
                while (metrics.text[size] != '\t');
            memcpy(out + line->text_size, metrics.text, size);
            *out_size += size;
        }
    }
    locale_leave(&scope);
    strbuf_free(&metrics);
}

static int print_line(struct session *s, const struct session_line *line, char *out,
                      size_t capacity, size_t *out_size, struct pg_error *err)
{
    struct record *r = NULL;
    int rc;

    s->lines++;
    if (s->pkg[0] == '\0' && line->pkg != NULL)
        snprintf(s->pkg, sizeof s->pkg, "%s", line->pkg);
    rc = make_record(s, line, &r, err);
    if (rc == 0)
        rc = store(s, r, err);
    if (rc == 0 && line->dump != NULL)
        rc = leave_profile(s, r, line->dump, err);
    if (rc == 0 && line->samples != NULL)
        rc = store_samples(s, r, line, err);
    compose(line, s->settings->inline_metrics ? r : NULL, out, capacity, out_size);
    record_free(r);
    if (*out_size == 0 && rc == 0)
        rc = pg_error_set(err, PG_E_LIMIT, "the benchmark line of %zu bytes is too long",
                          line->text_size);
    return rc;
}

int session_line(struct session *s, const struct session_line *line, char *out, size_t capacity,
                 size_t *out_size, struct pg_error *err)
{
    struct session_line without = *line;
    char *text;
    int rc;

    if (!line->simulated)
        return print_line(s, line, out, capacity, out_size, err);
    *out_size = 0;
    text = malloc(line->text_size + 1);
    if (text == NULL)
        return pg_error_set(err, PG_E_NOMEM, "no memory for a benchmark line");
    without.text_size = line_without_times(line->text, line->text_size, text);
    without.text = text;
    rc = print_line(s, &without, out, capacity, out_size, err);
    free(text);
    return rc;
}

uint64_t session_lines(const struct session *s)
{
    return s->lines;
}

int session_close(struct session *s, int exit_code, struct pg_error *err)
{
    int rc = 0;

    if (s == NULL)
        return 0;
    if (s->run != NULL)
        rc = put_process(s, true, exit_code, err);
    run_close(s->run);
    sampled_free(&s->sampled);
    gobin_close(s->bin);
    elf_close(s->image);
    free(s);
    return rc;
}
