/*
 * Durable state in and out. The storage shares its pages with the snapshot; the rest is small. Random streams are not
 * part of it: a boot derives them from the seed and from the hash of what is here.
 */
#include "sim/terminal_internal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct terminal_snapshot {
    struct storage *storage;
    struct sim_se_durable se;
    bool clock_set, paper;
    struct hal_datetime clock;
    char *roll;
    uint64_t boots, screens;
    struct image *core_image;
};

struct terminal_snapshot *terminal_snapshot(const struct terminal *t)
{
    struct terminal_snapshot *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->storage = storage_clone(t->storage);
    s->se = t->se.durable;
    s->clock_set = sim_clock_date(&t->clock, &s->clock) == OK;
    s->paper = t->printer.paper;
    s->roll = strdup(sim_printer_roll(&t->printer));
    s->boots = t->boots;
    s->screens = t->display.shown;
    s->core_image = t->core_image;
    if (!s->storage || !s->roll) {
        terminal_snapshot_destroy(s);
        return NULL;
    }
    return s;
}

int terminal_restore(struct terminal *t, const struct terminal_snapshot *s)
{
    if (t->powered || t->core.alive)
        return E_STATE;
    struct storage *storage = storage_clone(s->storage);
    if (!storage)
        return E_NOMEM;
    int status = sim_printer_restore(&t->printer, s->roll, s->paper);
    if (status) {
        storage_destroy(storage);
        return status;
    }
    storage_destroy(t->storage);
    t->storage = storage;
    t->plan = (struct cut_plan){0};
    t->se.durable = s->se;
    t->boots = s->boots;
    t->display.shown = s->screens;
    t->core_image = s->core_image;
    terminal_wire(t);
    return sim_clock_adjust(&t->clock, s->clock_set ? &s->clock : NULL);
}

void terminal_snapshot_destroy(struct terminal_snapshot *s)
{
    if (!s)
        return;
    storage_destroy(s->storage);
    free(s->roll);
    OPENSSL_cleanse(&s->se, sizeof s->se);
    free(s);
}

static void feed(void *digest, const void *bytes, size_t len)
{
    EVP_DigestUpdate(digest, bytes, len);
}

void terminal_hash(const struct terminal *t, uint8_t out[32])
{
    uint8_t storage[32];
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    memset(out, 0, 32);
    if (!digest || !EVP_DigestInit_ex(digest, EVP_sha256(), NULL))
        goto cleanup;
    storage_hash(t->storage, storage);
    feed(digest, storage, sizeof storage);
    for (const struct terminal_device *row = terminal_devices(); row->class; row++) {
        if (!row->is_state || !row->class->hash)
            continue;
        feed(digest, row->class->name, strlen(row->class->name) + 1);
        row->class->hash(terminal_device_at(t, row), feed, digest);
    }
    EVP_DigestFinal_ex(digest, out, NULL);
cleanup:
    EVP_MD_CTX_free(digest);
}
