/*
 * messages: what this terminal sent to the host is well-formed and true. Each request is held against its fields' rules
 * (DOMAIN 4.4, 4.5, 4.6), against the card's own cryptogram as the record saw it, and each reversal against its
 * original. A refusal by which the host says "your message is wrong" is a finding, unless a script or a bent byte
 * caused it.
 */
#include "scenarios/engine/emv_watch.h"
#include "scenarios/engine/judge.h"

#include "core/codec/tlv.h"
#include "core/codec/track.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#define HEARD_MAX 64

struct sight {
    const struct evidence *e;
    struct verdict *v;
    const struct iso_message *m;
    char trace[7];
    bool upload;
};

static void field(const struct iso_message *m, uint8_t de, char *out, size_t cap)
{
    if (!iso_has(m, de) || iso_text(m, de, out, cap) != OK)
        out[0] = '\0';
}

static bool object_of(const struct iso_message *m, uint32_t tag, struct tlv *out)
{
    size_t len;
    const uint8_t *bytes = iso_get(m, 55, &len);
    return bytes && tlv_find(bytes, len, tag, out) == OK;
}

/* -- every financial message -- */

static void check_numbers(const struct sight *s)
{
    char text[20], batch[20];
    struct iso_de60 de60;
    field(s->m, 11, text, sizeof text);
    if (strcmp(text, "000000") == 0)
        judge_say(s->v, "fail", "a %s has trace number 000000", s->m->mti);
    field(s->m, 60, batch, sizeof batch);
    if (iso_de60_parse(batch, &de60) != OK || strcmp(de60.batch, "000000") == 0)
        judge_say(s->v, "fail", "the %s of trace %s has no batch number in DE60", s->m->mti, s->trace);
}

static void check_pin(const struct sight *s)
{
    char entry[4], control[17];
    field(s->m, 22, entry, sizeof entry);
    field(s->m, 53, control, sizeof control);
    bool pin = iso_has(s->m, 52), says = strlen(entry) == 3 && entry[2] == '1';
    if (pin != says)
        judge_say(s->v, "fail", "trace %s: DE22 is %s and there is %s PIN block", s->trace, entry, pin ? "a" : "no");
    if (pin && control[0] != '1' && control[0] != '2')
        judge_say(s->v, "fail", "trace %s: a PIN block, and DE53 is %s", s->trace, control);
}

/* DE60.4 is what the reader can do, 60.5 belongs to a stripe that was read beside a chip reader. */
static void check_medium(const struct sight *s, bool chip)
{
    char text[20];
    struct iso_de60 de60;
    field(s->m, 60, text, sizeof text);
    if (iso_de60_parse(text, &de60) != OK)
        return;
    if (de60.capability[0] != '5' && de60.capability[0] != '6')
        judge_say(s->v, "fail", "trace %s: DE60.4 is %s at a terminal that reads chips", s->trace, de60.capability);
    if (chip && de60.condition[0] && de60.condition[0] != '0')
        judge_say(s->v, "fail", "trace %s: a chip was read, and DE60.5 is %s", s->trace, de60.condition);
    if (!chip && de60.condition[0] != '1' && de60.condition[0] != '2')
        judge_say(s->v, "fail", "trace %s: a stripe was read, and DE60.5 is %s", s->trace, de60.condition);
    if (chip != iso_has(s->m, 55))
        judge_say(s->v, "fail", "trace %s: chip data and DE22 do not go together", s->trace);
}

/* -- the chip's data -- */

/* Tags that an online request carries (DOMAIN 4.5a). */
static const uint32_t online_tags[] = {0x9F26, 0x9F27, 0x9F10, 0x9F37, 0x9F36, 0x95,   0x9A,   0x9C, 0x9F02, 0x5F2A,
                                       0x82,   0x9F1A, 0x9F03, 0x9F33, 0x9F34, 0x9F35, 0x9F1E, 0x84, 0x9F09, 0x9F41};

/* Of this kind: an upload has the card's approval. A tap may be sent with either (9F6C). */
static bool fits(const struct sight *s, const struct watch_arqc *a)
{
    return a->approval || !s->upload;
}

/* By the cryptogram itself, or by the number it was made with where a signature hides it (CDA). */
static const struct watch_arqc *find_arqc(const struct sight *s)
{
    struct tlv ac, number;
    const struct case_watch *all = s->e->bench->watch;
    if (!all || !object_of(s->m, 0x9F26, &ac) || ac.len != 8)
        return NULL;
    const struct emv_watch *w = &all->emv[s->e->terminal->number - 1];
    for (size_t i = 0; i < w->arqcs; i++)
        if (fits(s, &w->arqc[i]) && !w->arqc[i].sealed && memcmp(w->arqc[i].ac, ac.value, 8) == 0)
            return &w->arqc[i];
    if (!object_of(s->m, 0x9F37, &number) || number.len != 4)
        return NULL;
    for (size_t i = 0; i < w->arqcs; i++)
        if (fits(s, &w->arqc[i]) && w->arqc[i].sealed && memcmp(w->arqc[i].number, number.value, 4) == 0)
            return &w->arqc[i];
    return NULL;
}

