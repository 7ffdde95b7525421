/* Scenes: taken, hashed and entered. See scene.h. */
#include "scenarios/engine/scene.h"

#include <stdlib.h>
#include <string.h>

#define MINUTE_US (60 * SECOND_US)
#define SLIPS 256 /* different slips that are told apart; more are taken for different rolls */

/* Shared by all scenes between two changes of it. */
struct scene_host {
    unsigned refs;
    struct host *host;
    uint64_t version;
    uint8_t hash[32];
};
struct scene_things { /* cards and notes */
    unsigned refs, cards, notes;
    struct bench_card *who[CASE_CARDS];
    struct card *card[CASE_CARDS];
    uint64_t version[CASE_CARDS];
    struct note note[32];
    uint8_t hash[32];
};

struct promise { /* what people were told; the slips are with the terminal */
    uint64_t approvals, approval_boot;
    bool approval_stands, halt_expected;
    uint64_t disclosed[CASE_DISCLOSED];
    unsigned disclosures;
};

struct scene {
    struct terminal_snapshot *terminal;
    struct scene_host *host;
    struct scene_things *things;
    struct promise promise;
    bool line_up;
};

static struct bench_terminal *swept(struct bench_case *b)
{
    return &b->terminal[0];
}

/* ---- the shared parts ---- */

static void host_drop(struct scene_host *h)
{
    if (!h || --h->refs)
        return;
    host_destroy(h->host);
    free(h);
}

static void things_drop(struct scene_things *t)
{
    if (!t || --t->refs)
        return;
    for (unsigned i = 0; i < t->cards; i++)
        card_destroy(t->card[i]);
    for (unsigned i = 0; i < t->notes; i++)
        free(t->note[i].json);
    free(t);
}

/* The host as it will be when what the terminal has sent has reached it. */
static struct scene_host *host_take(struct scene_maker *m)
{
    struct bench_case *b = m->bench;
    bool under_way = network_in_flight(b->network, TO_HOST) > 0;
    if (m->host && !under_way && m->host->version == host_version(b->host)) {
        m->host->refs++;
        return m->host;
    }
    struct scene_host *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    h->refs = 1;
    h->host = host_clone(b->host);
    if (!h->host || (under_way && host_server_finish(b->server, h->host, world_now(b->world)) != OK)) {
        host_drop(h);
        return NULL;
    }
    h->version = host_version(h->host);
    host_hash(h->host, h->hash);
    return h;
}

static bool things_changed(const struct scene_things *t, const struct bench_case *b)
{
    if (t->cards != b->cards || t->notes != b->notes)
        return true;
    for (unsigned i = 0; i < t->cards; i++)
        if (t->who[i] != b->card[i] || t->version[i] != b->card[i]->version)
            return true;
    for (unsigned i = 0; i < t->notes; i++)
        if (strcmp(t->note[i].key, b->note[i].key) != 0 || strcmp(t->note[i].json, b->note[i].json) != 0)
            return true;
    return false;
}

static void things_hash(struct scene_things *t)
{
    uint8_t all[(CASE_CARDS + 2 * 32) * 32];
    size_t len = 0;
    for (unsigned i = 0; i < t->cards; i++, len += 32)
        card_hash(t->card[i], all + len);
    for (unsigned i = 0; i < t->notes; i++, len += 64) {
        case_sha256((const uint8_t *)t->note[i].key, strlen(t->note[i].key), all + len);
        case_sha256((const uint8_t *)t->note[i].json, strlen(t->note[i].json), all + len + 32);
    }
    case_sha256(all, len, t->hash);
}

