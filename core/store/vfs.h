/* SQLite's file system over hal.fs. Callers: db.c and the tests of this folder. */
#ifndef POSBENCH_CORE_STORE_VFS_H
#define POSBENCH_CORE_STORE_VFS_H

#include "core/hal.h"

#include <sqlite3.h>

#define VFS_MAX 4 /* file systems at a time: the running core's and those of inspections */

struct store_vfs { /* caller-owned; `base` is what SQLite sees */
    sqlite3_vfs base;
    const struct hal *hal;
    char name[16];
    bool unnamed;       /* a file was created or renamed, and the directory not synced since */
    bool log_is_synced; /* as far as it counts, whatever SQLite asks for: set by db.c during a checkpoint */
    bool from_log;      /* SQLite's generator begins from `log`, not from HAL_RNG_STORE */
    uint8_t log[32];    /* print of the log as the boot found it */
    bool power_lost;    /* a HAL call said HAL_E_POWER: from now on no call reaches the HAL */
};

/* Some file system of ours is registered, so SQLite is in use and may be neither configured nor shut down. */
bool vfs_any(void);

/* Registers under the first free name, never as the default. SQLite must be initialized. E_LIMIT, E_STORE. */
int vfs_register(struct store_vfs *vfs, const struct hal *hal);
void vfs_unregister(struct store_vfs *vfs);

/* Restarts SQLite's generator from HAL_RNG_STORE: it belongs to the process and would outlive a reboot otherwise. */
void vfs_seed(struct store_vfs *vfs);

#endif
