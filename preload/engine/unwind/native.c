/* native.c - libunwind's remote accessors over one sample. */
#include "unwind/native.h"

#include "arch/arch.h"

#include <libunwind.h>
#include <stdlib.h>
#include <string.h>

/* Exported for such use, declared nowhere (perf has the same line). */
extern int UNW_OBJ(dwarf_search_unwind_table)(unw_addr_space_t as, unw_word_t ip,
                                              unw_dyn_info_t *di, unw_proc_info_t *pi,
                                              int need_unwind_info, void *arg);

struct unwinder {
    struct unwind_process process;
    unw_addr_space_t space;
    const struct record_sample *sample; /* being unwound */
    uint64_t stack;                     /* where its stack copy begins */
    /* The image that was used last: most reads are of one. */
    const struct elf_image *image;
    uint64_t bias;
};

/* The head of .eh_frame_hdr in the one form that linkers write: pcrel, udata4, and a table of pairs
 * of sdata4 relative to it. (LSB Core, "The .eh_frame_hdr section") */
enum { HDR_VERSION = 1, HDR_PTR = 0x1b, HDR_COUNT = 0x03, HDR_TABLE = 0x3b, HDR_SIZE = 12 };

static const struct elf_image *image_at(struct unwinder *u, uint64_t address, uint64_t *bias)
{
    uint64_t found = 0;
    const struct elf_image *image = u->process.image(u->process.context, address, &found);

    if (image != NULL) {
        u->image = image;
        u->bias = found;
    }
    *bias = found;
    return image;
}

static int find_proc_info(unw_addr_space_t as, unw_word_t ip, unw_proc_info_t *pi,
                          int need_unwind_info, void *arg)
{
    struct unwinder *u = arg;
    uint64_t bias;
    const struct elf_image *image = image_at(u, ip, &bias);
    unw_dyn_info_t di;

    for (size_t i = 0; image != NULL && i < elf_segment_count(image); i++) {
        const Elf64_Phdr *seg = elf_segment(image, i);
        const uint8_t *hdr =
            seg->p_type == PT_GNU_EH_FRAME ? elf_at(image, seg->p_vaddr, HDR_SIZE) : NULL;
        uint32_t count;

        if (hdr == NULL || hdr[0] != HDR_VERSION || hdr[1] != HDR_PTR || hdr[2] != HDR_COUNT ||
            hdr[3] != HDR_TABLE)
            continue;
        memcpy(&count, hdr + 8, sizeof count);
        memset(&di, 0, sizeof di);
        di.format = UNW_INFO_FORMAT_REMOTE_TABLE;
        di.start_ip = 0;
        di.end_ip = UINT64_MAX;
        di.u.rti.segbase = seg->p_vaddr + bias;
        di.u.rti.table_data = seg->p_vaddr + bias + HDR_SIZE;
        di.u.rti.table_len = 2 * sizeof(uint32_t) * (uint64_t)count / sizeof(unw_word_t);
        return UNW_OBJ(dwarf_search_unwind_table)(as, ip, &di, pi, need_unwind_info, arg);
    }
    return -UNW_ENOINFO;
}

static void put_unwind_info(unw_addr_space_t as, unw_proc_info_t *pi, void *arg)
{
    (void)as;
    (void)pi;
    (void)arg;
}

static int no_dyn_info(unw_addr_space_t as, unw_word_t *list, void *arg)
{
    (void)as;
    (void)list;
    (void)arg;
    return -UNW_ENOINFO;
}

/* From the copy of the stack, else from the files: what compilers wrote never changes. */
static int access_mem(unw_addr_space_t as, unw_word_t address, unw_word_t *value, int write,
                      void *arg)
{
    struct unwinder *u = arg;
    const struct record_sample *s = u->sample;
    uint64_t offset = address - u->stack, bias;
    const void *at = NULL;

    (void)as;
    if (write)
        return -UNW_EINVAL;
    if (address >= u->stack && offset < s->stack_size && s->stack_size - offset >= sizeof *value)
        at = s->stack + offset;
    if (at == NULL && u->image != NULL)
        at = elf_at(u->image, address - u->bias, sizeof *value);
    if (at == NULL && image_at(u, address, &bias) != NULL)
        at = elf_at(u->image, address - bias, sizeof *value);
    if (at == NULL)
        return -UNW_EINVAL;
    memcpy(value, at, sizeof *value);
    return 0;
}

