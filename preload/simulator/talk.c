/* talk.c - hands lines to perfgo exec and gets the text to print. (proto/simulation.h)
 *
 * A hook waits for the answer in the kernel: outside of any window, between two benchmarks.
 */
#include "simulator.h"

#include "hot/sys.h"

#include <errno.h>

static int ask = -1, answer = -1; /* fifos; perfgo exec holds both of them open at both ends */
static struct {
    char strings[SIMULATION_STRINGS];
    uint64_t size; /* of them */
    char text[SIMULATION_TEXT];
} talk;

static bool write_all(const void *data, size_t size)
{
    const char *at = data;

    while (size > 0) {
        const long n = sys_call3(SYS_write, ask, (long)at, (long)size);

        if (n <= 0 && n != -EINTR)
            return false;
        at += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

static bool read_all(void *to, size_t size)
{
    char *at = to;

    while (size > 0) {
        const long n = sys_read(answer, at, size);

        if (n <= 0 && n != -EINTR)
            return false;
        at += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* Adds a string; its size goes to *size. What does not fit is left out. */
static void add(struct go_string from, uint64_t *size)
{
    *size = from.size <= sizeof talk.strings - talk.size ? from.size : 0;
    for (uint64_t i = 0; i < *size; i++)
        talk.strings[talk.size++] = from.data[i];
}

/* Lines come one at a time: testing holds a lock around each benchmark. */
const char *recorder_line(const struct go_line *line, size_t *size)
{
    struct simulation_line told = {
        .n = line->n, .duration_ns = line->duration_ns, .iterations_run = line->iterations_run};
    uint64_t n;

    simulate_counted(&told);
    talk.size = 0;
    add(line->pkg, &told.pkg);
    add(line->name, &told.name);
    add(line->printed_name, &told.printed_name);
    add(line->text, &told.text);
    if (!write_all(&told, sizeof told) || !write_all(talk.strings, talk.size) ||
        !read_all(&n, sizeof n) || n > sizeof talk.text || !read_all(talk.text, n))
        return NULL;
    *size = n;
    return n > 0 ? talk.text : NULL;
}

int talk_start(void)
{
    static const struct simulation_line armed = {.armed = 1};

    ask = simulator_open(SIMULATION_ASK, O_WRONLY);
    answer = simulator_open(SIMULATION_ANSWER, O_RDONLY);
    return ask >= 0 && answer >= 0 && write_all(&armed, sizeof armed) ? 0 : -1;
}
