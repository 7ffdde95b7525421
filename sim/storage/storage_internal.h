/*
 * What the files of sim/storage share. Nobody else includes it.
 *
 *   storage.c    life, power                    operations.c  every counted operation: plan, faults, redo
 *   fs.c         hal.fs                         file_ops.c    what an operation does to files
 *   flash.c      hal.flash                      inode.c       names and inodes
 *   pending.c    unsynced operations            cut_modes.c   which of them survive
 *   subsets.c    seeds for every subset         fates.c       how: whole, torn, half, noise
 *   hasher.c     hashing contexts               faults.c      faults that are no cuts
 *   contents.c   the durable side as a whole    visit.c       a look at every durable byte
 */
#ifndef POSBENCH_SIM_STORAGE_INTERNAL_H
#define POSBENCH_SIM_STORAGE_INTERNAL_H

#include "sim/storage/storage.h"

#define STORAGE_HANDLES 64
#define STORAGE_NAMES 256
#define STORAGE_FAULTS 16
#define FILE_PAGE 1024u /* unit of copy on write; the medium's own pages and sectors do not depend on it */
#define AREA_PAGE 4096u
#define STORAGE_PENDING_MAX                                                                                            \
    4096 /* unsynced operations; past it or fs_bytes the oldest is written back, as caches do                          \
          */

/* ---- choices made by seed: splitmix64 (Steele, Lea, Flood 2014) -------------------------------------- */

struct storage_rng {
    uint64_t state;
};

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
    unsigned opens;
    bool used, linked; /* linked: has a live name */
    bool orphan;       /* only handles keep it: no cut can bring it back, so what is done to it is not pending */
    uint8_t mark;      /* scratch of whoever walks over the inodes */
    struct pages live, durable; /* live = durable + this inode's pending operations in order */
};

struct name_entry {
    char name[HAL_NAME_MAX + 1];
    uint32_t inode;
};
/* Sorted by byte value; shared by clones, copied when one side changes it. */
struct names {
    struct name_table *table;
};
struct name_table {
    size_t refs, count, capacity;
    struct name_entry entry[];
};

bool name_valid(const char *name); /* 1..47 bytes of printable ASCII without '/' */
static inline size_t names_count(const struct names *names)
{
    return names->table ? names->table->count : 0;
}
uint32_t names_find(const struct names *names, const char *name);     /* STORAGE_NO_INODE */
int names_set(struct names *names, const char *name, uint32_t inode); /* adds or replaces. E_NOMEM */
int names_drop(struct names *names, const char *name);                /* E_NOMEM */
void names_share(struct names *to, const struct names *from);         /* `to` is empty before, or is replaced */
void names_clear(struct names *names);

uint32_t inode_free(const struct storage *s);        /* the one that the next file gets */
int inode_create(struct storage *s, uint32_t index); /* E_NOMEM */
/* NULL: there is none any more. */
struct inode *inode_get(struct storage *s, uint32_t index);
/* Frees every inode that no name, handle or pending name operation can reach any more, and its pending data with it. */
void inode_collect(struct storage *s);

/* ---- unsynced operations ----------------------------------------------------------------------------- */

/* Shared by clones; never changed once it is in a list. */
struct pending {
    size_t refs;
    enum storage_op_kind kind; /* OP_WRITE, OP_TRUNCATE, OP_CREATE, OP_REMOVE, OP_RENAME */
    uint32_t inode;
    uint64_t offset, len; /* OP_TRUNCATE: offset is the new size */
    struct pages payload; /* OP_WRITE: the bytes, at offset % FILE_PAGE; whole pages shared with the file */
    char name[HAL_NAME_MAX + 1], to[HAL_NAME_MAX + 1]; /* name operations; `to`: OP_RENAME */
};

/* With one reference and nothing in it but these; NULL: E_NOMEM. */
struct pending *pending_create(enum storage_op_kind kind, uint32_t inode);
void pending_drop(struct pending *op);
/* Appends `op` and takes over the reference, on E_NOMEM too. */
int pending_add(struct storage *s, struct pending *op);
/* Does [offset, offset+len) of `op` (the whole of it unless a write) to the durable side. E_NOMEM. */
int pending_apply(struct storage *s, const struct pending *op, uint64_t offset, uint64_t len);
/* Makes the pending data of `inode` durable, or with STORAGE_NO_INODE the pending name operations. `part`: power goes
 * meanwhile, only a first part gets there and the rest stays pending. E_NOMEM. */
int pending_flush(struct storage *s, uint32_t inode, struct storage_rng *part);
void pending_drop_data(struct storage *s, uint32_t inode);
void pending_clear(struct storage *s);
void pending_share(struct storage *to, const struct storage *from); /* the lists have the same capacity */

static inline bool pending_is_data(const struct pending *op)
{
    return op->kind == OP_WRITE || op->kind == OP_TRUNCATE;
}

