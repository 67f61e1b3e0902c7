/* self.h - what a thread can tell about itself without entering the kernel.
 *
 * self_arch.h of the CPU gives struct hot_self, whose members has_key and has_clock say which of
 * these work on this machine [any thread]:
 *   uint64_t self_key(void)                          differs between living threads; 0: not known
 *   uint64_t hot_self_clock(const struct hot_self *) nanoseconds, as fast as the kernel's
 *                                                    task-clock: neither is slewed by NTP
 */
#ifndef PERFGO_HOT_SELF_H
#define PERFGO_HOT_SELF_H

#include <stdbool.h>

#include "self_arch.h" /* hot/arch/<cpu>/ */

#endif
