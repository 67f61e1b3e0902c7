/* sysfs.h - the PMUs that the kernel publishes under <sysfs>/bus/event_source/devices.
 *
 * Source: Documentation/ABI/testing/sysfs-bus-event_source-devices-{events,format} of the kernel.
 * `root` is "/sys", or a tree of a test.
 */
#ifndef PERFGO_PMU_SYSFS_H
#define PERFGO_PMU_SYSFS_H

#include "base/error.h"

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SYSFS_NAME_SIZE = 64, SYSFS_TEXT_SIZE = 512, SYSFS_MAX_PMUS = 128 };

struct sysfs_pmu {
    char name[SYSFS_NAME_SIZE];
    uint32_t type; /* attr.type */
    bool core;     /* counts what a CPU core executes: can follow a thread */
    bool uncore;   /* counts a socket or device (has a cpumask): cannot follow a thread */
};

/* Where a format's bits go. */
struct sysfs_format {
    uint8_t word;  /* 0, 1, 2: attr.config, config1, config2 */
    uint64_t mask; /* the bits of that word, which the value fills from the lowest up */
};

struct sysfs_event {
    char text[SYSFS_TEXT_SIZE]; /* "event=0x3c,umask=0x00" */
    char unit[32];              /* "" when there is none */
    double scale;               /* 1 when there is none */
};

/* The first line of a small file without its newline; negative errno when it cannot be read or does
 * not fit. [any thread] */
int sysfs_read(const char *path, char *out, size_t size);

/* A file's one decimal or 0x number. */
bool sysfs_read_number(const char *path, int64_t *out);

bool sysfs_pmu(const char *root, const char *name, struct sysfs_pmu *out);

/* All PMUs, sorted by name with core PMUs first. Returns how many were stored. */
size_t sysfs_pmus(const char *root, struct sysfs_pmu *out, size_t max);

/* "config:0-7,32-35" -> bits. False for anything else, unknown words included. */
bool sysfs_format_parse(const char *text, struct sysfs_format *out);
bool sysfs_format(const char *root, const char *pmu, const char *key, struct sysfs_format *out);

/* Puts a value into the format's bits of attr; false when it has more bits than the format. */
bool sysfs_format_put(const struct sysfs_format *format, uint64_t value,
                      struct perf_event_attr *attr);

bool sysfs_event(const char *root, const char *pmu, const char *event, struct sysfs_event *out);

/* Names of a directory's entries, sorted, without those that start with '.' or that `skip` (may be
 * NULL) says true to; NULL and n = 0 when it cannot be read (errno). The caller frees each and the
 * array with sysfs_free_names. */
char **sysfs_names(const char *dir, bool (*skip)(const char *name), size_t *n);
void sysfs_free_names(char **names, size_t n);

/* The names of a PMU's events. */
char **sysfs_event_names(const char *root, const char *pmu, size_t *n);

#endif
