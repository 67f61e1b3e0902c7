/* spawn - what a preloaded object costs a program that it has no business with.
 *
 *   spawn N OBJECT-A OBJECT-B [PROGRAM]
 *
 * Starts PROGRAM (/bin/true) N times with each object in LD_PRELOAD, by turns, waits for its end,
 * and prints the two medians in microseconds.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Microseconds from start to end, or -1. */
static double once(const char *program, const char *object)
{
    char variable[4096 + 16];
    char *argv[] = {(char *)program, NULL};
    char *env[] = {variable, NULL};
    double start;
    int status;
    pid_t pid;

    snprintf(variable, sizeof variable, "LD_PRELOAD=%s", object);
    start = now_us();
    if (posix_spawn(&pid, program, NULL, NULL, argv, env) != 0 || waitpid(pid, &status, 0) != pid ||
        status != 0)
        return -1;
    return now_us() - start;
}

int main(int argc, char **argv)
{
    int n = argc > 3 ? atoi(argv[1]) : 0;
    const char *program = argc > 4 ? argv[4] : "/bin/true";
    double *took[2];

    if (n <= 0) {
        fprintf(stderr, "usage: spawn N OBJECT-A OBJECT-B [PROGRAM]\n");
        return 2;
    }
    for (int k = 0; k < 2; k++)
        took[k] = calloc((size_t)n, sizeof(double));
    for (int i = -20; i < n; i++) /* the first ones only fill caches */
        for (int k = 0; k < 2; k++) {
            int which = (i & 1) != 0 ? 1 - k : k; /* A B B A */
            double us = once(program, argv[2 + which]);

            if (us < 0) {
                fprintf(stderr, "spawn: %s with %s failed\n", program, argv[2 + which]);
                return 1;
            }
            if (i >= 0)
                took[which][i] = us;
        }
    for (int k = 0; k < 2; k++)
        qsort(took[k], (size_t)n, sizeof(double), by_value);
    printf("%.1f %.1f\n", took[0][n / 2], took[1][n / 2]);
    return 0;
}
