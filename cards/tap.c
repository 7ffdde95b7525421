/*
 * A tap that may end without the host (PBOC 3.0 part 12; DOMAIN 3.9): the card's own decision, the records that belong
 * to an offline approval, its signature (fDDA) and the moment at which the purse pays. Called by contactless.c and
 * records.c.
 *
 * The decision, in this order: stopped application; 9F68 byte 2 bit 7 (another currency than 9F51 is not served); what
 * the terminal or the cardholder's PIN needs the host for; 9F68 byte 1 bit 4 (PIN tries exceeded); byte 1 bit 8 (low
 * value check): amount within balance 9F79 and single limit 9F78, and 9F6D left behind unless the reader has no host.
 * Byte 1 bit 1 returns the balance (9F5D). The bits are those that qPBOC test scripts and personalisation templates
 * name; the checks of counters over several taps (byte 1 bits 7 and 6) are not there.
 *
 * The purse is debited when the last record of the AFL is sent: a tap that is torn before cost nothing.
 */
#include "cards/contactless.h"

#include "core/codec/hex.h"

#include <string.h>

enum { TTQ1_OFFLINE_ONLY = 0x08, TTQ2_CRYPTOGRAM = 0x80 };
enum { CTQ1_ONLINE_PIN = 0x80 };
enum { CAP1_LOW_VALUE = 0x80, CAP1_PIN_TRIES = 0x08, CAP1_BALANCE = 0x01, CAP2_CURRENCY = 0x40 }; /* 9F68 */

/* -- the decision -- */

/* Bit of a byte of 9F68; a card without it has none. */
static bool processes(struct card *c, unsigned byte, uint8_t bit)
{
    size_t len;
    const uint8_t *value = card_data_find(card_state(c), 0x9F68, &len);
    return value && byte < len && (value[byte] & bit);
}

static uint64_t sent_amount(const struct card *c)
{
    uint8_t bytes[6];
    uint64_t cents = 0;
    card_terminal_value(c, 0x9F02, bytes, sizeof bytes);
    return bcd_value(bytes, sizeof bytes, &cents) == OK ? cents : UINT64_MAX;
}

static bool other_currency(struct card *c)
{
    uint8_t sent[2];
    size_t len;
    const uint8_t *own = card_data_find(card_state(c), 0x9F51, &len);
    card_terminal_value(c, 0x5F2A, sent, sizeof sent);
    return own && len == sizeof sent && memcmp(own, sent, sizeof sent) != 0;
}

static bool low_value_allows(struct card *c, bool offline_only)
{
    uint64_t amount = sent_amount(c), balance, single, threshold = 0;
    struct card_lasting_application *state = card_state(c);
    if (!processes(c, 0, CAP1_LOW_VALUE) || !card_amount_of(state, 0x9F79, &balance) || amount > balance ||
        (card_amount_of(state, 0x9F78, &single) && amount > single))
        return false;
    return offline_only || !card_amount_of(state, 0x9F6D, &threshold) || balance - amount >= threshold;
}

bool card_tap_wants_cvm(struct card *c)
{
    uint64_t limit;
    return card_amount_of(card_state(c), 0x9F6B, &limit) && sent_amount(c) > limit;
}

enum card_ac card_tap_decides(struct card *c, const uint8_t ctq[2])
{
    const struct card_lasting_application *state = card_state(c);
    uint8_t ttq[4];
    card_terminal_value(c, 0x9F66, ttq, sizeof ttq);
    bool offline_only = ttq[0] & TTQ1_OFFLINE_ONLY;
    bool no_tries = processes(c, 0, CAP1_PIN_TRIES) && *state->pin && state->pin_tries == 0;
    if (other_currency(c) && processes(c, 1, CAP2_CURRENCY))
        return CARD_AAC;
    bool needs_host = (ttq[1] & TTQ2_CRYPTOGRAM) || (ctq[0] & CTQ1_ONLINE_PIN) || no_tries || other_currency(c);
    if (!needs_host && low_value_allows(c, offline_only)) {
        c->session.tap.pays = true;
        return CARD_TC;
    }
    return offline_only ? CARD_AAC : CARD_ARQC;
}

/* -- what an offline approval has to say -- */

