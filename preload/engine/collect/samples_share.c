/* samples_share.c - weights of samples that say where a thread was, but not how long.
 *
 * The kernel looks at CPU timers at its ticks: one sample in 1 to 10 ms, and how many of them fall
 * into windows that are shorter is chance. A thread that begins and ends in a window is not seen
 * after its last tick. And a thread that shares its processor begins to run right behind a tick and
 * may sleep before the next, time after time. The threads' clocks know nothing of ticks: they were
 * read at both ends of every window. So the clocks say how long, the samples where.
 */
#include "collect/samples_priv.h"

#include <stdlib.h>

/* Samples that share a thread's time; the last one of the list is for threads that are not in it.
 */
struct part {
    uint64_t ns, samples;
    uint64_t weight; /* of each sample: whole nanoseconds, so that equal stacks stay equal */
};

static struct part *part_of(struct part *part, const struct samples_thread *thread, size_t n,
                            const struct samples_stack *stack)
{
    size_t i = 0;

    while (i < n && (thread[i].tid != stack->tid || thread[i].tid == 0))
        i++;
    return &part[i];
}

static uint64_t time_of_sampled(const struct part *part, size_t n)
{
    uint64_t ns = 0;

    for (size_t i = 0; i < n; i++)
        ns += part[i].samples > 0 ? part[i].ns : 0;
    return ns;
}

/* Threads without a sample leave theirs to the others, in proportion. */
static void weigh(struct part *part, size_t n, uint64_t total)
{
    const uint64_t known = time_of_sampled(part, n);
    uint64_t all;

    for (size_t i = 0; i < n && known == 0; i++)
        part[i].ns = part[i].samples; /* nothing tells the threads apart */
    all = time_of_sampled(part, n);
    for (size_t i = 0; i < n; i++)
        if (part[i].samples > 0)
            part[i].weight = (uint64_t)((double)total * (double)part[i].ns / (double)all /
                                        (double)part[i].samples);
}

bool samples_share(struct samples *s, uint64_t total, const struct samples_thread *thread, size_t n)
{
    struct part *part = calloc(n + 1, sizeof *part);

    if (part == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        part[thread[i].tid != 0 ? i : n].ns += thread[i].ns;
    for (size_t i = 0; i < s->n_slots; i++)
        if (s->slot[i] != NULL)
            part_of(part, thread, n, s->slot[i])->samples += s->slot[i]->count;
    weigh(part, n + 1, total);
    for (size_t i = 0; i < s->n_slots; i++)
        if (s->slot[i] != NULL)
            s->slot[i]->weight = s->slot[i]->count * part_of(part, thread, n, s->slot[i])->weight;
    for (size_t i = 0; i < s->n_ones; i++)
        s->one[i].period = part_of(part, thread, n, s->one[i].stack)->weight;
    free(part);
    return true;
}
