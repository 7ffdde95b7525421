/*
 * What the files of sim/storage share. Nobody else includes it.
 *
 *   storage.c    life, operations and plan      inode.c      names and inodes
 *   pending.c    unsynced operations            cut_modes.c  which of them survive
 *   fs.c         hal.fs                         flash.c      hal.flash
 *   contents.c   the durable side as a whole
 */
#ifndef POSBENCH_SIM_STORAGE_INTERNAL_H
#define POSBENCH_SIM_STORAGE_INTERNAL_H

#include "sim/storage/storage.h"

#define STORAGE_HANDLES 64
#define STORAGE_NAMES 256
#define STORAGE_PAGE 4096u       /* unit of copy on write; the medium's own pages and sectors do not depend on it */
#define STORAGE_PENDING_MAX 4096 /* unsynced operations; past it or fs_bytes the oldest is written back, as caches do */
#define STORAGE_NO_INODE UINT32_MAX

/* ---- choices made by seed: splitmix64 (Steele, Lea, Flood 2014) -------------------------------------- */

struct storage_rng { uint64_t state; };

static inline uint64_t rng_next(struct storage_rng *rng)
{
    uint64_t z = rng->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* 0 .. bound-1; 0 for bound 0. */
static inline uint64_t rng_below(struct storage_rng *rng, uint64_t bound)
{
    return bound ? rng_next(rng) % bound : 0;
}

/* ---- names and inodes -------------------------------------------------------------------------------- */

struct inode {
    bool used, linked, seen; /* linked: has a live name; seen: scratch of inode_collect */
    unsigned opens;
    struct pages live, durable; /* live = durable + this inode's pending operations in order */
};

struct name_entry { char name[HAL_NAME_MAX + 1]; uint32_t inode; };
struct names { struct name_entry *entry; size_t count, capacity; }; /* sorted by byte value */

bool name_valid(const char *name); /* 1..47 bytes of printable ASCII without '/' */
uint32_t names_find(const struct names *names, const char *name); /* STORAGE_NO_INODE */
int names_set(struct names *names, const char *name, uint32_t inode); /* adds or replaces. E_NOMEM */
void names_drop(struct names *names, const char *name);
int names_copy(struct names *to, const struct names *from); /* E_NOMEM */

int inode_create(struct storage *s, uint32_t *index); /* E_NOMEM */
/* Frees every inode that no name, handle or pending name operation can reach any more, and its pending data with it. */
void inode_collect(struct storage *s);

/* ---- unsynced operations ----------------------------------------------------------------------------- */

struct pending {
    enum storage_op_kind kind; /* OP_WRITE, OP_TRUNCATE, OP_CREATE, OP_REMOVE, OP_RENAME */
    uint32_t inode;
    uint64_t offset, len;      /* OP_TRUNCATE: offset is the new size */
    struct pages payload;      /* OP_WRITE: the bytes, at offset % STORAGE_PAGE; whole pages shared with the file */
    char name[HAL_NAME_MAX + 1], to[HAL_NAME_MAX + 1]; /* name operations; `to`: OP_RENAME */
};

/* Appends `op` and takes over its payload, on E_NOMEM too. */
int pending_add(struct storage *s, struct pending *op);
/* Does [offset, offset+len) of `op` (the whole of it unless a write) to the durable side. E_NOMEM. */
int pending_apply(struct storage *s, const struct pending *op, uint64_t offset, uint64_t len);
/* Makes the pending data of `inode` durable, or with STORAGE_NO_INODE the pending name operations. `part`: power goes
 * meanwhile, only a first part gets there and the rest stays pending. E_NOMEM. */
int pending_flush(struct storage *s, uint32_t inode, struct storage_rng *part);
void pending_drop_data(struct storage *s, uint32_t inode);
void pending_clear(struct storage *s);

static inline bool pending_is_data(const struct pending *op)
{
    return op->kind == OP_WRITE || op->kind == OP_TRUNCATE;
}

/* ---- what survives a cut ----------------------------------------------------------------------------- */

/* Receives what survives, in the order in which it reaches the medium: an operation, or a range of a write. */
typedef int (*cut_apply_fn)(void *ctx, const struct pending *op, uint64_t offset, uint64_t len);

/* The decision of one power loss over the operations in the order issued. First negative return of `apply`, else OK. */
int cut_select(enum cut_mode mode, uint64_t seed, const struct pending *op, size_t count, uint32_t sector_size,
               cut_apply_fn apply, void *ctx);
/* How many bytes of a write arrive when it tears: less than len, and inside a sector where there is an inside. */
uint64_t cut_tear(uint64_t offset, uint64_t len, uint32_t sector_size, uint64_t choice);
/* Any sectors of one write, others not. */
int cut_scatter(const struct pending *op, uint32_t sector_size, struct storage_rng *rng, cut_apply_fn apply, void *ctx);

/* ---- the storage ------------------------------------------------------------------------------------- */

struct handle { bool open; uint32_t inode; char name[HAL_NAME_MAX + 1]; };

struct digest_memo; /* flash.c; shared by clones */
struct digest_memo *digest_memo_create(void);
struct digest_memo *digest_memo_share(struct digest_memo *memo);
void digest_memo_drop(struct digest_memo *memo);

struct storage {
    struct storage_config config;
    struct hal_fs_ops fs_ops; /* a copy a storage: sector_size is a member of the table */
    struct storage_hooks hooks;
    struct cut_plan plan;
    uint64_t ops;
    bool frozen;
    bool failed; /* memory ran out: contents are no longer to be trusted, every call answers E_NOMEM */
    struct names live, durable;
    struct inode *inode;
    size_t inodes;
    struct pending *pending;
    size_t pending_count, pending_capacity;
    uint64_t pending_bytes; /* of payloads */
    struct handle handle[STORAGE_HANDLES];
    struct pages area[HAL_AREA_COUNT];
    struct digest_memo *memo;
};

const struct hal_fs_ops *storage_fs_ops(void); /* fs.c; sector_size 0 */
const char *storage_area_name(enum hal_area area);

/* One counted operation. A device call does `extent` of it between begin and end, and returns what end returns. */
enum step_extent { STEP_NOTHING, STEP_PART, STEP_WHOLE };
struct storage_step {
    enum step_extent extent;
    bool cut;               /* power goes at the end */
    int code;               /* of STEP_NOTHING */
    struct storage_rng rng; /* choices of STEP_PART */
};
struct storage_step storage_begin(struct storage *s, enum storage_op_kind kind, const char *name, uint64_t offset,
                                  uint64_t len);
int storage_end(struct storage *s, const struct storage_step *step, int rc);

/* OK, HAL_E_POWER or E_NOMEM: the first line of every device call. */
static inline int storage_ready(const struct storage *s)
{
    return s->frozen ? HAL_E_POWER : s->failed ? E_NOMEM : OK;
}

#endif
