/*
 * What no DOL of a recording tells and the run still needs: concluded from the recorded TVR and the cryptogram that was
 * asked for where they say it, else assumed. Each conclusion is told with its ground. The decisions themselves stay the
 * core's: it gets limits, action codes and capabilities, and computes TVR, CVM results and P1 of GENERATE AC from them.
 */
#include "scenarios/engine/replay_pins.h"

#include <stdio.h>
#include <string.h>

enum { ASKED_AAC = 0x00, ASKED_TC = 0x40, ASKED_ARQC = 0x80 };

struct seen {                  /* what the recorded terminal did */
    const uint8_t *tvr, *tvr2; /* 5 bytes in the data for CDOL1 and CDOL2; NULL: not there */
    int asked, asked2;         /* P1 of GENERATE AC, its two highest bits; -1: not there */
    bool online_only;          /* concluded for want of another reason */
};

static bool has(const uint8_t *tvr, size_t byte, uint8_t mask)
{
    return tvr && (tvr[byte] & mask);
}

static const uint8_t *tvr_of(const struct replay_dol *d)
{
    const uint8_t *value;
    size_t len;
    return replay_value_in(d, 0x95, &value, &len) && len == 5 ? value : NULL;
}

static struct seen look(const struct replay_facts *f)
{
    struct seen s = {tvr_of(&f->cdol1), tvr_of(&f->cdol2), -1, -1, false};
    if (f->first_ac != REPLAY_NONE)
        s.asked = f->session->exchanges[f->first_ac].command[2] & 0xC0;
    if (f->second_ac != REPLAY_NONE)
        s.asked2 = f->session->exchanges[f->second_ac].command[2] & 0xC0;
    return s;
}

bool infer_pin_bypassed(const struct replay_facts *f)
{
    return has(tvr_of(&f->cdol1), 2, 0x08);
}

static bool told(const struct pinning *p, uint32_t tag)
{
    const uint8_t *value;
    size_t len;
    return replay_value(p->f, tag, &value, &len) && !replay_refused(p->pins, tag);
}

/* A member of every application's entry. */
static void set_text(struct pinning *p, const char *key, const char *text)
{
    cJSON *aid;
    cJSON_ArrayForEach(aid, cJSON_GetObjectItem(p->config, "aids"))
    {
        pins_text(aid, key, text);
    }
}

static void set_number(struct pinning *p, const char *key, double number)
{
    cJSON *aid;
    cJSON_ArrayForEach(aid, cJSON_GetObjectItem(p->config, "aids"))
    {
        cJSON_DeleteItemFromObject(aid, key);
        cJSON_AddNumberToObject(aid, key, number);
    }
}

static const char *text_of(const struct pinning *p, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(p->config, key));
    return text ? text : "";
}

/* -- risk management -- */

static void infer_floor_limit(struct pinning *p, const struct seen *s)
{
    bool over = s->tvr ? has(s->tvr, 3, 0x80) : s->asked != ASKED_TC;
    if (told(p, 0x9F1B))
        return;
    set_text(p, "floor_limit", over ? "0.00" : "40000000.00");
    if (s->tvr)
        pins_say(p->assumptions, "floor limit: %s the amount, since the recorded TVR %s \"floor limit exceeded\"",
                 over ? "not above" : "above", over ? "says" : "does not say");
    else
        pins_say(p->assumptions, "floor limit: assumed %s the amount (%s)", over ? "not above" : "above",
                 s->asked == ASKED_TC ? "a TC was asked for, and no DOL holds the TVR" : "no DOL holds the TVR");
}

static void infer_risk(struct pinning *p, const struct seen *s)
{
    infer_floor_limit(p, s);
    if (s->tvr && s->tvr[3] && p->f->has_aip && !(p->f->aip[0] & 0x08)) {
        cJSON_DeleteItemFromObject(p->config, "always_manage_risk");
        cJSON_AddBoolToObject(p->config, "always_manage_risk", true);
        pins_say(p->assumptions, "terminal risk management: always, since the recorded TVR has results of it and the "
                                 "AIP does not ask for it");
    }
    if (has(s->tvr, 3, 0x10)) {
        set_number(p, "random_target", 99);
        set_number(p, "random_max", 99);
        pins_say(p->assumptions, "random selection: always, since the recorded TVR says that it hit");
    }
}

