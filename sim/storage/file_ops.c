/*
 * What an operation does to files: to the live side at once, and as a pending operation that may reach the durable side
 * later. The rows of operations.c; the arguments were checked by fs.c, or come from a storage_op that was observed. A
 * file that is not there any more was only kept by a handle where the operation was observed: no cut can show it.
 */
#include "sim/storage/storage_internal.h"

#include <string.h>

/* The operation is recorded before a name goes: as long as it is pending, the inode must outlive its name. */
static int pend_name(struct storage *s, const struct storage_op *op)
{
    struct pending *pending = pending_create(op->kind, op->inode);
    if (!pending)
        return E_NOMEM;
    strncpy(pending->name, op->name, HAL_NAME_MAX);
    strncpy(pending->to, op->to, HAL_NAME_MAX);
    return pending_add(s, pending);
}

/* The bytes go into the payload first, so that file and payload share whole pages. */
static int write_live(struct storage *s, const struct storage_op *op, uint64_t len)
{
    struct inode *inode = &s->inode[op->inode];
    if (inode->orphan)
        return pages_write(&inode->live, op->offset, op->data, (size_t)len);
    struct pending *pending = pending_create(OP_WRITE, op->inode);
    if (!pending)
        return E_NOMEM;
    pending->offset = op->offset;
    pending->len = len;
    uint64_t base = op->offset % FILE_PAGE;
    int rc = pages_write(&pending->payload, base, op->data, (size_t)len);
    if (rc == OK)
        rc = pages_copy(&inode->live, op->offset, &pending->payload, base, len);
    if (rc == OK)
        return pending_add(s, pending);
    pending_drop(pending);
    return rc;
}

int file_write(struct storage *s, const struct storage_op *op, struct storage_step *step)
{
    uint64_t arrives = op->len;
    if (step->part)
        arrives = cut_tear(op->offset, op->len, s->config.sector_size, rng_next(&step->rng));
    return arrives && inode_get(s, op->inode) ? write_live(s, op, arrives) : OK;
}

int file_truncate(struct storage *s, const struct storage_op *op, struct storage_step *step)
{
    struct inode *inode = inode_get(s, op->inode);
    if (!inode || !step_taken(step))
        return OK;
    int rc = pages_resize(&inode->live, op->offset);
    if (rc != OK || inode->orphan)
        return rc;
    struct pending *pending = pending_create(OP_TRUNCATE, op->inode);
    if (!pending)
        return E_NOMEM;
    pending->offset = op->offset;
    return pending_add(s, pending);
}

int file_sync(struct storage *s, const struct storage_op *op, struct storage_step *step)
{
    bool gone = op->kind == OP_SYNC && !inode_get(s, op->inode);
    return gone ? OK : pending_flush(s, op->inode, step->part ? &step->rng : NULL);
}

int file_create(struct storage *s, const struct storage_op *op, struct storage_step *step)
{
    if (!step_taken(step))
        return OK;
    int rc = inode_create(s, op->inode);
    if (rc == OK)
        rc = names_set(&s->live, op->name, op->inode);
    if (rc != OK)
        return rc;
    s->inode[op->inode].linked = true;
    return pend_name(s, op);
}

int file_remove(struct storage *s, const struct storage_op *op, struct storage_step *step)
{
    if (!step_taken(step))
        return OK;
    int rc = pend_name(s, op);
    if (rc == OK)
        rc = names_drop(&s->live, op->name);
    s->inode[op->inode].linked = false;
    return rc;
}

int file_rename(struct storage *s, const struct storage_op *op, struct storage_step *step)
{
    if (!step_taken(step))
        return OK;
    int rc = pend_name(s, op);
    uint32_t replaced = names_find(&s->live, op->to);
    if (rc == OK)
        rc = names_drop(&s->live, op->name);
    if (rc == OK)
        rc = names_set(&s->live, op->to, op->inode);
    if (rc == OK && replaced != STORAGE_NO_INODE)
        s->inode[replaced].linked = false;
    return rc;
}
