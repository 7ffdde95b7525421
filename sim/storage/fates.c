/*
 * The fates of unsynced operations, carried out on the durable side: whole, in some sectors, torn, half, or as noise.
 * Called by cut_modes.c, and for torn writes by file_ops.c and pending.c.
 *
 * Noise takes the whole sector, also what lay synced beside the bytes written: a sector whose programming was
 * interrupted fails its check as a whole. Torn and half sectors keep their neighbours: the controller wrote the sector
 * back with them, and stopped.
 *
 * A sweep settles many clones of one storage. What survives whole is not made again but shared with the live side, and
 * pages that come out equal to live ones are exchanged for these: their tags are known already.
 */
#include "sim/storage/storage_internal.h"

#define PHYSICAL_SECTOR 512u /* larger ones are emulated on these, and may stop between or inside them */

uint64_t cut_tear(uint64_t offset, uint64_t len, uint32_t sector_size, uint64_t choice)
{
    if (len < 2)
        return 0;
    uint64_t arrived = 1 + choice % (len - 1);
    if ((offset + arrived) % sector_size != 0)
        return arrived;
    return arrived + 1 < len ? arrived + 1 : arrived - 1;
}

int cut_scatter(struct storage *s, const struct pending *op, struct storage_rng *rng)
{
    const uint32_t sector = s->config.sector_size;
    int rc = OK;
    for (uint64_t done = 0, part; done < op->len && rc == OK; done += part) {
        uint64_t at = op->offset + done, room = sector - at % sector;
        part = room < op->len - done ? room : op->len - done;
        if (rng_next(rng) & 1)
            rc = pending_apply(s, op, at, part);
    }
    return rc;
}

static int tear(struct storage *s, const struct pending *op, uint64_t choice)
{
    uint64_t arrived = cut_tear(op->offset, op->len, s->config.sector_size, choice);
    return arrived ? pending_apply(s, op, op->offset, arrived) : OK;
}

/* The last piece of `unit` bytes whose middle lies inside the write; without one the whole write lies in one half. */
static int halve(struct storage *s, const struct pending *op, uint64_t choice)
{
    bool new_first = !(choice & 1), emulated = choice & 2 && s->config.sector_size > PHYSICAL_SECTOR;
    uint64_t unit = emulated ? PHYSICAL_SECTOR : s->config.sector_size, end = op->offset + op->len;
    uint64_t piece = (end - 1) / unit * unit;
    if (piece + unit / 2 >= end)
        piece -= piece ? unit : 0;
    uint64_t middle = piece + unit / 2;
    if (middle <= op->offset || middle >= end)
        return new_first ? OK : pending_apply(s, op, op->offset, op->len);
    if (new_first)
        return pending_apply(s, op, op->offset, middle - op->offset);
    int rc = piece > op->offset ? pending_apply(s, op, op->offset, piece - op->offset) : OK;
    return rc == OK ? pending_apply(s, op, middle, end - middle) : rc;
}

/* Of the last sector of the write, or of its first one (by seed): the one that lies beside older bytes. */
static int make_noise(struct storage *s, const struct pending *op, uint64_t choice, struct storage_rng *rng)
{
    struct pages *durable = &s->inode[op->inode].durable;
    const uint64_t sector = s->config.sector_size;
    int rc = pending_apply(s, op, op->offset, op->len);
    uint64_t byte = choice & 1 ? op->offset : op->offset + op->len - 1;
    uint64_t at = byte / sector * sector;
    uint64_t end = at + sector < durable->size ? at + sector : durable->size;
    for (uint64_t draw; at < end && rc == OK; at += sizeof draw) {
        draw = rng_next(rng);
        rc = pages_write(durable, at, &draw, end - at < sizeof draw ? (size_t)(end - at) : sizeof draw);
    }
    return rc;
}

static int apply_fate(struct storage *s, const struct pending *op, enum fate fate, struct verdict *v)
{
    switch (fate) {
    case FATE_WHOLE:
        return pending_apply(s, op, op->offset, op->len);
    case FATE_SCATTERED:
        return cut_scatter(s, op, &v->rng);
    case FATE_TORN:
        return tear(s, op, v->choice);
    case FATE_HALF:
        return halve(s, op, v->choice);
    case FATE_NOISE:
        return make_noise(s, op, v->choice, &v->rng);
    case FATE_LOST:
        break;
    }
    return OK;
}

/* Whose operations all survive whole has its live content, which need not be made again. */
enum { MARK_WHOLE, MARK_MIXED };

static bool mark_inodes(struct storage *s, const struct verdict *v)
{
    bool names_whole = true;
    for (size_t i = 0; i < s->inodes; i++)
        s->inode[i].mark = MARK_WHOLE;
    for (size_t i = 0; i < s->pending_count; i++) {
        if (v->fate[i] == FATE_WHOLE)
            continue;
        if (pending_is_data(s->pending[i]))
            s->inode[s->pending[i]->inode].mark = MARK_MIXED;
        else
            names_whole = false;
    }
    return names_whole;
}

/* The inode's content is decided: durable shares with live what is equal. */
static void share_with_live(struct inode *inode)
{
    if (inode->live.table == inode->durable.table && inode->live.size == inode->durable.size)
        return;
    if (inode->mark == MARK_WHOLE) {
        pages_clear(&inode->durable);
        pages_clone(&inode->live, &inode->durable);
    } else {
        pages_adopt(&inode->durable, &inode->live);
    }
}

int cut_carry_out(struct storage *s, struct verdict *v)
{
    int rc = OK;
    bool names_whole = mark_inodes(s, v);
    if (names_whole)
        names_share(&s->durable, &s->live);
    for (size_t i = 0; i < s->pending_count && rc == OK; i++) {
        const struct pending *op = s->pending[i];
        bool shared = pending_is_data(op) ? s->inode[op->inode].mark == MARK_WHOLE : names_whole;
        if (!shared)
            rc = apply_fate(s, op, v->fate[i], v);
    }
    for (size_t i = 0; i < s->inodes && rc == OK; i++)
        if (s->inode[i].used)
            share_with_live(&s->inode[i]);
    return rc;
}
