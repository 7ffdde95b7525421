/*
 * A recorded tap (PBOC 3.0 part 12; EMV Contactless Book A and B; DOMAIN 3.9): how it is told from a session on the
 * contacts, what its qualifiers fix about the terminal, and what stands in for a directory that is not recorded. Byte 2
 * of 9F66 is never set: the core makes it by its limits, and these are chosen so that it makes the recorded bits.
 * Called by replay_facts.c, replay_infer.c, replay_run.c, and where the account depends on it.
 */
#include "core/codec/dol.h"
#include "core/emv/contactless/contactless.h"
#include "scenarios/engine/replay_pins.h"

#include <stdio.h>
#include <string.h>

#define BELOW_ALL "0.00"
#define ABOVE_ALL "40000000.00"
#define LISTED_MAX 8 /* in a directory that is made up */
#define AC_TC 0x40

static const char qualifiers[] = "terminal transaction qualifiers (9F66)";

static const struct trace_exchange *at(const struct replay_facts *f, size_t i)
{
    return &f->session->exchanges[i];
}

/* -- which sessions are taps -- */

/* The last directory that opened before the application started; STEP_OTHER: none. */
static enum replay_step directory_of(const struct replay_facts *f)
{
    enum replay_step last = STEP_OTHER;
    for (size_t i = 0; i < f->session->count && (f->gpo == REPLAY_NONE || i < f->gpo); i++)
        if (replay_sw(at(f, i)) == 0x9000 && (f->step[i] == STEP_SELECT_PPSE || f->step[i] == STEP_SELECT_PSE))
            last = f->step[i];
    return last;
}

/* Nothing but the beginning of a tap: it was torn, or no application was found. */
static bool only_begins(const struct replay_facts *f)
{
    bool any = false;
    for (size_t i = 0; i < f->session->count; i++) {
        any |= f->step[i] == STEP_SELECT_PPSE;
        if (f->step[i] != STEP_SELECT_PPSE && f->step[i] != STEP_SELECT)
            return false;
    }
    return any && f->aid.len == 0;
}

enum replay_tap replay_tap_kind(const struct replay_facts *f)
{
    struct replay_ac ac;
    size_t offset, len;
    enum replay_step directory = directory_of(f);
    bool generates = f->first_ac != REPLAY_NONE;
    bool asks = f->pdol.list && dol_locate(f->pdol.list, f->pdol.list_len, 0x9F66, &offset, &len) == OK;
    bool pays = f->gpo != REPLAY_NONE && !generates && replay_ac_read(at(f, f->gpo), &ac);
    if (only_begins(f) || (asks && !generates && directory != STEP_SELECT_PSE))
        return REPLAY_TAP;
    if (pays)
        return f->select == REPLAY_NONE ? REPLAY_TAP : REPLAY_TAP_OTHER;
    if (directory != STEP_SELECT_PPSE || f->select == REPLAY_NONE)
        return REPLAY_NO_TAP;
    return f->gpo == REPLAY_NONE ? REPLAY_TAP_OTHER : REPLAY_TAP_AS_CHIP;
}

bool replay_in_field(const struct replay_facts *f)
{
    return f->tap == REPLAY_TAP || f->tap == REPLAY_TAP_OTHER;
}

uint8_t replay_tap_type(const struct replay_facts *f)
{
    struct replay_ac ac;
    return f->gpo != REPLAY_NONE && replay_ac_read(at(f, f->gpo), &ac) ? ac.cid & 0xC0 : 0x00;
}

unsigned replay_tap_retries(const struct replay_facts *f)
{
    unsigned n = 0;
    for (size_t i = 1; i < f->session->count; i++)
        n += f->step[i] == STEP_SELECT_PPSE && !at(f, i - 1)->answer_len;
    return n;
}

/* -- the terminal -- */

static void set_limit(const struct pinning *p, const char *key, const char *amount)
{
    cJSON *aid;
    cJSON_ArrayForEach(aid, cJSON_GetObjectItem(p->config, "aids"))
    {
        pins_text(aid, key, amount);
    }
}

/* Room for the approval that the card may give: without it the core asks for an online cryptogram. */
static void allow_offline(struct pinning *p)
{
    cJSON *offline = cJSON_CreateObject();
    cJSON_AddNumberToObject(offline, "max_pending", 10);
    cJSON_AddStringToObject(offline, "max_total", ABOVE_ALL);
    cJSON_AddNumberToObject(offline, "upload_at", 10);
    cJSON_AddNumberToObject(offline, "upload_tries", 3);
    cJSON_DeleteItemFromObject(p->config, "offline");
    cJSON_AddItemToObject(p->config, "offline", offline);
}

