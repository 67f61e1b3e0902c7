/* Any bytes as a benchmark file and as one result text: slices stay inside, and a result has as
 * many values as it says. */
#include "bench/gobench.h"
#include "bench/record.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct gobench_slice s, struct gobench_slice whole)
{
    if (s.p != NULL && (s.p < whole.p || s.p + s.size > whole.p + whole.size))
        abort();
}

static void check(struct gobench_line line, struct gobench_slice whole)
{
    struct gobench_value v;
    size_t n = 0;

    inside(line.key, whole);
    inside(line.value, whole);
    inside(line.name, whole);
    while (gobench_next(&line.values, &v)) {
        inside(v.number, whole);
        inside(v.unit, whole);
        n++;
    }
    if (n != line.n_values)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gobench_slice whole = {(const char *)data, size}, rest = whole, text;
    const struct record_head head = {
        .pkg = "p", .name = "B", .text = (const char *)data, .text_size = size};
    struct gobench_line line;
    struct record *r;

    while (gobench_next_line(&rest, &text)) {
        gobench_line(text, &line);
        check(line, whole);
    }
    if (gobench_text(whole, &line))
        check(line, whole);
    if (record_new(&head, &r, NULL) < 0)
        abort();
    record_free(r);
    return 0;
}
