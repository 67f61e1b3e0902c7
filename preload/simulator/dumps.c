/* dumps.c - what callgrind has written, as far as the simulated process has to know it.
 *
 * What perfgo exec would do for that would take the processor away and leave its traces in the
 * caches that the next run finds.
 */
#include "simulator.h"

#include "hot/sys.h"

enum { TAIL = 512 }; /* bytes of a dump that have its last line */

static const char *name_of(uint64_t part)
{
    static char name[48] = "callgrind.out.";
    char digits[24], *end = name + sizeof "callgrind.out." - 1;
    int n = 0;

    do
        digits[n++] = (char)('0' + part % 10);
    while ((part /= 10) > 0);
    while (n > 0)
        *end++ = digits[--n];
    *end = '\0';
    return name;
}

/* The first number behind "totals:", instructions in any case; 0: there is none. */
static uint64_t parse_total(const char *text, long size)
{
    static const char key[] = "\ntotals: ";
    uint64_t total = 0;
    long at = 0, n = 0;

    while (at < size && n < (long)sizeof key - 1) {
        n = text[at] == key[n] ? n + 1 : text[at] == key[0];
        at++;
    }
    for (; at < size && text[at] >= '0' && text[at] <= '9'; at++)
        total = total * 10 + (uint64_t)(text[at] - '0');
    return total;
}

uint64_t dumps_cost(uint64_t part)
{
    char text[TAIL];
    const int fd = part > 0 ? simulator_open(name_of(part), O_RDONLY) : -1;
    uint64_t cost;

    if (fd < 0)
        return 0;
    if (sys_call3(SYS_lseek, fd, -(long)sizeof text, SEEK_END) < 0)
        sys_call3(SYS_lseek, fd, 0, SEEK_SET);
    cost = parse_total(text, sys_read(fd, text, sizeof text));
    sys_close(fd);
    return cost;
}

void dumps_drop(uint64_t part)
{
    if (part > 0)
        sys_call3(SYS_unlinkat, AT_FDCWD, (long)simulator_path(name_of(part)), 0);
}
