/* Inside core/store: making the data base. Caller: db.c. */
#ifndef POSBENCH_CORE_STORE_CREATE_H
#define POSBENCH_CORE_STORE_CREATE_H

#include "core/store/vfs.h"

#define DB_FILE "store.db"

/* Makes DB_FILE with an empty schema if there is none; `log`: for journal_mode=WAL, and begins the log. SQLite must be
 * initialized. The new names are durable with the first sync that follows; until then a boot may have to make them
 * again. */
int create_if_missing(struct store_vfs *vfs, bool log);

#endif
