#include "stacks.h"

#include "agent.h"
#include "hot/sys.h"

#include <sys/mman.h>

/* Known to trampoline.S: bit i set = stack i is free. */
uint64_t pg_stacks_free __attribute__((visibility("hidden")));
char *pg_stacks_base __attribute__((visibility("hidden")));

bool stacks_create(void)
{
    size_t size = (size_t)PG_STACKS << PG_STACK_SHIFT;
    void *base =
        sys_mmap(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);

    if (sys_is_error(base))
        return false;
    pg_stacks_base = base;
    pg_stacks_free = ~(uint64_t)0;
    return true;
}
