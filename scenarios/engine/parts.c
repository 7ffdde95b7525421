/*
 * The parts of a case: terminals manufactured from their profiles, cards and their way into a slot, failures. Here
 * cards/ and sim/ meet; nobody else knows both. Called by the API functions.
 */
#include "scenarios/engine/card_fault.h"
#include "scenarios/engine/card_shared.h"
#include "scenarios/engine/case_internal.h"
#include "scenarios/engine/worker.h"

#include <lauxlib.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void case_sha256(const uint8_t *bytes, size_t len, uint8_t out[32])
{
    EVP_Digest(bytes, len, out, NULL, EVP_sha256(), NULL);
}

const char *case_relative(const struct case_request *request)
{
    size_t len = strlen(request->paths.root);
    if (strncmp(request->file, request->paths.root, len) == 0 && request->file[len] == '/')
        return request->file + len + 1;
    return request->file;
}

/* -- terminals -- */

/* HAL calls without a wait: a start-up that checks a full journal needs some thousands. */
#define CASE_BUSY_CALLS 100000

static void count_approval(struct bench_terminal *t, const struct shown *s)
{
    if (s->role == FIRMWARE_IDLE || s->boot != t->approval_boot)
        t->approval_stands = false;
    t->approval_boot = s->boot;
    if (s->role != FIRMWARE_APPROVED)
        return;
    t->approvals += !t->approval_stands;
    t->approval_stands = true;
}

/* Each of them once: it comes again when the power goes before the terminal has noted that it was shown. */
static void count_disclosure(struct bench_terminal *t, const struct shown *s)
{
    uint64_t digest = UINT64_C(0xCBF29CE484222325); /* FNV-1a */
    for (const char *c = s->text; *c; c++)
        digest = (digest ^ (uint8_t)*c) * UINT64_C(0x100000001B3);
    for (unsigned i = 0; i < t->disclosures; i++)
        if (t->disclosed[i] == digest)
            return;
    if (s->role == FIRMWARE_DISCLOSE && t->disclosures < CASE_DISCLOSED)
        t->disclosed[t->disclosures++] = digest;
}

static void on_screen(void *ctx, const struct terminal_screen *screen)
{
    struct bench_terminal *t = ctx;
    struct shown *s = &t->shown[t->shown_count % CASE_SCREENS];
    memset(s, 0, sizeof *s);
    s->number = screen->number;
    s->time_us = screen->time_us;
    s->boot = terminal_boots(t->terminal);
    s->role = screen->role;
    snprintf(s->name, sizeof s->name, "%s", screen->name);
    for (size_t i = 0; i < HAL_DISPLAY_ROWS && strlen(s->text) + 66 < sizeof s->text; i++)
        if (screen->rows[i][0])
            snprintf(s->text + strlen(s->text), sizeof s->text - strlen(s->text), "%s%s", s->text[0] ? " | " : "",
                     screen->rows[i]);
    t->shown_count++;
    count_approval(t, s);
    count_disclosure(t, s);
    if (s->role == FIRMWARE_IDLE && t->on_idle)
        t->on_idle(t->on_idle_ctx);
}

const char *case_core_stopped(const struct bench_terminal *t)
{
    if (t->shown_count < 2)
        return NULL;
    const struct shown *rom = &t->shown[(t->shown_count - 1) % CASE_SCREENS];
    const struct shown *core = &t->shown[(t->shown_count - 2) % CASE_SCREENS];
    return core->role == FIRMWARE_HALT && core->boot == rom->boot && core->number + 1 == rom->number ? core->text
                                                                                                     : NULL;
}

static void on_removed(void *ctx)
{
    ((struct bench_terminal *)ctx)->card = NULL;
}

static bool register_at_host(struct bench_case *b, const struct profile *p)
{
    struct host_terminal ht;
    memset(&ht, 0, sizeof ht);
    memcpy(ht.terminal_id, p->terminal_id, sizeof ht.terminal_id);
    memcpy(ht.merchant_id, p->merchant_id, sizeof ht.merchant_id);
    memcpy(ht.tmk, p->tmk, sizeof ht.tmk);
    bool ok = host_add_terminal(b->host, &ht) == OK && record_secret_bytes(b->record, p->tmk, p->tmk_len) == OK;
    OPENSSL_cleanse(&ht, sizeof ht);
    return ok;
}

struct bench_terminal *case_manufacture(struct bench_case *b, struct bench_terminal *t, char *why, size_t cap)
{
    t->bench = b;
    t->number = ++b->terminals;
    if (!b->boot) /* only listing: the profile was worth checking, a terminal is not needed */
        return t;
    struct terminal_config config = {.number = t->number,
                                     .profile = &t->profile,
                                     .boot = b->boot,
                                     .core_slot = b->core_slot,
                                     .core_slot_len = b->core_slot_len,
                                     .watch = case_watch(b->request),
                                     .busy_calls = CASE_BUSY_CALLS};
    if (!register_at_host(b, &t->profile))
        return snprintf(why, cap, "the host takes no further terminal"), NULL;
    t->terminal = terminal_create(b->world, b->record, b->network, &config);
    if (!t->terminal)
        return snprintf(why, cap, "out of memory for a terminal"), NULL;
    terminal_on_screen(t->terminal, on_screen, t);
    terminal_on_removed(t->terminal, on_removed, t);
    return t;
}

