/*
 * The storage of one terminal: hal.fs and hal.flash over plain data, an operation log, and the choice of what outlives
 * a power loss. It knows no clock and no terminal: power is cut through the `cut` callback.
 *
 * Method. Every file has two contents: `live` (what the core reads) and `durable` (what was synced). Each write,
 * truncate, create, remove and rename since the last sync is a pending operation. sync(file) applies that inode's
 * pending data to its durable content; sync_dir applies the pending name operations. At a power loss the cut mode
 * picks which pending operations still reach the durable side, in which order and how torn; then live = durable. It
 * follows inodes, not names: a file renamed without sync keeps its unsynced data pending.
 *
 * Operations that change or sync storage are counted from 1 over the life of the terminal: `storage#1234:torn` names
 * the cut inside operation 1234 with mode torn. What is refused before it starts (no such name, no space) is not
 * counted.
 */
#ifndef POSBENCH_SIM_STORAGE_STORAGE_H
#define POSBENCH_SIM_STORAGE_STORAGE_H

#include "core/hal.h"
#include "sim/storage/pages.h"

/* What survives of the unsynced operations. One table in cut_modes.c: name, meaning, the medium it stands for. */
enum cut_mode {
    CUT_NONE,    /* nothing unsynced survives */
    CUT_ALL,     /* everything issued survives */
    CUT_PREFIX,  /* the first half (by seed: any prefix), in order */
    CUT_RANDOM,  /* a random subset, sector by sector: any order across files and sectors */
    CUT_TORN,    /* all, the last write torn inside a sector */
    CUT_NAMES,   /* name operations survive, data does not (metadata before data) */
    CUT_DATA,    /* data survives, name operations do not */
    CUT_MODES
};
struct cut_mode_info { enum cut_mode mode; const char *name, *meaning, *medium; };
const struct cut_mode_info *cut_mode_info(enum cut_mode mode); /* NULL past the end */
int cut_mode_by_name(const char *name, enum cut_mode *out);    /* E_NOTFOUND */

enum storage_op_kind {
    OP_WRITE, OP_TRUNCATE, OP_SYNC, OP_CREATE, OP_REMOVE, OP_RENAME, OP_SYNC_DIR, OP_ERASE, OP_PROGRAM, OP_KINDS
};
const char *storage_op_name(enum storage_op_kind kind);
struct storage_op { /* one line of the operation log; passed to the observer before it happens */
    uint64_t number;
    enum storage_op_kind kind;
    const char *name; /* file name when opened, or area ("slot-a") */
    uint64_t offset, len;
};

/* Before: it did not happen. After: it happened wholly. Inside, all by the plan's seed: a write leaves a torn part
 * pending, a sync makes a first part of its pending operations durable, a name operation or truncate happens or
 * not, an erase leaves its block and a program its page undefined (bits only 1->0). */
enum cut_when { CUT_BEFORE, CUT_INSIDE, CUT_AFTER };
struct cut_plan { /* number 0: no plan */
    uint64_t number;
    enum cut_when when;
    enum cut_mode mode; /* for whoever calls storage_settle; what happens inside an operation does not depend on it */
    uint64_t seed;
};

enum storage_fault { STORAGE_OK, STORAGE_WRITE_ERROR, STORAGE_FULL };

struct storage_hooks {
    void *ctx;
    void (*op)(void *ctx, const struct storage_op *op); /* may be NULL */
    void (*cut)(void *ctx);  /* the plan's operation was reached: take the power away. May be NULL */
    enum storage_fault (*fault)(void *ctx, const struct storage_op *op); /* injected faults; may be NULL */
};

struct storage_config {
    uint64_t fs_bytes;
    uint32_t sector_size, page_size, block_size;
    uint64_t area_bytes[HAL_AREA_COUNT];
};

struct storage; /* plain data; no pointers to the world */

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

/* Power loss in two steps: freeze at the instant, settle when power is restored (decides what survived by `mode` and
 * `seed`; closes all handles; thaws). A reset is settle with CUT_ALL. */
void storage_freeze(struct storage *s);
void storage_settle(struct storage *s, enum cut_mode mode, uint64_t seed);

/* Snapshots share pages with the original. The clone has no hooks, no plan and no open handles. */
struct storage *storage_clone(const struct storage *s);
/* Durable content only: names, file bytes, areas. Equal content gives equal hash, whatever its history. */
void storage_hash(const struct storage *s, uint8_t out[32]);
uint64_t storage_ops(const struct storage *s); /* operations so far */
size_t storage_pending(const struct storage *s); /* unsynced operations now */

/* For tests, oracles and manufacture: whole file in or out at once, durable, not counted. Putting a file makes unsynced
 * name operations durable too. */
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

#endif
