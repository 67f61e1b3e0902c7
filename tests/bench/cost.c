/* cost - what a program takes.
 *
 *   cost COMMAND...
 *
 * Runs it with its output thrown away, and prints the seconds from start to end and the KiB that
 * were resident at most. Fails when it does.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    double start = now();
    struct rusage usage;
    int status = 1;
    pid_t child = argc > 1 ? fork() : -1;

    if (child == 0) {
        dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0)
        return 1;
    printf("%.4f %ld\n", now() - start, usage.ru_maxrss);
    return 0;
}
