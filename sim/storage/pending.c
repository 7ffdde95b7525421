/*
 * Unsynced operations: kept as data in the order issued, and done to the durable side by a sync, by the decision of a
 * cut mode, or, when there are too many, by write-back of the oldest. Used by fs.c and storage.c.
 *
 * They follow inodes: a write names the inode it went to, a rename the inode it moves. So unsynced data is not lost by
 * renaming, a lost create takes all later name operations on that inode with it, and a name taken over by another file
 * is never undone by an operation that meant its former owner.
 */
#include "sim/storage/storage_internal.h"

#include <stdlib.h>
#include <string.h>

static bool in_scope(const struct pending *op, uint32_t inode)
{
    return inode == STORAGE_NO_INODE ? !pending_is_data(op) : pending_is_data(op) && op->inode == inode;
}

struct pending *pending_create(enum storage_op_kind kind, uint32_t inode)
{
    struct pending *op = malloc(sizeof *op);
    if (!op)
        return NULL;
    *op = (struct pending){.refs = 1, .kind = kind, .inode = inode};
    pages_init(&op->payload, FILE_PAGE, 0);
    return op;
}

void pending_drop(struct pending *op)
{
    if (--op->refs > 0)
        return;
    pages_clear(&op->payload);
    free(op);
}

static void release(struct storage *s, struct pending *op)
{
    s->pending_bytes -= op->payload.size;
    pending_drop(op);
}

/* Forgets those among the first `limit` operations in scope; order is kept. */
static void forget(struct storage *s, uint32_t inode, size_t limit)
{
    size_t kept = 0, gone = 0;
    for (size_t i = 0; i < s->pending_count; i++) {
        struct pending *op = s->pending[i];
        if (gone < limit && in_scope(op, inode)) {
            release(s, op);
            gone++;
        } else {
            s->pending[kept++] = op;
        }
    }
    s->pending_count = kept;
}

int pending_apply(struct storage *s, const struct pending *op, uint64_t offset, uint64_t len)
{
    struct pages *durable = &s->inode[op->inode].durable;
    switch (op->kind) {
    case OP_WRITE:
        return pages_copy(durable, offset, &op->payload, offset - op->offset + op->offset % FILE_PAGE, len);
    case OP_TRUNCATE:
        return pages_resize(durable, op->offset);
    case OP_CREATE:
        return names_set(&s->durable, op->name, op->inode);
    case OP_REMOVE:
        return names_find(&s->durable, op->name) == op->inode ? names_drop(&s->durable, op->name) : OK;
    case OP_RENAME:
        if (names_find(&s->durable, op->name) != op->inode)
            return OK; /* what gave it that name was lost */
        return names_drop(&s->durable, op->name) == OK ? names_set(&s->durable, op->to, op->inode) : E_NOMEM;
    default:
        return E_INVAL; /* the other kinds are never pending */
    }
}

static int write_back_oldest(struct storage *s)
{
    struct pending *op = s->pending[0];
    int rc = pending_apply(s, op, op->offset, op->len);
    bool named = !pending_is_data(op);
    release(s, op);
    s->pending_count--;
    memmove(s->pending, s->pending + 1, s->pending_count * sizeof *s->pending);
    if (named)
        inode_collect(s);
    return rc;
}

static int reserve(struct storage *s)
{
    if (s->pending_count < s->pending_capacity)
        return OK;
    size_t capacity = s->pending_capacity ? s->pending_capacity * 2 : 16;
    struct pending **grown = realloc(s->pending, capacity * sizeof *grown);
    if (!grown)
        return E_NOMEM;
    s->pending = grown;
    s->pending_capacity = capacity;
    return OK;
}

int pending_add(struct storage *s, struct pending *op)
{
    int rc = OK;
    while (rc == OK && s->pending_count &&
           (s->pending_count >= STORAGE_PENDING_MAX || s->pending_bytes > s->config.fs_bytes))
        rc = write_back_oldest(s);
    if (rc == OK)
        rc = reserve(s);
    if (rc != OK) {
        pending_drop(op);
        return rc;
    }
    s->pending_bytes += op->payload.size;
    s->pending[s->pending_count++] = op;
    return OK;
}

/* All of it: then the live side is what becomes durable, and both share its pages. */
static void flush_whole(struct storage *s, uint32_t inode)
{
    if (inode == STORAGE_NO_INODE) {
        names_share(&s->durable, &s->live);
    } else if (s->inode[inode].durable.table != s->inode[inode].live.table ||
               s->inode[inode].durable.size != s->inode[inode].live.size) {
        pages_clear(&s->inode[inode].durable);
        pages_clone(&s->inode[inode].live, &s->inode[inode].durable);
    }
}

/* A first part, not any subset: what stays pending may still be written by the cut mode, and must not come to lie over
 * something newer in the same sector. The operation at the edge is done in part and stays pending. */
static int flush_part(struct storage *s, uint32_t inode, size_t limit, struct storage_rng *rng)
{
    size_t done = 0;
    int rc = OK;
    for (size_t i = 0; i < s->pending_count && rc == OK; i++) {
        const struct pending *op = s->pending[i];
        if (!in_scope(op, inode))
            continue;
        if (done == limit)
            return op->kind == OP_WRITE ? cut_scatter(s, op, rng) : OK;
        rc = pending_apply(s, op, op->offset, op->len);
        done++;
    }
    return rc;
}

int pending_flush(struct storage *s, uint32_t inode, struct storage_rng *part)
{
    size_t total = 0;
    int rc = OK;
    for (size_t i = 0; i < s->pending_count; i++)
        total += in_scope(s->pending[i], inode);
    size_t limit = part ? (size_t)rng_below(part, total + 1) : total;
    if (limit == total)
        flush_whole(s, inode);
    else
        rc = flush_part(s, inode, limit, part);
    forget(s, inode, limit);
    if (inode == STORAGE_NO_INODE)
        inode_collect(s);
    return rc;
}

void pending_drop_data(struct storage *s, uint32_t inode)
{
    forget(s, inode, SIZE_MAX);
}

void pending_clear(struct storage *s)
{
    for (size_t i = 0; i < s->pending_count; i++)
        release(s, s->pending[i]);
    s->pending_count = 0;
}

void pending_share(struct storage *to, const struct storage *from)
{
    for (size_t i = 0; i < from->pending_count; i++) {
        to->pending[i] = from->pending[i];
        to->pending[i]->refs++;
    }
    to->pending_count = from->pending_count;
    to->pending_bytes = from->pending_bytes;
}
