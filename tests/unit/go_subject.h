/* go_subject.h - real Go binaries for unit tests: built with the installed go from tests/unit/
 * gobin_subject into a fresh directory under $TMPDIR. Without go, a test skips and says so. */
#ifndef PERFGO_TESTS_GO_SUBJECT_H
#define PERFGO_TESTS_GO_SUBJECT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char subject_dir[256];

/* Runs a shell command; its exit status, or -1. */
__attribute__((format(printf, 1, 2), unused)) static int subject_run(const char *fmt, ...)
{
    char command[2048];
    va_list args;
    int status;

    va_start(args, fmt);
    vsnprintf(command, sizeof command, fmt, args);
    va_end(args);
    status = system(command);
    return status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

__attribute__((unused)) static int subject_setup(void **state)
{
    const char *tmp = getenv("TMPDIR");

    (void)state;
    snprintf(subject_dir, sizeof subject_dir, "%s/perfgo-unit-XXXXXX", tmp != NULL ? tmp : "/tmp");
    return mkdtemp(subject_dir) == NULL ? -1 : 0;
}

__attribute__((unused)) static int subject_teardown(void **state)
{
    (void)state;
    return subject_run("rm -rf '%s'", subject_dir);
}

/* Builds <dir>/<name> with these flags unless it is there already. False: go is missing. A build
 * that fails ends the test program: nothing that follows would test anything. */
__attribute__((unused)) static bool subject_build(const char *name, const char *flags)
{
    if (subject_run("command -v go >/dev/null") != 0) {
        printf("SKIP: go is not installed\n");
        return false;
    }
    if (subject_run("test -e '%s/%s' || { cd tests/unit/gobin_subject && env -u GOFLAGS "
                    "GOTOOLCHAIN=local GOWORK=off go test -c -o '%s/%s' %s . ; }",
                    subject_dir, name, subject_dir, name, flags) != 0) {
        printf("cannot build the Go test binary %s\n", name);
        exit(1);
    }
    return true;
}

/* A whole file in memory that is exactly as large as the file; the caller frees it. */
__attribute__((unused)) static void *subject_read(const char *path, size_t *size)
{
    FILE *in = fopen(path, "rb");
    struct stat st;
    void *data;

    if (in == NULL || fstat(fileno(in), &st) != 0)
        return NULL;
    *size = (size_t)st.st_size;
    data = malloc(*size);
    if (data != NULL && fread(data, 1, *size, in) != *size) {
        free(data);
        data = NULL;
    }
    fclose(in);
    return data;
}

#endif
