#include "cli/waker.h"

#include "base/files.h"
#include "cli/duration.h"
#include "cli/say.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static const uint64_t idle_ns = 500000000; /* without progress for so long: wake */

void waker_open(struct waker *w, const char *dir)
{
    char *path = text_format("%s/wake", dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    void *page = MAP_FAILED;

    *w = (struct waker){.since = duration_now()};
    if (fd >= 0 && ftruncate(fd, sizeof *w->word) == 0)
        page = mmap(NULL, sizeof *w->word, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page != MAP_FAILED)
        w->word = page;
    if (fd >= 0)
        close(fd);
    free(path);
}

/* User and system time of a process in clock ticks, all its threads together; 0: not known.
 * (proc(5), /proc/PID/stat: fields 14 and 15, counted from behind the name in parentheses) */
static uint64_t cpu_time(pid_t pid)
{
    char path[40], text[1024];
    uint64_t user = 0, system = 0;
    const char *rest;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    if (!file_line(path, text, sizeof text))
        return 0;
    rest = strrchr(text, ')');
    if (rest == NULL ||
        sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64, &user,
               &system) != 2)
        return 0;
    return user + system;
}

/* Does a thread of the process run, or want to? On a busy machine it may not have had its turn. */
static bool is_ready(pid_t pid)
{
    char path[300], text[512];
    bool ready = false;
    struct dirent *entry;
    DIR *dir;

    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    dir = opendir(path);
    while (!ready && dir != NULL && (entry = readdir(dir)) != NULL) {
        const char *rest;

        snprintf(path, sizeof path, "/proc/%d/task/%.20s/stat", (int)pid, entry->d_name);
        if (entry->d_name[0] != '.' && file_line(path, text, sizeof text)) {
            rest = strrchr(text, ')');
            ready = rest != NULL && (rest[2] == 'R' || rest[2] == 'D');
        }
    }
    if (dir != NULL)
        closedir(dir);
    return ready;
}

void waker_look(struct waker *w, pid_t pid)
{
    const uint64_t cpu = cpu_time(pid), now = duration_now();

    if (cpu != w->cpu || is_ready(pid))
        w->since = now;
    w->cpu = cpu;
    if (w->word == NULL || now - w->since < idle_ns)
        return;
    __atomic_add_fetch(w->word, 1, __ATOMIC_RELEASE);
    syscall(SYS_futex, w->word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void waker_close(struct waker *w)
{
    if (w->word != NULL)
        munmap(w->word, sizeof *w->word);
    w->word = NULL;
}
