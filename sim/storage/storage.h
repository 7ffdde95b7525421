/*
 * The storage of one terminal: hal.fs and hal.flash over plain data, an operation log, and the choice of what outlives
 * a power loss. It knows no clock and no terminal: power is cut through the `cut` callback.
 *
 * Method. Every file has two contents: `live` (what the core reads) and `durable` (what was synced). Each write,
 * truncate, create, remove and rename since the last sync is a pending operation. sync(file) applies that inode's
 * pending data to its durable content; sync_dir applies the pending name operations. At a power loss the cut mode
 * picks which pending operations still reach the durable side, in which order and how torn; then live = durable. It
 * follows inodes, not names: a file renamed without sync keeps its unsynced data pending. What is written to a file
 * that has no name left, and can get none back, is never pending: no cut could show it.
 *
 * Operations that change or sync storage are counted from 1 over the life of the terminal: `storage#1234:torn` names
 * the cut inside operation 1234 with mode torn. What is refused before it starts (no such name, no space) is not
 * counted; what an injected fault refuses is.
 *
 * A sweep takes a clone at every operation, before it happens, and makes every later state from that: settled as it is
 * ("before"), or after storage_redo of the operation with a planned cut ("inside", "after").
 */
#ifndef POSBENCH_SIM_STORAGE_STORAGE_H
#define POSBENCH_SIM_STORAGE_STORAGE_H

#include "core/hal.h"
#include "sim/storage/pages.h"

struct storage; /* plain data; no pointers to the world */

/* ---- what survives of the unsynced operations: one table in cut_modes.c ----------------------------------- */

enum cut_mode {
    CUT_NONE,     /* nothing unsynced survives */
    CUT_ALL,      /* everything issued survives */
    CUT_PREFIX,   /* the first half (by seed: any prefix), in order */
    CUT_RANDOM,   /* a random subset, sector by sector: any order across files and sectors */
    CUT_TORN,     /* all, the last write torn inside a sector */
    CUT_HALVES,   /* all, the last sector written half new, half old */
    CUT_GARBAGE,  /* all, the last sector written reads as noise */
    CUT_NAMES,    /* name operations survive, data does not (metadata before data) */
    CUT_DATA,     /* data survives, name operations do not */
    CUT_SUBSET,   /* exactly those that the seed says: below */
    CUT_BROWNOUT, /* nothing unsynced survives, and the supply flickers: sim/terminal_power.c boots it three times */
    CUT_MODES
};
struct cut_mode_info {
    enum cut_mode mode;
    const char *name, *meaning, *medium;
    const char *test; /* the test function that shows it */
    unsigned seeds;   /* 0 .. seeds-1 are what a sweep should try; 0: asks storage_subsets */
    unsigned again;   /* the same for cuts after the first one: their number is a product */
};
const struct cut_mode_info *cut_mode_info(enum cut_mode mode); /* NULL past the end */
int cut_mode_by_name(const char *name, enum cut_mode *out);    /* E_NOTFOUND */
unsigned cut_mode_seeds(enum cut_mode mode, bool first);       /* of a first cut, of a later one; 0 past the end */
/* False: with what is unsynced now this mode leaves what none or all leaves, so a sweep may pass it over. True does not
 * promise a state of its own. None and brown-out always apply. */
bool cut_mode_applies(enum cut_mode mode, const struct storage *s);

/* Seeds of CUT_SUBSET. Bit i of 0..13: the i-th of the last 14 unsynced operations (of all, when there are fewer)
 * survives, in the order issued. Bits 14..47: 0, and all older ones survive; or the number of a sample, from which
 * their survival is drawn (splitmix64, one bit each). Bits 48..49: the last write that survives is whole, torn, half,
 * noise. */
#define SUBSET_OPS 14
#define SUBSET_LAST 48      /* lowest of the two bits */
#define SUBSET_SAMPLES 4096 /* beyond 14 unsynced operations; their bits 0..13 are drawn from the number as well */
enum subset_last { SUBSET_WHOLE, SUBSET_TORN, SUBSET_HALF, SUBSET_NOISE };
/* How many seeds there are for what is unsynced now. *exhaustive: they are all its subsets; false: there are more than
 * 14 operations, and sets in which an older one is missing are sampled. May be NULL. */
uint64_t storage_subsets(const struct storage *s, bool *exhaustive);
/* The index-th of them: first every set with its last write whole, then those with it damaged, then the samples. */
uint64_t storage_subset_seed(const struct storage *s, uint64_t index);

