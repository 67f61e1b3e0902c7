/* Sets of results, read from files. */
#include "bench/benchset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file is read in pieces of 64 KiB, which end anywhere in a line: it must give what the same text
 * gives as a whole. */
static void files(void **state)
{
    char path[] = "/tmp/perfgo-benchset.XXXXXX";
    const int fd = mkstemp(path);
    struct benchset whole = {.results = 0}, pieces = {.results = 0};
    struct strbuf text = {0};

    (void)state;
    for (int i = 0; i < 9000; i++)
        strbuf_printf(&text, "BenchmarkLong/name=%d-8 \t %d\t %d.25 ns/op\t %d B/op%s\n", i / 3,
                      i + 1, i, i % 7, i % 5 == 0 ? "\r" : "");
    strbuf_puts(&text, "Unit B/op assume=exact\nBenchmarkLast 1 5 B/op"); /* no newline */
    assert_true(fd >= 0 && !text.failed && text.size > 5 * 65536);
    assert_int_equal(write(fd, text.text, text.size), text.size);
    close(fd);
    assert_int_equal(benchset_add_text(&whole, text.text, text.size, NULL), 0);
    assert_int_equal(benchset_add_file(&pieces, path, NULL), 0);
    unlink(path);
    assert_int_equal(whole.results, 9001);
    assert_int_equal(pieces.results, 9001);
    assert_int_equal(pieces.n_bench, whole.n_bench);
    assert_int_equal(pieces.n_sample, whole.n_sample);
    for (size_t i = 0; i < whole.n_sample; i++) {
        const struct sample *x = &whole.sample[i], *y = &pieces.sample[i];

        assert_string_equal(x->unit, y->unit);
        assert_string_equal(whole.bench[x->bench].name, pieces.bench[y->bench].name);
        assert_int_equal(x->n, y->n);
        assert_int_equal(x->n_exact, y->n_exact);
        assert_int_equal(x->n_exact, strcmp(x->unit, "B/op") == 0 ? x->n : 0);
        assert_memory_equal(x->value, y->value, x->n * sizeof *x->value);
    }
    benchset_free(&whole);
    benchset_free(&pieces);
    strbuf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
