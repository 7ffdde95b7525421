/*
 * Durable state in and out. The storage shares its pages with the snapshot, the paper roll is shared while nothing was
 * printed, the rest is small. Random streams are not part of it: a boot derives them from the seed and from the hash of
 * what is here. Callers: sweeps, which take a snapshot at every storage operation and go back to one for every cut.
 */
#include "sim/terminal_internal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* What was printed up to some snapshot. Single-threaded. */
struct paper_text {
    size_t refs, len;
    char text[];
};
struct paper_memo {
    struct paper_text *last; /* the roll began with it when it was taken or put back, and has only grown since */
};

struct terminal_snapshot {
    struct storage *storage;
    struct sim_se_durable se;
    bool clock_set, paper;
    uint64_t date_us;
    struct paper_text *roll;
    uint64_t boots, screens;
    struct image *core_image;
};

/* ---- the paper roll ---- */

static void paper_drop(struct paper_text *p)
{
    if (p && --p->refs == 0)
        free(p);
}

static void paper_remember(struct paper_memo *memo, struct paper_text *p)
{
    p->refs++;
    paper_drop(memo->last);
    memo->last = p;
}

struct paper_memo *paper_memo_create(void)
{
    return calloc(1, sizeof(struct paper_memo));
}

void paper_memo_destroy(struct paper_memo *memo)
{
    if (memo)
        paper_drop(memo->last);
    free(memo);
}

static bool paper_is(const struct terminal *t, const struct paper_text *p)
{
    return p && t->paper_memo->last == p && t->printer.len == p->len;
}

/* A reference, to be dropped. */
static struct paper_text *paper_take(const struct terminal *t)
{
    struct paper_text *p = t->paper_memo->last;
    if (paper_is(t, p)) {
        p->refs++;
        return p;
    }
    size_t len = t->printer.len;
    p = malloc(sizeof *p + len + 1);
    if (!p)
        return NULL;
    *p = (struct paper_text){.refs = 1, .len = len};
    memcpy(p->text, sim_printer_roll(&t->printer), len + 1);
    paper_remember(t->paper_memo, p);
    return p;
}

static int paper_put_back(struct terminal *t, const struct terminal_snapshot *s)
{
    if (paper_is(t, s->roll)) {
        t->printer.paper = s->paper;
        t->printer.changed = false;
        return OK;
    }
    int status = sim_printer_restore(&t->printer, s->roll->text, s->paper);
    if (status == OK)
        paper_remember(t->paper_memo, s->roll);
    return status;
}

/* ---- taking ---- */

struct terminal_snapshot *terminal_snapshot_with(const struct terminal *t, struct storage *taken)
{
    struct terminal_snapshot *s = malloc(sizeof *s);
    struct paper_text *roll = paper_take(t);
    if (!s || !roll || !taken) {
        paper_drop(roll);
        storage_destroy(taken);
        free(s);
        return NULL;
    }
    *s = (struct terminal_snapshot){
        .storage = taken,
        .se = t->se.durable,
        .paper = t->printer.paper,
        .roll = roll,
        .boots = t->boots,
        .screens = t->display.shown,
        .core_image = t->core_image,
    };
    s->clock_set = sim_clock_keep(&t->clock, &s->date_us);
    return s;
}

struct terminal_snapshot *terminal_snapshot(const struct terminal *t)
{
    return terminal_snapshot_with(t, storage_clone(t->storage));
}

void terminal_snapshot_destroy(struct terminal_snapshot *s)
{
    if (!s)
        return;
    storage_destroy(s->storage);
    paper_drop(s->roll);
    OPENSSL_cleanse(&s->se, sizeof s->se);
    free(s);
}

const struct storage *terminal_snapshot_storage(const struct terminal_snapshot *s)
{
    return s->storage;
}

/* ---- going back ---- */

/* The core is no more, and events that were to wake it find another epoch. */
static void forget_core(struct terminal *t)
{
    struct core *c = &t->core;
    c->blocked = false;
    c->done = NULL;
    c->alarm = c->woken = 0;
    c->epoch++;
    c->calls_since_wait = c->calls_since_loss = 0;
    c->result = OK;
    t->state = TERMINAL_OFF;
    t->lost = t->reboot = t->wait_idle = false;
    t->reboot_event = 0;
    t->wait_sources = 0;
    t->plan = (struct cut_plan){0};
    boot_select(t, NULL);
}

