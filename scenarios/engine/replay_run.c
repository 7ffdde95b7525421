/*
 * Runs the real core against a recorded card: a whole terminal is manufactured with the pins, signs in with the bench's
 * host, and a person keys the amount, inserts the card, types a PIN when asked, and takes the card back. The host
 * answers what the recording says it did.
 */
#include "core/codec/atr.h"
#include "scenarios/engine/replay_pins.h"
#include "scenarios/engine/worker.h"
#include "sim/rng.h"

#include <stdio.h>
#include <string.h>

#define RUN_LIMIT_S 900u
#define KEY_US 150000u
#define PIN "1234"

/* -- the recorded card in the slot -- */

struct replay_slot {
    struct trace_card *card;
    const struct trace_session *session;
    int protocol;
};

static const uint8_t atr_t0[] = {0x3B, 0x60, 0x00, 0x00},
                     atr_t1[] = {0x3B, 0xE0, 0x00, 0xFF, 0x81, 0x31, 0x7C, 0x41, 0x92};

static int slot_reset(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *len, uint64_t *time_us)
{
    struct replay_slot *s = ctx;
    (void)warm;
    trace_card_reset(s->card);
    const uint8_t *bytes = s->protocol ? atr_t1 : atr_t0;
    *len = s->protocol ? sizeof atr_t1 : sizeof atr_t0;
    if (s->session->atr_len) {
        bytes = s->session->atr;
        *len = s->session->atr_len;
    }
    memcpy(atr, bytes, *len);
    *time_us = 20000;
    return OK;
}

static void slot_off(void *ctx)
{
    (void)ctx;
}

static int slot_exchange(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                         size_t *answer_len, uint64_t *time_us)
{
    struct replay_slot *s = ctx;
    if (cap < RAPDU_MAX)
        return E_LIMIT;
    (protocol == 0 ? trace_card_tpdu : trace_card_apdu)(s->card, command, len, answer, answer_len);
    *time_us = 20000;
    return *answer_len ? OK : HAL_E_MUTE;
}

static const struct slot_card_ops slot_ops = {slot_reset, slot_off, slot_exchange, NULL};

/* The recording's protocol, or what its exchanges look like. */
static int protocol_of(const struct replay_facts *f, cJSON *out)
{
    const struct trace_session *s = f->session;
    if (s->atr_len) {
        struct atr atr;
        const char *why;
        if (atr_parse(s->atr, s->atr_len, &atr, &why) == OK)
            return atr.protocol;
    }
    int protocol = s->protocol >= 0 ? s->protocol : s->raw_count == s->count;
    pins_say(cJSON_GetObjectItem(out, "assumptions"), "ATR: not recorded, assumed a plain one for T=%d%s", protocol,
             s->protocol >= 0 ? ""
             : protocol       ? " (no 61xx or 6Cxx in the recording)"
                              : " (61xx or 6Cxx in the recording)");
    return protocol;
}

/* -- the host -- */

static bool unable_online(const struct replay_facts *f)
{
    return strcmp(f->arc, "Y3") == 0 || strcmp(f->arc, "Z3") == 0;
}

static int prepare_host(struct bench_case *b, const struct replay_facts *f, cJSON *out)
{
    struct host_account a;
    struct host_rule rule = {.mti = "0200", .action = HOST_ANSWER_CODE};
    cJSON *pinned = cJSON_GetObjectItem(out, "pinned"), *assumptions = cJSON_GetObjectItem(out, "assumptions");
    memset(&a, 0, sizeof a);
    snprintf(a.pan, sizeof a.pan, "%s", f->pan);
    snprintf(a.psn, sizeof a.psn, "%s", f->psn);
    snprintf(a.expiry, sizeof a.expiry, "4912");
    snprintf(a.status, sizeof a.status, "00");
    a.balance_cents = 100000000000;
    a.has_chip = true;
    if (f->pan[0] && (host_add_account(b->host, &a) != OK || record_secret_digits(b->record, f->pan) != OK))
        return E_NOMEM;
    bool code = strlen(f->arc) == 2 && f->arc[0] >= '0' && f->arc[0] <= '9' && f->arc[1] >= '0' && f->arc[1] <= '9';
    snprintf(rule.code, sizeof rule.code, "%.2s", code ? f->arc : "00");
    memcpy(rule.script, f->field55, f->field55_len);
    rule.script_len = f->field55_len;
    if (unable_online(f))
        pins_say(pinned, "host: cannot be reached (8A = %s)", f->arc);
    else if (code)
        pins_say(pinned, "host: answers %s with %zu bytes of chip data", f->arc, f->field55_len);
    else
        pins_say(assumptions, "host: no answer in the recording (%s%s), assumed approval without chip data",
                 f->arc[0] ? "8A = " : "no 8A in CDOL2", f->arc);
    return host_add_rule(b->host, &rule);
}

/* -- the person -- */

