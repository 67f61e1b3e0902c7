#include "cli/tee.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

int tee_open(struct tee *t, int dir_fd, const char *out_name, const char *err_name)
{
    const char *name[TEE_STREAMS] = {out_name, err_name};
    const int to[TEE_STREAMS] = {STDOUT_FILENO, STDERR_FILENO};

    memset(t, 0, sizeof *t);
    for (int i = 0; i < TEE_STREAMS; i++)
        t->stream[i].from = t->stream[i].copy = t->child_end[i] = -1;
    for (int i = 0; i < TEE_STREAMS; i++) {
        struct tee_stream *s = &t->stream[i];
        int fds[2];

        if (pipe2(fds, O_CLOEXEC) < 0) {
            const int failure = errno;

            tee_close(t);
            return failure;
        }
        s->from = fds[0];
        s->to = to[i];
        t->child_end[i] = fds[1];
        /* Only the read end: the child must not find its stdout non-blocking. */
        fcntl(s->from, F_SETFL, O_NONBLOCK);
        if (dir_fd >= 0) {
            s->copy = openat(dir_fd, name[i], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
            s->copy_errno = s->copy < 0 ? errno : 0;
        }
    }
    return 0;
}

void tee_started(struct tee *t)
{
    for (int i = 0; i < TEE_STREAMS; i++)
        close_fd(&t->child_end[i]);
}

static bool pending(const struct tee_stream *s)
{
    return s->start < s->end;
}

nfds_t tee_poll(const struct tee *t, struct pollfd *fds)
{
    for (int i = 0; i < TEE_STREAMS; i++) {
        const struct tee_stream *s = &t->stream[i];

        if (pending(s))
            fds[i] = (struct pollfd){.fd = s->to, .events = POLLOUT};
        else
            fds[i] = (struct pollfd){.fd = s->from, .events = POLLIN}; /* -1: ignored by poll */
    }
    return TEE_STREAMS;
}

static void keep_copy(struct tee_stream *s)
{
    size_t done = 0;

    while (s->copy >= 0 && done < s->end) {
        ssize_t n = write(s->copy, s->chunk + done, s->end - done);

        if (n > 0)
            done += (size_t)n;
        else if (errno != EINTR) {
            s->copy_errno = errno;
            close_fd(&s->copy);
        }
    }
}

/* Reads a chunk; false when there is nothing (more) to read now. */
static bool fill(struct tee_stream *s)
{
    ssize_t n = read(s->from, s->chunk, sizeof s->chunk);

    if (n > 0) {
        s->start = 0;
        s->end = (size_t)n;
        keep_copy(s);
        return true;
    }
    if (n == 0 || (errno != EAGAIN && errno != EINTR))
        close_fd(&s->from);
    return false;
}

static void drain(struct tee_stream *s)
{
    ssize_t n = write(s->to, s->chunk + s->start, s->end - s->start);

    if (n >= 0)
        s->start += (size_t)n;
    else if (errno != EAGAIN && errno != EINTR) {
        s->start = s->end;
        close_fd(&s->from);
    }
}

void tee_move(struct tee *t, const struct pollfd *fds, nfds_t n)
{
    for (nfds_t i = 0; i < n && i < TEE_STREAMS; i++) {
        struct tee_stream *s = &t->stream[i];

        if (fds[i].revents == 0)
            continue;
        if (pending(s))
            drain(s);
        else
            fill(s);
    }
}

/* True when the stream's reader has room; false when interrupted. */
static bool wait_for_room(const struct tee_stream *s, int interrupt_fd)
{
    struct pollfd fds[2] = {{.fd = s->to, .events = POLLOUT},
                            {.fd = interrupt_fd, .events = POLLIN}};

    while (poll(fds, 2, -1) < 0)
        if (errno != EINTR)
            return false;
    return fds[1].revents == 0;
}

void tee_finish(struct tee *t, int interrupt_fd)
{
    for (int i = 0; i < TEE_STREAMS; i++) {
        struct tee_stream *s = &t->stream[i];
        int left = 0;

        if (s->from >= 0)
            ioctl(s->from, FIONREAD, &left);
        for (;;) {
            if (!pending(s)) {
                if (left <= 0 || s->from < 0 || !fill(s))
                    break;
                left -= (int)s->end;
            }
            if (!wait_for_room(s, interrupt_fd))
                return;
            drain(s);
        }
    }
}

void tee_close(struct tee *t)
{
    tee_started(t);
    for (int i = 0; i < TEE_STREAMS; i++) {
        close_fd(&t->stream[i].from);
        close_fd(&t->stream[i].copy);
    }
}
