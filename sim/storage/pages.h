/*
 * Copy-on-write page arrays: the bytes of every simulated file and flash area.
 *
 * A clone shares pages by reference count, so that a snapshot of a 4 MB flash slot costs a few pointers and a sweep can
 * walk forward over tens of thousands of states. Single-threaded; pages are never shared between processes.
 */
#ifndef POSBENCH_SIM_STORAGE_PAGES_H
#define POSBENCH_SIM_STORAGE_PAGES_H

#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

struct page; /* reference-counted, with its SHA-256 remembered until written */

struct pages {
    struct page **page; /* NULL: all `fill` */
    size_t count;       /* allocated slots */
    uint64_t size;      /* bytes */
    uint32_t page_size;
    uint8_t fill;       /* 00 for files, FF for flash */
};

void pages_init(struct pages *p, uint32_t page_size, uint8_t fill);
void pages_clear(struct pages *p);
/* `to` is uninitialised before. E_NOMEM. */
int pages_clone(const struct pages *from, struct pages *to);
/* Reads within size only; returns bytes read. */
size_t pages_read(const struct pages *p, uint64_t offset, void *data, size_t len);
/* Grows as needed, the gap is `fill`. E_NOMEM. */
int pages_write(struct pages *p, uint64_t offset, const void *data, size_t len);
int pages_resize(struct pages *p, uint64_t size);
/* SHA-256 over size and the pages' hashes: equal contents give equal hashes, whatever their history. */
void pages_hash(const struct pages *p, uint8_t out[32]);
/* SHA-256 of the plain bytes of a range (flash digest). */
void pages_digest(const struct pages *p, uint64_t offset, uint64_t len, uint8_t out[32]);

#endif