/* The last four digits of DE2, against what the card gave: more of it no record shows. */
static void check_number_of_card(const struct sight *s, const struct watch_arqc *a)
{
    char pan[20], shown[20];
    field(s->m, 2, pan, sizeof pan);
    pan_mask(pan, shown, sizeof shown);
    size_t len = strlen(pan);
    bool other = len > 2 * a->pan_len;
    for (size_t i = len < 4 ? 0 : len - 4; i < len && !other; i++)
        other = pan[i] - '0' != (i % 2 ? a->pan[i / 2] & 0x0F : a->pan[i / 2] >> 4);
    if (other && a->pan_len)
        judge_say(s->v, "fail", "trace %s: DE2 is %s, the cryptogram is another card's", s->trace, shown);
    OPENSSL_cleanse(pan, sizeof pan);
}

static void check_cryptogram(const struct sight *s)
{
    struct tlv tvr, cvm;
    const struct watch_arqc *a = find_arqc(s);
    if (!a) {
        if (s->e->bench->watch && s->e->bench->watch->emv[s->e->terminal->number - 1].arqcs < WATCH_ARQCS)
            judge_say(s->v, "fail", "trace %s: no card gave this terminal the cryptogram in DE55", s->trace);
        return;
    }
    if (a->tvr_known && object_of(s->m, 0x95, &tvr) && (tvr.len != 5 || memcmp(tvr.value, a->tvr, 5) != 0))
        judge_say(s->v, "fail", "trace %s: DE55 has another TVR than the card signed", s->trace);
    check_number_of_card(s, a);
    if (!object_of(s->m, 0x9F34, &cvm) || cvm.len != 3)
        return;
    if (a->cvm_known && memcmp(cvm.value, a->cvm, 3) != 0)
        judge_say(s->v, "fail", "trace %s: CVM results %02X%02X%02X, by the card's list %02X%02X%02X", s->trace,
                  cvm.value[0], cvm.value[1], cvm.value[2], a->cvm[0], a->cvm[1], a->cvm[2]);
    bool online_pin = (cvm.value[0] & 0x3F) == 0x02 && cvm.value[2] != 0x01;
    if (!s->upload && online_pin != iso_has(s->m, 52))
        judge_say(s->v, "fail", "trace %s: CVM results %02X%02X%02X and PIN block contradict each other", s->trace,
                  cvm.value[0], cvm.value[1], cvm.value[2]);
}

/* DE23 is the sequence number of the card whose number stands in DE2. */
static void check_sequence_number(const struct sight *s)
{
    char pan[20], number[4];
    field(s->m, 2, pan, sizeof pan);
    field(s->m, 23, number, sizeof number);
    for (unsigned i = 0; i < s->e->bench->cards; i++) {
        const struct card_facts *f = &s->e->bench->card[i]->facts;
        char expected[4];
        if (!pan[0] || strcmp(f->pan, pan) != 0 || !f->psn[0])
            continue;
        snprintf(expected, sizeof expected, "0%.2s", f->psn);
        if (strcmp(number, expected) != 0)
            judge_say(s->v, "fail", "trace %s: DE23 is \"%s\", the card's sequence number %s", s->trace, number,
                      expected);
    }
    OPENSSL_cleanse(pan, sizeof pan);
}

/* Objects that say what the configuration says. */
static const struct {
    uint32_t tag;
    const char *key;
    bool text; /* in config.json as characters, not as hex */
} configured[] = {
    {0x9F33, "capabilities", false}, {0x9F35, "terminal_type", false}, {0x9F1A, "country", false},
    {0x5F2A, "currency", false},     {0x9F1E, "serial", true},
};

static void check_configured(const struct sight *s)
{
    const struct case_watch *all = s->e->bench->watch;
    const cJSON *config = all ? all->emv[s->e->terminal->number - 1].config : NULL;
    for (size_t i = 0; i < sizeof configured / sizeof *configured; i++) {
        uint8_t expected[16];
        struct tlv object;
        size_t len = 0;
        const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(config, configured[i].key));
        if (!text || !object_of(s->m, configured[i].tag, &object))
            continue;
        if (configured[i].text) {
            len = strnlen(text, sizeof expected);
            memcpy(expected, text, len);
        } else if (hex_decode(text, strlen(text), expected, sizeof expected, &len) != OK) {
            continue;
        }
        if (object.len != len || memcmp(object.value, expected, len) != 0)
            judge_say(s->v, "fail", "trace %s: tag %X is not the configuration's \"%s\"", s->trace,
                      (unsigned)configured[i].tag, configured[i].key);
    }
}