/* Bytes 1 and 4 are the terminal's, and are configured; the core sends those of their bits that its kernel has. */
static void pin_qualifiers(struct pinning *p, const uint8_t recorded[4])
{
    char hex[9];
    uint8_t ttq[4] = {(uint8_t)(recorded[0] | TTQ1_QPBOC), 0, 0, recorded[3]};
    hex_encode(ttq, sizeof ttq, hex, sizeof hex);
    pins_text(p->config, "ttq", hex);
    hex_encode(recorded, sizeof ttq, hex, sizeof hex);
    if (!(recorded[0] & TTQ1_QPBOC))
        pins_refuse(p, 0x9F66, qualifiers, "without qPBOC the core would not let a card be tapped");
    else if ((recorded[1] & TTQ2_CRYPTOGRAM) && (recorded[0] & TTQ1_OFFLINE_ONLY))
        pins_refuse(p, 0x9F66, qualifiers, "an offline-only reader of the core asks for no online cryptogram");
    else
        pins_say(p->pinned, "%s = %s, bytes 1 and 4; byte 2 by the limits below", qualifiers, hex);
}

/* False: not recorded. */
static bool recorded_qualifiers(const struct pinning *p, uint8_t ttq[4])
{
    const uint8_t *value;
    size_t len;
    memset(ttq, 0, 4);
    if (!replay_value(p->f, 0x9F66, &value, &len) || len != 4)
        return false;
    memcpy(ttq, value, 4);
    return true;
}

void tap_configure(struct pinning *p)
{
    uint8_t ttq[4];
    bool known = recorded_qualifiers(p, ttq), offline = !(ttq[1] & TTQ2_CRYPTOGRAM);
    if (!known)
        offline = replay_tap_type(p->f) == AC_TC;
    if (known)
        pin_qualifiers(p, ttq);
    else
        pins_say(p->assumptions, "%s: in no recorded list, assumed the profile's", qualifiers);
    if (p->f->tap == REPLAY_TAP_OTHER)
        pins_say(p->assumptions, "kernel: none of this scheme in the core; its own (qPBOC) meets the card");
    bool by_host = !offline && !(ttq[0] & TTQ1_OFFLINE_ONLY);
    set_limit(p, "contactless_limit", ABOVE_ALL);
    set_limit(p, "contactless_floor_limit", by_host ? BELOW_ALL : ABOVE_ALL);
    set_limit(p, "contactless_cvm_limit", ttq[1] & TTQ2_CVM ? BELOW_ALL : ABOVE_ALL);
    allow_offline(p);
    pins_say(p->assumptions, "contactless floor limit: %s the amount (%s); CVM limit: %s the amount; no upper limit",
             by_host ? "not above" : "above",
             offline ? "the card may approve offline" : "an online cryptogram is required",
             ttq[1] & TTQ2_CVM ? "not above" : "above");
}

/* The PDOL of the application that exchange i starts, and the data sent for it. */
static bool list_at(const struct replay_facts *f, size_t i, struct replay_dol *out)
{
    struct capdu c;
    struct tlv list, data;
    *out = (struct replay_dol){NULL, 0, NULL, 0, i};
    for (size_t k = 0; k < i; k++)
        if (f->step[k] == STEP_SELECT && replay_find(at(f, k), 0x9F38, &list)) {
            out->list = list.value;
            out->list_len = list.len;
        }
    if (!out->list || capdu_parse(at(f, i)->command, at(f, i)->len, &c) != OK ||
        tlv_find(c.data, c.lc, 0x83, &data) != OK)
        return false;
    out->data = data.value;
    out->data_len = data.len;
    return true;
}

/* One is drawn for each GET PROCESSING OPTIONS, whether its list asks for it or not: of taps that were torn, and of
 * applications that did not want to, before the one that went through. */
