/* clock.c - the time that a simulated program sees: it passes with what the program does.
 *
 * Real time would let chance into the counts: when the scavenger gives memory back, what a timer
 * does to the scheduler, how much of itself the collector thinks it has used. Here each look at the
 * clock is a microsecond, and waiting for a timer takes as long as the timer says. A program that
 * waits for something else finds that about as much time has passed as really has.
 *
 * Go reads its clocks through the kernel's code in the process (vDSO), which it finds as an ELF
 * image in memory, by AT_SYSINFO_EHDR. Here that points to an image of ours, made before Go looks,
 * whose only function is this clock. C code keeps the real one. The day is the real day, from
 * midnight UTC on, so that certificates and dates hold. (Go: src/runtime/vdso_linux.go; Linux:
 * Documentation/ABI/stable/vdso)
 */
#include "simulator.h"

#include "hot/sys.h"

#include <elf.h>

enum {
    STEP_NS = 1000,    /* a look at the clock */
    UPTIME_S = 100000, /* of the machine that the program seems to run on, when it starts */
    DAY_S = 86400,
};
static const uint64_t second_ns = 1000000000;

static struct {
    uint64_t passed_ns;
    uint64_t midnight_s;
    uint64_t wait_from_ns,
        wait_ns; /* somebody began to wait then (real time), for at most so long */
} virtual;

static uint64_t real_ns(void)
{
    struct timespec t = {0, 0};

    sys_clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * second_ns + (uint64_t)t.tv_nsec;
}

void clock_advance(uint64_t ns)
{
    __atomic_add_fetch(&virtual.passed_ns, ns, __ATOMIC_RELAXED);
}

void clock_wait_begins(uint64_t ns)
{
    virtual.wait_from_ns = real_ns();
    __atomic_store_n(&virtual.wait_ns, ns, __ATOMIC_RELEASE);
}

/* The first look at the clock after a wait. */
static void end_wait(void)
{
    uint64_t most = __atomic_exchange_n(&virtual.wait_ns, 0, __ATOMIC_ACQUIRE);
    uint64_t real = real_ns() - virtual.wait_from_ns;

    clock_advance(real < most ? real : most);
}

/* clock_gettime(2), as the vDSO has it. */
static int clock_read(int32_t clock, struct timespec *out)
{
    uint64_t ns;

    if (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME)
        return (int)sys_clock_gettime(clock, out);
    if (__atomic_load_n(&virtual.wait_ns, __ATOMIC_RELAXED) != 0)
        end_wait();
    ns = __atomic_add_fetch(&virtual.passed_ns, STEP_NS, __ATOMIC_RELAXED);
    out->tv_sec =
        (time_t)(ns / second_ns + (clock == CLOCK_MONOTONIC ? UPTIME_S : virtual.midnight_s));
    out->tv_nsec = (long)(ns % second_ns);
    return 0;
}

void clock_look(void)
{
    struct timespec t;

    clock_read(CLOCK_MONOTONIC, &t);
}

/* ---- [constructor] ---- */

enum { N_SYMBOLS = 3 }; /* none, and one for each CPU's name of it: Go looks for its own */
static const char names[] = "\0__vdso_clock_gettime\0__kernel_clock_gettime";

static struct image {
    Elf64_Ehdr head;
    Elf64_Phdr segment[2];
    Elf64_Dyn dynamic[5];
    Elf64_Verdef version;
    Elf64_Sym symbol[N_SYMBOLS];
    uint32_t hash[2 + 1 + N_SYMBOLS]; /* two sizes, a bucket, the chain of each symbol */
    char names[sizeof names];
} image;

/* All addresses in it are relative to its beginning. */
static void make_image(void)
{
    const uint64_t clock = (uint64_t)(uintptr_t)clock_read - (uint64_t)(uintptr_t)&image;

    image.head = (Elf64_Ehdr){.e_phoff = offsetof(struct image, segment),
                              .e_phentsize = sizeof(Elf64_Phdr),
                              .e_phnum = 2};
    for (size_t i = 0; i < SELFMAG; i++)
        image.head.e_ident[i] = (unsigned char)ELFMAG[i];
    image.segment[0] = (Elf64_Phdr){.p_type = PT_LOAD};
    image.segment[1] =
        (Elf64_Phdr){.p_type = PT_DYNAMIC, .p_offset = offsetof(struct image, dynamic)};
    image.dynamic[0] = (Elf64_Dyn){DT_STRTAB, {offsetof(struct image, names)}};
    image.dynamic[1] = (Elf64_Dyn){DT_SYMTAB, {offsetof(struct image, symbol)}};
    image.dynamic[2] = (Elf64_Dyn){DT_HASH, {offsetof(struct image, hash)}};
    /* Go reads versions without asking whether there are any: one of the file, none of symbols. */
    image.dynamic[3] = (Elf64_Dyn){DT_VERDEF, {offsetof(struct image, version)}};
    image.version = (Elf64_Verdef){.vd_version = VER_DEF_CURRENT, .vd_flags = VER_FLG_BASE};
    for (size_t i = 0; i < sizeof names; i++)
        image.names[i] = names[i];
    image.hash[0] = 1;
    image.hash[1] = N_SYMBOLS;
    for (uint32_t i = 1, at = 1; i < N_SYMBOLS; i++) {
        image.symbol[i] = (Elf64_Sym){.st_name = at,
                                      .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
                                      .st_shndx = 1,
                                      .st_value = clock};
        while (names[at++] != '\0')
            ;
        image.hash[i == 1 ? 2 : 2 + i] = i; /* the bucket, then behind the one before */
    }
}

void clock_start(void)
{
    char **end = simulator.environment;
    uint64_t *aux, *entry = NULL;
    struct timespec t = {0, 0};

    sys_clock_gettime(CLOCK_REALTIME, &t);
    virtual.midnight_s = (uint64_t)t.tv_sec / DAY_S * DAY_S;
    make_image();
    while (*end != NULL)
        end++;
    /* Valgrind leaves an entry without meaning where the kernel's was. */
    for (aux = (uint64_t *)(void *)(end + 1); aux[0] != AT_NULL; aux += 2)
        if (aux[0] == AT_SYSINFO_EHDR || (aux[0] == AT_IGNORE && entry == NULL))
            entry = aux;
    if (entry == NULL)
        return;
    entry[0] = AT_SYSINFO_EHDR;
    entry[1] = (uint64_t)(uintptr_t)&image;
}
