/* fifo.c - runs a program under SCHED_FIFO, all its threads: whoever runs goes on until it waits.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    const struct sched_param priority = {.sched_priority = 1};

    if (argc < 2 || sched_setscheduler(0, SCHED_FIFO, &priority) != 0) {
        perror("fifo");
        return 125;
    }
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    return 127;
}
