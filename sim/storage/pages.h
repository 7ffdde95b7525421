/*
 * Copy-on-write page arrays: the bytes of every simulated file and flash area.
 *
 * Page and page table are both reference-counted: a clone of a 4 MB flash slot is one counter, and the table is copied
 * when one side is first written. So a sweep can walk forward over tens of thousands of states. Single-threaded; pages
 * are never shared between processes. After E_NOMEM a range may be written in part: give the array up.
 */
#ifndef POSBENCH_SIM_STORAGE_PAGES_H
#define POSBENCH_SIM_STORAGE_PAGES_H

#include "core/status.h"
#include "sim/storage/hasher.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct page_table; /* reference-counted slots of reference-counted pages; each remembers its tag until written */

struct pages {
    struct page_table *table; /* NULL: all `fill` */
    uint64_t size;            /* bytes */
    uint32_t page_size;
    uint8_t fill; /* 00 for files, FF for flash */
};

void pages_init(struct pages *p, uint32_t page_size, uint8_t fill);
void pages_clear(struct pages *p); /* size 0; may be written again */
/* `to` is uninitialised before. Shares everything; cannot fail. */
void pages_clone(const struct pages *from, struct pages *to);
/* Reads within size only; returns bytes read. Never allocates. */
size_t pages_read(const struct pages *p, uint64_t offset, void *data, size_t len);
/* Grows as needed, the gap is `fill`. E_NOMEM. */
int pages_write(struct pages *p, uint64_t offset, const void *data, size_t len);
/* Writes `len` bytes of `from`, whole pages by reference. Both offsets lie alike in a page, else E_INVAL. E_NOMEM. */
int pages_copy(struct pages *to, uint64_t to_offset, const struct pages *from, uint64_t from_offset, uint64_t len);
/* Back to `fill` within size. E_NOMEM. */
int pages_erase(struct pages *p, uint64_t offset, uint64_t len);
/* A cut-off tail is forgotten: growing again shows `fill`. E_NOMEM. */
int pages_resize(struct pages *p, uint64_t size);
/* Bytes from `offset` (on a page boundary) that were never written or erased by whole pages, up to size. */
uint64_t pages_hole(const struct pages *p, uint64_t offset);
/* Shares the pages that are equal byte for byte to those of `like`, so that a tag is computed once. */
void pages_adopt(struct pages *p, const struct pages *like);
/* Tag of size and contents: equal contents give equal tags, whatever their history. */
void pages_hash(const struct pages *p, struct hasher *h, uint8_t out[TAG_LEN]);
/* The same of the pages under a range within size: equal tags mean equal bytes. */
void pages_range_hash(const struct pages *p, struct hasher *h, uint64_t offset, uint64_t len, uint8_t out[TAG_LEN]);
/* Tag of one page's bytes; false and zeros: all `fill`. */
bool pages_page_hash(const struct pages *p, struct hasher *h, uint64_t index, uint8_t out[TAG_LEN]);
/* SHA-256 of the plain bytes of a range within size (flash digest). */
void pages_digest(const struct pages *p, struct hasher *h, uint64_t offset, uint64_t len, uint8_t out[SHA_LEN]);

#endif
