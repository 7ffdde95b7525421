/*
 * The key of what is stored. Made by storage_hash, which remembers the pages it has seen, of a clone in which the ends
 * of logs are cut off.
 *
 * A log is a header and frames; each frame's sum runs on from the one before, its salts are the header's, and one that
 * names a size of the data base ends a transaction. The first frame that does not fit ends the log. To stop too early
 * would take different contents for equal, so tests hold this against SQLite itself.
 */
#include "scenarios/engine/content.h"

#include <stdlib.h>
#include <string.h>

#define HEADER 32u
#define FRAME_HEADER 24u
#define MAGIC 0x377F0682u /* the lowest bit: sums are made of big-endian words */
#define VERSION 3007000u

static uint32_t word(const uint8_t *bytes, bool big)
{
    return big ? (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3]
               : (uint32_t)bytes[3] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[1] << 8 | bytes[0];
}

/* `len` is a multiple of 8. */
static void add_up(const uint8_t *bytes, size_t len, bool big, uint32_t sum[2])
{
    uint32_t a = sum[0], b = sum[1];
    for (const uint8_t *end = bytes + len; bytes < end; bytes += 8) {
        a += word(bytes, big) + b;
        b += word(bytes + 4, big) + a;
    }
    sum[0] = a;
    sum[1] = b;
}

static bool sums_agree(const uint8_t *stored, const uint32_t sum[2])
{
    return word(stored, true) == sum[0] && word(stored + 4, true) == sum[1];
}

size_t content_log_extent(const uint8_t *log, size_t len)
{
    uint32_t sum[2] = {0};
    if (len < HEADER || (word(log, true) & ~1u) != MAGIC)
        return 0;
    bool big = word(log, true) & 1;
    size_t page = word(log + 8, true), whole = HEADER;
    if (page < 512 || page > 65536 || (page & (page - 1)))
        return 0;
    add_up(log, 24, big, sum);
    if (!sums_agree(log + 24, sum))
        return 0;
    if (word(log + 4, true) != VERSION)
        return len;
    for (size_t at = HEADER; len - at >= FRAME_HEADER + page; at += FRAME_HEADER + page) {
        const uint8_t *frame = log + at;
        add_up(frame, 8, big, sum);
        add_up(frame + FRAME_HEADER, page, big, sum);
        if (memcmp(frame + 8, log + 16, 8) != 0 || word(frame, true) == 0 || !sums_agree(frame + 16, sum))
            break;
        if (word(frame + 4, true) != 0)
            whole = at + FRAME_HEADER + page;
    }
    return whole;
}

static bool is_log(const char *name)
{
    static const char suffix[] = "-wal";
    size_t len = strlen(name);
    return len >= sizeof suffix && strcmp(name + len - (sizeof suffix - 1), suffix) == 0;
}

static int cut_log(struct storage *clone, const char *name)
{
    const struct hal hal = {.fs = storage_fs(clone)};
    uint8_t *log;
    size_t len;
    int handle, status = storage_get_file(clone, name, &log, &len);
    if (status != OK)
        return status;
    size_t extent = content_log_extent(log, len);
    free(log);
    if (extent == len)
        return OK;
    status = HAL_CALL(&hal, fs, open, name, 0, &handle);
    if (status == OK)
        status = HAL_CALL(&hal, fs, truncate, handle, extent);
    return status == OK ? HAL_CALL(&hal, fs, sync, handle) : status;
}

int content_key(const struct storage *s, enum content_side side, uint8_t key[32])
{
    char name[HAL_NAME_MAX + 1];
    uint64_t size;
    int status = OK;
    struct storage *clone = storage_clone(s);
    if (!clone)
        return E_NOMEM;
    storage_settle(clone, side == CONTENT_LIVE ? CUT_ALL : CUT_NONE, 0); /* now both sides are the wanted one */
    const struct hal hal = {.fs = storage_fs(clone)};
    for (size_t i = 0; status == OK && HAL_CALL(&hal, fs, list, i, name, &size) == OK; i++)
        if (is_log(name))
            status = cut_log(clone, name);
    storage_hash(clone, key);
    storage_destroy(clone);
    return status == OK ? OK : E_NOMEM;
}
