#include "cli/launch.h"

#include "cli/command.h"
#include "cli/say.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TICK_MS = 200 };

/* Handed on when somebody sent them to perfgo alone. */
static const int forwarded[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM};

/* The process's signal state: there is one of it, whatever the code looks like. */
static struct {
    int fd; /* signalfd */
    sigset_t original_mask;
    struct sigaction original_child, original_pipe, original_size;
} signals = {.fd = -1};

int launch_begin(void)
{
    struct sigaction standard = {.sa_handler = SIG_DFL}, ignore = {.sa_handler = SIG_IGN};
    sigset_t set;

    if (signals.fd >= 0)
        return 0;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    for (size_t i = 0; i < sizeof forwarded / sizeof forwarded[0]; i++)
        sigaddset(&set, forwarded[i]);
    /* An ignored SIGCHLD, inherited, would reap the child before its status could be read. */
    if (sigaction(SIGCHLD, &standard, &signals.original_child) < 0 ||
        sigaction(SIGPIPE, &ignore, &signals.original_pipe) < 0 ||
        /* ulimit -f: a copy that cannot be written is a reason to run without it. */
        sigaction(SIGXFSZ, &ignore, &signals.original_size) < 0 ||
        sigprocmask(SIG_BLOCK, &set, &signals.original_mask) < 0)
        return errno;
    signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return signals.fd >= 0 ? 0 : errno;
}

/* In the child, up to execve. Only a failure comes back; its errno goes to the parent. */
static int become(const struct child_spec *spec, pid_t parent)
{
    if (spec->death_signal != 0) {
        prctl(PR_SET_PDEATHSIG, spec->death_signal);
        if (getppid() != parent)
            _exit(PERFGO_EXIT_ERROR); /* the parent died before the request was in place */
    }
    if ((spec->out >= 0 && dup2(spec->out, STDOUT_FILENO) < 0) ||
        (spec->err >= 0 && dup2(spec->err, STDERR_FILENO) < 0) ||
        (spec->dir != NULL && chdir(spec->dir) < 0))
        return errno;
    if (spec->fixed_addresses)
        personality((unsigned long)personality(0xffffffff) | ADDR_NO_RANDOMIZE);
    if (signals.fd >= 0) {
        sigaction(SIGCHLD, &signals.original_child, NULL);
        sigaction(SIGPIPE, &signals.original_pipe, NULL);
        sigaction(SIGXFSZ, &signals.original_size, NULL);
        sigprocmask(SIG_SETMASK, &signals.original_mask, NULL);
    }
    if (strchr(spec->file, '/') != NULL)
        execv(spec->file, spec->argv); /* not execvp: it would feed a text file to a shell */
    else
        execvp(spec->file, spec->argv);
    return errno;
}

int launch_start(const struct child_spec *spec, pid_t *pid)
{
    const pid_t parent = getpid();
    int report[2], failure = 0;
    ssize_t n;

    if (pipe2(report, O_CLOEXEC) < 0)
        return errno;
    *pid = fork();
    if (*pid == 0) {
        failure = become(spec, parent);
        n = write(report[1], &failure, sizeof failure);
        _exit(n == sizeof failure ? PERFGO_EXIT_CANNOT_RUN : PERFGO_EXIT_ERROR);
    }
    failure = *pid < 0 ? errno : 0;
    close(report[1]);
    if (*pid > 0) {
        do
            n = read(report[0], &failure, sizeof failure);
        while (n < 0 && errno == EINTR);
        if (n != sizeof failure)
            failure = 0; /* closed by execve */
        else
            waitpid(*pid, NULL, 0);
    }
    close(report[0]);
    return failure;
}

/* Reads what came in; true when the child is to be looked at. */
static bool take_signals(pid_t pid)
{
    struct signalfd_siginfo info;
    bool child = false;

    while (read(signals.fd, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGCHLD)
            child = true;
        else if (info.ssi_code <= 0) /* SI_USER, SI_TKILL, SI_QUEUE…; the kernel's own are > 0 */
            kill(pid, (int)info.ssi_signo);
    }
    return child;
}

int launch_wait(pid_t pid, struct tee *tee)
{
    return launch_wait_ticking(pid, tee, NULL);
}

static int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Calls the tick when its time has come; returns how many milliseconds to wait for the next. */
static int tick_if_due(const struct launch_tick *tick, pid_t pid, int64_t *due)
{
    int64_t now;

    if (tick == NULL)
        return -1;
    now = monotonic_ms();
    if (now >= *due) {
        tick->run(tick->context, pid);
        *due = now + TICK_MS;
    }
    return (int)(*due - now);
}

int launch_wait_ticking(pid_t pid, struct tee *tee, const struct launch_tick *tick)
{
    struct pollfd fds[1 + TEE_POLLFDS];
    int64_t due = 0;
    int status;

    for (;;) {
        const int wait_ms = tick_if_due(tick, pid, &due);
        nfds_t n = 1;

        fds[0] = (struct pollfd){.fd = signals.fd, .events = POLLIN};
        if (tee != NULL)
            n += tee_poll(tee, &fds[1]);
        if (poll(fds, n, wait_ms) < 0 && errno != EINTR)
            break;
        if (take_signals(pid) && waitpid(pid, &status, WNOHANG) == pid) {
            if (tee != NULL)
                tee_finish(tee, signals.fd);
            if (tick != NULL)
                tick->run(tick->context, pid);
            return status;
        }
        if (tee != NULL)
            tee_move(tee, &fds[1], n - 1);
    }
    waitpid(pid, &status, 0);
    return status;
}

static char *read_all(int fd)
{
    enum { MAX = 1 << 20 };
    char *text = memory_grow(NULL, MAX + 1);
    size_t size = 0;
    ssize_t n;

    while (size < MAX && (n = read(fd, text + size, MAX - size)) != 0) {
        if (n > 0)
            size += (size_t)n;
        else if (errno != EINTR)
            break;
    }
    text[size] = '\0';
    return text;
}

int launch_capture(const char *dir, char *const *argv, char **out)
{
    int fds[2], null = open("/dev/null", O_WRONLY | O_CLOEXEC), status = -1;
    pid_t pid;

    *out = NULL;
    if (pipe2(fds, O_CLOEXEC) == 0) {
        struct child_spec spec = {
            .file = argv[0], .argv = argv, .dir = dir, .out = fds[1], .err = null};
        int failure = launch_start(&spec, &pid);

        close(fds[1]);
        if (failure == 0) {
            *out = read_all(fds[0]);
            if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
                status = -1;
            else
                status = WEXITSTATUS(status);
        }
        close(fds[0]);
    }
    if (null >= 0)
        close(null);
    if (*out == NULL)
        *out = text_copy("");
    return status;
}

int launch_status_code(int wait_status)
{
    if (WIFSIGNALED(wait_status))
        return 128 + WTERMSIG(wait_status);
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : PERFGO_EXIT_ERROR;
}

void launch_exit_like(int wait_status)
{
    if (WIFSIGNALED(wait_status)) {
        const int number = WTERMSIG(wait_status);
        struct sigaction standard = {.sa_handler = SIG_DFL};
        sigset_t set;

        prctl(PR_SET_DUMPABLE, 0); /* the child has left the core that is of interest */
        sigaction(number, &standard, NULL);
        sigemptyset(&set);
        sigaddset(&set, number);
        sigprocmask(SIG_UNBLOCK, &set, NULL);
        raise(number);
    }
    exit(launch_status_code(wait_status));
}
