/* record_words.h - records of the kernel's, written word by word by tests. */
#ifndef PERFGO_TESTS_RECORD_WORDS_H
#define PERFGO_TESTS_RECORD_WORDS_H

#include "pmu/records.h"

#include <string.h>

enum { MAX_WORDS = 64 };

/* Writes header and words to buf; returns the size. */
static inline size_t put(uint8_t *buf, uint32_t type, uint16_t misc, const uint64_t *word, size_t n)
{
    struct perf_event_header header = {type, misc, (uint16_t)(sizeof header + 8 * n)};

    memcpy(buf, &header, sizeof header);
    if (n > 0)
        memcpy(buf + sizeof header, word, 8 * n);
    return header.size;
}

#endif