/* ---- what survives a cut ----------------------------------------------------------------------------- */

enum fate { FATE_LOST, FATE_WHOLE, FATE_SCATTERED, FATE_TORN, FATE_HALF, FATE_NOISE };
struct verdict {                       /* of one power loss over the pending operations */
    uint8_t fate[STORAGE_PENDING_MAX]; /* enum fate */
    uint64_t choice;                   /* of FATE_TORN and FATE_HALF */
    struct storage_rng rng;            /* of FATE_SCATTERED and FATE_NOISE */
};

/* Decides, and does what survives to the durable side. E_NOMEM, E_INVAL (no such mode). */
int cut_settle(struct storage *s, enum cut_mode mode, uint64_t seed);
/* fates.c: the second half of that. */
int cut_carry_out(struct storage *s, struct verdict *v);
/* subsets.c: the decision of CUT_SUBSET. */
void cut_subset(const struct storage *s, uint64_t seed, struct verdict *v);
/* How many bytes of a write arrive when it tears: less than len, and inside a sector where there is an inside. */
uint64_t cut_tear(uint64_t offset, uint64_t len, uint32_t sector_size, uint64_t choice);
/* Any sectors of one write, others not. */
int cut_scatter(struct storage *s, const struct pending *op, struct storage_rng *rng);

/* ---- the storage ------------------------------------------------------------------------------------- */

struct handle {
    bool open;
    uint32_t inode;
    char name[HAL_NAME_MAX + 1];
};

struct storage {
    struct storage_config config;
    struct hal_fs_ops fs_ops; /* a copy a storage: sector_size is a member of the table */
    struct storage_hooks hooks;
    struct cut_plan plan;
    uint64_t ops;
    bool announced; /* the last operation counted is being shown to the observer, and was not done yet */
    bool frozen;
    bool failed; /* memory ran out: contents are no longer to be trusted, every call answers E_NOMEM */
    struct names live, durable;
    struct inode *inode;
    size_t inodes;
    struct pending **pending;
    size_t pending_count, pending_capacity;
    uint64_t pending_bytes;                                  /* of payloads */
    struct handle *handle;                                   /* STORAGE_HANDLES of them from the first open on */
    struct pages area[HAL_AREA_COUNT], wear[HAL_AREA_COUNT]; /* wear: a uint32_t a block, erases so far */
    struct storage_fault_plan *fault;
    size_t faults;
    struct hasher *hasher;
};

const struct hal_fs_ops *storage_fs_ops(void); /* fs.c; sector_size 0 */
const char *storage_area_name(enum hal_area area);

/* One counted operation under way. */
struct storage_step {
    bool part;                /* power goes in the middle of it */
    struct storage_rng rng;   /* choices of that */
    int (*change)(void *ctx); /* of a device operation; NULL: redone */
    void *ctx;
};
/* Counts and announces `op` (its number is filled in), and does it unless a plan, a fault or the observer is against
 * it. What the device call returns. `change` as in storage_device_op, else NULL. */
int storage_run(struct storage *s, struct storage_op *op, int (*change)(void *ctx), void *ctx);

/* What an operation does, wholly or in part: the rows of operations.c. */
typedef int (*operation_fn)(struct storage *s, const struct storage_op *op, struct storage_step *step);
int file_write(struct storage *s, const struct storage_op *op, struct storage_step *step);
int file_truncate(struct storage *s, const struct storage_op *op, struct storage_step *step);
int file_sync(struct storage *s, const struct storage_op *op, struct storage_step *step);
int file_create(struct storage *s, const struct storage_op *op, struct storage_step *step);
int file_remove(struct storage *s, const struct storage_op *op, struct storage_step *step);
int file_rename(struct storage *s, const struct storage_op *op, struct storage_step *step);
int area_erase(struct storage *s, const struct storage_op *op, struct storage_step *step);
int area_program(struct storage *s, const struct storage_op *op, struct storage_step *step);

/* Name operations, truncate and device operations are atomic: power lost inside one leaves it done or not. */
static inline bool step_taken(struct storage_step *step)
{
    return !step->part || (rng_next(&step->rng) & 1);
}

/* faults.c: OK, or what the operation that is about to happen, or a read, answers instead. One that strikes once is
 * gone afterwards. */
int fault_of_operation(struct storage *s, const struct storage_op *op);
int fault_of_read(struct storage *s, uint32_t inode, uint64_t offset, uint64_t len);
void faults_hash(const struct storage *s); /* adds what is left to come to the SHA-256 under way */

/* OK, HAL_E_POWER or E_NOMEM: the first line of every device call. */
static inline int storage_ready(const struct storage *s)
{
    return s->frozen ? HAL_E_POWER : s->failed ? E_NOMEM : OK;
}

#endif
