/* simulation.h - what perfgo exec and the library in a simulated test binary tell each other.
 *
 * All of it lies in the private directory PERFGO_SIMULATE_DIR: the brief, a file, says what to
 * redirect and how to count; lines go to the fifo "ask", and the text to print comes back through
 * the fifo "answer". Both sides are built together. What perfgo does with a line happens in perfgo
 * exec, outside of the simulation, where it runs a hundred times faster.
 */
#ifndef PERFGO_PROTO_SIMULATION_H
#define PERFGO_PROTO_SIMULATION_H

#include "proto/sites.h"

#define SIMULATION_BRIEF  "brief"
#define SIMULATION_ASK    "ask"
#define SIMULATION_ANSWER "answer"
#define SIMULATION_MAGIC  0x706667736d303032ull /* changes with the structs below */

enum {
    SIMULATION_TEXT = 65536,     /* the longest text that comes back, */
    SIMULATION_STRINGS = 1 << 16 /* and the most that goes there */
};

/* Where fields of testing.B lie in this binary; every offset was read from its type descriptors. */
struct b_layout {
    uint64_t name, import_path, duration, n;
    uint64_t bench_time; /* durationOrCountFlag: a duration, then a count */
    uint64_t start_bytes,
        net_bytes;   /* allocated so far at the timer's last start; by timed parts */
    uint64_t loop_n; /* b.Loop's target; 0: this Go has no b.Loop */
};

struct simulation_brief {
    uint64_t magic;
    uint64_t seed, iterations; /* settings; iterations 0: as many as are worth counting */
    struct b_layout layout;
    uint64_t n_sites;
    struct site_found site[MAX_SITES]; /* link-time addresses */
};

/* Runs of a line that were counted: so many iterations, in so many windows, by that many of
 * callgrind's dumps, of which the last has that number; 0: there is none. */
struct simulation_run {
    uint64_t iterations, windows, part, dumps;
};

/* A line, or that the library is in place. Behind it stand its strings, without NUL. */
struct simulation_line {
    uint64_t armed; /* 1: no line */
    uint64_t n, duration_ns, iterations_run;
    struct simulation_run half, full; /* iterations 0: there was no such run */
    uint64_t empty_part;              /* dump of an empty window; 0: none, or it was told before */
    uint64_t pkg, name, printed_name, text; /* sizes */
};

#endif