/* -- what the terminal is and can -- */

static void infer_capabilities(struct pinning *p, const struct seen *s)
{
    const struct replay_facts *f = p->f;
    uint8_t cvm = 0x28, oda = 0; /* signature and no CVM */
    char text[7];
    if (told(p, 0x9F33))
        return;
    if (!s->tvr || has(s->tvr, 2, 0x0C))
        cvm |= 0x40; /* online PIN */
    for (size_t i = 0; i < f->session->count; i++) {
        if (f->step[i] == STEP_VERIFY)
            cvm |= f->session->exchanges[i].command[3] == 0x80 ? 0x80 : 0x10;
        if (f->step[i] == STEP_INTERNAL_AUTHENTICATE)
            oda |= 0xC0; /* SDA and DDA */
    }
    if (f->first_ac != REPLAY_NONE && f->session->exchanges[f->first_ac].command[2] & 0x10)
        oda |= 0xC8;
    if (!oda && s->tvr && !has(s->tvr, 0, 0x80))
        oda = 0x80;
    snprintf(text, sizeof text, "E0%02X%02X", cvm, oda);
    pins_text(p->config, "capabilities", text);
    pins_say(
        p->assumptions, "terminal capabilities (9F33): in no DOL, %s %s: chip, stripe, signature, no CVM%s%s%s%s%s",
        s->tvr || (cvm & 0x90) || oda ? "concluded from what was done:" : "assumed", text,
        cvm & 0x40 ? ", online PIN" : "", cvm & 0x80 ? ", plaintext PIN" : "", cvm & 0x10 ? ", enciphered PIN" : "",
        oda & 0x40   ? ", SDA, DDA"
        : oda & 0x80 ? ", SDA"
                     : ", no offline data authentication",
        oda & 0x08 ? ", CDA" : "");
}

static void infer_type(struct pinning *p, const struct seen *s)
{
    if (told(p, 0x9F35))
        return;
    pins_text(p->config, "terminal_type", s->online_only ? "21" : "22");
    pins_say(p->assumptions, "terminal type (9F35): in no DOL, %s",
             s->online_only
                 ? "concluded 21, online only: an ARQC was asked for, and no bit of the recorded TVR asks for it"
                 : "assumed 22, attended, offline with online capability");
}

/* Nobody tells which version the recorded terminal had; the TVR says whether it was the card's. */
static void infer_version(struct pinning *p, const struct seen *s)
{
    char hex[5];
    uint8_t version[2] = {p->f->version[0], p->f->version[1]};
    bool differs = has(s->tvr, 1, 0x80);
    if (told(p, 0x9F09) || !p->f->has_version)
        return;
    version[1] ^= differs;
    hex_encode(version, 2, hex, sizeof hex);
    set_text(p, "version", hex);
    pins_say(p->assumptions, "application version of the terminal (9F09): in no DOL, %s %s%s",
             s->tvr ? "concluded from the recorded TVR:" : "assumed", hex,
             differs ? ", another than the card's" : ", the card's own 9F08");
}

