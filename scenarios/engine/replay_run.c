/*
 * Runs the real core against a recorded card: a whole terminal is manufactured with the pins and signs in with the
 * bench's host, which then answers what the recording says it did. The people are replay_person.c.
 */
#include "core/codec/atr.h"
#include "scenarios/engine/replay_pins.h"
#include "scenarios/engine/worker.h"
#include "sim/rng.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BOOT_LIMIT_S 900u
#define USUAL_US 20000u /* an exchange whose time is not recorded */

/* -- the recorded card in the slot -- */

struct replay_slot {
    struct trace_card *card;
    struct bench_case *bench;
    bool tap;
    unsigned resets;
    uint8_t atr[HAL_ATR_MAX];
    size_t atr_len;
};

static const uint8_t atr_t0[] = {0x3B, 0x60, 0x00, 0x00},
                     atr_t1[] = {0x3B, 0xE0, 0x00, 0xFF, 0x81, 0x31, 0x7C, 0x41, 0x92};

/* A tap that is tried again goes on in the recording where the torn one ended. */
static int slot_reset(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *len, uint64_t *time_us)
{
    struct replay_slot *s = ctx;
    (void)warm;
    if (!s->tap || s->resets++ == 0)
        trace_card_reset(s->card);
    memcpy(atr, s->atr, s->atr_len);
    *len = s->atr_len;
    *time_us = 20000;
    return OK;
}

static void slot_off(void *ctx)
{
    (void)ctx;
}

static void pull_card(void *ctx, uint64_t arg)
{
    (void)arg;
    terminal_pull(ctx);
}

static void leave_field(void *ctx, uint64_t arg)
{
    (void)arg;
    (void)terminal_leave_field(ctx, NULL);
}

static int slot_exchange(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                         size_t *answer_len, uint64_t *time_us)
{
    struct replay_slot *s = ctx;
    if (cap < RAPDU_MAX)
        return E_LIMIT;
    (protocol == 0 ? trace_card_tpdu : trace_card_apdu)(s->card, command, len, answer, answer_len);
    uint64_t recorded_us = trace_card_time_us(s->card);
    *time_us = recorded_us && *answer_len ? recorded_us : USUAL_US;
    if (s->tap && !*answer_len) /* torn, whatever tore it: the card is taken away */
        world_in(s->bench->world, USUAL_US / 2, leave_field, s->bench->terminal[0].terminal, 0);
    else if (trace_card_removed(s->card))
        world_in(s->bench->world, USUAL_US / 2, pull_card, s->bench->terminal[0].terminal, 0);
    return *answer_len || trace_card_removed(s->card) ? OK : HAL_E_MUTE;
}

static const struct slot_card_ops slot_ops = {slot_reset, slot_off, slot_exchange, NULL, NULL};

/* What the exchanges look like. */
static int protocol_of(const struct trace_session *s, cJSON *assumptions)
{
    if (s->protocol >= 0)
        return s->protocol;
    bool folded = s->raw_count != s->count;
    for (size_t i = 0; i < s->count; i++)
        folded |= trace_unfetched(&s->exchanges[i]);
    pins_say(assumptions, "protocol: not recorded, assumed T=%d (%s 61xx or 6Cxx in the recording)", !folded,
             folded ? "there is" : "no");
    return !folded;
}

/* A terminal accepts what EMV Book 1 section 8 allows; a contactless reader makes up an ATR that is none of these. */
static bool accepted(const struct trace_session *s, const char **why)
{
    struct atr atr;
    return atr_parse(s->atr, s->atr_len, &atr, why) == OK && atr_check_emv(&atr, false, why) == OK &&
           (s->protocol < 0 || s->protocol == atr.protocol || (*why = "it offers another protocol first", false));
}

static void choose_atr(const struct replay_facts *f, struct replay_slot *slot, cJSON *assumptions)
{
    const struct trace_session *s = f->session;
    const char *why = "";
    const uint8_t *bytes = s->atr;
    slot->atr_len = s->atr_len;
    if (s->by_posbench && s->atr_len) { /* refused or not: the recorded terminal was this one */
        memcpy(slot->atr, bytes, slot->atr_len);
        return;
    }
    if (!s->atr_len || !accepted(s, &why)) {
        int protocol = protocol_of(s, assumptions);
        bytes = protocol ? atr_t1 : atr_t0;
        slot->atr_len = protocol ? sizeof atr_t1 : sizeof atr_t0;
        if (s->atr_len)
            pins_say(assumptions,
                     "ATR: a contact terminal refuses the recorded one (%s), a plain one for T=%d stands "
                     "in for it",
                     why, protocol);
        else
            pins_say(assumptions, "ATR: not recorded, a plain one for T=%d", protocol);
    }
    memcpy(slot->atr, bytes, slot->atr_len);
}

