/* kernel.h - the running kernel's functions, as far as it shows them to this user. */
#ifndef PERFGO_SYM_KERNEL_H
#define PERFGO_SYM_KERNEL_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct kernel; /* opaque */

/* Reads /proc/kallsyms, or text of its form. PG_E_PERMISSION: addresses are hidden
 * (kernel.kptr_restrict). [any thread with libc] */
int kernel_open(struct kernel **out, struct pg_error *err);
int kernel_parse(const char *text, struct kernel **out, struct pg_error *err);
void kernel_close(struct kernel *k); /* NULL is fine */

/* The function at an address and, in *module, its module ("" for the kernel itself); NULL: none.
 * Both live as long as k. k may be NULL. */
const char *kernel_function(const struct kernel *k, uint64_t address, const char **module);

/* The address of a name; 0 when it is not there. */
uint64_t kernel_address(const struct kernel *k, const char *name);

#endif
