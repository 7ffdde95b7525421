/*
 * The end of the log after a power loss (sqlite.org/fileformat.html, 4: the WAL). SQLite passes over what is not
 * committed and writes on behind the last commit. Two things about that are not good enough for a terminal:
 *
 *   - Frames of a commit that never was stay in the file until something is written over them. They are cut off here:
 *     nothing of a sale that did not happen is kept, and a terminal comes back to the same bytes whatever was left.
 *   - A sector whose writing is interrupted may be lost with all that is in it. So SQLite pads the log behind each
 *     commit: it repeats the last frame up to the end of the sector, syncs, and writes the rest of that frame without a
 *     sync, in sectors that hold nothing else. After a power loss this rest may be missing, the padding does not count
 *     then, and the next frame would go into a sector with committed bytes; a second power loss would take these along.
 *     Here the padding is made whole again, without touching a byte that is committed.
 */
#include "core/store/log_tail.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* The head: magic, version, page size, checkpoints so far, two salts, two sums. */
enum {
    HEAD_LEN = 32,
    FRAME_HEAD = 24,
    SUMS_AT = 24,
    SALTS_AT = 16,
    CHECKPOINTS_AT = 12,
    PAGE_SIZE_AT = 8,
    VERSION_AT = 4
};
#define LOG_VERSION 3007000
#define LOG_MAGIC 0x377F0682u /* lowest bit: sums over big-endian words */
#define PAGE_MAX 65536u
#define SECTOR_DEFAULT 4096u

struct log {
    const struct hal *hal;
    int file;
    uint32_t sector, page, frame_len;
    uint64_t size;
    bool big; /* order of the words that are summed */
    uint8_t head[HEAD_LEN];
    uint8_t *frame;  /* the one read last */
    uint8_t *last;   /* the last one of a commit */
    uint32_t sum[2]; /* over all up to `last` */
    uint8_t *padding;
    size_t padding_len;
    uint64_t end; /* behind `last`, padding not counted; 0: no commit */
};

static uint32_t get_be(const uint8_t *in)
{
    return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | (uint32_t)in[3];
}

static uint32_t get_le(const uint8_t *in)
{
    return (uint32_t)in[3] << 24 | (uint32_t)in[2] << 16 | (uint32_t)in[1] << 8 | (uint32_t)in[0];
}

static void put_be(uint8_t *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* `len` is a multiple of 8. */
static void add_up(bool big, uint32_t sum[2], const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i += 8) {
        sum[0] += (big ? get_be(bytes + i) : get_le(bytes + i)) + sum[1];
        sum[1] += (big ? get_be(bytes + i + 4) : get_le(bytes + i + 4)) + sum[0];
    }
}

static void add_frame(const struct log *log, uint32_t sum[2], const uint8_t *frame)
{
    add_up(log->big, sum, frame, 8);
    add_up(log->big, sum, frame + FRAME_HEAD, log->page);
}

static bool sums_are(const uint32_t sum[2], const uint8_t *stored)
{
    return get_be(stored) == sum[0] && get_be(stored + 4) == sum[1];
}

/* *whole false: there are fewer bytes. */
static int read_at(const struct log *log, uint64_t offset, uint8_t *bytes, size_t len, bool *whole)
{
    size_t got = 0;
    int status = HAL_CALL(log->hal, fs, read, log->file, offset, bytes, len, &got);
    *whole = status == OK && got == len;
    return status;
}

/* ---- finding the last commit ---- */

static bool head_sums(const uint8_t *head, uint32_t sum[2])
{
    uint32_t page = get_be(head + PAGE_SIZE_AT);
    sum[0] = sum[1] = 0;
    add_up(get_be(head) & 1, sum, head, SUMS_AT);
    return (get_be(head) & ~1u) == LOG_MAGIC && page >= 512 && page <= PAGE_MAX && (page & (page - 1)) == 0 &&
           sums_are(sum, head + SUMS_AT);
}

bool log_head_counts(const uint8_t *head)
{
    uint32_t sum[2];
    return head_sums(head, sum);
}

void log_head_compose(uint32_t page, uint8_t out[LOG_START_LEN])
{
    uint32_t sum[2] = {0, 0};
    memset(out, 0, LOG_START_LEN);
    put_be(out, LOG_MAGIC);
    put_be(out + VERSION_AT, LOG_VERSION);
    put_be(out + PAGE_SIZE_AT, page);
    put_be(out + CHECKPOINTS_AT, 1);
    add_up(false, sum, out, SUMS_AT);
    put_be(out + SUMS_AT, sum[0]);
    put_be(out + SUMS_AT + 4, sum[1]);
}

static int read_head(struct log *log, bool *valid)
{
    int status = read_at(log, 0, log->head, HEAD_LEN, valid);
    *valid = *valid && head_sums(log->head, log->sum);
    log->big = get_be(log->head) & 1;
    log->page = get_be(log->head + PAGE_SIZE_AT);
    log->frame_len = FRAME_HEAD + log->page;
    return status;
}

static int make_room(struct log *log)
{
    log->frame = malloc(log->frame_len);
    log->last = malloc(log->frame_len);
    return log->frame && log->last ? OK : E_NOMEM;
}

/* Padding repeats the frame before it. (A commit that does so changes nothing, and is taken for padding.) */
static bool repeats(const struct log *log)
{
    return memcmp(log->frame, log->last, 8) == 0 &&
           memcmp(log->frame + FRAME_HEAD, log->last + FRAME_HEAD, log->page) == 0;
}

