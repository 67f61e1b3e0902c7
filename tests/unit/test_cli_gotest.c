/* What perfgo reads out of go test's arguments, and that it leaves the others alone. Each row was
 * written from the rules of cmd/go (test/testflag.go, cmdflag.ParseOne). */
#include "cli/gotest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct row {
    int line;
    const char *args[10];
    const char *goflags;
    const char *left[10]; /* lead, then args */
    const char *exec, *bench, *dir;
    bool benchmarks;
};

#define ROW __LINE__
static const struct row rows[] = {
    {ROW, {"-bench=.", "./..."}, NULL, {"-bench=.", "./..."}, NULL, ".", NULL, true},
    {ROW, {"--bench", "X", "."}, NULL, {"--bench", "X", "."}, NULL, "X", NULL, true},
    {ROW, {"-test.bench=X"}, NULL, {"-test.bench=X"}, NULL, "X", NULL, true},
    {ROW, {"-bench="}, NULL, {"-bench="}, NULL, "", NULL, false},
    {ROW, {"./..."}, NULL, {"./..."}, NULL, NULL, NULL, false},
    {ROW, {"-exec", "sudo -E", "-bench=."}, NULL, {"-bench=."}, "sudo -E", ".", NULL, true},
    {ROW, {"-exec=a", "--exec=b", "-bench=."}, NULL, {"-bench=."}, "b", ".", NULL, true},
    {ROW, {"-bench=.", "p", "--exec", "x"}, NULL, {"-bench=.", "p"}, "x", ".", NULL, true},
    {ROW, {"-exec=", "-bench=."}, "-exec=qemu", {"-bench=."}, "", ".", NULL, true},
    {ROW, {"-bench=."}, "-v '-exec=qemu -L /x'", {"-bench=."}, "qemu -L /x", ".", NULL, true},
    {ROW, {"-v"}, "-bench=Y", {"-v"}, NULL, "Y", NULL, true},
    {ROW, {"-count=5", "-bench=."}, NULL, {"-bench=."}, NULL, ".", NULL, true},
    {ROW, {"-bench=.", "-count", "5", "p"}, NULL, {"-bench=.", "p"}, NULL, ".", NULL, true},
    /* values that look like flags */
    {ROW,
     {"-run", "-exec", "-bench=."},
     NULL,
     {"-run", "-exec", "-bench=."},
     NULL,
     ".",
     NULL,
     true},
    {ROW,
     {"-ldflags", "-exec=x", "-bench=."},
     NULL,
     {"-ldflags", "-exec=x", "-bench=."},
     NULL,
     ".",
     NULL,
     true},
    {ROW, {"-v", "-exec", "x", "-bench=."}, NULL, {"-v", "-bench=."}, "x", ".", NULL, true},
    /* what belongs to the test */
    {ROW,
     {"-bench=.", "-args", "-exec", "x"},
     NULL,
     {"-bench=.", "-args", "-exec", "x"},
     NULL,
     ".",
     NULL,
     true},
    {ROW,
     {".", "-args", "-test.bench=Z"},
     NULL,
     {".", "-args", "-test.bench=Z"},
     NULL,
     "Z",
     NULL,
     true},
    {ROW, {".", "--", "-exec", "x"}, NULL, {".", "--", "-exec", "x"}, NULL, NULL, NULL, false},
    {ROW,
     {".", "-v", "word", "-exec", "x"},
     NULL,
     {".", "-v", "word", "-exec", "x"},
     NULL,
     NULL,
     NULL,
     false},
    {ROW,
     {".", "-mine", "word", "-exec", "x"},
     NULL,
     {".", "-mine", "word"},
     "x",
     NULL,
     NULL,
     false},
    {ROW,
     {".", "-mine=1", "word", "-exec", "x"},
     NULL,
     {".", "-mine=1", "word", "-exec", "x"},
     NULL,
     NULL,
     NULL,
     false},
    {ROW, {"-mine", "word", "-exec", "x"}, NULL, {"-mine", "word"}, "x", NULL, NULL, false},
    {ROW, {"a", "b", "-bench", "."}, NULL, {"a", "b", "-bench", "."}, NULL, ".", NULL, true},
    {ROW, {"-test.exec=x", "-bench=."}, NULL, {"-test.exec=x", "-bench=."}, NULL, ".", NULL, true},
    /* -C stays in front */
    {ROW, {"-C", "sub", "-bench=."}, NULL, {"-C", "sub", "-bench=."}, NULL, ".", "sub", true},
    {ROW, {"-C=sub", "-bench=."}, NULL, {"-C=sub", "-bench=."}, NULL, ".", "sub", true},
    /* nothing is run */
    {ROW, {"-c", "-bench=."}, NULL, {"-c", "-bench=."}, NULL, ".", NULL, false},
    {ROW, {"-c=false", "-bench=."}, NULL, {"-c=false", "-bench=."}, NULL, ".", NULL, true},
    {ROW, {"-list", ".", "-bench=."}, NULL, {"-list", ".", "-bench=."}, NULL, ".", NULL, false},
    {ROW, {"-bench=.", "-n"}, NULL, {"-bench=.", "-n"}, NULL, ".", NULL, false},
    /* go will complain of these; they must arrive */
    {ROW, {"-bench=.", "-exec"}, NULL, {"-bench=.", "-exec"}, NULL, ".", NULL, true},
    {ROW, {"-bench=.", "---x", ""}, NULL, {"-bench=.", "---x", ""}, NULL, ".", NULL, true},
};

static void same(int line, const char *what, const char *got, const char *want)
{
    if ((got == NULL) != (want == NULL) || (got != NULL && strcmp(got, want) != 0))
        fail_msg("row of line %d: %s is %s, not %s", line, what, got != NULL ? got : "NULL",
                 want != NULL ? want : "NULL");
}

static void check_row(const struct row *row)
{
    struct words left = {0};
    struct gotest g;
    size_t n = 0;

    while (row->args[n] != NULL)
        n++;
    assert_int_equal(gotest_scan(n, (char *const *)(uintptr_t)row->args, row->goflags, &g, NULL),
                     0);
    words_add_all(&left, g.lead.item, g.lead.n);
    words_add_all(&left, g.args.item, g.args.n);
    for (n = 0; row->left[n] != NULL; n++)
        same(row->line, "argument", n < left.n ? left.item[n] : NULL, row->left[n]);
    if (left.n != n)
        fail_msg("row of line %d: %zu arguments are left, not %zu", row->line, left.n, n);
    same(row->line, "-exec", g.exec, row->exec);
    same(row->line, "-bench", g.bench, row->bench);
    same(row->line, "-C", g.dir, row->dir);
    if (gotest_benchmarks(&g) != row->benchmarks)
        fail_msg("row of line %d: benchmarks %d", row->line, gotest_benchmarks(&g));
    words_free(&left);
    gotest_free(&g);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_row(&rows[i]);
}

static void test_open_quote_in_goflags(void **state)
{
    char *args[] = {"-bench=."};
    struct pg_error err;
    struct gotest g;

    (void)state;
    assert_int_equal(gotest_scan(1, args, "'-exec=x", &g, &err), -PG_E_FORMAT);
    gotest_free(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_open_quote_in_goflags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
