/*
 * Faults that are no cuts: one table, each with its meaning, the medium it stands for and the rule that says whether it
 * strikes an operation. Callers: operations.c and fs.c; tests and scenarios add them. They belong to the medium, so a
 * clone has them too, and what is left to come of them is part of the hash: it changes how the terminal goes on.
 * Bit rot is not here: it is a change of content, done at once by storage_rot.
 */
#include "sim/storage/storage_internal.h"

#include <stdlib.h>
#include <string.h>

typedef struct storage_fault_plan fault_t;

static uint32_t erases_of(const struct storage *s, enum hal_area area, uint64_t block)
{
    uint32_t erases = 0;
    pages_read(&s->wear[area], block * sizeof erases, &erases, sizeof erases);
    return erases;
}

static bool strikes_error(struct storage *s, const fault_t *f, const struct storage_op *op)
{
    (void)s;
    return f->lasting || op->number == f->number;
}

static bool strikes_full(struct storage *s, const fault_t *f, const struct storage_op *op)
{
    const struct inode *inode = inode_get(s, op->inode);
    (void)f;
    if (op->kind == OP_WRITE)
        return inode && op->offset + op->len > inode->live.size;
    return op->kind == OP_CREATE || (op->kind == OP_TRUNCATE && inode && op->offset > inode->live.size);
}

static bool strikes_wear(struct storage *s, const fault_t *f, const struct storage_op *op)
{
    return op->kind == OP_ERASE && op->area == f->area && erases_of(s, op->area, op->offset / op->len) >= f->erases;
}

static bool strikes_bad(struct storage *s, const fault_t *f, const struct storage_op *op)
{
    uint64_t size = s->config.block_size, start = (uint64_t)f->block * size;
    bool flash = op->kind == OP_ERASE || op->kind == OP_PROGRAM;
    return flash && op->area == f->area && op->offset < start + size && op->offset + op->len > start;
}

static bool strikes_never(struct storage *s, const fault_t *f, const struct storage_op *op)
{
    (void)s;
    (void)f;
    (void)op;
    return false;
}

static const struct {
    struct storage_fault_info info;
    bool (*strikes)(struct storage *s, const fault_t *f, const struct storage_op *op);
    int code;
    bool of_area;
} faults[] = {
    {{STORAGE_FAULT_ERROR, "error", "an operation fails, once or from there on",
      "controller that gives up, loose socket", "an_error_strikes_one_operation_or_all_from_there_on"},
     strikes_error,
     HAL_E_IO,
     false},
    {{STORAGE_FAULT_FULL, "full", "from an operation on, nothing that needs space gets it",
      "medium shared with logs and downloads of others", "a_full_disk_refuses_growth_only"},
     strikes_full,
     HAL_E_FULL,
     false},
    {{STORAGE_FAULT_WEAR, "wear", "a block fails to erase once it was erased so many times",
      "NOR or NAND at the end of its rated cycles", "wear_counts_erases_block_by_block"},
     strikes_wear,
     HAL_E_IO,
     true},
    {{STORAGE_FAULT_BAD, "bad-block", "a block fails to erase and to program, from the factory or grown",
      "NAND bad block that the controller has no spare for", "a_bad_block_is_read_but_not_written"},
     strikes_bad,
     HAL_E_IO,
     true},
    {{STORAGE_FAULT_READ, "read-error", "a sector of a file cannot be read, once or for good",
      "NAND with more bit errors than its code corrects", "a_sector_that_cannot_be_read"},
     strikes_never,
     HAL_E_IO,
     false},
};
_Static_assert(sizeof faults / sizeof *faults == STORAGE_FAULT_KINDS, "one row a kind, in the order of the enum");

const struct storage_fault_info *storage_fault_info(enum storage_fault_kind kind)
{
    return (unsigned)kind < STORAGE_FAULT_KINDS ? &faults[kind].info : NULL;
}

