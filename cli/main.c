/* main.c - perfgo: the table of commands.
 *
 * A command is one row here and one file cmd_<name>.c. The files they share, from the outside in:
 *
 *   options.c   command lines, from tables            say.c      sentences on standard error
 *   gotest.c    the arguments of go test              words.c    argument vectors, go's quoting
 *   launch.c    a child, signals, exit status         tee.c      its output, handed on and kept
 *   target.c    a test binary made preloadable        preload.c  LD_PRELOAD, where libperfgo.so is
 *   notes.c     what test binaries report             tempdir.c  private directories, swept later
 *   summary.c   a run's records, for reports          output.c   terminals, files, tables
 *   format_*.c  one report format each            compare_*.c  reading and showing comparisons
 *   history_*.c one form of a history each        markup.c    names made harmless
 *   against.c   two versions in turns             archive.c   the run that perfgo test leaves
 *   view*.c     what perfgo view shows            html*.c     pages, from cli/html/, and their data
 */
#include "base/similar.h"
#include "cli/command.h"
#include "cli/say.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command commands[] = {
    {"test", "run go test with counters on every benchmark line", cmd_test},
    {"exec", "run one test binary that is already built (for go test -exec)", cmd_exec},
    {"report", "show a finished run as a table, benchfmt, markdown, JSON, CSV or HTML", cmd_report},
    {"compare", "compare two runs or benchmark files: PASS, FAIL or INCONCLUSIVE", cmd_compare},
    {"view", "look at a run or at the difference of two: profile, flame graph, counters", cmd_view},
    {"convert", "turn perf.data, or what perf script prints, into a pprof profile", cmd_convert},
    {"list", "list the runs in the history, newest first", cmd_list},
    {"events", "list the events that can be counted on this machine", cmd_events},
    {"history", "show a benchmark's metric over the runs, and where its level changed",
     cmd_history},
    {"gohook", "make the Go package gohook available in a module", cmd_gohook},
    {"gc", "remove old runs from the history", cmd_gc},
    {"doctor", "tell what works on this machine, what does not, and what mends it", cmd_doctor},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static int print_help(void)
{
    puts("Usage: perfgo COMMAND [OPTION...]\n"
         "Hardware counters for every Go benchmark, with no change to the source.\n");
    for (int i = 0; i < COMMANDS; i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].summary);
    puts("\n  perfgo COMMAND --help   what a command takes\n"
         "  perfgo --version        the version\n"
         "\n"
         "Exit status: that of the test for test and exec; 0, 1, 2 for PASS, FAIL and INCONCLUSIVE "
         "of\n"
         "compare; 3 when perfgo itself is used wrongly or\n"
         "cannot read or write; 126 and 127 when a program cannot be run or is not there.");
    return fflush(stdout) == 0 ? PERFGO_EXIT_OK : PERFGO_EXIT_ERROR;
}

static int unknown_command(const char *name)
{
    const struct command *near = NULL;
    size_t best = 3; /* more than two edits is another word */

    for (int i = 0; i < COMMANDS; i++) {
        size_t d = similar_distance(name, commands[i].name);

        if (d < best) {
            best = d;
            near = &commands[i];
        }
    }
    if (near != NULL)
        return say_error("there is no command '%s': did you mean 'perfgo %s'?", name, near->name);
    return say_error("there is no command '%s': perfgo --help lists them", name);
}

static int run_command(const struct command *command, int argc, char **argv)
{
    char *name = text_format("perfgo %s", command->name);
    int status;

    argv[0] = name;
    status = command->run(argc, argv);
    free(name);
    return status;
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, ""); /* what a terminal can show; numbers stay as in the C locale */
    if (argc < 2) {
        print_help();
        return PERFGO_EXIT_ERROR;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0)
        return print_help();
    if (strcmp(argv[1], "--version") == 0) {
        puts("perfgo " PERFGO_VERSION);
        return PERFGO_EXIT_OK;
    }
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return run_command(&commands[i], argc - 1, argv + 1);
    return unknown_command(argv[1]);
}