/* A session without any SELECT: the terminal needs one to get to where the recording begins. */
static int assume_selection(const struct pinning *p, struct trace_card *card)
{
    const struct replay_facts *f = p->f;
    uint8_t fci[64], command[APDU_MAX];
    size_t len;
    struct tlv_out out;
    if (replay_in_field(f))
        return tap_assume(p, card);
    if (f->listed_count || f->gpo == REPLAY_NONE)
        return OK;
    const struct capdu select = {
        .ins = 0xA4, .p1 = 0x04, .lc = (uint8_t)p->aid_len, .data = p->aid, .has_le = true, .ne = 256};
    tlv_out_init(&out, fci, sizeof fci);
    tlv_put(&out, 0x84, p->aid, p->aid_len);
    size_t mark = out.len;
    tlv_put(&out, 0x50, "ASSUMED", 7);
    tlv_wrap(&out, mark, 0xA5);
    tlv_wrap(&out, 0, 0x6F);
    tlv_put_raw(&out, "\x90\x00", 2);
    if (out.status != OK || capdu_encode(&select, command, sizeof command, &len) != OK)
        return E_LIMIT;
    pins_say(p->assumptions,
             "SELECT: none is recorded; the assumed application is there and asks for nothing (no PDOL)%s",
             f->pdol.data_len ? ", although data were sent for one that is not known" : "");
    return trace_card_assume(card, command, len, out.bytes, out.len);
}

/* -- the host -- */

/* Two characters that a host can have sent: what the terminal makes up itself begins with Y or Z (Book 4 A6). */
static bool is_host_code(const char *arc)
{
    return strlen(arc) == 2 && strcmp(arc, "Y1") != 0 && strcmp(arc, "Z1") != 0 && strcmp(arc, "Y3") != 0 &&
           strcmp(arc, "Z3") != 0;
}

/* What 8A of the recording says, else what the INPUT line does, else an approval. True: it is recorded. */
static bool host_code(const struct replay_facts *f, char code[3])
{
    const struct trace_input *in = trace_input(f->session, 0x8A, "");
    bool shown = is_host_code(f->arc);
    char told[3] = "";
    if (!shown && in && in->len == 2 && in->value[0] > 0x20 && in->value[0] < 0x7F && in->value[1] > 0x20 &&
        in->value[1] < 0x7F)
        snprintf(told, sizeof told, "%c%c", in->value[0], in->value[1]);
    snprintf(code, 3, "%.2s", shown ? f->arc : is_host_code(told) ? told : "00");
    return shown || is_host_code(told);
}

static void tell_host(const struct pinning *p)
{
    const struct replay_facts *f = p->f;
    bool authentication = f->field55_len && f->field55[0] == 0x91;
    if (replay_unable_online(f)) {
        pins_say(p->pinned, "host: cannot be reached (8A = %s)", f->arc);
        return;
    }
    char data[80] = "no chip data";
    if (f->field55_len)
        snprintf(data, sizeof data, "%zu bytes of chip data (%s)", f->field55_len,
                 authentication && f->field55_len > 2u + f->field55[1] ? "91 and scripts"
                 : authentication                                      ? "91"
                                                                       : "scripts");
    char code[3];
    if (host_code(f, code))
        pins_say(p->pinned, "host: answers %s with %s", code, data);
    else if (f->second_ac == REPLAY_NONE)
        pins_say(p->assumptions, "host: no answer of it shows in the recording; if asked, it approves with %s", data);
    else
        pins_say(p->assumptions, "host: 8A in the recording is %s%s; if asked, it approves with %s",
                 f->arc[0] ? "the terminal's own " : "not told", f->arc, data);
    if (f->no_room_line)
        pins_say(p->assumptions, "host: DE55 has no room for the issuer's command of line %u, which is not sent",
                 f->no_room_line);
}

static int prepare_host(struct bench_case *b, const struct pinning *p)
{
    const struct replay_facts *f = p->f;
    struct host_account a;
    struct host_rule rule = {.mti = "0200", .action = HOST_ANSWER_CODE};
    memset(&a, 0, sizeof a);
    snprintf(a.pan, sizeof a.pan, "%s", f->pan);
    snprintf(a.psn, sizeof a.psn, "%s", f->psn);
    snprintf(a.expiry, sizeof a.expiry, "4912");
    snprintf(a.status, sizeof a.status, "00");
    a.balance_cents = 100000000000;
    a.has_chip = true;
    if (f->pan[0] && (host_add_account(b->host, &a) != OK || record_secret_digits(b->record, f->pan) != OK))
        return E_NOMEM;
    host_code(f, rule.code);
    memcpy(rule.script, f->field55, f->field55_len);
    rule.script_len = f->field55_len;
    tell_host(p);
    return host_add_rule(b->host, &rule);
}

