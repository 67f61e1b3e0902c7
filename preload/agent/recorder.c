/* recorder.c - a thread of ours, with a working libc, that formats and writes.
 *
 * It is created before Go's first instruction, so its thread pointer is libc's in every kind of
 * binary, and it blocks every signal: Go's handlers never run on it. It sleeps and uses no CPU
 * while benchmarks run, but for what sampling wakes it for: a ring that is half full.
 *
 * A hook hands over one line at a time and waits, bounded, for the longer text: outside of any
 * window, between two benchmarks. The hand-over is one word that goes IDLE -> FILLING -> POSTED ->
 * DONE -> IDLE; a hook that has waited too long makes it ABANDONED, and the recorder returns it to
 * IDLE.
 */
#include "agent.h"
#include "regions.h"

#include "hot/sys.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { IDLE, FILLING, POSTED, DONE, ABANDONED };

enum {
    MAX_THREADS = 512, /* named in one record; the rest is added up */
    JOB_SECONDS = 5,
    FINISH_SECONDS = 2,
};

static struct {
    int wake_fd;     /* eventfd: written with every hand-over */
    int watch_fd;    /* epoll: wake_fd, and the rings of samples */
    uint32_t job;    /* futex: state of what was handed over */
    uint32_t finish; /* futex: IDLE, POSTED, DONE */
    int32_t exit_code;
    uint32_t refused; /* lines that Go printed without us */
    uint32_t run;     /* of the line that is handed over */
    struct pg_error first_error;
    struct session_line out_line;
    struct session_thread thread[MAX_THREADS];
    struct session_region region[MAX_REGIONS];
    char pkg[4096], name[8192], printed_name[8192], text[32768];
    char out[65536];
    size_t out_size; /* 0: print Go's own text */
} recorder;

