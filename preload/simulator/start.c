/* start.c - the way in: reads the brief and redirects the calls, before Go's first instruction.
 *
 * In a static executable this library is the program's interpreter (elf/preloadable.h): the kernel,
 * or Valgrind in its place, starts it where it would start the dynamic loader, and it goes on to
 * the program with the stack as it was. It relocates itself, which is all it needs. In a dynamic
 * executable the loader runs its constructor. Where there is no simulation (a child process, which
 * Valgrind does not follow) or something is missing, nothing is done and the program runs; perfgo
 * exec sees that nobody has told it to be in place. (Linux: fs/binfmt_elf.c; System V ABI, "Process
 * Initialization") [constructor]
 */
#include "simulator.h"

#include "arch/arch.h"
#include "hot/sys.h"
#include "preload/agent/stacks.h"

#include <elf.h>
#include <sys/mman.h>

#include <valgrind/valgrind.h>

enum {
    PAGE = 1 << 16,      /* the largest that a supported kernel has */
    GO_STACK = 1 << 17,  /* twice what Go's first thread takes for its own */
    STEP = 1 << 20,      /* where room for the thunks is looked for */
    MOST_STEPS = 1 << 10 /* on either side of the text */
};

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

struct agent agent; /* of it, bench.c uses the layout */
struct simulator simulator;

static struct simulation_brief brief;
static struct hook_site site[MAX_SITES]; /* read by thunks */

static void (*const hooks[N_SITE_KINDS])(struct hook_regs *) = {
    [SITE_RUN_FIRST] = hook_simulate_run_first,
    [SITE_RUN_AGAIN] = hook_simulate_run_again,
    [SITE_LOOP] = hook_simulate_loop,
    [SITE_START] = hook_simulate_start,
    [SITE_STOP] = hook_simulate_stop,
    [SITE_RESET] = hook_simulate_reset,
    [SITE_RESET_STOPPED] = hook_simulate_reset_any,
    [SITE_RESULT] = hook_simulate_result,
    [SITE_TEXT] = hook_text,
    [SITE_THREAD_BEGIN] = hook_turns_begin,
    [SITE_THREAD_END] = hook_turns_end,
    [SITE_SYSMON] = hook_simulate_sysmon,
    [SITE_SCAVENGER] = hook_simulate_scavenger,
    [SITE_THREAD_NEW] = hook_turns_new,
    [SITE_SLEEP] = hook_turns_sleep,
    [SITE_WAKE] = hook_turns_wake,
    [SITE_POLL] = hook_turns_poll,
    [SITE_PROCESSORS] = hook_turns_processors,
    [SITE_COLLECT] = hook_simulate_collect,
};

/* ---- what perfgo exec says ---- */

static char *append(char *to, const char *end, const char *from)
{
    while (to < end && *from != '\0')
        *to++ = *from++;
    *to = '\0';
    return to;
}

const char *simulator_path(const char *name)
{
    static char path[SIMULATOR_PATH];
    char *at = append(path, path + sizeof path - 1, simulator.dir);

    at = append(at, path + sizeof path - 1, "/");
    append(at, path + sizeof path - 1, name);
    return path;
}

int simulator_open(const char *name, int flags)
{
    return sys_move_fd((int)sys_call6(SYS_openat, AT_FDCWD, (long)simulator_path(name),
                                      flags | O_CLOEXEC, 0600, 0, 0));
}

static bool find_dir(char **environment)
{
    static const char key[] = "PERFGO_SIMULATE_DIR=";
    size_t n;

    for (char **e = environment; *e != NULL; e++) {
        for (n = 0; n < sizeof key - 1 && (*e)[n] == key[n]; n++)
            ;
        if (n == sizeof key - 1)
            append(simulator.dir, simulator.dir + sizeof simulator.dir - 1, *e + n);
    }
    return simulator.dir[0] != '\0';
}

static bool read_brief(void)
{
    const int fd = simulator_open(SIMULATION_BRIEF, O_RDONLY);
    const bool read = fd >= 0 && sys_read(fd, &brief, sizeof brief) == (long)sizeof brief;

    if (fd >= 0)
        sys_close(fd);
    return read && brief.magic == SIMULATION_MAGIC && brief.n_sites <= MAX_SITES;
}

/* ---- redirecting ---- */

static uint64_t auxiliary(char **environment, uint64_t type)
{
    const uint64_t *aux;

    while (*environment != NULL)
        environment++;
    for (aux = (const uint64_t *)(const void *)(environment + 1); aux[0] != AT_NULL; aux += 2)
        if (aux[0] == type)
            return aux[1];
    return 0;
}

/* Run-time address minus link-time address of the executable. */
static uint64_t bias_of_program(void)
{
    const uint64_t at = auxiliary(simulator.environment, AT_PHDR);
    const Elf64_Phdr *phdr = (const Elf64_Phdr *)(uintptr_t)at;
    const uint64_t n = auxiliary(simulator.environment, AT_PHNUM);

    for (uint64_t i = 0; at != 0 && i < n; i++)
        if (phdr[i].p_type == PT_PHDR)
            return at - phdr[i].p_vaddr;
    return 0;
}

