/* records_ring.c - reads records from the ring that an event shares with the kernel.
 *
 * The kernel writes at data_head and stops at data_tail; both only grow, and their remainders by
 * the ring's size are the places in it. data_head is loaded with acquire before any record is read,
 * and data_tail stored with release after the last. (linux/perf_event.h, perf_event_mmap_page;
 * Documentation of perf_event_open(2), "Ring-buffer layout")
 */
#include "pmu/records.h"

#include <string.h>

void record_ring_init(struct record_ring *ring, void *page, size_t page_size, size_t n_pages,
                      uint8_t *scratch)
{
    *ring = (struct record_ring){
        .page = page,
        .data = (const uint8_t *)page + page_size,
        .size = (uint64_t)n_pages * page_size,
        .scratch = scratch,
    };
    ring->head = ring->tail = ring->page->data_tail;
}

void record_ring_begin(struct record_ring *ring)
{
    ring->head = __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
}

/* Records are multiples of 8 bytes, so that a header never wraps. */
int record_ring_next(struct record_ring *ring, struct record_bytes *out, struct pg_error *err)
{
    uint64_t left = ring->head - ring->tail, at = ring->tail & (ring->size - 1);
    int rc;

    if (left == 0)
        return 0;
    if (left > ring->size || at % sizeof(uint64_t) != 0) {
        ring->tail = ring->head;
        return pg_error_set(err, PG_E_FORMAT, "a sampling ring is damaged");
    }
    rc = record_at(ring->data + at, left, out, err);
    if (rc != 0) {
        ring->tail = ring->head;
        return rc;
    }
    if (out->size > ring->size - at) {
        size_t first = ring->size - at;

        memcpy(ring->scratch, ring->data + at, first);
        memcpy(ring->scratch + first, ring->data, out->size - first);
        out->at = ring->scratch;
    }
    ring->tail += out->size;
    return 1;
}

void record_ring_end(struct record_ring *ring)
{
    __atomic_store_n(&ring->page->data_tail, ring->tail, __ATOMIC_RELEASE);
}