struct bench_terminal *case_add_terminal(struct bench_case *b, const char *profile, char *why, size_t cap)
{
    char path[512];
    if (b->again) /* the same chunk asks for the same terminals in the same order */
        return b->terminals_asked < b->terminals
                   ? &b->terminal[b->terminals_asked++]
                   : (snprintf(why, cap, "a terminal more than when the file was loaded first"), NULL);
    if (b->terminals == CASE_TERMINALS)
        return snprintf(why, cap, "at most %d terminals in one scenario", CASE_TERMINALS), NULL;
    struct bench_terminal *t = &b->terminal[b->terminals];
    memset(t, 0, sizeof *t);
    snprintf(path, sizeof path, "%s/sim/profiles/%s.json", b->request->paths.root, profile);
    return profile_load(path, &t->profile, why, cap) == OK ? case_manufacture(b, t, why, cap) : NULL;
}

/* -- cards -- */

static int slot_reset(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *len, uint64_t *time_us)
{
    struct bench_card *c = ctx;
    (void)warm;
    c->version = ++c->bench->card_changes;
    *time_us = CARD_RESET_US;
    if (!c->facts.has_chip)
        return HAL_E_MUTE;
    card_reset(c->card);
    memcpy(atr, c->facts.atr, c->facts.atr_len);
    *len = c->facts.atr_len;
    *time_us += *len * CARD_CHARACTER_US;
    return OK;
}

static void slot_off(void *ctx)
{
    struct bench_card *c = ctx;
    c->version = ++c->bench->card_changes;
    card_reset(c->card);
}

static int slot_exchange(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                         size_t *answer_len, uint64_t *time_us)
{
    struct bench_card *c = ctx;
    c->version = ++c->bench->card_changes;
    *time_us = 0;
    if (cap < RAPDU_MAX)
        return E_LIMIT;
    if (protocol == SLOT_CONTACTLESS) {
        card_contactless_apdu(c->card, command, len, answer, answer_len);
        *time_us = CARD_AIR_US;
        return OK;
    }
    if (protocol != c->facts.protocol)
        return HAL_E_PROTOCOL;
    (protocol == 0 ? card_tpdu : card_apdu)(c->card, command, len, answer, answer_len);
    *time_us = card_time_us(len, *answer_len);
    return OK;
}

static int slot_swipe(void *ctx, struct hal_swipe *out)
{
    struct bench_card *c = ctx;
    memset(out, 0, sizeof *out);
    if (!c->facts.has_stripe)
        return HAL_E_UNSUPPORTED;
    snprintf(out->track[0], sizeof out->track[0], "%s", c->facts.track1);
    snprintf(out->track[1], sizeof out->track[1], "%s", c->facts.track2);
    out->ok[0] = c->facts.track1[0];
    out->ok[1] = c->facts.track2[0];
    return OK;
}

static const struct slot_card_ops slot_ops = {slot_reset, slot_off, slot_exchange, slot_swipe, &case_contacts};

static bool open_account(struct bench_case *b, const struct card_facts *f)
{
    struct host_account a;
    memset(&a, 0, sizeof a);
    memcpy(a.pan, f->pan, sizeof a.pan);
    memcpy(a.psn, f->psn, sizeof a.psn);
    memcpy(a.expiry, f->expiry, sizeof a.expiry);
    memcpy(a.service_code, f->service_code, sizeof a.service_code);
    memcpy(a.pin, f->pin, sizeof a.pin);
    memcpy(a.status, f->host_status, sizeof a.status);
    a.balance_cents = f->balance_cents;
    a.has_chip = f->has_chip;
    a.scheme = f->scheme;
    memcpy(a.imk_ac, f->imk_ac, 16);
    memcpy(a.imk_smi, f->imk_smi, 16);
    memcpy(a.imk_smc, f->imk_smc, 16);
    int status = f->pan[0] ? host_add_account(b->host, &a) : OK;
    OPENSSL_cleanse(&a, sizeof a);
    return status == OK;
}

/* A card of the bench that is not in play is taken again, as it was personalised. */
static struct bench_card *make_again(struct bench_case *b, const char *name)
{
    for (unsigned i = 0; i < b->cards_made; i++) {
        struct bench_card *c = b->made[i];
        bool in_play = strcmp(c->name, name) != 0;
        for (unsigned k = 0; k < b->cards && !in_play; k++)
            in_play = b->card[k] == c;
        struct card *fresh = in_play ? NULL : card_create(c->profile);
        if (!fresh)
            continue;
        card_destroy(c->card);
        c->card = fresh;
        c->version = ++b->card_changes;
        return c;
    }
    return NULL;
}