static void check_chip(const struct sight *s)
{
    struct tlv object;
    char amount[13], hex[13];
    for (size_t i = 0; i < sizeof online_tags / sizeof *online_tags; i++)
        if (!object_of(s->m, online_tags[i], &object))
            judge_say(s->v, "fail", "trace %s: tag %X is missing in DE55", s->trace, (unsigned)online_tags[i]);
    field(s->m, 4, amount, sizeof amount);
    if (object_of(s->m, 0x9F02, &object) && object.len == 6) {
        bcd_unpack(object.value, 0, 12, hex);
        if (strcmp(hex, *amount ? amount : "000000000000") != 0) /* an inquiry has none */
            judge_say(s->v, "fail", "trace %s: DE4 is %s, the card was told %s", s->trace, amount, hex);
    }
    bool purchase = object_of(s->m, 0x9C, &object) && object.len == 1 && object.value[0] == 0x00;
    if (purchase && object_of(s->m, 0x9F03, &object) && object.len == 6 && memcmp(object.value, "\0\0\0\0\0\0", 6) != 0)
        judge_say(s->v, "fail", "trace %s: a purchase without cashback, and 9F03 is not zero", s->trace);
    check_configured(s);
    check_cryptogram(s);
    check_sequence_number(s);
}

static void check_sale(const struct sight *s)
{
    char entry[4];
    field(s->m, 22, entry, sizeof entry);
    bool chip = strncmp(entry, "05", 2) == 0 || strncmp(entry, "07", 2) == 0,
         stripe = strncmp(entry, "02", 2) == 0 || strncmp(entry, "90", 2) == 0;
    check_pin(s);
    if (chip || stripe)
        check_medium(s, chip);
    if (chip)
        check_chip(s);
}

/* -- uploads: repeated with their number until they are answered -- */

static void check_collected(const struct sight *s, size_t back)
{
    struct iso_message older;
    struct tlv ac, other;
    judge_upload(s->m, s->trace, s->v);
    check_chip(s);
    for (size_t i = back + 1; i < HEARD_MAX && host_last(s->e->bench->host, "", i, &older) == OK; i++)
        if (judge_is_upload(&older) && !iso_equal(s->m, &older, 11) && object_of(s->m, 0x9F26, &ac) &&
            object_of(&older, 0x9F26, &other) && ac.len == other.len && memcmp(ac.value, other.value, ac.len) == 0)
            judge_say(s->v, "fail", "the upload of trace %s carries the TC of another one", s->trace);
    OPENSSL_cleanse(&older, sizeof older);
}

/* -- reversals -- */

/* As the original, or left out; DE2 may not be there at all. */
static const uint8_t kept_fields[] = {3, 4, 22, 23, 25, 41, 42, 49, 60};

static void check_against(const struct sight *s, const struct iso_message *original)
{
    for (size_t i = 0; i < sizeof kept_fields; i++)
        if (!iso_equal(s->m, original, kept_fields[i]))
            judge_say(s->v, "fail", "the reversal of trace %s has another DE%u than its original", s->trace,
                      kept_fields[i]);
}

/* What only an answer can have told is there when one had come, and not otherwise (DOMAIN 4.4, 4.5, 4.5a, 5.2 7d). */
static void check_answered(const struct sight *s, const char *reason, const char *original)
{
    struct tlv object;
    bool answered = strcmp(reason, "06") == 0, date = strlen(original) >= 16 && strncmp(original + 12, "0000", 4) != 0;
    if (strcmp(reason, "A0") == 0) /* an answer had come, and none of it may be believed */
        return;
    if (iso_has(s->m, 38) != answered)
        judge_say(s->v, "fail", "the reversal of trace %s (reason %s) has %s authorisation code", s->trace, reason,
                  answered ? "no" : "an");
    if (date != answered)
        judge_say(s->v, "fail", "the reversal of trace %s (reason %s) has %s host date in DE61", s->trace, reason,
                  answered ? "no" : "a");
    if (!answered && object_of(s->m, 0x9F36, &object))
        judge_say(s->v, "fail", "the reversal of trace %s carries 9F36 although no answer had come", s->trace);
}

