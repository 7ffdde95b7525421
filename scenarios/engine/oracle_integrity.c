/*
 * integrity: every SQLite data base that lies in the storage is sound by SQLite's own integrity_check, made by the
 * bench's SQLite (integrity.c) on what is durable: on what would be found if the power went now. What the core itself
 * thinks of its data is not asked. A file that is not SQLite's is none of this oracle's business.
 */
#include "scenarios/engine/integrity.h"
#include "scenarios/engine/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The durable file `name` and `suffix`; not there when there is none. E_NOMEM. */
static int take(const struct storage *s, const char *name, const char *suffix, struct integrity_file *out)
{
    char full[HAL_NAME_MAX + 1];
    *out = (struct integrity_file){0};
    int len = snprintf(full, sizeof full, "%s%s", name, suffix);
    if (len < 0 || (size_t)len >= sizeof full)
        return OK;
    int status = storage_get_file(s, full, &out->bytes, &out->len);
    out->there = status == OK;
    return status == E_NOMEM ? E_NOMEM : OK;
}

static bool lies_beside(const char *name)
{
    for (unsigned role = INTEGRITY_JOURNAL; role < INTEGRITY_FILES; role++) {
        size_t len = strlen(name), suffix = strlen(integrity_suffix(role));
        if (len > suffix && strcmp(name + len - suffix, integrity_suffix(role)) == 0)
            return true;
    }
    return false;
}

/* True: it is a data base of SQLite's, and was checked. By its head, or because a journal or log of SQLite's lies
 * beside it, from which the head could be restored. */
static bool check_file(const struct storage *s, const char *name, struct verdict *v)
{
    struct integrity_file file[INTEGRITY_FILES] = {0};
    char why[200] = "";
    bool ours = false;
    int status = OK;
    for (unsigned role = 0; role < INTEGRITY_FILES && status == OK; role++) {
        status = take(s, name, integrity_suffix(role), &file[role]);
        ours = ours || integrity_is(role, &file[role]);
    }
    if (ours && status == OK)
        status = integrity_check(file, why, sizeof why);
    if (status > 0)
        judge_say(v, "fail", "%s: %s", name, why);
    else if (status < 0)
        judge_say(v, "fail", "%s could not be checked: %s", name, status_text(status));
    for (unsigned role = 0; role < INTEGRITY_FILES; role++)
        free(file[role].bytes);
    return ours;
}

/* All of them; 0: there is none. */
static unsigned check_all(const struct storage *s, struct verdict *v)
{
    char name[HAL_NAME_MAX + 1];
    uint64_t size;
    unsigned found = 0;
    struct storage *durable = storage_clone(s); /* its list of names is that of the durable side once it is settled */
    if (!durable) {
        judge_say(v, "fail", "no memory to check what is stored");
        return 1;
    }
    storage_settle(durable, CUT_NONE, 0);
    const struct hal hal = {.fs = storage_fs(durable)};
    for (size_t i = 0; HAL_CALL(&hal, fs, list, i, name, &size) == OK; i++)
        if (!lies_beside(name))
            found += check_file(durable, name, v);
    storage_destroy(durable);
    return found;
}

void oracle_integrity(const struct evidence *e, struct verdict *v)
{
    const struct storage *s = terminal_storage(e->terminal->terminal);
    uint8_t key[32];
    bool keyed = memo_content(e->memo, s, key);
    if (keyed && memo_seen(e->memo, MEMO_SOUND, key))
        return;
    if (!check_all(s, v))
        judge_say(v, "not applicable", "no SQLite data base is stored");
    else if (keyed && strcmp(v->name, "pass") == 0)
        memo_keep(e->memo, MEMO_SOUND, key);
}