static struct bench_card *make_card(struct bench_case *b, const char *name, char *why, size_t cap)
{
    char path[512];
    struct bench_card *c = b->cards_made < CASE_CARDS_MADE ? calloc(1, sizeof *c) : NULL;
    if (!c)
        return snprintf(why, cap, "no memory for card %s", name), NULL;
    c->bench = b;
    snprintf(path, sizeof path, "%s/cards/profiles/%s.json", b->request->paths.root, name);
    if (card_profile_load(path, &c->profile, why, cap) != OK) {
        free(c);
        return NULL;
    }
    card_facts(c->profile, &c->facts);
    c->card = card_create(c->profile);
    case_card_contacts(c);
    c->slot = (struct slot_card){&slot_ops, c, c->facts.name};
    snprintf(c->name, sizeof c->name, "%s", name);
    b->made[b->cards_made++] = c; /* from here case_free_cards frees it */
    if (!c->card || !card_secrets(b->record, &c->facts))
        return snprintf(why, cap, "no memory for card %s", name), NULL;
    return c;
}

struct bench_card *case_load_card(struct bench_case *b, const char *name, char *why, size_t cap)
{
    for (unsigned i = 0; b->again && i < b->cards; i++)
        if (!b->card[i]->dealt && strcmp(b->card[i]->name, name) == 0) {
            b->card[i]->dealt = true;
            card_faults_heal(b->card[i], true);
            return b->card[i];
        }
    if (b->cards == CASE_CARDS)
        return snprintf(why, cap, "at most %d cards in one scenario", CASE_CARDS), NULL;
    struct bench_card *c = make_again(b, name);
    if (!c)
        c = make_card(b, name, why, cap);
    if (!c)
        return NULL;
    c->dealt = true;
    card_faults_heal(c, true);
    b->card[b->cards++] = c;
    if (!open_account(b, &c->facts))
        return snprintf(why, cap, "no memory for the account of card %s", name), NULL;
    return c;
}

void case_deal_cards(struct bench_case *b, struct bench_card *const *cards, unsigned count)
{
    for (b->cards = 0; b->cards < count; b->cards++) {
        b->card[b->cards] = cards[b->cards];
        card_faults_heal(b->card[b->cards], true);
    }
}

void case_cards_again(struct bench_case *b)
{
    for (unsigned i = 0; i < b->cards_made; i++)
        b->made[i]->dealt = false;
}

void case_free_cards(struct bench_case *b)
{
    while (b->cards_made) {
        struct bench_card *c = b->made[--b->cards_made];
        card_destroy(c->card);
        card_profile_destroy(c->profile);
        OPENSSL_cleanse(c, sizeof *c);
        free(c);
    }
    b->cards = 0;
}

/* -- people -- */

void case_ask(struct bench_case *b, const char *text)
{
    struct worker_shared *shared = b->request->shared;
    if (!shared)
        return;
    shared->asking = 0;
    snprintf(shared->asked, sizeof shared->asked, "%s", text);
    shared->asking = *text ? ++shared->questions : 0;
}

/* -- failures -- */

void case_fail(struct bench_case *b, struct bench_terminal *t, const char *what, const char *expected,
               const char *found, const char *where)
{
    cJSON *f = cJSON_CreateObject();
    cJSON_AddStringToObject(f, "what", what);
    cJSON_AddStringToObject(f, "expected", expected);
    cJSON_AddStringToObject(f, "found", found);
    cJSON_AddStringToObject(f, "where", where);
    cJSON_AddNumberToObject(f, "t", (double)world_now(b->world));
    if (t && t->terminal) {
        struct terminal_screen screen;
        terminal_screen(t->terminal, &screen);
        cJSON *rows = cJSON_AddArrayToObject(f, "screen");
        for (size_t i = 0; i < t->profile.display.rows && i < HAL_DISPLAY_ROWS; i++)
            cJSON_AddItemToArray(rows, cJSON_CreateString(screen.rows[i]));
    }
    record_begin(b->record, t ? t->number : 0, "expect");
    record_text(b->record, "what", what);
    record_text(b->record, "expected", expected);
    record_text(b->record, "found", found);
    record_flag(b->record, "ok", false);
    record_end(b->record);
    cJSON_AddItemToArray(b->failures, f);
}

int case_fail_here(lua_State *L, struct bench_terminal *t, const char *what, const char *expected, const char *found)
{
    char where[256];
    luaL_where(L, 1);
    snprintf(where, sizeof where, "%s", lua_tostring(L, -1));
    size_t len = strlen(where);
    if (len > 2 && strcmp(where + len - 2, ": ") == 0)
        where[len - 2] = '\0';
    case_fail(case_of(L), t, what, expected, found, where);
    lua_pushliteral(L, "posbench: expectation not met");
    return lua_error(L);
}
