/* lock.h - a mutex for Go threads: one word, raw futex, no thread-local storage.
 *
 * Held for microseconds and never across anything that waits. A holder that the kernel preempts
 * goes on by itself; Go's asynchronous preemption cannot stop it, because its program counter is
 * not in Go text. (U. Drepper, "Futexes Are Tricky", mutex 2)
 */
#ifndef PERFGO_HOT_LOCK_H
#define PERFGO_HOT_LOCK_H

#include "hot/sys.h"

struct hot_lock {
    uint32_t word; /* 0 free, 1 held, 2 held and somebody waits */
};

/* [go thread] */
static inline void hot_lock(struct hot_lock *lock)
{
    uint32_t seen = 0;

    if (__atomic_compare_exchange_n(&lock->word, &seen, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return;
    while (__atomic_exchange_n(&lock->word, 2, __ATOMIC_ACQUIRE) != 0)
        sys_futex_wait(&lock->word, 2, NULL);
}

/* [go thread] */
static inline void hot_unlock(struct hot_lock *lock)
{
    if (__atomic_exchange_n(&lock->word, 0, __ATOMIC_RELEASE) == 2)
        sys_futex_wake(&lock->word, 1);
}

#endif
