/* run_path.c - where a run lies and what it is called.
 *
 * `go test ./...` starts one test binary per package, several at once, and they know nothing of
 * each other; still they are one run. What they share is the process that started them, so the id
 * is made from it alone: its start time and a hash of (boot, pid namespace, pid, start in ticks).
 * The start time in ticks since boot plus the boot time of /proc/stat gives the same text in every
 * one of them.
 */
#include "bench/run.h"
#include "base/files.h"
#include "bench/run_priv.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct proc_stat {
    char comm[32];
    pid_t parent;
    uint64_t start_ticks;
};

/* /proc/PID/stat (man proc): "pid (comm) state ppid …", start time is field 22; comm may hold
 * blanks and parentheses, so fields are counted from the last ')'. */
static bool proc_stat(pid_t pid, struct proc_stat *out)
{
    char path[40], text[1024], *open, *p, *end;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    if (!file_line(path, text, sizeof text))
        return false;
    open = strchr(text, '(');
    end = strrchr(text, ')');
    if (open == NULL || end == NULL || end < open || (size_t)(end - open) > sizeof out->comm)
        return false;
    memcpy(out->comm, open + 1, (size_t)(end - open - 1));
    out->comm[end - open - 1] = '\0';
    p = end + 1;
    for (int field = 3; p != NULL && field < 22; field++) {
        p = strchr(p + 1, ' ');
        if (p != NULL && field == 3)
            out->parent = (pid_t)strtol(p, NULL, 10);
    }
    if (p == NULL)
        return false;
    out->start_ticks = strtoull(p, NULL, 10);
    return true;
}

static bool is_go(const struct proc_stat *p)
{
    return strcmp(p->comm, "go") == 0;
}

int run_launcher(pid_t pid, struct run_launcher *out, struct pg_error *err)
{
    struct proc_stat self, parent, grand;

    if (!proc_stat(pid, &self))
        return pg_error_set(err, PG_E_IO, "cannot read /proc/%d/stat: is /proc mounted?", (int)pid);
    *out = (struct run_launcher){pid, self.start_ticks, false};
    if (self.parent <= 0 || !proc_stat(self.parent, &parent))
        return 0;
    if (is_go(&parent))
        *out = (struct run_launcher){self.parent, parent.start_ticks, true};
    else if (strcmp(parent.comm, "perfgo") == 0 && parent.parent > 0 &&
             proc_stat(parent.parent, &grand) && is_go(&grand))
        *out = (struct run_launcher){parent.parent, grand.start_ticks, true};
    return 0;
}

/* FNV-1a, 64 bits folded to 32: spreads ids, nothing more. */
static uint32_t fold(const char *s)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (; *s != '\0'; s++)
        h = (h ^ (unsigned char)*s) * 0x100000001b3u;
    return (uint32_t)(h ^ (h >> 32));
}

/* Seconds since 1970 at boot; 0 when unknown. */
static int64_t boot_time(void)
{
    struct strbuf text = {0};
    const char *line;
    int64_t t = 0;

    if (file_read("/proc/stat", 16 << 20, &text, NULL) == 0 && text.text != NULL) {
        line = strstr(text.text, "\nbtime ");
        t = line != NULL ? strtoll(line + 7, NULL, 10) : 0;
    }
    strbuf_free(&text);
    return t;
}

int run_default_id(const struct run_launcher *launcher, char id[RUN_ID_SIZE], struct pg_error *err)
{
    char boot[64] = "", space[64] = "", key[256], when[32];
    long hertz = sysconf(_SC_CLK_TCK);
    time_t t;
    struct tm tm;
    ssize_t n;

    file_line("/proc/sys/kernel/random/boot_id", boot, sizeof boot);
    n = readlink("/proc/self/ns/pid", space, sizeof space - 1);
    space[n > 0 ? n : 0] = '\0';
    snprintf(key, sizeof key, "%s %s %d %llu", boot, space, (int)launcher->pid,
             (unsigned long long)launcher->start_ticks);
    t = (time_t)(boot_time() +
                 (int64_t)(launcher->start_ticks / (uint64_t)(hertz > 0 ? hertz : 100)));
    if (gmtime_r(&t, &tm) == NULL || strftime(when, sizeof when, "%Y%m%d-%H%M%S", &tm) == 0)
        return pg_error_set(err, PG_E_IO, "cannot name the run after its time: set PERFGO_RUN");
    snprintf(id, RUN_ID_SIZE, "%s-%08x", when, fold(key));
    return 0;
}

bool run_id_valid(const char *id)
{
    size_t size = strlen(id);

    /* Some room below NAME_MAX is not needed: nothing is put behind the id. */
    if (size == 0 || size >= RUN_ID_SIZE || strcmp(id, ".") == 0 || strcmp(id, "..") == 0)
        return false;
    for (size_t i = 0; i < size; i++)
        if (id[i] == '/' || (unsigned char)id[i] < ' ' || id[i] == 0x7f)
            return false;
    return true;
}

bool run_module_root(char *dir)
{
    char file[PATH_MAX];

    for (;;) {
        char *slash = strrchr(dir, '/');

        if (snprintf(file, sizeof file, "%s/go.mod", dir) < (int)sizeof file &&
            access(file, F_OK) == 0)
            return true;
        if (slash == NULL || dir[0] == '\0')
            return false;
        *slash = '\0';
    }
}

int run_history_dir(const char *output, const char *base, const char *cwd, char *out, size_t size,
                    struct pg_error *err)
{
    char here[PATH_MAX], root[PATH_MAX];
    int n;

    if (cwd == NULL && getcwd(here, sizeof here) == NULL)
        return pg_error_errno(err, PG_E_IO, errno,
                              "cannot tell the working directory: set PERFGO_OUTPUT to an absolute "
                              "path");
    if (cwd != NULL && snprintf(here, sizeof here, "%s", cwd) >= (int)sizeof here)
        return pg_error_set(err, PG_E_INVALID, "the path %.100s… is too long", cwd);
    if (output != NULL && output[0] == '/') {
        n = snprintf(out, size, "%s/history", output);
    } else if (output != NULL) {
        n = snprintf(out, size, "%s/%s/history", base != NULL ? base : here, output);
    } else {
        memcpy(root, here, sizeof root);
        n = snprintf(out, size, "%s/.perfgo/history", run_module_root(root) ? root : here);
    }
    if (n < 0 || (size_t)n >= size)
        return pg_error_set(err, PG_E_INVALID, "the path of the output directory is too long");
    return 0;
}

bool run_parse_time(const char *text, int64_t *ns)
{
    struct tm tm = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    int64_t fraction = 0, unit = 100000000;

    if (rest == NULL)
        return false;
    if (*rest == '.')
        for (rest++; *rest >= '0' && *rest <= '9'; rest++, unit /= 10)
            fraction += (*rest - '0') * unit;
    if (strcmp(rest, "Z") != 0)
        return false;
    return !__builtin_mul_overflow((int64_t)timegm(&tm), (int64_t)1000000000, ns) &&
           !__builtin_add_overflow(*ns, fraction, ns);
}