static int access_reg(unw_addr_space_t as, unw_regnum_t reg, unw_word_t *value, int write,
                      void *arg)
{
    const struct unwinder *u = arg;
    const struct arch_regs *regs = &arch_host()->regs;
    uint64_t word;

    (void)as;
    if (write || reg < 0 || reg >= regs->n_dwarf ||
        !record_reg(&u->sample->user, regs->of_dwarf[reg], &word))
        return -UNW_EBADREG;
    *value = word;
    return 0;
}

static int access_fpreg(unw_addr_space_t as, unw_regnum_t reg, unw_fpreg_t *value, int write,
                        void *arg)
{
    (void)as;
    (void)reg;
    (void)value;
    (void)write;
    (void)arg;
    return -UNW_EINVAL;
}

static int no_resume(unw_addr_space_t as, unw_cursor_t *cursor, void *arg)
{
    (void)as;
    (void)cursor;
    (void)arg;
    return -UNW_EINVAL;
}

static int no_name(unw_addr_space_t as, unw_word_t address, char *buf, size_t size,
                   unw_word_t *offset, void *arg)
{
    (void)as;
    (void)address;
    (void)buf;
    (void)size;
    (void)offset;
    (void)arg;
    return -UNW_EINVAL;
}

int unwinder_new(const struct unwind_process *process, struct unwinder **out, struct pg_error *err)
{
    unw_accessors_t accessors = {
        .find_proc_info = find_proc_info,
        .put_unwind_info = put_unwind_info,
        .get_dyn_info_list_addr = no_dyn_info,
        .access_mem = access_mem,
        .access_reg = access_reg,
        .access_fpreg = access_fpreg,
        .resume = no_resume,
        .get_proc_name = no_name,
    };
    struct unwinder *u = calloc(1, sizeof *u);

    *out = NULL;
    if (u == NULL)
        return pg_error_set(err, PG_E_NOMEM, "out of memory");
    u->process = *process;
    u->space = unw_create_addr_space(&accessors, 0);
    if (u->space == NULL) {
        free(u);
        return pg_error_set(err, PG_E_UNSUPPORTED, "libunwind cannot unwind native code here");
    }
    unw_set_caching_policy(u->space, UNW_CACHE_GLOBAL);
    *out = u;
    return 0;
}

void unwinder_free(struct unwinder *u)
{
    if (u == NULL)
        return;
    unw_destroy_addr_space(u->space);
    free(u);
}

static uint64_t reg_of(unw_cursor_t *cursor, unsigned int perf_reg)
{
    const struct arch_regs *regs = &arch_host()->regs;
    unw_word_t value = 0;

    for (int i = 0; i < regs->n_dwarf; i++)
        if (regs->of_dwarf[i] == perf_reg && unw_get_reg(cursor, i, &value) == 0)
            return value;
    return 0;
}

size_t unwind_native(struct unwinder *u, const struct record_sample *sample, uint64_t *address,
                     size_t max, struct unwind_end *end)
{
    const struct arch_regs *regs = &arch_host()->regs;
    unw_cursor_t cursor;
    unw_word_t pc;
    size_t n = 0;

    *end = (struct unwind_end){.in_go = false};
    u->sample = sample;
    u->image = NULL;
    if (!record_reg(&sample->user, regs->stack, &u->stack) ||
        unw_init_remote(&cursor, u->space, u) != 0)
        return 0;
    do {
        if (unw_get_reg(&cursor, UNW_REG_IP, &pc) != 0 || pc == 0)
            return n;
        if (n > 0 && u->process.is_go(u->process.context, pc - 1)) {
            *end = (struct unwind_end){true, pc, reg_of(&cursor, regs->frame),
                                       reg_of(&cursor, regs->stack)};
            return n;
        }
        if (n == max)
            return n;
        address[n++] = pc;
    } while (unw_step(&cursor) > 0);
    return n;
}
