/* Inside core/store: the tables, by the schema that brought them. Callers: create.c (all of them), db.c (what an older
 * data base lacks). */
#ifndef POSBENCH_CORE_STORE_SCHEMA_H
#define POSBENCH_CORE_STORE_SCHEMA_H

#include <sqlite3.h>

/* Brings a data base from schema `from` (0: empty) to STORE_SCHEMA in one transaction. An SQLite result code. */
int schema_upgrade(sqlite3 *db, unsigned from);

#endif
