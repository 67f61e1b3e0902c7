/* userread.c - counts read in user mode, held against read(2). Prints the lines of the test
 * protocol, and figures as comments. */
#include "count.h"

#include "hot/userread.h"
#include "pmc.h" /* hot/arch/<cpu>/ */

#include <sys/mman.h>

enum { EVENTS = 2, ROUNDS = 100, FIRST = 5, TURNS = 10000 };

static const char *const name[EVENTS] = {"instructions", "cycles"};
static int fd[EVENTS];
static const struct perf_event_mmap_page *page[EVENTS];

static void check(const char *what, const char *event, int good, long long have)
{
    if (good)
        printf("ok %s-%s\n", what, event);
    else
        printf("not ok %s-%s: %lld\n", what, event, have);
}

/* A group that may be read in user mode (Linux: Documentation/arch/arm64/perf.rst). */
static int open_group(void)
{
    static const uint64_t config[EVENTS] = {PERF_COUNT_HW_INSTRUCTIONS, PERF_COUNT_HW_CPU_CYCLES};

    for (int i = 0; i < EVENTS; i++) {
        struct perf_event_attr attr = hardware(config[i]);
        void *at;

        attr.config1 = 2;
        fd[i] = event_open(&attr, i == 0 ? -1 : fd[0]);
        at = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED, fd[i], 0);
        if (fd[i] < 0 || at == MAP_FAILED)
            return 0;
        page[i] = at;
    }
    return 1;
}

static uint64_t in_user_mode(int i)
{
    uint64_t count = 0;

    if (!hot_user_count(page[i], pmc_read, &count))
        printf("not ok user-read-%s: not on the hardware\n", name[i]);
    return count;
}

static uint64_t by_read(int i)
{
    return event_read(fd[i]).value;
}

/* What a loop of known length counts too much between two reads: the constant of their path. The
 * same in every round, or UINT64_MAX. */
static uint64_t path(int i, uint64_t (*from)(int), uint64_t (*to)(int))
{
    uint64_t over = 0;

    for (int round = 0; round < ROUNDS; round++) {
        uint64_t before = from(i), now;

        spin(TURNS);
        now = to(i) - before - 4ull * TURNS;
        if (round >= FIRST && now != over)
            return UINT64_MAX;
        over = now;
    }
    return over;
}

static void alternately(int i)
{
    const uint64_t user = path(i, in_user_mode, in_user_mode), read = path(i, by_read, by_read);
    const uint64_t up = path(i, in_user_mode, by_read), down = path(i, by_read, in_user_mode);

    check("user-to-user-same-each-time", name[i], user < 200, (long long)user);
    check("read-to-read-same-each-time", name[i], read < 200, (long long)read);
    check("user-to-read-same-each-time", name[i], up < 200, (long long)up);
    check("read-to-user-same-each-time", name[i], down < 200, (long long)down);
    /* Each path has two ends: in either order they are the same four. */
    check("paths-add-up", name[i], user + read == up + down, (long long)(user + read - up - down));
    printf("# %s over: user-user %llu, read-read %llu, user-read %llu, read-user %llu\n", name[i],
           (unsigned long long)user, (unsigned long long)read, (unsigned long long)up,
           (unsigned long long)down);
}

/* Past 2^32, and so past every edge of a counter of 32 bits, wherever it began. */
static void across_wrap(void)
{
    enum { PIECES = 10 };
    uint64_t begin[EVENTS], most[EVENTS] = {0}, last[EVENTS] = {0};

    for (int i = 0; i < EVENTS; i++)
        begin[i] = by_read(i);
    for (int piece = 0; piece < PIECES; piece++) {
        spin(125000000);
        for (int i = 0; i < EVENTS; i++) {
            uint64_t user = in_user_mode(i), difference = by_read(i) - user;

            most[i] = difference > most[i] ? difference : most[i];
            last[i] = user - begin[i];
        }
    }
    for (int i = 0; i < EVENTS; i++) {
        check("wrap-user-against-read", name[i], most[i] < 200, (long long)most[i]);
        check("wrap-was-passed", name[i], last[i] > 1ull << 32 && last[i] - 5000000000 < 20000,
              (long long)last[i]);
        printf("# %s: width %u, %llu counted, read(2) later by at most %llu\n", name[i],
               page[i]->pmc_width, (unsigned long long)last[i], (unsigned long long)most[i]);
    }
}

int main(int argc, char **argv)
{
    if (!open_group()) {
        printf("not ok user-read: the group does not open\n");
        return 0;
    }
    if (argc > 1 && strcmp(argv[1], "wrap") == 0) {
        across_wrap();
        return 0;
    }
    for (int i = 0; i < EVENTS; i++)
        alternately(i);
    return 0;
}