static void pause_for(struct bench_case *b, uint64_t us)
{
    struct wait w = {.kind = WAIT_TIME, .until_us = world_now(b->world) + us};
    case_run_until(b, &w);
}

static void press(struct bench_terminal *t, const char *keys)
{
    for (; *keys; keys++) {
        terminal_key(t->terminal, *keys == 'E' ? HAL_KEY_ENTER : *keys == 'C' ? HAL_KEY_CANCEL : (enum hal_key) * keys);
        pause_for(t->bench, KEY_US);
    }
}

/* Reacts to one screen; true when the transaction is over. `last` keeps the screen that told the outcome. */
static bool react(struct bench_terminal *t, const struct terminal_screen *now, struct terminal_screen *last)
{
    bool outcome = now->role == FIRMWARE_APPROVED || now->role == FIRMWARE_DECLINED || now->role == FIRMWARE_FAILED ||
                   now->role == FIRMWARE_UNKNOWN;
    if (now->role == FIRMWARE_IDLE || now->role == FIRMWARE_HALT)
        return true;
    if (strcmp(now->name, "enter_pin") == 0)
        press(t, PIN "E");
    else if (strcmp(now->name, "choose_application") == 0)
        press(t, "E");
    else if (outcome && !last->name) /* the first one counts: what follows is about the card or the slip */
        *last = *now;
    else if (now->role == FIRMWARE_ASK && !terminal_has_card(t->terminal))
        press(t, "C");
    if (terminal_has_card(t->terminal) && (outcome || strcmp(now->name, "remove_card") == 0))
        terminal_remove(t->terminal);
    return false;
}

static void pay(struct bench_case *b, struct bench_terminal *t, const struct slot_card *card, uint64_t cents,
                struct terminal_screen *last)
{
    char keys[24];
    struct terminal_screen now;
    uint64_t until = world_now(b->world) + RUN_LIMIT_S * SECOND_US;
    snprintf(keys, sizeof keys, "%lluE", (unsigned long long)cents);
    press(t, keys);
    terminal_screen(t->terminal, &now);
    terminal_insert(t->terminal, card);
    do {
        struct wait w = {.kind = WAIT_TURN, .terminal = t, .number = now.number, .until_us = until};
        if (!case_run_until(b, &w))
            break;
        terminal_screen(t->terminal, &now);
        pause_for(b, KEY_US);
    } while (!react(t, &now, last) && terminal_state(t->terminal) == TERMINAL_RUNNING);
}

/* -- all of it -- */

static bool build(struct bench_case *b, const struct replay_facts *f, cJSON *out, char *why, size_t cap)
{
    char path[512];
    struct bench_terminal *t = &b->terminal[0];
    snprintf(path, sizeof path, "%s/sim/profiles/unionpay-intl.json", b->request->paths.root);
    return profile_load(path, &t->profile, why, cap) == OK && pins_configure(f, &t->profile, out) &&
           case_manufacture(b, t, why, cap) && prepare_host(b, f, out) == OK;
}

static void play(struct bench_case *b, const struct replay_facts *f, struct trace_card *card, cJSON *out)
{
    struct bench_terminal *t = &b->terminal[0];
    struct terminal_screen last = {.number = 0};
    struct hal_datetime when;
    struct replay_slot slot = {card, f->session, protocol_of(f, out)};
    const struct slot_card in_slot = {&slot_ops, &slot, "recorded"};
    struct wait w = {.kind = WAIT_SETTLED, .terminal = t, .until_us = RUN_LIMIT_S * SECOND_US};
    terminal_power_on(t->terminal);
    case_run_until(b, &w);
    if (pins_clock(f, &when, out) && terminal_clock_set(t->terminal, &when) != OK)
        pins_say(cJSON_GetObjectItem(out, "assumptions"),
                 "date (9A): the recorded one is no date; the profile's is used");
    pins_numbers(f, t->terminal, out);
    pins_say(cJSON_GetObjectItem(out, "assumptions"), "PIN, if asked for: " PIN);
    if (unable_online(f))
        network_up(b->network, false);
    pay(b, t, &in_slot, pins_amount(f, out), &last);
    cJSON_AddStringToObject(out, "screen", last.number ? last.name : "");
    cJSON_AddNumberToObject(out, "role", last.role);
    cJSON_AddStringToObject(out, "text", last.number ? last.rows[0] : "");
}

static void tail_sink(void *ctx, const char *text, size_t len)
{
    worker_tail(ctx, text, len);
}

int replay_run(const struct case_request *request, const struct replay_facts *f, struct trace_card *card, cJSON *out,
               char *why, size_t cap)
{
    struct bench_case b;
    int status = E_NOMEM;
    rng_own_openssl();
    if (case_open(&b, request, why, cap) && case_load_images(&b, why, cap)) {
        if (request->shared)
            record_sink(b.record, tail_sink, request->shared);
        if (build(&b, f, out, why, cap)) {
            play(&b, f, card, out);
            status = OK;
        }
    }
    case_close(&b);
    return status;
}