static bool moved(uint32_t *state, uint32_t from, uint32_t to)
{
    return __atomic_compare_exchange_n(state, &from, to, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* ---- the Go side ---- */

static void wake_recorder(void)
{
    static const uint64_t one = 1;

    sys_call3(SYS_write, recorder.wake_fd, (long)&one, sizeof one);
}

static int64_t now_ns(void)
{
    struct timespec t = {0, 0};

    sys_clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Waits until *state is no longer `value`; false when the time is over. */
static bool wait_while(uint32_t *state, uint32_t value, int seconds)
{
    int64_t end = now_ns() + (int64_t)seconds * 1000000000;

    while (__atomic_load_n(state, __ATOMIC_ACQUIRE) == value) {
        int64_t left = end - now_ns();
        struct timespec t = {left / 1000000000, left % 1000000000};

        if (left <= 0)
            return false;
        sys_futex_wait(state, value, &t);
    }
    return true;
}

/* Copies and terminates; false when it does not fit. */
static bool copy_string(char *to, size_t capacity, struct go_string from)
{
    if (from.size >= capacity)
        return false;
    for (uint64_t i = 0; i < from.size; i++)
        to[i] = from.data[i];
    to[from.size] = '\0';
    return true;
}

static void counted_total(struct session_line *out)
{
    struct windows_total total;

    windows_total(agent.windows, &total, recorder.thread, MAX_THREADS);
    out->counted = out->n;
    out->windows = total.windows;
    recorder.run = total.run;
    out->total = total.total;
    out->threads_missed = total.missed;
    out->n_threads = total.n_threads;
    out->thread = recorder.thread;
    out->n_regions = regions_total(recorder.region);
    out->region = recorder.region;
}

static bool fill(const struct go_line *line)
{
    struct session_line *out = &recorder.out_line;

    if (!copy_string(recorder.pkg, sizeof recorder.pkg, line->pkg) ||
        !copy_string(recorder.name, sizeof recorder.name, line->name) ||
        !copy_string(recorder.printed_name, sizeof recorder.printed_name, line->printed_name) ||
        !copy_string(recorder.text, sizeof recorder.text, line->text))
        return false;
    out->pkg = recorder.pkg;
    out->name = recorder.name;
    out->printed_name = line->printed_name.size > 0 ? recorder.printed_name : NULL;
    out->text = recorder.text;
    out->text_size = line->text.size;
    out->n = line->n;
    out->duration_ns = (int64_t)line->duration_ns;
    out->iterations_run = line->iterations_run;
    counted_total(out);
    return true;
}

static const char *refuse(void)
{
    __atomic_add_fetch(&recorder.refused, 1, __ATOMIC_RELAXED);
    return NULL;
}

static void job_end(void)
{
    __atomic_store_n(&recorder.job, IDLE, __ATOMIC_RELEASE);
}

/* Hands over what was filled in and waits for it; false when that took too long. */
static bool job_do(void)
{
    __atomic_store_n(&recorder.job, POSTED, __ATOMIC_RELEASE);
    wake_recorder();
    return wait_while(&recorder.job, POSTED, JOB_SECONDS) ||
           !moved(&recorder.job, POSTED, ABANDONED);
}

const char *recorder_line(const struct go_line *line, size_t *size)
{
    if (!moved(&recorder.job, IDLE, FILLING))
        return refuse();
    if (!fill(line)) {
        job_end();
        return refuse();
    }
    if (!job_do())
        return refuse();
    *size = recorder.out_size;
    job_end(); /* the text stays as it is until the next line is handed over */
    return *size > 0 ? recorder.out : NULL;
}

void recorder_finish(int32_t exit_code)
{
    if (moved(&recorder.finish, IDLE, FILLING)) {
        recorder.exit_code = exit_code;
        __atomic_store_n(&recorder.finish, POSTED, __ATOMIC_RELEASE);
        wake_recorder();
    }
    wait_while(&recorder.finish, POSTED, FINISH_SECONDS);
}

/* ---- the recorder's side ---- */

/* One sentence per run, not one per benchmark or file; and at the end: while a line is handed over,
 * Go has printed half of it, and go test joins standard output and standard error. */
static void remember(const struct pg_error *err)
{
    if (recorder.first_error.code == 0)
        recorder.first_error = *err;
}

static void do_line(void)
{
    struct pg_error err = {0};

    recorder.out_line.samples = sampling_take(recorder.run, &err);
    if (err.code != 0)
        remember(&err);
    if (agent.samplers != NULL)
        recorder.out_line.threads_unsampled =
            __atomic_load_n(&agent.samplers->missed, __ATOMIC_RELAXED);
    recorder.out_size = 0;
    if (agent.engine->session_line(agent.session, &recorder.out_line, recorder.out,
                                   sizeof recorder.out, &recorder.out_size, &err) < 0)
        remember(&err);
}

static void do_job(void)
{
    do_line();
    if (!moved(&recorder.job, POSTED, DONE))
        job_end(); /* abandoned */
    sys_futex_wake(&recorder.job, 1);
}

static void do_finish(void)
{
    struct pg_error err = {0};
    uint32_t refused = __atomic_load_n(&recorder.refused, __ATOMIC_RELAXED);

    if (refused > 0)
        say("note",
            "%u benchmark lines have no record: the name is too long, or writing took longer "
            "than %d s",
            refused, JOB_SECONDS);
    if (agent.engine->session_lines(agent.session) > 0) {
        if (recorder.out_line.threads_missed > 0)
            say("note", "%llu threads could not be counted: the counts lack them",
                (unsigned long long)recorder.out_line.threads_missed);
        if (agent.plan.note[0] != '\0')
            say("note", "%s", agent.plan.note);
        if (agent.plan.sampling.note[0] != '\0')
            say("note", "%s", agent.plan.sampling.note);
        if (recorder.out_line.threads_unsampled > 0)
            say("note", "%llu threads could not be sampled: the profiles lack them",
                (unsigned long long)recorder.out_line.threads_unsampled);
    }
    if (agent.engine->session_close(agent.session, recorder.exit_code, &err) < 0)
        remember(&err);
    if (recorder.first_error.code != 0)
        say("error", "%s", recorder.first_error.text);
    agent.session = NULL;
    __atomic_store_n(&recorder.finish, DONE, __ATOMIC_RELEASE);
    sys_futex_wake(&recorder.finish, 16);
}

/* Until there is something to do or a ring to read, or for a moment. */
static void sleep_until_woken(bool briefly)
{
    struct epoll_event event[64];
    uint64_t count;
    ssize_t n;

    epoll_wait(recorder.watch_fd, event, 64, briefly ? 1 : -1);
    n = read(recorder.wake_fd, &count, sizeof count); /* nothing: only a ring was */
    (void)n;
}

static void *recorder_main(void *unused)
{
    struct pg_error err = {0};
    bool again;

    (void)unused;
    pthread_setname_np(pthread_self(), "perfgo");
    while (agent.session != NULL) {
        uint32_t job = __atomic_load_n(&recorder.job, __ATOMIC_ACQUIRE);

        if (sampling_drain(&again, &err) < 0)
            remember(&err);
        if (job == POSTED || job == ABANDONED)
            do_job();
        if (__atomic_load_n(&recorder.finish, __ATOMIC_ACQUIRE) == POSTED)
            do_finish();
        else
            sleep_until_woken(again);
    }
    return NULL;
}

static int open_descriptors(struct pg_error *err)
{
    struct epoll_event event = {.events = EPOLLIN};

    recorder.wake_fd = sys_move_fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    recorder.watch_fd = sys_move_fd(epoll_create1(EPOLL_CLOEXEC));
    if (recorder.wake_fd < 0 || recorder.watch_fd < 0 ||
        epoll_ctl(recorder.watch_fd, EPOLL_CTL_ADD, recorder.wake_fd, &event) < 0)
        return pg_error_errno(err, PG_E_LIMIT, errno, "no descriptors for the recorder");
    if (agent.samplers != NULL)
        samplers_wait_by(agent.samplers, recorder.wake_fd, recorder.watch_fd);
    return 0;
}

int recorder_start(struct pg_error *err)
{
    sigset_t all, before;
    pthread_attr_t attr;
    pthread_t thread;
    int rc = open_descriptors(err);

    if (rc < 0)
        return rc;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* inherited by the thread */
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 512 * 1024);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    rc = pthread_create_real(&thread, &attr, recorder_main, NULL);
    pthread_attr_destroy(&attr);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0)
        return pg_error_errno(err, PG_E_LIMIT, rc, "cannot start the recorder thread");
    return 0;
}
