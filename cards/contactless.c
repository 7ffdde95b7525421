#include "cards/contactless.h"

#include <string.h>

static const uint8_t ppse_name[] = {'2', 'P', 'A', 'Y', '.', 'S', 'Y', 'S', '.', 'D', 'D', 'F', '0', '1'};

enum { TTQ2_CVM = 0x40 };
enum { CTQ1_ONLINE_PIN = 0x80, CTQ1_SIGNATURE = 0x40 };
enum { CVR2_TC = 0x10, CVR2_ARQC = 0x20 };

/* -- the directory -- */

bool card_is_ppse(const struct capdu *command)
{
    return command->lc == sizeof ppse_name && memcmp(command->data, ppse_name, sizeof ppse_name) == 0;
}

static void put_entries(const struct card *c, struct tlv_out *tlv)
{
    for (unsigned i = 0; i < c->profile->chip.application_count; i++) {
        const struct card_application *a = &c->profile->chip.applications[i];
        size_t mark = tlv->len;
        if (!a->contactless.present)
            continue;
        tlv_put(tlv, 0x4F, a->aid.bytes, a->aid.len);
        tlv_put(tlv, 0x50, a->label, strlen(a->label));
        if (a->contactless.priority)
            tlv_put(tlv, 0x87, &a->contactless.priority, 1);
        tlv_wrap(tlv, mark, 0x61);
    }
}

uint16_t card_select_ppse(struct card *c, struct card_answer *out)
{
    const struct card_ppse *ppse = &c->profile->chip.ppse;
    uint8_t bytes[256];
    struct tlv_out tlv;
    uint16_t sw = ppse->status[0] ? SW(ppse->status[0], ppse->status[1]) : 0x9000;
    if (sw != 0x9000)
        return sw;
    tlv_out_init(&tlv, bytes, sizeof bytes);
    if (ppse->fci.len) {
        tlv_put_raw(&tlv, ppse->fci.bytes, ppse->fci.len);
    } else {
        tlv_put(&tlv, 0x84, ppse_name, sizeof ppse_name);
        size_t directory = tlv.len;
        put_entries(c, &tlv);
        if (tlv.len == directory)
            return 0x6A82; /* nothing to offer: a card for contacts only */
        tlv_wrap(&tlv, directory, 0xBF0C);
        tlv_wrap(&tlv, directory, 0xA5);
        tlv_wrap(&tlv, 0, 0x6F);
    }
    c->session.selected = CARD_PSE;
    c->session.phase = CARD_IDLE;
    card_answer_out(out, &tlv);
    return 0x9000;
}

/* -- the transaction -- */

/* 9F6C: what the profile says, and the method it has when terminal or card want the cardholder verified. */
static void qualifiers(struct card *c, uint8_t ctq[2])
{
    static const uint8_t methods[] = {
        [CARD_TAP_CVM_NONE] = 0, [CARD_TAP_CVM_PIN] = CTQ1_ONLINE_PIN, [CARD_TAP_CVM_SIGNATURE] = CTQ1_SIGNATURE};
    const struct card_contactless *a = &card_application(c)->contactless;
    uint8_t ttq[4];
    card_terminal_value(c, 0x9F66, ttq, sizeof ttq);
    memcpy(ctq, a->ctq, 2);
    if ((ttq[1] & TTQ2_CVM) || card_tap_wants_cvm(c))
        ctq[0] |= methods[a->cvm];
}

/* Tag 57 as the application's records have it; nothing if they have none. */
static void put_track2(const struct card_application *a, struct tlv_out *tlv)
{
    struct tlv track2;
    for (unsigned i = 0; i < a->record_count; i++) {
        const struct card_bytes *content = &a->records[i].content;
        if (tlv_find_deep(content->bytes, content->len, 0x57, &track2) == OK) {
            tlv_put(tlv, 0x57, track2.value, track2.len);
            return;
        }
    }
}

static enum card_ac decide(struct card *c, const uint8_t ctq[2])
{
    static const enum card_ac fixed[] = {
        [CARD_TAP_ONLINE] = CARD_ARQC, [CARD_TAP_OFFLINE] = CARD_TC, [CARD_TAP_DECLINE] = CARD_AAC};
    int decision = card_application(c)->contactless.decision;
    if (card_application_blocked(card_state(c)) || card_twisted(c, CARD_TWIST_FIRST_AC_DECLINED))
        return CARD_AAC;
    return decision == CARD_TAP_RISK ? card_tap_decides(c, ctq) : fixed[decision];
}

uint16_t card_contactless_answer(struct card *c, struct card_answer *out)
{
    const struct card_application *a = card_application(c);
    uint8_t iad[32], ac[8], ctq[2], bytes[256];
    struct tlv_out tlv;
    c->session.phase = CARD_FINISHED; /* nothing follows but records */
    tlv_out_init(&tlv, bytes, sizeof bytes);
    if (a->contactless.answer.len) {
        tlv_put_raw(&tlv, a->contactless.answer.bytes, a->contactless.answer.len);
        card_answer_out(out, &tlv);
        return 0x9000;
    }
    card_first_cvr(c);
    qualifiers(c, ctq);
    enum card_ac given = decide(c, ctq);
    c->session.cvr[1] |= given == CARD_TC ? CVR2_TC : given == CARD_ARQC ? CVR2_ARQC : 0;
    size_t iad_len = card_issuer_data(c, iad);
    if (card_cryptogram(c, iad, iad_len, ac))
        return 0x6F00;
    if (card_twisted(c, CARD_TWIST_WRONG_CRYPTOGRAM))
        for (size_t i = 0; i < sizeof ac; i++)
            ac[i] ^= 0xFF;
    tlv_put(&tlv, 0x82, a->contactless.aip, 2);
    tlv_put(&tlv, 0x9F36, card_state(c)->atc, 2);
    put_track2(a, &tlv);
    tlv_put(&tlv, 0x9F10, iad, iad_len);
    tlv_put(&tlv, 0x9F26, ac, sizeof ac);
    if (*c->profile->psn) {
        uint8_t psn = (uint8_t)((c->profile->psn[0] - '0') << 4 | (c->profile->psn[1] - '0'));
        tlv_put(&tlv, 0x5F34, &psn, 1);
    }
    if (!a->contactless.no_ctq)
        tlv_put(&tlv, 0x9F6C, ctq, sizeof ctq);
    if (given == CARD_TC && card_tap_approve(c, ctq, &tlv))
        return 0x6F00;
    tlv_put_raw(&tlv, a->contactless.objects.bytes, a->contactless.objects.len);
    tlv_wrap(&tlv, 0, 0x77);
    card_answer_out(out, &tlv);
    return tlv.status ? 0x6F00 : 0x9000;
}
