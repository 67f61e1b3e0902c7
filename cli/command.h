/* command.h - the commands of perfgo: one row in main.c's table, one file cmd_<name>.c each. */
#ifndef PERFGO_CLI_COMMAND_H
#define PERFGO_CLI_COMMAND_H

/* perfgo's own failures (usage, input, output). A test's exit status is passed on as it is, so a
 * script that must tell them apart looks at the "perfgo:" sentence on standard error. */
enum {
    PERFGO_EXIT_OK = 0,
    PERFGO_EXIT_FAIL = 1,         /* compare: a gate failed */
    PERFGO_EXIT_INCONCLUSIVE = 2, /* compare: neither PASS nor FAIL can be said */
    PERFGO_EXIT_ERROR = 3,
    PERFGO_EXIT_CANNOT_RUN = 126, /* as a shell: found, but the kernel will not run it */
    PERFGO_EXIT_NOT_FOUND = 127,
};

struct command {
    const char *name;
    const char *summary; /* one line for perfgo --help */

    /* argv[0] is "perfgo NAME", for messages. Returns the exit status of the process. */
    int (*run)(int argc, char **argv);
};

int cmd_test(int argc, char **argv);
int cmd_exec(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_history(int argc, char **argv);
int cmd_gc(int argc, char **argv);
int cmd_view(int argc, char **argv);
int cmd_convert(int argc, char **argv);
int cmd_gohook(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_events(int argc, char **argv);
int cmd_doctor(int argc, char **argv);

#endif
