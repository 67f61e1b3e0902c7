/* hold.c - runs a program and stops one of its threads for a while, as a debugger would.
 *
 *   hold NAME MILLISECONDS PROGRAM ARG...
 *
 * The thread is the first one, of any descendant, that is called NAME. Whatever is in the way is
 * said on standard error, in a line that begins with "hold: "; the program runs all the same.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void wait_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static int parent_of(int pid)
{
    char path[64], line[512] = "", *end;
    FILE *f;
    int parent = 0;

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    f = fopen(path, "r");
    if (f == NULL)
        return 0;
    if (fgets(line, sizeof line, f) != NULL && (end = strrchr(line, ')')) != NULL)
        parent = atoi(end + 3);
    fclose(f);
    return parent;
}

static int descends(int pid, int from)
{
    while (pid > 1 && pid != from)
        pid = parent_of(pid);
    return pid == from;
}

/* The thread of that name in a process, or 0. */
static int thread_called(int pid, const char *name)
{
    char path[300], comm[64];
    struct dirent *e;
    int found = 0;
    DIR *d;

    snprintf(path, sizeof path, "/proc/%d/task", pid);
    d = opendir(path);
    while (d != NULL && found == 0 && (e = readdir(d)) != NULL) {
        FILE *f;

        snprintf(path, sizeof path, "/proc/%d/task/%s/comm", pid, e->d_name);
        f = atoi(e->d_name) != pid ? fopen(path, "r") : NULL; /* not a program's own name */
        if (f == NULL)
            continue;
        if (fgets(comm, sizeof comm, f) != NULL && strcspn(comm, "\n") == strlen(name) &&
            strncmp(comm, name, strlen(name)) == 0)
            found = atoi(e->d_name);
        fclose(f);
    }
    if (d != NULL)
        closedir(d);
    return found;
}

static int find_thread(int root, const char *name)
{
    struct dirent *e;
    int found = 0;
    DIR *d = opendir("/proc");

    while (d != NULL && found == 0 && (e = readdir(d)) != NULL)
        if (atoi(e->d_name) > 0 && descends(atoi(e->d_name), root))
            found = thread_called(atoi(e->d_name), name);
    if (d != NULL)
        closedir(d);
    return found;
}

static void hold(int tid, long ms)
{
    int status;

    if (ptrace(PTRACE_SEIZE, tid, 0, 0) != 0 || ptrace(PTRACE_INTERRUPT, tid, 0, 0) != 0) {
        fprintf(stderr, "hold: ptrace: %s\n", strerror(errno));
        return;
    }
    waitpid(tid, &status, __WALL);
    wait_ms(ms);
    ptrace(PTRACE_DETACH, tid, 0, 0);
}

int main(int argc, char **argv)
{
    int status = 0, tid = 0;
    pid_t child;

    if (argc < 4)
        return 99;
    child = fork();
    if (child == 0) {
        execvp(argv[3], argv + 3);
        _exit(126);
    }
    for (int i = 0; i < 1000 && tid == 0; i++) {
        tid = find_thread(child, argv[1]);
        wait_ms(1);
    }
    if (tid != 0)
        hold(tid, atol(argv[2]));
    else
        fprintf(stderr, "hold: there was no thread '%s'\n", argv[1]);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}