static void assume_rest(struct pinning *p)
{
    static const struct {
        uint32_t tag;
        const char *key, *name;
    } table[] = {{0x9F1A, "country", "terminal country (9F1A)"},
                 {0x5F2A, "currency", "transaction currency (5F2A)"},
                 {0x9F40, "additional_capabilities", "additional capabilities (9F40)"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (!told(p, table[i].tag))
            pins_say(p->assumptions, "%s: in no DOL, assumed %s", table[i].name, text_of(p, table[i].key));
    if (!told(p, 0x9C))
        pins_say(p->assumptions, "transaction type (9C): in no DOL, assumed 00");
}

/* -- action codes (Book 3 10.7) -- */

static bool hits(const uint8_t *tvr, const uint8_t iac[5], const uint8_t tac[5])
{
    for (size_t i = 0; i < 5; i++)
        if (tvr[i] & (iac[i] | tac[i]))
            return true;
    return false;
}

/* Makes the acquirer's code agree with what was recorded: `acted`, or not, on this TVR. */
static void bend(uint8_t tac[5], const uint8_t iac[5], const uint8_t *tvr, bool acted)
{
    bool hit = hits(tvr, iac, tac);
    for (size_t i = 0; i < 5; i++) {
        if (!acted)
            tac[i] &= (uint8_t)~tvr[i];
        else if (!hit)
            tac[i] |= tvr[i];
    }
}

static void read_code(const struct pinning *p, const char *key, uint8_t out[5])
{
    const cJSON *aid = cJSON_GetArrayItem(cJSON_GetObjectItem(p->config, "aids"), 0);
    const char *hex = cJSON_GetStringValue(cJSON_GetObjectItem(aid, key));
    size_t len;
    memset(out, 0, 5);
    if (hex)
        hex_decode(hex, strlen(hex), out, 5, &len);
}

static const char *const keys[] = {"tac_denial", "tac_online", "tac_default"};

/* The recording tells the acquirer's codes. False: not all of them. */
static bool take_codes(struct pinning *p)
{
    static const char *const names[] = {"TAC-denial", "TAC-online", "TAC-default"};
    char hex[3][11];
    for (size_t i = 0; i < 3; i++) {
        const struct trace_input *in = trace_input(p->f->session, 0, names[i]);
        if (!in || in->len != 5)
            return false;
        hex_encode(in->value, 5, hex[i], sizeof hex[i]);
    }
    for (size_t i = 0; i < 3; i++)
        set_text(p, keys[i], hex[i]);
    pins_say(p->pinned, "TAC-denial %s, TAC-online %s, TAC-default %s", hex[0], hex[1], hex[2]);
    return true;
}

static void infer_codes(struct pinning *p, struct seen *s)
{
    const struct replay_facts *f = p->f;
    bool unable = replay_unable_online(f), has_ground = s->tvr && s->asked >= 0;
    uint8_t tac[3][5];
    char hex[3][11];
    if (take_codes(p))
        return;
    for (size_t i = 0; i < 3; i++)
        read_code(p, keys[i], tac[i]);
    if (has_ground) {
        bend(tac[0], f->iac_denial, s->tvr, s->asked == ASKED_AAC);
        if (s->asked != ASKED_AAC)
            bend(tac[1], f->iac_online, s->tvr, s->asked == ASKED_ARQC);
        s->online_only = s->asked == ASKED_ARQC && !hits(s->tvr, f->iac_online, tac[1]) &&
                         !(unable && s->asked2 == ASKED_TC); /* an online-only terminal approves nothing by itself */
    }
    if (unable && s->tvr2 && s->asked2 >= 0)
        bend(tac[2], f->iac_default, s->tvr2, s->asked2 == ASKED_AAC);
    for (size_t i = 0; i < 3; i++) {
        hex_encode(tac[i], 5, hex[i], sizeof hex[i]);
        set_text(p, keys[i], hex[i]);
    }
    pins_say(p->assumptions, "TAC-denial %s, TAC-online %s, TAC-default %s: %s", hex[0], hex[1], hex[2],
             has_ground ? "the profile's, made to agree with the recorded TVR and what was asked for"
                        : "the profile's, nothing recorded tells them");
}

void infer_configure(struct pinning *p)
{
    struct seen s = look(p->f);
    if (replay_in_field(p->f)) { /* no risk management, no action codes */
        tap_configure(p);
        assume_rest(p);
        core_key_give(p);
        return;
    }
    if (p->f->tap == REPLAY_TAP_AS_CHIP)
        pins_say(p->assumptions,
                 "interface: no contactless kernel of this scheme in the core; its commands are those of "
                 "the contacts, and the card is put into the slot");
    infer_risk(p, &s);
    infer_codes(p, &s);
    infer_type(p, &s);
    infer_capabilities(p, &s);
    infer_version(p, &s);
    assume_rest(p);
    if (strcmp(p->f->arc, "55") == 0) { /* wrong PIN: the recorded session has one round */
        cJSON_DeleteItemFromObject(p->config, "pin_tries");
        cJSON_AddNumberToObject(p->config, "pin_tries", 1);
    }
    core_key_give(p);
}
