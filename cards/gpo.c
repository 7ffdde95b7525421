/*
 * GET PROCESSING OPTIONS (EMV Book 3 6.5.8, 10.1): takes the PDOL's data, counts the ATC, answers AIP and AFL in format
 * 80 or 77, or all there is through the air (contactless.c). The ATC stops at FFFF, and then the application is of no
 * more use.
 */
#include "cards/contactless.h"

#include "core/codec/dol.h"

#include <string.h>

/* The command template: exactly one 83 with as many bytes as the PDOL of this interface asks for. */
static uint16_t take_pdol_data(struct card *c, const struct capdu *command)
{
    const struct card_application *a = card_application(c);
    struct tlv template_;
    size_t at = 0, offset, len;
    if (tlv_next(command->data, command->lc, &at, &template_) || template_.tag != 0x83 || at != command->lc)
        return 0x6A80;
    const struct card_bytes *pdol = c->contactless ? &a->contactless.pdol : &a->pdol;
    if (template_.len != card_dol_len(pdol))
        return 0x6700;
    c->session.pdol_data.len = (uint16_t)template_.len;
    memcpy(c->session.pdol_data.bytes, template_.value, template_.len);
    c->session.sm =
        dol_locate(pdol->bytes, pdol->len, 0xDF69, &offset, &len) == OK && len == 1 && template_.value[offset] == 0x01;
    return 0x9000;
}

static void answer_options(const struct card *c, struct card_answer *out)
{
    const struct card_application *a = card_application(c);
    struct card_bytes afl = a->afl;
    uint8_t bytes[256];
    struct tlv_out tlv;
    if (c->session.ec && afl.len + a->purse.afl.len <= CARD_DATA_MAX) {
        memcpy(afl.bytes + afl.len, a->purse.afl.bytes, a->purse.afl.len);
        afl.len = (uint16_t)(afl.len + a->purse.afl.len);
    }
    tlv_out_init(&tlv, bytes, sizeof bytes);
    if (a->gpo_format == CARD_FORMAT_77) {
        tlv_put(&tlv, 0x82, a->aip, sizeof a->aip);
        tlv_put(&tlv, 0x94, afl.bytes, afl.len);
        tlv_wrap(&tlv, 0, 0x77);
    } else {
        tlv_put_raw(&tlv, a->aip, sizeof a->aip);
        tlv_put_raw(&tlv, afl.bytes, afl.len);
        tlv_wrap(&tlv, 0, 0x80);
    }
    card_answer_out(out, &tlv);
}

uint16_t card_get_options(struct card *c, const struct capdu *command, struct card_answer *out)
{
    if (command->p1 || command->p2)
        return 0x6A86;
    if (c->session.phase != CARD_SELECTED)
        return 0x6985;
    struct card_lasting_application *state = card_state(c);
    if (card_atc(state) == 0xFFFF)
        return 0x6985;
    if (card_twisted(c, CARD_TWIST_GPO_6985_ONCE)) {
        card_twist_set(c, CARD_TWIST_GPO_6985_ONCE, false);
        return 0x6985;
    }
    uint16_t sw = take_pdol_data(c, command);
    if (sw != 0x9000)
        return sw;
    if (++state->atc[1] == 0)
        state->atc[0]++;
    if (c->contactless)
        return card_contactless_answer(c, out);
    c->session.phase = CARD_INITIATED;
    c->session.ec = card_purse_agrees(c);
    answer_options(c, out);
    return 0x9000;
}
