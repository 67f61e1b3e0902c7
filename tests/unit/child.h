/* child.h - what changes a process for good is tried in a child. */
#ifndef PERFGO_TESTS_UNIT_CHILD_H
#define PERFGO_TESTS_UNIT_CHILD_H

#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

/* The wait status of a child that exits with what function(argument) returns. */
static inline int in_child(int (*function)(size_t), size_t argument)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0)
        _exit(function(argument));
    waitpid(pid, &status, 0);
    return status;
}

#endif