static struct scene_things *things_take(struct scene_maker *m)
{
    struct bench_case *b = m->bench;
    if (m->things && !things_changed(m->things, b)) {
        m->things->refs++;
        return m->things;
    }
    struct scene_things *t = calloc(1, sizeof *t);
    bool ok = t != NULL;
    if (!ok)
        return NULL;
    t->refs = 1;
    for (; ok && t->cards < b->cards; t->cards++) {
        t->who[t->cards] = b->card[t->cards];
        t->card[t->cards] = card_clone(b->card[t->cards]->card);
        t->version[t->cards] = b->card[t->cards]->version;
        ok = t->card[t->cards] != NULL;
    }
    for (; ok && t->notes < b->notes; t->notes++) {
        t->note[t->notes] = b->note[t->notes];
        t->note[t->notes].json = strdup(b->note[t->notes].json);
        ok = t->note[t->notes].json != NULL;
    }
    if (!ok) {
        things_drop(t);
        return NULL;
    }
    things_hash(t);
    return t;
}

/* ---- what people were told ---- */

static int digest_order(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

/* The set of slips: a slip that is printed at each boot does not make a new state each time. Whether one stands there
 * once or more often counts, how often does not. */
static void roll_hash(const char *roll, uint8_t out[32])
{
    uint8_t slips[SLIPS][32];
    size_t count = 0, kept = 0;
    for (const char *at = roll; *at && count < SLIPS; count++) {
        size_t len = strcspn(at, "\f");
        case_sha256((const uint8_t *)at, len, slips[count]);
        at += len + (at[len] != '\0');
    }
    qsort(slips, count, sizeof slips[0], digest_order);
    for (size_t i = 0; i < count; i++)
        if (kept < 2 || memcmp(slips[i], slips[kept - 1], 32) != 0 || memcmp(slips[i], slips[kept - 2], 32) != 0)
            memmove(slips[kept++], slips[i], 32);
    case_sha256(slips[0], kept * 32, out);
}

static const uint8_t *roll_of(struct scene_maker *m)
{
    const char *roll = terminal_paper_roll(swept(m->bench)->terminal);
    size_t len = strlen(roll);
    if (len != m->roll_len) {
        roll_hash(roll, m->roll);
        m->roll_len = len;
    }
    return m->roll;
}

static struct promise promise_of(const struct bench_terminal *t)
{
    struct promise p = {.approvals = t->approvals,
                        .approval_boot = t->approval_boot,
                        .approval_stands = t->approval_stands,
                        .halt_expected = t->halt_expected,
                        .disclosures = t->disclosures};
    memcpy(p.disclosed, t->disclosed, sizeof p.disclosed);
    return p;
}

/* ---- taking ---- */

void scene_maker_init(struct scene_maker *m, struct bench_case *b)
{
    *m = (struct scene_maker){.bench = b, .roll_len = SIZE_MAX};
}

void scene_maker_clear(struct scene_maker *m)
{
    host_drop(m->host);
    things_drop(m->things);
    *m = (struct scene_maker){0};
}

void scene_maker_settle(struct scene_maker *m)
{
    struct world *w = m->bench->world;
    struct terminal *t = swept(m->bench)->terminal;
    m->now_us = (world_now(w) / MINUTE_US + 2) * MINUTE_US;
    if (terminal_state(t) != TERMINAL_OFF)
        terminal_power_cut(t, CUT_ALL, 0);
    world_rewind(w, m->now_us);
    m->has_date = terminal_clock(t, &m->date) == OK;
}

bool scene_rest(struct scene_maker *m, uint8_t out[32])
{
    struct bench_terminal *t = swept(m->bench);
    struct scene_host *host = host_take(m);
    struct scene_things *things = things_take(m);
    if (!host || !things) {
        host_drop(host);
        things_drop(things);
        return false;
    }
    host_drop(m->host);
    things_drop(m->things);
    m->host = host;
    m->things = things;

    uint8_t all[4 * 32 + 24] = {0};
    terminal_devices_hash(t->terminal, all);
    memcpy(all + 32, host->hash, 32);
    memcpy(all + 64, things->hash, 32);
    memcpy(all + 96, roll_of(m), 32);
    for (unsigned i = 0; i < 8; i++)
        all[128 + i] = (uint8_t)(t->approvals >> 8 * i);
    all[136] = t->approval_stands;
    all[137] = t->halt_expected;
    all[138] = network_is_up(m->bench->network);
    uint64_t disclosed = 0;
    for (unsigned i = 0; i < t->disclosures; i++) /* in whatever order they came */
        disclosed += t->disclosed[i];
    for (unsigned i = 0; i < 8; i++)
        all[139 + i] = (uint8_t)(disclosed >> 8 * i);
    case_sha256(all, sizeof all, out);
    return true;
}

struct scene *scene_take(struct scene_maker *m, struct storage *storage)
{
    struct bench_terminal *t = swept(m->bench);
    struct scene *s = calloc(1, sizeof *s);
    if (!s) {
        storage_destroy(storage);
        return NULL;
    }
    s->terminal = terminal_snapshot_with(t->terminal, storage);
    if (!s->terminal) {
        free(s);
        return NULL;
    }
    s->host = m->host;
    s->things = m->things;
    s->host->refs++;
    s->things->refs++;
    s->promise = promise_of(t);
    s->line_up = network_is_up(m->bench->network);
    return s;
}

void scene_destroy(struct scene *s)
{
    if (!s)
        return;
    terminal_snapshot_destroy(s->terminal);
    host_drop(s->host);
    things_drop(s->things);
    free(s);
}

void scene_key(const struct storage *storage, const uint8_t rest[32], uint8_t out[16])
{
    storage_tag(storage, rest, 32, out);
}

const struct storage *scene_storage(const struct scene *s)
{
    return terminal_snapshot_storage(s->terminal);
}

/* ---- entering ---- */

static bool enter_host(struct bench_case *b, const struct scene_host *h)
{
    struct host *host = host_clone(h->host);
    if (!host)
        return false;
    network_rewind(b->network);
    host_server_rewind(b->server, host);
    host_destroy(b->host);
    b->host = host;
    return true;
}

static bool enter_things(struct bench_case *b, const struct scene_things *t)
{
    case_deal_cards(b, t->who, t->cards);
    for (unsigned i = 0; i < t->cards; i++) {
        if (b->card[i]->version == t->version[i])
            continue;
        struct card *card = card_clone(t->card[i]);
        if (!card)
            return false;
        card_destroy(b->card[i]->card);
        b->card[i]->card = card;
        b->card[i]->version = t->version[i];
    }
    for (unsigned i = 0; i < b->notes; i++)
        free(b->note[i].json);
    for (b->notes = 0; b->notes < t->notes; b->notes++) {
        b->note[b->notes] = t->note[b->notes];
        b->note[b->notes].json = strdup(t->note[b->notes].json);
        if (!b->note[b->notes].json)
            return false;
    }
    return true;
}

static void forget(struct bench_case *b)
{
    struct bench_terminal *t = swept(b);
    memset(b->trigger, 0, sizeof b->trigger);
    cJSON_Delete(b->failures);
    cJSON_Delete(b->oracles);
    b->failures = cJSON_CreateArray();
    b->oracles = cJSON_CreateArray();
    b->skipped[0] = b->usage[0] = '\0';
    t->card = NULL;
    t->acted = t->shown_count = 0;
    t->recovered = false;
}

bool scene_enter(struct scene_maker *m, const struct scene *s)
{
    struct bench_case *b = m->bench;
    struct bench_terminal *t = swept(b);
    if (terminal_state(t->terminal) != TERMINAL_OFF)
        terminal_power_cut(t->terminal, CUT_NONE, 0);
    world_rewind(b->world, m->now_us);
    m->roll_len = SIZE_MAX;
    forget(b);
    network_up(b->network, s->line_up); /* before the restore: its modem is not to notice a change */
    if (!b->failures || !b->oracles || !enter_host(b, s->host) || !enter_things(b, s->things) ||
        terminal_restore_at(t->terminal, s->terminal, m->has_date ? &m->date : NULL) != OK)
        return false;
    t->approvals = s->promise.approvals;
    t->approval_boot = s->promise.approval_boot;
    t->approval_stands = s->promise.approval_stands;
    t->halt_expected = s->promise.halt_expected;
    memcpy(t->disclosed, s->promise.disclosed, sizeof t->disclosed);
    t->disclosures = s->promise.disclosures;
    return true;
}
