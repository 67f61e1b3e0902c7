/* stacks.h - sizes that trampoline.S and stacks.c share. */
#ifndef PERFGO_AGENT_STACKS_H
#define PERFGO_AGENT_STACKS_H

#define PG_STACK_SHIFT 14 /* 16 KiB each */
#define PG_STACKS      64 /* one bit each in pg_stacks_free */

#ifndef __ASSEMBLER__
extern char *pg_stacks_base __attribute__((visibility("hidden")));
#endif

#endif
