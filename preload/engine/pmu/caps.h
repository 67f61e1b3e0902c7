/* caps.h - what this machine allows a process to measure, and what would allow more.
 *
 * Facts are probed once into a plain struct; what is limited, why and the cure are derived from the
 * struct alone, so that every situation can be simulated by filling it in.
 */
#ifndef PERFGO_PMU_CAPS_H
#define PERFGO_PMU_CAPS_H

#include "base/error.h"
#include "pmu/sysfs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CAPS_UNKNOWN INT64_MIN /* a number that could not be read */

enum { CAPS_MAX_PMUS = 48, CAPS_TEXT_SIZE = 200, CAPS_MAX_ITEMS = 12 };

/* The oldest kernel that has all that hot/ and pmu/ use of perf_event_open. */
enum { CAPS_KERNEL_MAJOR = 4, CAPS_KERNEL_MINOR = 4 };

struct pmu_caps {
    int software_errno;    /* of opening a software event in user mode; 0: works */
    int kernel_errno;      /* of opening one that counts in the kernel too */
    int hardware_errno;    /* of opening cycles in user mode */
    int64_t paranoid;      /* kernel.perf_event_paranoid */
    int64_t mlock_kb;      /* kernel.perf_event_mlock_kb */
    int64_t sample_rate;   /* kernel.perf_event_max_sample_rate */
    int64_t max_stack;     /* kernel.perf_event_max_stack */
    int64_t nmi_watchdog;  /* kernel.nmi_watchdog */
    int64_t kptr_restrict; /* kernel.kptr_restrict */
    uint64_t nofile_soft, nofile_hard, memlock_soft;
    bool root;       /* effective uid 0 */
    bool perfmon;    /* CAP_PERFMON or CAP_SYS_ADMIN: perf_event_paranoid does not apply */
    bool ipc_lock;   /* CAP_IPC_LOCK: limits of locked memory do not apply */
    bool syslog;     /* CAP_SYSLOG: kptr_restrict=1 does not apply */
    bool seccomp;    /* a seccomp filter is installed */
    char kernel[96]; /* its release: "6.1.0-13-amd64"; "" when unknown */
    bool virtual_machine;
    char machine[64];    /* who made the (virtual) machine: "QEMU"; "" when unknown */
    bool core_pmu;       /* sysfs shows a PMU of the CPU */
    const char *tracefs; /* where it is mounted; NULL: nowhere, or not readable */
    size_t n_pmus;
    struct sysfs_pmu pmu[CAPS_MAX_PMUS];
};

struct caps_item {
    const char *key; /* "perf_event_open", "hardware counters", "descriptors", … */
    bool limited;
    char state[CAPS_TEXT_SIZE]; /* what is */
    char cause[CAPS_TEXT_SIZE]; /* why it is limited; "" when it is not */
    char cure[CAPS_TEXT_SIZE];  /* the one command or step that mends it; "" when there is none */
};

/* Reads /proc and /sys (or trees of a test) and tries perf_event_open on the calling thread. What
 * cannot be read is CAPS_UNKNOWN. [any thread] */
void caps_probe(const char *proc, const char *sys, struct pmu_caps *out);

/* One row per thing that can limit a measurement, in order of weight. Returns their number. Pure.
 */
size_t caps_items(const struct pmu_caps *caps, struct caps_item out[CAPS_MAX_ITEMS]);

/* Why opening an event failed with `number`, and what helps; a clause for a sentence. `hardware`:
 * the event needs a PMU. Pure. */
void caps_open_reason(const struct pmu_caps *caps, int number, bool hardware, char *out,
                      size_t size);

/* The least soft limit of descriptors with which a group of n events per thread is safe. */
uint64_t caps_descriptors_needed(size_t n_events);

#endif
