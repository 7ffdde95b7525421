/*
 * GET PROCESSING OPTIONS (EMV Book 3 6.5.8, 10.1): takes the PDOL's data, counts the ATC, answers AIP and AFL in format
 * 80 or 77, or all there is through the air (contactless.c). The ATC stops at FFFF, and then the application is of no
 * more use.
 */
#include "cards/contactless.h"

#include <string.h>

/* The command template: exactly one 83 with as many bytes as the PDOL of this interface asks for. */
static uint16_t take_pdol_data(struct card *c, const struct capdu *command)
{
    const struct card_application *a = card_application(c);
    struct tlv template_;
    size_t at = 0;
    if (tlv_next(command->data, command->lc, &at, &template_) || template_.tag != 0x83 || at != command->lc)
        return 0x6A80;
    if (template_.len != card_dol_len(c->contactless ? &a->contactless.pdol : &a->pdol))
        return 0x6700;
    c->session.pdol_data.len = (uint16_t)template_.len;
    memcpy(c->session.pdol_data.bytes, template_.value, template_.len);
    return 0x9000;
}

static void answer_options(const struct card_application *a, struct card_answer *out)
{
    uint8_t bytes[256];
    struct tlv_out tlv;
    tlv_out_init(&tlv, bytes, sizeof bytes);
    if (a->gpo_format == CARD_FORMAT_77) {
        tlv_put(&tlv, 0x82, a->aip, sizeof a->aip);
        tlv_put(&tlv, 0x94, a->afl.bytes, a->afl.len);
        tlv_wrap(&tlv, 0, 0x77);
    } else {
        tlv_put_raw(&tlv, a->aip, sizeof a->aip);
        tlv_put_raw(&tlv, a->afl.bytes, a->afl.len);
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
    answer_options(card_application(c), out);
    return 0x9000;
}