/* ---- operations --------------------------------------------------------------------------------------- */

/* OP_KEY and OP_CLOCK: durable changes of other devices, which happen at once and wholly or not (storage_device_op). */
enum storage_op_kind {
    OP_WRITE,
    OP_TRUNCATE,
    OP_SYNC,
    OP_CREATE,
    OP_REMOVE,
    OP_RENAME,
    OP_SYNC_DIR,
    OP_ERASE,
    OP_PROGRAM,
    OP_KEY,
    OP_CLOCK,
    OP_KINDS
};
const char *storage_op_name(enum storage_op_kind kind);

#define STORAGE_NO_INODE UINT32_MAX

/* One line of the operation log, passed to the observer before it happens. Pointers are valid during that call. */
struct storage_op {
    uint64_t number;
    enum storage_op_kind kind;
    const char *name;     /* file name when opened, area ("slot-a") or device ("se"); "" for sync_dir */
    const char *to;       /* OP_RENAME: the new name; else "" */
    uint32_t inode;       /* which file, whatever it is called now; OP_CREATE: the one it will be; STORAGE_NO_INODE */
    enum hal_area area;   /* OP_ERASE, OP_PROGRAM; else HAL_AREA_COUNT */
    uint64_t offset, len; /* OP_TRUNCATE: offset is the new size */
    const void *data;     /* OP_WRITE, OP_PROGRAM: the bytes; else NULL */
};

/* Before: it did not happen. After: it happened wholly. Inside, all by the plan's seed: a write leaves a torn part
 * pending, a sync makes a first part of its pending operations durable, a name operation, truncate or device operation
 * happens or not, an erase leaves its block and a program its page undefined (bits only 1->0). */
enum cut_when { CUT_BEFORE, CUT_INSIDE, CUT_AFTER };
struct cut_plan { /* number 0: no plan */
    uint64_t number;
    enum cut_when when;
    enum cut_mode mode; /* for whoever calls storage_settle; what happens inside an operation does not depend on it */
    uint64_t seed;
};

struct storage_hooks {
    void *ctx;
    /* Before each operation; it is counted already. May clone the storage, and may freeze it: then the operation does
     * not happen. May be NULL. */
    void (*op)(void *ctx, const struct storage_op *op);
    void (*cut)(void *ctx); /* the plan's operation was reached: take the power away. May be NULL */
};

/* ---- life ----------------------------------------------------------------------------------------------- */

struct storage_config {
    uint64_t fs_bytes;
    uint32_t sector_size, page_size, block_size;
    uint64_t area_bytes[HAL_AREA_COUNT];
};

/* NULL: out of memory, or a config outside its contract: sector_size a power of two up to 65536, areas of whole blocks,
 * blocks of whole pages, fs_bytes up to 4 GiB, an area up to 256 MiB (0: the terminal has none). */
struct storage *storage_create(const struct storage_config *config);
void storage_destroy(struct storage *s);
void storage_hooks_set(struct storage *s, const struct storage_hooks *hooks);
void storage_plan_cut(struct storage *s, const struct cut_plan *plan);

/* The devices. After storage_freeze every call answers HAL_E_POWER and changes nothing; once the bench is out of
 * memory every call answers E_NOMEM. Limits: 64 open handles, 256 names; past 4,096 unsynced operations, or
 * fs_bytes of unsynced data, the oldest is written back. */
struct hal_fs storage_fs(struct storage *s);
struct hal_flash storage_flash(struct storage *s);
/* A durable change of another device as an operation: counted, shown to the observer, cut by plan. Calls `change` if it
 * happens; returns what that returns, or HAL_E_POWER. */
int storage_device_op(struct storage *s, enum storage_op_kind kind, const char *name, int (*change)(void *ctx),
                      void *ctx);

/* Power loss in two steps: freeze at the instant, settle when power is restored (decides what survived by `mode` and
 * `seed`; closes all handles; thaws). A reset is settle with CUT_ALL. */
void storage_freeze(struct storage *s);
void storage_settle(struct storage *s, enum cut_mode mode, uint64_t seed);
/* Of what it would decide: modes and seeds with the same print leave the same. Saves settling. */
uint64_t storage_settle_print(const struct storage *s, enum cut_mode mode, uint64_t seed);

/* Snapshots share pages with the original. The clone has no hooks, no plan and no open handles; faults belong to the
 * medium and come along. A clone costs about 1 KB and the pages that change on one side. */
