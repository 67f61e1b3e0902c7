/* seccomp_exec.c - runs a program that may not call perf_event_open, perhaps as another user.
 *
 *   seccomp_exec ERROR|none UID|- PROGRAM ARG...
 *
 * ERROR is what the call returns: EPERM as in containers, EACCES as with perf_event_paranoid=3,
 * ENOSYS as under gVisor. UID is switched to before the filter is installed.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int error_number(const char *name)
{
    static const struct {
        const char *name;
        int number;
    } known[] = {{"EPERM", EPERM}, {"EACCES", EACCES}, {"ENOSYS", ENOSYS}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(name, known[i].name) == 0)
            return known[i].number;
    fprintf(stderr, "seccomp_exec: unknown error %s\n", name);
    exit(99);
}

static int deny(int error)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_perf_event_open, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ((unsigned)error & SECCOMP_RET_DATA)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: seccomp_exec ERROR|none UID|- PROGRAM ARG...\n");
        return 99;
    }
    if (strcmp(argv[2], "-") != 0) {
        unsigned uid = (unsigned)strtoul(argv[2], NULL, 10);

        if (setgid(uid) != 0 || setuid(uid) != 0) {
            perror("seccomp_exec: setuid");
            return 99;
        }
    }
    if (strcmp(argv[1], "none") != 0 && deny(error_number(argv[1])) != 0) {
        perror("seccomp_exec: seccomp");
        return 99;
    }
    /* Not execvp for a path: it would feed what is no program to a shell. */
    if (strchr(argv[3], '/') != NULL)
        execv(argv[3], argv + 3);
    else
        execvp(argv[3], argv + 3);
    perror(argv[3]);
    return 126;
}