static void check_reversal(const struct sight *s)
{
    static const uint8_t forbidden[] = {35, 36, 52};
    char reason[3], original[30], expected[30], batch[20];
    struct iso_de60 de60;
    field(s->m, 39, reason, sizeof reason);
    field(s->m, 61, original, sizeof original);
    field(s->m, 60, batch, sizeof batch);
    for (size_t i = 0; i < sizeof forbidden; i++)
        if (iso_has(s->m, forbidden[i]))
            judge_say(s->v, "fail", "the reversal of trace %s carries DE%u, which nobody may have kept", s->trace,
                      forbidden[i]);
    if (strcmp(reason, "98") != 0 && strcmp(reason, "06") != 0 && strcmp(reason, "A0") != 0)
        judge_say(s->v, "fail", "the reversal of trace %s gives \"%s\" as its reason", s->trace, reason);
    if (iso_de60_parse(batch, &de60) != OK)
        return;
    snprintf(expected, sizeof expected, "%s%s", de60.batch, s->trace);
    check_answered(s, reason, original);
    if (strncmp(original, expected, 12) != 0)
        judge_say(s->v, "fail", "the reversal of trace %s names %.12s as its original", s->trace, original);
}

/* -- the host's complaints -- */

static const struct complaint {
    const char *code, *reason; /* as the host words it, "": any */
} complaints[] = {
    {"30", ""}, {"94", ""}, {"64", ""}, {"97", ""}, {"03", ""}, {"A1", ""}, {"13", "signed another amount"},
};

static void check_complaints(const struct evidence *e, struct verdict *v)
{
    const struct case_watch *all = e->bench->watch;
    size_t first = !all || all->said_count < WATCH_ANSWERS ? 0 : all->said_count - WATCH_ANSWERS;
    for (size_t i = first; all && !all->request_bent && i < all->said_count; i++) {
        const struct host_said *said = &all->said[i % WATCH_ANSWERS];
        for (size_t k = 0; k < sizeof complaints / sizeof *complaints; k++)
            if (strcmp(said->code, complaints[k].code) == 0 && strstr(said->reason, complaints[k].reason) &&
                !judge_repeated(e, said->code, said->trace) && strstr(said->reason, ": ") &&
                !strstr(said->reason, "scripted"))
                judge_say(v, "fail", "the host found the message of trace %06u wrong: %s", said->trace, said->reason);
    }
}

/* -- all of them -- */

static bool is_of(const struct evidence *e, const struct iso_message *m)
{
    char id[9];
    field(m, 41, id, sizeof id);
    return strcmp(id, e->terminal->profile.terminal_id) == 0;
}

static bool same_transaction(const struct iso_message *a, const struct iso_message *b)
{
    char batch_a[20], batch_b[20];
    struct iso_de60 of_a, of_b;
    field(a, 60, batch_a, sizeof batch_a);
    field(b, 60, batch_b, sizeof batch_b);
    return iso_equal(a, b, 11) && iso_de60_parse(batch_a, &of_a) == OK && iso_de60_parse(batch_b, &of_b) == OK &&
           strcmp(of_a.batch, of_b.batch) == 0;
}

/* Older messages that `m` must not repeat, or must agree with. */
static void check_history(const struct sight *s, size_t back)
{
    struct iso_message older;
    for (size_t i = back + 1; i < HEARD_MAX && host_last(s->e->bench->host, "", i, &older) == OK; i++) {
        if (!is_of(s->e, &older) || strcmp(older.mti, "0200") != 0 || !same_transaction(s->m, &older))
            continue;
        if (strcmp(s->m->mti, "0400") == 0)
            check_against(s, &older);
        else
            judge_say(s->v, "fail", "trace %s was sent with two requests", s->trace);
    }
    OPENSSL_cleanse(&older, sizeof older);
}

void oracle_messages(const struct evidence *e, struct verdict *v)
{
    struct iso_message m;
    for (size_t back = 0; back < HEARD_MAX && host_last(e->bench->host, "", back, &m) == OK; back++) {
        struct sight s = {.e = e, .v = v, .m = &m, .upload = judge_is_upload(&m)};
        bool upload = s.upload, sale = strcmp(m.mti, "0200") == 0, reversal = strcmp(m.mti, "0400") == 0;
        if (!is_of(e, &m) || (!sale && !reversal && !upload) || (e->bench->watch && e->bench->watch->request_bent))
            continue;
        field(&m, 11, s.trace, sizeof s.trace);
        check_numbers(&s);
        if (!upload)
            check_history(&s, back);
        if (upload)
            check_collected(&s, back);
        else if (sale)
            check_sale(&s);
        else
            check_reversal(&s);
    }
    OPENSSL_cleanse(&m, sizeof m);
    if (e->bench->watch && e->bench->watch->emv[e->terminal->number - 1].frame[0])
        judge_say(v, "fail", "%s", e->bench->watch->emv[e->terminal->number - 1].frame);
    check_complaints(e, v);
}