int storage_fault_by_name(const char *name, enum storage_fault_kind *out)
{
    for (size_t i = 0; name && i < STORAGE_FAULT_KINDS; i++)
        if (strcmp(faults[i].info.name, name) == 0) {
            *out = faults[i].info.kind;
            return OK;
        }
    return E_NOTFOUND;
}

int storage_fault_add(struct storage *s, const struct storage_fault_plan *plan)
{
    if ((unsigned)plan->kind >= STORAGE_FAULT_KINDS)
        return E_INVAL;
    if (faults[plan->kind].of_area) {
        if ((unsigned)plan->area >= HAL_AREA_COUNT || s->area[plan->area].size == 0)
            return HAL_E_NOENT;
        if (plan->block >= s->area[plan->area].size / s->config.block_size)
            return E_INVAL;
    }
    if (plan->kind == STORAGE_FAULT_READ && !name_valid(plan->name))
        return E_INVAL;
    if (s->faults >= STORAGE_FAULTS)
        return E_LIMIT;
    fault_t *grown = realloc(s->fault, (s->faults + 1) * sizeof *grown);
    if (!grown)
        return E_NOMEM;
    s->fault = grown;
    s->fault[s->faults] = *plan;
    if (plan->number <= s->ops) /* at once */
        s->fault[s->faults].number = s->ops + 1;
    s->faults++;
    return OK;
}

void storage_faults_clear(struct storage *s)
{
    free(s->fault);
    s->fault = NULL;
    s->faults = 0;
}

static void used_up(struct storage *s, size_t i)
{
    s->faults--;
    memmove(&s->fault[i], &s->fault[i + 1], (s->faults - i) * sizeof *s->fault);
}

int fault_of_operation(struct storage *s, const struct storage_op *op)
{
    for (size_t i = 0; i < s->faults; i++) {
        const fault_t *f = &s->fault[i];
        if (op->number < f->number || !faults[f->kind].strikes(s, f, op))
            continue;
        int code = faults[f->kind].code;
        if (f->kind == STORAGE_FAULT_ERROR && !f->lasting)
            used_up(s, i);
        return code;
    }
    return OK;
}

int fault_of_read(struct storage *s, uint32_t inode, uint64_t offset, uint64_t len)
{
    const uint64_t sector = s->config.sector_size;
    for (size_t i = 0; i < s->faults; i++) {
        const fault_t *f = &s->fault[i];
        if (f->kind != STORAGE_FAULT_READ || s->ops + 1 < f->number || names_find(&s->live, f->name) != inode)
            continue;
        uint64_t start = f->offset / sector * sector;
        if (f->offset != STORAGE_ANYWHERE && (offset >= start + sector || offset + len <= start))
            continue;
        if (!f->lasting)
            used_up(s, i);
        return HAL_E_IO;
    }
    return OK;
}

/* Erases count up to where they change something. */
static void wear_hash(const struct storage *s, const fault_t *f)
{
    for (uint64_t block = 0; block < s->area[f->area].size / s->config.block_size; block++) {
        uint32_t erases = erases_of(s, f->area, block);
        erases = erases < f->erases ? erases : f->erases;
        if (erases) {
            hasher_sha_add(s->hasher, &block, sizeof block);
            hasher_sha_add(s->hasher, &erases, sizeof erases);
        }
    }
}

void faults_hash(const struct storage *s)
{
    for (size_t i = 0; i < s->faults; i++) {
        const fault_t *f = &s->fault[i];
        const uint64_t ahead = f->number > s->ops ? f->number - s->ops : 0;
        const uint64_t words[] = {f->kind, ahead, f->lasting, f->area, f->block, f->erases, f->offset};
        hasher_sha_add(s->hasher, words, sizeof words);
        hasher_sha_add(s->hasher, f->name, sizeof f->name);
        if (f->kind == STORAGE_FAULT_WEAR)
            wear_hash(s, f);
    }
}