/* -- all of it -- */

/* The terminal that was used, if its profile is one of ours. */
static const char *choose_profile(const struct bench_case *b, const struct pinning *p)
{
    const char *usual = replay_in_field(p->f) ? "unionpay-tap-offline" : "unionpay-intl";
    const struct trace_input *in = trace_input(p->f->session, 0, "profile");
    const char *name = in ? (const char *)in->value : usual;
    char path[512];
    if (in && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == in->len &&
        snprintf(path, sizeof path, "%s/sim/profiles/%s.json", b->request->paths.root, name) < (int)sizeof path &&
        access(path, R_OK) == 0) {
        pins_say(p->pinned, "terminal profile = %s", name);
        return name;
    }
    if (in)
        pins_say(p->assumptions, "terminal profile: there is none of the recorded name here, assumed %s", usual);
    return usual;
}

static bool build(struct bench_case *b, struct pinning *p, char *why, size_t cap)
{
    char path[512];
    struct bench_terminal *t = &b->terminal[0];
    snprintf(path, sizeof path, "%s/sim/profiles/%s.json", b->request->paths.root, choose_profile(b, p));
    if (profile_load(path, &t->profile, why, cap) != OK)
        return false;
    t->profile.contactless |= replay_in_field(p->f);
    if (!pins_configure(p, &t->profile))
        return snprintf(why, cap, "out of memory"), false;
    if (!case_manufacture(b, t, why, cap))
        return false;
    if (prepare_host(b, p) != OK)
        return snprintf(why, cap, "the bench's host does not take the recorded card"), false;
    return true;
}

static void tell_pin(const struct pinning *p)
{
    if (infer_pin_bypassed(p->f))
        pins_say(p->pinned, "PIN: asked for and not entered, as the recorded TVR says");
    else if (p->f->pin[0])
        pins_say(p->pinned, "PIN, if asked for: that of the recorded VERIFY, %zu digits", strlen(p->f->pin));
    else if (p->f->pin_masked)
        pins_say(p->assumptions, "PIN: masked in the recorded VERIFY; one of the bench's is typed, and the recorded "
                                 "answer belongs to the masked one");
    else
        pins_say(p->assumptions, "PIN, if asked for: one of the bench's");
}

static void play(struct bench_case *b, struct pinning *p, struct trace_card *card, cJSON *out)
{
    struct bench_terminal *t = &b->terminal[0];
    struct terminal_screen last = {.number = 0};
    struct hal_datetime when = t->profile.clock;
    struct replay_slot slot = {.card = card, .bench = b, .tap = replay_in_field(p->f)};
    const struct slot_card in_slot = {&slot_ops, &slot, "recorded"};
    struct wait w = {.kind = WAIT_SETTLED, .terminal = t, .until_us = BOOT_LIMIT_S * SECOND_US};
    if (!slot.tap)
        choose_atr(p->f, &slot, p->assumptions);
    terminal_power_on(t->terminal);
    case_run_until(b, &w);
    person_practise(b, p->f, pins_counter(p));
    bool set = pins_clock(p, &when);
    if (set)
        terminal_clock_set(t->terminal, &when);
    core_key_reaches(p, &t->profile);
    pins_numbers(p, t->terminal);
    tell_pin(p);
    if (replay_unable_online(p->f))
        network_up(b->network, false);
    person_pay(b, p->f, &in_slot, pins_amount(p), set ? &when : NULL, &last);
    cJSON_AddStringToObject(out, "screen", last.number ? last.name : "");
    cJSON_AddNumberToObject(out, "role", last.role);
    cJSON_AddStringToObject(out, "text", last.number ? last.rows[0] : "");
}

static void tail_sink(void *ctx, const char *text, size_t len)
{
    worker_tail(ctx, text, len);
}

int replay_run(const struct case_request *request, const struct replay_facts *f, struct trace_card *card,
               struct replay_pins *pins, cJSON *out, char *why, size_t cap)
{
    struct bench_case b;
    struct pinning p = {.f = f,
                        .pins = pins,
                        .keys = request->capk,
                        .pinned = cJSON_GetObjectItem(out, "pinned"),
                        .assumptions = cJSON_GetObjectItem(out, "assumptions")};
    int status = E_NOMEM;
    rng_own_openssl();
    if (case_open(&b, request, why, cap) && case_load_images(&b, why, cap)) {
        if (request->shared)
            record_sink(b.record, tail_sink, request->shared);
        if (build(&b, &p, why, cap) && assume_selection(&p, card) == OK) {
            replay_tell_masked(f, p.assumptions);
            play(&b, &p, card, out);
            status = OK;
        }
    }
    case_close(&b);
    return status;
}