static void *map_at(uint64_t addr, size_t size)
{
    void *at = (void *)sys_call6(SYS_mmap, (long)addr, (long)size, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (sys_is_error(at))
        return NULL;
    if ((uint64_t)(uintptr_t)at == addr)
        return at;
    sys_munmap(at, size);
    return NULL;
}

/* Memory that calls in [low, high) reach. */
static uint8_t *map_near(uint64_t low, uint64_t high, uint64_t reach, size_t size)
{
    for (uint64_t step = 1; step <= MOST_STEPS; step++) {
        const uint64_t above = (high + step * STEP) & ~(uint64_t)(PAGE - 1);
        const uint64_t below = (low - step * STEP) & ~(uint64_t)(PAGE - 1);
        void *at = NULL;

        if (above + size - low < reach)
            at = map_at(above, size);
        if (at == NULL && below < low && below >= PAGE && high - below < reach)
            at = map_at(below, size);
        if (at != NULL)
            return at;
    }
    return NULL;
}

/* Pages are of 4 KiB, or on arm64 of 16 or 64: only the size that the kernel has is accepted. */
static bool write_text(uint64_t addr, const uint8_t *code, size_t size)
{
    uint8_t *text = (uint8_t *)(uintptr_t)addr;

    for (uint64_t page = 4096; page <= PAGE; page *= 2) {
        const uint64_t first = addr & ~(page - 1);
        const long span = (long)(addr + size - first);

        if (sys_call3(SYS_mprotect, (long)first, span, PROT_READ | PROT_WRITE) != 0)
            continue;
        for (size_t i = 0; i < size; i++)
            text[i] = code[i];
        __builtin___clear_cache((char *)text, (char *)text + size);
        return sys_call3(SYS_mprotect, (long)first, span, PROT_READ | PROT_EXEC) == 0;
    }
    return false;
}

static bool redirect(void)
{
    const struct arch_ops *arch = arch_host();
    const uint64_t bias = bias_of_program();
    const size_t size = brief.n_sites * arch->thunk_size;
    uint64_t low = UINT64_MAX, high = 0;
    uint8_t code[8], *thunks;

    for (uint64_t i = 0; i < brief.n_sites; i++) {
        const struct site_found *found = &brief.site[i];

        if (found->kind >= N_SITE_KINDS || hooks[found->kind] == NULL)
            return false;
        low = found->addr + bias < low ? found->addr + bias : low;
        high = found->addr + bias > high ? found->addr + bias : high;
        site[i] = (struct hook_site){found->callee + bias, hooks[found->kind]};
    }
    thunks = map_near(low, high + arch->call_size, arch->reach, size);
    for (uint64_t i = 0; thunks != NULL && i < brief.n_sites; i++) {
        uint8_t *thunk = thunks + i * arch->thunk_size;

        arch->emit_thunk(thunk, (uint64_t)(uintptr_t)&site[i], (uint64_t)(uintptr_t)pg_trampoline);
        if (!arch->encode_call(code, brief.site[i].addr + bias, (uint64_t)(uintptr_t)thunk) ||
            !write_text(brief.site[i].addr + bias, code, arch->call_size))
            return false;
    }
    if (thunks == NULL)
        return false;
    __builtin___clear_cache((char *)thunks, (char *)thunks + size);
    return sys_call3(SYS_mprotect, (long)thunks, (long)size, PROT_READ | PROT_EXEC) == 0;
}

static uint32_t kinds_found(void)
{
    uint32_t kinds = 0;

    for (uint64_t i = 0; i < brief.n_sites; i++)
        kinds |= 1u << brief.site[i].kind;
    return kinds;
}

static void enter(char **environment)
{
    simulator.environment = environment;
    if (!RUNNING_ON_VALGRIND || !find_dir(environment) || !read_brief())
        return;
    simulator.seed = brief.seed;
    simulator.iterations = brief.iterations;
    agent.layout = brief.layout;
    if (!stacks_create() || talk_start() < 0)
        return;
    environment_fix();
    clock_start();
    pace_start();
    progress_open();
    turns_start(kinds_found());
    redirect();
}

__attribute__((constructor)) static void simulator_constructor(int argc, char **argv,
                                                               char **environment)
{
    (void)argc;
    (void)argv;
    enter(environment);
}

/* ---- in place of a loader ---- */

/* Valgrind lets the stack grow to where the stack pointer is, and no further. Go takes the 64 KiB
 * below its first one for granted, and on arm64 writes a frame's lower end before it moves the
 * pointer there. (Go: src/runtime/asm_arm64.s, rt0_go; Valgrind: VG_(extend_stack)) */
__attribute__((noinline)) static void grow_stack(void)
{
    char room[GO_STACK];

    room[0] = 0;
    __asm__ volatile("" : : "r"(room) : "memory");
}

#if defined(__aarch64__)
enum { RELATIVE = R_AARCH64_RELATIVE };
#else
enum { RELATIVE = R_X86_64_RELATIVE };
#endif

/* Called by arch/<cpu>/entry.S with the stack as the kernel has made it, the address at which this
 * library lies and its dynamic section; returns where the program begins. Nothing may be used that
 * is relocated before it has been. */
uint64_t simulator_main(uint64_t *stack, uint64_t base, const Elf64_Dyn *dynamic);
uint64_t simulator_main(uint64_t *stack, uint64_t base, const Elf64_Dyn *dynamic)
{
    char **environment = (char **)(void *)(stack + 1 + stack[0] + 1);
    uint64_t table = 0, size = 0;

    for (; dynamic->d_tag != DT_NULL; dynamic++) {
        table = dynamic->d_tag == DT_RELA ? dynamic->d_un.d_ptr + base : table;
        size = dynamic->d_tag == DT_RELASZ ? dynamic->d_un.d_val : size;
    }
    for (uint64_t at = table; at < table + size; at += sizeof(Elf64_Rela)) {
        const Elf64_Rela *rela = (const Elf64_Rela *)(uintptr_t)at;

        if (ELF64_R_TYPE(rela->r_info) == RELATIVE)
            *(uint64_t *)(uintptr_t)(rela->r_offset + base) = (uint64_t)rela->r_addend + base;
    }
    grow_stack();
    enter(environment);
    return auxiliary(environment, AT_ENTRY);
}
