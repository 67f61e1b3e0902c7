/* patch.c - redirecting calls in the program's text.
 *
 * The text is written through /proc/self/mem, which the kernel allows the process itself whatever
 * the page's protection is: the mapping stays whole, so Go's own CPU profile still lists one
 * mapping for the binary, and no page is ever writable and executable at once. Kernels that forbid
 * it (proc_mem.force_override, Linux 6.12) get the write by mprotect instead. All of it happens
 * before Go's first instruction, on the only thread. [constructor]
 */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    GAP_MARGIN = 1 << 16, /* room that is left to neighbours, such as the heap above the image */
};

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/* 4 KiB on amd64; 4, 16 or 64 on arm64, as its kernel was configured. */
static uint64_t page_size(void)
{
    return (uint64_t)sysconf(_SC_PAGESIZE);
}

static void *map_at(uint64_t addr, size_t size)
{
    void *at = (void *)(uintptr_t)addr;
    void *got = mmap(at, size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (got == at)
        return got;
    if (got != MAP_FAILED)
        munmap(got, size);
    return NULL;
}

static bool in_reach(uint64_t addr, size_t size, uint64_t text, uint64_t text_end, uint64_t reach)
{
    uint64_t low = addr < text ? addr : text;
    uint64_t high = addr + size > text_end ? addr + size : text_end;

    return high - low < reach;
}

/* Tries the gap [from, to): below the text as high as possible, above it as low as possible. */
static void *try_gap(uint64_t from, uint64_t to, uint64_t text, uint64_t text_end, uint64_t reach,
                     size_t size)
{
    uint64_t addr;

    if (to < from || to - from < size + 2 * GAP_MARGIN)
        return NULL;
    addr = to <= text ? to - GAP_MARGIN - size : from + GAP_MARGIN;
    addr &= ~(page_size() - 1);
    return in_reach(addr, size, text, text_end, reach) ? map_at(addr, size) : NULL;
}

void *patch_map_near(uint64_t text, uint64_t text_end, uint64_t reach, size_t size)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512];
    uint64_t from = 1 << 16, best_below_from = 0, best_below_to = 0, start, end;
    void *got = NULL;

    if (maps == NULL)
        return NULL;
    while (got == NULL && fgets(line, sizeof line, maps) != NULL) {
        char *rest;

        start = strtoull(line, &rest, 16);
        if (*rest != '-')
            continue;
        end = strtoull(rest + 1, NULL, 16);
        if (start <= text && start > from) {
            best_below_from = from;
            best_below_to = start;
        }
        if (start > text && got == NULL) {
            got = try_gap(best_below_from, best_below_to, text, text_end, reach, size);
            if (got == NULL)
                got = try_gap(from, start, text, text_end, reach, size);
        }
        from = end;
    }
    fclose(maps);
    return got;
}

static void flush_code(uint64_t addr, size_t size)
{
    char *code = (char *)(uintptr_t)addr;

    __builtin___clear_cache(code, code + size);
}

static int write_mem(int mem, const struct patch *p, size_t size)
{
    return pwrite(mem, p->code, size, (off_t)p->addr) == (ssize_t)size ? 0 : -errno;
}

static int write_mprotect(const struct patch *p, size_t size)
{
    uint64_t first = p->addr & ~(page_size() - 1);
    size_t span = (size_t)(p->addr + size - first);
    void *page = (void *)(uintptr_t)first;
    uint8_t *code = (uint8_t *)(uintptr_t)p->addr;

    if (mprotect(page, span, PROT_READ | PROT_WRITE) != 0)
        return -errno;
    for (size_t i = 0; i < size; i++)
        code[i] = p->code[i];
    return mprotect(page, span, PROT_READ | PROT_EXEC) == 0 ? 0 : -errno;
}

int patch_apply(void *thunks, size_t thunks_size, const struct patch *patch, size_t n, size_t size,
                struct pg_error *err)
{
    int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
    bool forced = false;
    int rc = 0;

    flush_code((uint64_t)(uintptr_t)thunks, thunks_size);
    if (mprotect(thunks, thunks_size, PROT_READ | PROT_EXEC) != 0)
        rc = pg_error_errno(err, PG_E_PERMISSION, errno, "cannot make the thunks executable");
    for (size_t i = 0; i < n && rc == 0; i++) {
        if (mem < 0 || write_mem(mem, &patch[i], size) != 0) {
            forced = true;
            /* Other threads may be in these pages by now: they must stay executable. */
            if (agent.timer_only || write_mprotect(&patch[i], size) != 0)
                rc = pg_error_errno(err, PG_E_PERMISSION, errno,
                                    "cannot redirect calls in the program's text (/proc/self/mem "
                                    "and mprotect are both refused)");
        }
        flush_code(patch[i].addr, size);
    }
    if (mem >= 0)
        close(mem);
    if (forced && rc == 0)
        say_log("text patched by mprotect: /proc/self/mem is not writable here");
    return rc;
}
