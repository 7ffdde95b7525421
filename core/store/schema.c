/*
 * The tables, one text a schema: a new data base runs all of them, an older one those that it lacks, between the same
 * BEGIN and COMMIT as the new number. So a cut leaves the old schema or the new one. A text that was released is never
 * changed again; a new table or column is a new row at the end, and STORE_SCHEMA one more.
 */
#include "core/store/schema.h"

#include "core/store/store.h"

#include <stdio.h>

static const char *const schemas[] = {
    /* 1. Money in cents, outcomes and kinds as the numbers of firmware.h. `due` is what the terminal still owes: a
     * reversal to the host or a slip to the merchant; one row for a journal record at most. */
    "CREATE TABLE settings(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE journal(id INTEGER PRIMARY KEY, batch INTEGER NOT NULL, trace INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, outcome INTEGER NOT NULL, amount_cents INTEGER NOT NULL,"
    " signature INTEGER NOT NULL, pin INTEGER NOT NULL,"
    " field55 BLOB NOT NULL, masked_pan TEXT NOT NULL, expiry TEXT NOT NULL, psn TEXT NOT NULL, entry TEXT NOT NULL,"
    " processing TEXT NOT NULL, condition TEXT NOT NULL, de60 TEXT NOT NULL, rrn TEXT NOT NULL, auth TEXT NOT NULL,"
    " response TEXT NOT NULL, date TEXT NOT NULL, time TEXT NOT NULL, aid TEXT NOT NULL, ac TEXT NOT NULL,"
    " app_name TEXT NOT NULL, tvr TEXT NOT NULL, tsi TEXT NOT NULL, atc TEXT NOT NULL, cvm TEXT NOT NULL,"
    " UNIQUE(batch, trace)) STRICT;"
    "CREATE TABLE due(record INTEGER PRIMARY KEY, duty INTEGER NOT NULL, reason TEXT NOT NULL, tries INTEGER NOT NULL)"
    " STRICT;",

    /* 2. `upload`: what the host has yet to book of the sales that cards approved on their own; the row is the duty.
     * `sealed` is the card number as the secure element closed it, `chip` is DE55, `code` is set once the host has
     * refused it for good.
     * `parameters`: what the host has handed out, by enum parameter_kind.
     * `advice`: why the card wants an advice sent, empty where it does not. */
    "CREATE TABLE upload(record INTEGER PRIMARY KEY, sealed BLOB NOT NULL, chip BLOB NOT NULL,"
    " refusals INTEGER NOT NULL, code TEXT NOT NULL) STRICT;"
    "CREATE TABLE parameters(kind INTEGER NOT NULL, name BLOB NOT NULL, object BLOB NOT NULL, PRIMARY KEY(kind, name))"
    " STRICT, WITHOUT ROWID;"
    "ALTER TABLE journal ADD COLUMN advice TEXT NOT NULL DEFAULT '';",
};
_Static_assert(sizeof schemas / sizeof *schemas == STORE_SCHEMA, "one text for each schema that store.h promises");

int schema_upgrade(sqlite3 *db, unsigned from)
{
    char version[40];
    snprintf(version, sizeof version, "PRAGMA user_version=%u", STORE_SCHEMA);
    int code = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    for (unsigned i = from; code == SQLITE_OK && i < STORE_SCHEMA; i++)
        code = sqlite3_exec(db, schemas[i], NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, version, NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    if (code != SQLITE_OK && !sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}
