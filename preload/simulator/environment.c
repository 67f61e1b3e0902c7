/* environment.c - what Go finds when it starts, the same in every run. [constructor]
 *
 * From the 16 bytes at AT_RANDOM Go seeds its hashes and its scheduler; they are overwritten before
 * it reads them. (Go: src/runtime/rand.go, randinit)
 */
#include "simulator.h"

#include <elf.h>
#include <string.h>

/* splitmix64 (S. Vigna): any seed, 0 too, gives 16 bytes without a pattern. */
static uint64_t mix(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Where a program has a libc, that has taken its own secrets from these bytes already; Go reads
 * them later. (getauxval(3)) */
static void fix_randomness(void)
{
    uint64_t state = simulator.seed, bytes[2] = {mix(&state), mix(&state)};
    char **end = simulator.environment;
    uint64_t *aux;

    while (*end != NULL)
        end++;
    for (aux = (uint64_t *)(void *)(end + 1); aux[0] != AT_NULL; aux += 2)
        if (aux[0] == AT_RANDOM)
            memcpy((void *)(uintptr_t)aux[1], bytes, sizeof bytes);
}

/* What fills up the environment (cli/simulate.c) is not for Go, which would copy it to its heap. */
static void drop_padding(void)
{
    static char nothing[] = "PERFGO_PAD=";

    for (char **e = simulator.environment; *e != NULL; e++) {
        size_t n = 0;

        while (n < sizeof nothing - 1 && (*e)[n] == nothing[n])
            n++;
        if (n == sizeof nothing - 1)
            *e = nothing;
    }
}

void environment_fix(void)
{
    fix_randomness();
    drop_padding();
}