/* The file of the certificates has as many records as they needed. */
void card_tap_locator(const struct card_application *a, struct card_bytes *afl)
{
    *afl = a->contactless.afl;
    for (size_t i = 0; i + 4 <= afl->len; i += 4)
        if (a->oda.present && afl->bytes[i] >> 3 == a->oda.sfi)
            memcpy(afl->bytes + i, a->afl.bytes + a->afl.len - 4, 4);
}

static void put_locator(struct card *c, struct tlv_out *tlv)
{
    struct card_bytes afl;
    card_tap_locator(card_application(c), &afl);
    c->session.tap.last_sfi = afl.bytes[afl.len - 4] >> 3;
    c->session.tap.last_record = afl.bytes[afl.len - 2];
    tlv_put(tlv, 0x94, afl.bytes, afl.len);
}

static void put_balance(struct card *c, struct tlv_out *tlv)
{
    uint64_t balance;
    uint8_t bytes[6];
    if (!c->session.tap.pays || !processes(c, 0, CAP1_BALANCE) || !card_amount_of(card_state(c), 0x9F79, &balance))
        return;
    if (bcd_from_value(balance - sent_amount(c), bytes, sizeof bytes) == OK)
        tlv_put(tlv, 0x9F5D, bytes, sizeof bytes);
}

/* 9F69 (version 01 only) and 9F4B. */
static int put_signature(struct card *c, const uint8_t ctq[2], struct tlv_out *tlv)
{
    const struct card_contactless *a = &card_application(c)->contactless;
    uint8_t tail[4 + 6 + 2 + 7], *related = tail + 12;
    size_t len = 4;
    struct card_bytes signature;
    card_terminal_value(c, 0x9F37, tail, 4);
    if (a->fdda == CARD_FDDA_01) {
        card_terminal_value(c, 0x9F02, tail + 4, 6);
        card_terminal_value(c, 0x5F2A, tail + 10, 2);
        related[0] = 0x01;
        card_draw_number(c, "related", 0, related + 1, 4);
        memcpy(related + 5, ctq, 2);
        if (a->tap_break == CARD_TAP_BREAK_QUALIFIERS)
            related[5] ^= 0x20;
        tlv_put(tlv, 0x9F69, related, 7);
        len = sizeof tail;
    }
    if (a->tap_break == CARD_TAP_BREAK_NUMBER)
        tail[0] ^= 0x01;
    if (a->tap_break == CARD_TAP_BREAK_AMOUNT)
        tail[9] ^= 0x01;
    if (a->tap_break == CARD_TAP_BREAK_MISSING)
        return OK;
    int status = card_sign_tap(c, tail, len, &signature);
    tlv_put(tlv, 0x9F4B, signature.bytes, status ? 0 : signature.len);
    return status;
}

int card_tap_approve(struct card *c, const uint8_t ctq[2], struct tlv_out *tlv)
{
    const struct card_contactless *a = &card_application(c)->contactless;
    memcpy(c->session.tap.ctq, ctq, 2);
    if (!a->afl.len)
        return OK;
    put_locator(c, tlv);
    if (a->signed_record[0])
        return OK;
    put_balance(c, tlv);
    return a->fdda ? put_signature(c, ctq, tlv) : OK;
}

bool card_tap_record(struct card *c, uint8_t sfi, uint8_t number, struct card_answer *out)
{
    const struct card_contactless *a = &card_application(c)->contactless;
    uint8_t bytes[256];
    struct tlv_out tlv;
    if (c->session.tap.last_sfi == 0 || a->signed_record[0] != sfi || a->signed_record[1] != number)
        return false;
    tlv_out_init(&tlv, bytes, sizeof bytes);
    if (a->fdda && put_signature(c, c->session.tap.ctq, &tlv))
        return false;
    put_balance(c, &tlv);
    tlv_wrap(&tlv, 0, 0x70);
    card_answer_out(out, &tlv);
    return true;
}

void card_tap_read(struct card *c, uint8_t sfi, uint8_t number)
{
    if (!c->session.tap.pays || sfi != c->session.tap.last_sfi || number != c->session.tap.last_record)
        return;
    (void)card_purse_pays(c);
    c->lasting.alone++;
    card_log_transaction(c);
    c->session.tap.pays = false;
}