void tap_numbers(const struct pinning *p, struct terminal *t)
{
    const struct replay_facts *f = p->f;
    for (size_t i = 0; f->gpo != REPLAY_NONE && i <= f->gpo; i++) {
        struct replay_dol d;
        const uint8_t *value;
        uint8_t number[4] = {0};
        char hex[9];
        size_t len = 0;
        if (f->step[i] != STEP_GPO)
            continue;
        if (list_at(f, i, &d) && replay_value_in(&d, 0x9F37, &value, &len) && len) {
            memcpy(number, value, len < sizeof number ? len : sizeof number);
            hex_encode(number, sizeof number, hex, sizeof hex);
            pins_say(p->pinned, "unpredictable number in PDOL of line %u = %s", at(f, i)->line, hex);
        }
        terminal_pin_unpredictable(t, number);
    }
}

/* -- what is not recorded -- */

static int assume(struct trace_card *card, const void *name, size_t name_len, const struct tlv_out *answer)
{
    uint8_t command[APDU_MAX];
    size_t len;
    const struct capdu select = {
        .ins = 0xA4, .p1 = 0x04, .lc = (uint8_t)name_len, .data = name, .has_le = true, .ne = 256};
    int rc = answer->status == OK ? capdu_encode(&select, command, sizeof command, &len) : answer->status;
    return rc == OK ? trace_card_assume(card, command, len, answer->bytes, answer->len) : rc;
}

/* The name that its FCI gave, for one that was selected by a part of it. */
static const struct replay_name_of *whole_name(const struct replay_facts *f, const struct replay_name_of *listed)
{
    bool part = listed->len < f->aid.len && memcmp(listed->bytes, f->aid.bytes, listed->len) == 0;
    return part ? &f->aid : listed;
}

static void put_entry(struct tlv_out *out, const uint8_t *name, size_t len, uint8_t priority)
{
    size_t mark = out->len;
    tlv_put(out, 0x4F, name, len);
    tlv_put(out, 0x87, &priority, 1);
    tlv_wrap(out, mark, 0x61);
}

static int assume_directory(const struct pinning *p, struct trace_card *card)
{
    static const char ppse[] = "2PAY.SYS.DDF01";
    const struct replay_facts *f = p->f;
    uint8_t fci[RAPDU_MAX];
    struct tlv_out out;
    tlv_out_init(&out, fci, sizeof fci);
    tlv_put(&out, 0x84, ppse, sizeof ppse - 1);
    size_t mark = out.len;
    for (size_t i = 0; i < f->listed_count && i < LISTED_MAX; i++) {
        const struct replay_name_of *name = whole_name(f, &f->listed[i]);
        put_entry(&out, name->bytes, name->len, (uint8_t)(i + 1));
    }
    if (!f->listed_count)
        put_entry(&out, p->aid, p->aid_len, 1);
    tlv_wrap(&out, mark, 0xBF0C);
    tlv_wrap(&out, mark, 0xA5);
    tlv_wrap(&out, 0, 0x6F);
    tlv_put_raw(&out, "\x90\x00", 2);
    pins_say(p->assumptions, "SELECT 2PAY.SYS.DDF01: none is recorded; a directory of what was selected stands in");
    return assume(card, ppse, sizeof ppse - 1, &out);
}

/* One that asks for 9F66 and nothing else, so that the core gets to where the recording begins. */
static int assume_application(const struct pinning *p, struct trace_card *card)
{
    uint8_t fci[64];
    struct tlv_out out;
    tlv_out_init(&out, fci, sizeof fci);
    tlv_put(&out, 0x84, p->aid, p->aid_len);
    size_t mark = out.len;
    tlv_put(&out, 0x50, "ASSUMED", 7);
    tlv_put(&out, 0x9F38, "\x9F\x66\x04", 3);
    tlv_wrap(&out, mark, 0xA5);
    tlv_wrap(&out, 0, 0x6F);
    tlv_put_raw(&out, "\x90\x00", 2);
    pins_say(p->assumptions,
             "SELECT: none is recorded; the assumed application is there and asks for 9F66 alone, although data were "
             "sent for a PDOL that is not known");
    return assume(card, p->aid, p->aid_len, &out);
}

int tap_assume(const struct pinning *p, struct trace_card *card)
{
    const struct replay_facts *f = p->f;
    bool directory = false;
    for (size_t i = 0; i < f->session->count; i++)
        directory |= f->step[i] == STEP_SELECT_PPSE;
    int rc = directory ? OK : assume_directory(p, card);
    return rc == OK && !f->listed_count && f->gpo != REPLAY_NONE ? assume_application(p, card) : rc;
}