struct storage *storage_clone(const struct storage *s);
/* Does an operation that an observer saw on a clone taken during that call: files are found by inode. A cut planned for
 * its number applies as it would have on the original, byte for byte, and so do faults. The operations that follow may
 * then be redone as well. What the device call would have returned; E_INVAL: not
 * the next operation of this storage. OP_KEY and OP_CLOCK are counted only: their devices are the caller's. */
int storage_redo(struct storage *s, const struct storage_op *op);
/* Durable content only: names, file bytes, areas, and what is left to come of injected faults. Equal content gives
 * equal hash, whatever its history. */
void storage_hash(const struct storage *s, uint8_t out[32]);
/* The same and `len` bytes besides, in 128 bits: quicker, for comparing within one process tree. */
void storage_tag(const struct storage *s, const void *also, size_t len, uint8_t out[16]);
uint64_t storage_ops(const struct storage *s); /* operations so far */
/* Counts on from here, so that what is drawn inside an operation does not depend on an earlier life. */
void storage_count_from(struct storage *s, uint64_t ops);
size_t storage_pending(const struct storage *s); /* unsynced operations now */

/* ---- faults that are no cuts: one table in faults.c ---------------------------------------------------- */

enum storage_fault_kind {
    STORAGE_FAULT_ERROR, /* operation `number` fails with HAL_E_IO; `lasting`: and every later one */
    STORAGE_FAULT_FULL,  /* from operation `number` on nothing that needs space gets it: HAL_E_FULL */
    STORAGE_FAULT_WEAR,  /* a block of `area` fails to erase after `erases` erases, counted since manufacture */
    STORAGE_FAULT_BAD,   /* block `block` of `area` fails to erase and program; number 0: factory, else grown */
    STORAGE_FAULT_READ,  /* reading the sector at `offset` of file `name` fails; not `lasting`: once */
    STORAGE_FAULT_KINDS
};
struct storage_fault_info {
    enum storage_fault_kind kind;
    const char *name, *meaning, *medium, *test;
};
const struct storage_fault_info *storage_fault_info(enum storage_fault_kind kind); /* NULL past the end */
int storage_fault_by_name(const char *name, enum storage_fault_kind *out);         /* E_NOTFOUND */

#define STORAGE_ANYWHERE UINT64_MAX /* offset: every sector of the file */
struct storage_fault_plan {
    enum storage_fault_kind kind;
    uint64_t number; /* from which operation on, counted over the life of the storage as in the log; 0: at once */
    bool lasting;
    enum hal_area area;
    uint32_t block, erases;
    char name[HAL_NAME_MAX + 1];
    uint64_t offset;
};
/* E_LIMIT: 16 are there; HAL_E_NOENT: no such area; E_INVAL: no such block, or a name that cannot be. */
int storage_fault_add(struct storage *s, const struct storage_fault_plan *plan);
void storage_faults_clear(struct storage *s);

/* ---- for tests, oracles and manufacture ------------------------------------------------------------------ */

/* Whole file in or out at once, durable, not counted. Putting a file makes unsynced name operations durable too. */
/* HAL_E_FULL, E_INVAL, E_NOMEM */
int storage_put_file(struct storage *s, const char *name, const void *data, size_t len);
/* malloc'd; HAL_E_NOENT, E_INVAL, E_NOMEM */
int storage_get_file(const struct storage *s, const char *name, uint8_t **data, size_t *len);
/* Bit rot: inverts the bits of `mask` in one byte. HAL_E_NOENT, E_INVAL (beyond the area), E_NOMEM. */
int storage_rot(struct storage *s, enum hal_area area, uint64_t offset, uint8_t mask);
int storage_put_area(struct storage *s, enum hal_area area, uint64_t offset, const void *data, size_t len);
/* Calls `visit` with every durable byte range of every file and area (secrets oracle), in order. A range comes in one
 * piece, so that nothing hides on a page boundary; stretches never written (00; FF in flash) are left out. E_NOMEM. */
int storage_visit(const struct storage *s, void (*visit)(void *ctx, const char *name, const uint8_t *bytes, size_t len),
                  void *ctx);
/* The same page by page, each with the first `overlap` bytes of what follows it (at most 1,024: E_INVAL), for who
 * remembers what it has seen: `key` is equal for equal bytes, made from the remembered hashes of both pages, and a page
 * that is not `wanted` is not even copied. Pages without a byte that was written are left out. */
int storage_visit_pages(const struct storage *s, size_t overlap, bool (*wanted)(void *ctx, const uint8_t key[32]),
                        void (*visit)(void *ctx, const char *name, const uint8_t *bytes, size_t len), void *ctx);

#endif