static int find_end(struct log *log)
{
    uint32_t sum[2] = {log->sum[0], log->sum[1]};
    uint64_t offset = HEAD_LEN;
    bool after_commit = false;
    for (bool whole;; offset += log->frame_len) {
        int status = read_at(log, offset, log->frame, log->frame_len, &whole);
        if (status != OK || !whole || get_be(log->frame) == 0 || memcmp(log->frame + 8, log->head + SALTS_AT, 8) != 0)
            return status;
        add_frame(log, sum, log->frame);
        if (!sums_are(sum, log->frame + 16))
            return OK;
        bool commits = get_be(log->frame + 4) != 0;
        if (commits && !(after_commit && repeats(log))) {
            uint8_t *free_one = log->last;
            log->last = log->frame;
            log->frame = free_one;
            memcpy(log->sum, sum, sizeof sum);
            log->end = offset + log->frame_len;
        }
        after_commit = commits;
    }
}

/* ---- mending ---- */

/* What belongs behind `last`: as many frames like it as reach the end of the sector. */
static int make_padding(struct log *log)
{
    uint32_t sum[2] = {log->sum[0], log->sum[1]}, missing = log->sector - (uint32_t)(log->end % log->sector);
    uint32_t frames = (missing + log->frame_len - 1) / log->frame_len;
    log->padding_len = (size_t)frames * log->frame_len;
    log->padding = malloc(log->padding_len);
    if (!log->padding)
        return E_NOMEM;
    for (uint8_t *frame = log->padding; frames--; frame += log->frame_len) {
        memcpy(frame, log->last, log->frame_len);
        add_frame(log, sum, frame);
        put_be(frame + 16, sum[0]);
        put_be(frame + 20, sum[1]);
    }
    return OK;
}

/* How much of the padding is there, from its beginning. */
static int find_padding(const struct log *log, size_t *len)
{
    uint8_t piece[512];
    size_t got = 1;
    for (*len = 0; *len < log->padding_len && got;) {
        size_t n = log->padding_len - *len < sizeof piece ? log->padding_len - *len : sizeof piece;
        int status = HAL_CALL(log->hal, fs, read, log->file, log->end + *len, piece, n, &got);
        if (status != OK)
            return status;
        for (size_t i = 0; i < got; i++, ++*len)
            if (piece[i] != log->padding[*len])
                return OK;
    }
    return OK;
}

/* Without a sync: what a power loss brings back is cut off again. */
static int cut_off(const struct log *log, uint64_t end)
{
    return log->size > end ? HAL_CALL(log->hal, fs, truncate, log->file, end) : OK;
}

/* Padding up to the end of the sector is there, because the commit was synced with it, and is not written again. If it
 * is not, the commit came through by chance and nobody knows of it yet: it may still be lost. */
static int pad(struct log *log)
{
    size_t there = 0, synced = log->sector - log->end % log->sector;
    int status = make_padding(log);
    if (status == OK)
        status = find_padding(log, &there);
    if (status != OK || there == log->padding_len)
        return status == OK ? cut_off(log, log->end + there) : status;
    size_t from = there >= synced ? synced : 0;
    status = cut_off(log, log->end + from);
    if (status == OK)
        status =
            HAL_CALL(log->hal, fs, write, log->file, log->end + from, log->padding + from, log->padding_len - from);
    return status == OK && from == 0 ? HAL_CALL(log->hal, fs, sync, log->file) : status;
}

static int mend(struct log *log)
{
    if (log->end == 0)
        return cut_off(log, LOG_START_LEN);
    return log->end % log->sector == 0 ? cut_off(log, log->end) : pad(log);
}

/* The sums run over all of it. */
static int take_print(const struct log *log, uint8_t print[32])
{
    uint8_t all[8 + 8 + 8];
    memcpy(all, log->head + SALTS_AT, 8);
    put_be(all + 8, log->sum[0]);
    put_be(all + 12, log->sum[1]);
    put_be(all + 16, (uint32_t)(log->end >> 32));
    put_be(all + 20, (uint32_t)log->end);
    return EVP_Digest(all, sizeof all, print, NULL, EVP_sha256(), NULL) ? OK : E_CRYPTO;
}

static int mend_open(struct log *log, struct log_tail *out)
{
    int status = HAL_CALL(log->hal, fs, size, log->file, &log->size);
    if (status == OK)
        status = read_head(log, &out->found);
    if (status != OK || !out->found)
        return status;
    status = make_room(log);
    if (status == OK)
        status = find_end(log);
    if (status == OK)
        status = mend(log);
    return status == OK ? take_print(log, out->print) : status;
}

int log_tail_mend(const struct hal *hal, const char *name, struct log_tail *out)
{
    uint32_t sector = hal->fs.ops ? hal->fs.ops->sector_size : 0;
    struct log log = {.hal = hal, .sector = sector ? sector : SECTOR_DEFAULT};
    *out = (struct log_tail){0};
    int status = HAL_CALL(hal, fs, open, name, 0, &log.file);
    if (status != OK)
        return status == HAL_E_NOENT ? OK : status;
    status = mend_open(&log, out);
    free(log.frame);
    free(log.last);
    free(log.padding);
    if (status == HAL_E_POWER)
        return status;
    int closed = HAL_CALL(hal, fs, close, log.file);
    return status == OK ? closed : status;
}