/* What the devices hold besides durable state. The card leaves without being told: it may be gone already. */
static void forget_devices(struct terminal *t)
{
    sim_reader_renew(&t->reader);
    sim_contactless_init(&t->contactless, &t->port, t->contactless.fitted);
    for (const struct terminal_device *row = terminal_devices(); row->class; row++)
        if (row->class->reset)
            row->class->reset((char *)t + row->offset);
    sim_buzzer_init(&t->buzzer, &t->port);
    fault_reader_rewind(&t->fault_reader);
    fault_reader_rewind(&t->fault_contactless.wire);
    t->rng.first = t->rng.count = 0; /* pins; the streams begin anew at a boot */
}

int terminal_restore_at(struct terminal *t, const struct terminal_snapshot *s, const struct hal_datetime *now)
{
    if (t->powered || t->core.alive)
        return E_STATE;
    struct storage *storage = storage_clone(s->storage);
    if (!storage)
        return E_NOMEM;
    struct sim_clock clock = t->clock;
    sim_clock_bring_back(&clock, s->clock_set ? &s->date_us : NULL);
    int status = s->clock_set && now ? sim_clock_adjust(&clock, now) : OK;
    if (status == OK)
        status = paper_put_back(t, s);
    if (status) {
        storage_destroy(storage);
        return status;
    }
    forget_core(t);
    forget_devices(t);
    storage_destroy(t->storage);
    t->storage = storage;
    t->clock = clock;
    t->se.durable = s->se;
    t->boots = s->boots;
    t->display.shown = s->screens;
    t->core_image = s->core_image;
    terminal_wire(t);
    return OK;
}

int terminal_restore(struct terminal *t, const struct terminal_snapshot *s)
{
    return terminal_restore_at(t, s, NULL);
}

/* ---- hashes ---- */

static void feed(void *digest, const void *bytes, size_t len)
{
    EVP_DigestUpdate(digest, bytes, len);
}

static void feed_device(const struct sim_device_class *class, const void *device, EVP_MD_CTX *digest)
{
    feed(digest, class->name, strlen(class->name) + 1);
    class->hash(device, feed, digest);
}

static void feed_devices(const struct terminal *t, EVP_MD_CTX *digest)
{
    for (const struct terminal_device *row = terminal_devices(); row->class; row++)
        if (row->is_state && row->class->hash)
            feed_device(row->class, terminal_device_at(t, row), digest);
}

/* In the order of the table of devices; a device that gets a hash must be kept in the snapshot, too. */
static void feed_kept_devices(const struct terminal_snapshot *s, EVP_MD_CTX *digest)
{
    const struct sim_clock clock = {.set = s->clock_set, .date_us = s->date_us};
    struct sim_se se = {.durable = s->se};
    feed_device(&sim_clock_class, &clock, digest);
    feed_device(&sim_se_class, &se, digest);
    OPENSSL_cleanse(&se, sizeof se);
}

/* Of the storage, unless it is NULL, and the devices of a terminal or of a snapshot. */
static void hash(const struct storage *storage, const struct terminal *t, const struct terminal_snapshot *s,
                 uint8_t out[32])
{
    uint8_t contents[32];
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    memset(out, 0, 32);
    if (!digest || !EVP_DigestInit_ex(digest, EVP_sha256(), NULL))
        goto cleanup;
    if (storage) {
        storage_hash(storage, contents);
        feed(digest, contents, sizeof contents);
    }
    if (t)
        feed_devices(t, digest);
    else
        feed_kept_devices(s, digest);
    EVP_DigestFinal_ex(digest, out, NULL);
cleanup:
    EVP_MD_CTX_free(digest);
}

void terminal_hash(const struct terminal *t, uint8_t out[32])
{
    hash(t->storage, t, NULL, out);
}

void terminal_devices_hash(const struct terminal *t, uint8_t out[32])
{
    hash(NULL, t, NULL, out);
}

void terminal_snapshot_hash(const struct terminal_snapshot *s, uint8_t out[32])
{
    hash(s->storage, NULL, s, out);
}
