/*
 * hal.flash over the storage: the boot area and the two image slots. Called by boot ROM and updater through hal.h.
 * Erase sets bits, program clears them; both are durable on return, so there is nothing pending, and the only doubt is
 * the unit that was being worked on when power went (NOR data sheets call it undefined).
 *
 * Programming over what was not erased leaves the AND of both, and says OK: the chip does not look either.
 */
#include "sim/storage/storage_internal.h"

#include <string.h>

#define CELL_LEN 16u /* bytes that one pulse works on at a time */

/* ---- the device ------------------------------------------------------------------------------------------- */

/* OK if [offset, offset+len) lies in the area and both are multiples of `unit`. */
static int range_check(const struct storage *s, enum hal_area area, uint64_t offset, uint64_t len, uint32_t unit)
{
    int rc = storage_ready(s);
    if (rc != OK)
        return rc;
    if ((unsigned)area >= HAL_AREA_COUNT || s->area[area].size == 0)
        return HAL_E_NOENT;
    uint64_t size = s->area[area].size;
    return offset > size || len > size - offset || offset % unit || len % unit ? E_INVAL : OK;
}

static int flash_geometry(void *ctx, enum hal_area area, struct hal_flash_geometry *out)
{
    const struct storage *s = ctx;
    int rc = range_check(s, area, 0, 0, 1);
    if (rc == OK)
        *out = (struct hal_flash_geometry){s->config.page_size, s->config.block_size, s->area[area].size};
    return rc;
}

static int flash_read(void *ctx, enum hal_area area, uint64_t offset, void *data, size_t len)
{
    const struct storage *s = ctx;
    int rc = range_check(s, area, offset, len, 1);
    if (rc == OK && len)
        pages_read(&s->area[area], offset, data, len);
    return rc;
}

/* An erase that stopped: some cells erased, some still as they were, some anything. */
static int erase_part(struct pages *area, uint64_t offset, uint64_t len, struct storage_rng *rng)
{
    int rc = OK;
    for (uint64_t done = 0; done < len && rc == OK; done += CELL_LEN) {
        uint64_t draw = rng_next(rng), cell[CELL_LEN / 8] = {rng_next(rng), rng_next(rng)};
        uint64_t room = len - done < CELL_LEN ? len - done : CELL_LEN;
        if (draw % 3 == 0)
            rc = pages_erase(area, offset + done, room);
        else if (draw % 3 == 1)
            rc = pages_write(area, offset + done, cell, (size_t)room);
    }
    return rc;
}

int area_erase(struct storage *s, const struct storage_op *op, struct storage_step *step)
{
    struct pages *area = &s->area[op->area], *wear = &s->wear[op->area];
    uint64_t counter = op->offset / op->len * sizeof(uint32_t);
    uint32_t erases = 0;
    pages_read(wear, counter, &erases, sizeof erases);
    erases++;
    int rc = pages_write(wear, counter, &erases, sizeof erases);
    if (rc != OK)
        return rc;
    return step->part ? erase_part(area, op->offset, op->len, &step->rng) : pages_erase(area, op->offset, op->len);
}

static int flash_erase(void *ctx, enum hal_area area, uint64_t offset)
{
    struct storage *s = ctx;
    int rc = range_check(s, area, 0, 0, 1);
    if (rc == OK)
        rc = range_check(s, area, offset, s->config.block_size, s->config.block_size);
    if (rc != OK)
        return rc;
    struct storage_op op = {.kind = OP_ERASE,
                            .name = storage_area_name(area),
                            .inode = STORAGE_NO_INODE,
                            .area = area,
                            .offset = offset,
                            .len = s->config.block_size};
    return storage_run(s, &op, NULL, NULL);
}

static int program_bytes(struct pages *area, uint64_t offset, const uint8_t *data, uint64_t len)
{
    uint8_t bytes[AREA_PAGE];
    int rc = OK;
    for (uint64_t done = 0, part; done < len && rc == OK; done += part) {
        uint64_t at = offset + done, room = sizeof bytes - at % sizeof bytes;
        part = room < len - done ? room : len - done;
        pages_read(area, at, bytes, (size_t)part);
        for (uint64_t i = 0; i < part; i++)
            bytes[i] &= data[done + i];
        rc = pages_write(area, at, bytes, (size_t)part);
    }
    return rc;
}

/* A program that stopped: whole pages, then part of one, then a cell in which some bits made it and some did not. */
static int program_part(const struct storage *s, struct pages *area, uint64_t offset, const uint8_t *data, uint64_t len,
                        struct storage_rng *rng)
{
    const uint32_t page_size = s->config.page_size;
    uint64_t done = rng_below(rng, len / page_size) * page_size + rng_below(rng, page_size);
    uint64_t rest = page_size - done % page_size;
    uint64_t draw[CELL_LEN / 8] = {rng_next(rng), rng_next(rng)};
    uint8_t cell[CELL_LEN];
    memcpy(cell, draw, sizeof cell);
    if (rest > CELL_LEN)
        rest = CELL_LEN;
    for (uint64_t i = 0; i < rest; i++)
        cell[i] |= data[done + i];
    int rc = program_bytes(area, offset, data, done);
    return rc == OK ? program_bytes(area, offset + done, cell, rest) : rc;
}

int area_program(struct storage *s, const struct storage_op *op, struct storage_step *step)
{
    struct pages *area = &s->area[op->area];
    return step->part ? program_part(s, area, op->offset, op->data, op->len, &step->rng)
                      : program_bytes(area, op->offset, op->data, op->len);
}

static int flash_program(void *ctx, enum hal_area area, uint64_t offset, const void *data, size_t len)
{
    struct storage *s = ctx;
    int rc = range_check(s, area, 0, 0, 1);
    if (rc == OK)
        rc = range_check(s, area, offset, len, s->config.page_size);
    if (rc != OK || len == 0)
        return rc;
    if (!data)
        return E_INVAL;
    struct storage_op op = {.kind = OP_PROGRAM,
                            .name = storage_area_name(area),
                            .inode = STORAGE_NO_INODE,
                            .area = area,
                            .offset = offset,
                            .len = len,
                            .data = data};
    return storage_run(s, &op, NULL, NULL);
}

/* Remembered by content: the same image is digested at each boot. */
static int flash_digest(void *ctx, enum hal_area area, uint64_t offset, uint64_t len, uint8_t sha256[32])
{
    const struct storage *s = ctx;
    int rc = range_check(s, area, offset, len, 1);
    if (rc != OK)
        return rc;
    uint8_t tag[TAG_LEN];
    pages_range_hash(&s->area[area], s->hasher, offset, len, tag);
    const uint8_t *known = hasher_recall(s->hasher, tag);
    if (known) {
        memcpy(sha256, known, SHA_LEN);
    } else {
        pages_digest(&s->area[area], s->hasher, offset, len, sha256);
        hasher_remember(s->hasher, tag, sha256);
    }
    return OK;
}

struct hal_flash storage_flash(struct storage *s)
{
    static const struct hal_flash_ops ops = {
        .geometry = flash_geometry,
        .read = flash_read,
        .erase = flash_erase,
        .program = flash_program,
        .digest = flash_digest,
    };
    return (struct hal_flash){&ops, s};
}
