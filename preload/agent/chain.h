/* chain.h - the end of a goroutine's chain of frame pointers. */
#ifndef PERFGO_AGENT_CHAIN_H
#define PERFGO_AGENT_CHAIN_H

#include "agent.h"

/* Decides whether chains may be ended, from the Go version ("go1.26.8") and the environment's
 * GODEBUG, which may be NULL. [constructor] */
void chain_start(const char *go_version, const char *godebug);

/* Ends the chain of the goroutine that made the call, where that was decided. [go thread] */
void chain_end(const struct hook_regs *regs);

#endif
