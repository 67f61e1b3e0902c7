/* bare_samples.c - runs a command while cpu-clock samples it on one processor: the least that
 * sampling can cost on this machine. A sample holds an address, a thread and a time, no stack.
 *
 *   bare_samples PROCESSOR HZ COMMAND...
 *
 * The ring is overwritten, nobody reads it.
 */
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGES = 33 };

static int sample(pid_t pid, int processor, uint64_t hz)
{
    struct perf_event_attr attr = {
        .type = PERF_TYPE_SOFTWARE,
        .size = sizeof attr,
        .config = PERF_COUNT_SW_CPU_CLOCK,
        .sample_period = 1000000000 / hz,
        .sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME,
        .disabled = 1,
        .inherit = 1,
        .enable_on_exec = 1,
    };
    const int fd = (int)syscall(SYS_perf_event_open, &attr, pid, processor, -1, 0);

    if (fd < 0)
        return -1;
    return mmap(NULL, (size_t)(PAGES * sysconf(_SC_PAGESIZE)), PROT_READ, MAP_SHARED, fd, 0) ==
                   MAP_FAILED
               ? -1
               : 0;
}

int main(int argc, char **argv)
{
    int go[2], status;
    char byte;
    pid_t pid;

    if (argc < 4 || atoi(argv[2]) <= 0 || pipe(go) != 0) {
        fprintf(stderr, "usage: bare_samples PROCESSOR HZ COMMAND...\n");
        return 2;
    }
    pid = fork();
    if (pid == 0) {
        close(go[1]);
        if (read(go[0], &byte, 1) == 1)
            execvp(argv[3], argv + 3);
        _exit(127);
    }
    if (pid < 0 || sample(pid, atoi(argv[1]), (uint64_t)atoi(argv[2])) < 0) {
        perror("bare_samples: cpu-clock cannot sample");
        return 1; /* the child finds its pipe closed */
    }
    if (write(go[1], "", 1) != 1 || waitpid(pid, &status, 0) != pid)
        return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
