/*
 * GENERATE AC, first and second (EMV Book 3 6.5.5, 9.3; DOMAIN 2.11): order of commands, CDOL data taken in, the
 * decision of risk.c, the cryptogram, the answer in format 80 or 77. With CDA
 * (Book 2 6.6) a TC or ARQC lies inside a signature instead; dynamic.c makes it.
 */
#include "cards/card_internal.h"

#include <string.h>

#define REASON_AUTH_FAILED 0x03 /* CID bits 3-1 */
#define P1_CDA 0x10
#define CVR_DDA_DONE 0x02 /* byte 4 */

/* Y3 and Z3 are the terminal's own codes: it could not go online (EMV Book 4 annex A6). */
static bool was_unable_online(const struct card *c)
{
    uint8_t arc[2];
    return card_terminal_value(c, 0x8A, arc, sizeof arc) && (arc[0] == 'Y' || arc[0] == 'Z') && arc[1] == '3';
}

static uint16_t take_cdol_data(const struct card_bytes *cdol, const struct capdu *command, struct card_bytes *out)
{
    if (cdol->len && command->lc != card_dol_len(cdol))
        return 0x6700;
    out->len = command->lc;
    if (command->lc)
        memcpy(out->bytes, command->data, command->lc);
    return 0x9000;
}

/* Issuer authentication data may come in CDOL2 instead of EXTERNAL AUTHENTICATE; zeros there mean that none came. */
static void authenticate_by_cdol2(struct card *c)
{
    static const uint8_t none[16];
    uint8_t data[sizeof none];
    size_t len = c->profile->chip.scheme == AC_CVN18 ? 8 : 10;
    if (c->session.auth == CARD_AUTH_NONE && card_terminal_value(c, 0x91, data, len) && memcmp(data, none, len) != 0)
        card_issuer_authenticate(c, data, len);
}

/* Format 77: 9F27, 9F36, the cryptogram or the signature around it, 9F10. */
static int answer_combined(struct card *c, uint8_t cid, const uint8_t ac[8], const uint8_t *iad, size_t iad_len,
                           struct tlv_out *tlv)
{
    uint8_t bytes[64];
    struct card_bytes signature;
    struct tlv_out hashed;
    tlv_out_init(&hashed, bytes, sizeof bytes);
    tlv_put(&hashed, 0x9F27, &cid, 1);
    tlv_put(&hashed, 0x9F36, card_state(c)->atc, 2);
    tlv_put(&hashed, 0x9F10, iad, iad_len);
    if (card_sign_cryptogram(c, cid, ac, &hashed, &signature))
        return E_CRYPTO;
    tlv_put(tlv, 0x9F27, &cid, 1);
    tlv_put(tlv, 0x9F36, card_state(c)->atc, 2);
    tlv_put(tlv, 0x9F4B, signature.bytes, signature.len);
    tlv_put(tlv, 0x9F10, iad, iad_len);
    tlv_wrap(tlv, 0, 0x77);
    return tlv->status;
}

static bool is_combined(const struct card *c, enum card_ac given)
{
    return c->session.cda_asked && given != CARD_AAC && oda_change(&card_application(c)->oda, ODA_CDA) != ODA_LEFT_OUT;
}

static uint16_t answer_cryptogram(struct card *c, enum card_ac given, struct card_answer *out)
{
    uint8_t iad[32], ac[8], cid = (uint8_t)given, bytes[256];
    const struct card_lasting_application *state = card_state(c);
    struct tlv_out tlv;
    if (is_combined(c, given))
        c->session.cvr[3] |= CVR_DDA_DONE;
    size_t iad_len = card_issuer_data(c, iad);
    if (card_cryptogram(c, iad, iad_len, ac))
        return 0x6F00;
    if (c->session.phase == CARD_INITIATED)
        memcpy(c->session.first_ac, ac, sizeof ac);
    if (given == CARD_AAC && c->session.auth == CARD_AUTH_FAILED)
        cid |= REASON_AUTH_FAILED;
    if (card_twisted(c, CARD_TWIST_WRONG_CRYPTOGRAM) || c->session.spoil_cryptogram)
        for (size_t i = 0; i < sizeof ac; i++)
            ac[i] ^= 0xFF;
    tlv_out_init(&tlv, bytes, sizeof bytes);
    if (is_combined(c, given)) {
        if (answer_combined(c, cid, ac, iad, iad_len, &tlv))
            return 0x6F00;
    } else if (card_application(c)->ac_format == CARD_FORMAT_77) {
        tlv_put(&tlv, 0x9F27, &cid, 1);
        tlv_put(&tlv, 0x9F36, state->atc, 2);
        tlv_put(&tlv, 0x9F26, ac, sizeof ac);
        tlv_put(&tlv, 0x9F10, iad, iad_len);
        tlv_wrap(&tlv, 0, 0x77);
    } else {
        tlv_put_raw(&tlv, &cid, 1);
        tlv_put_raw(&tlv, state->atc, 2);
        tlv_put_raw(&tlv, ac, sizeof ac);
        tlv_put_raw(&tlv, iad, iad_len);
        tlv_wrap(&tlv, 0, 0x80);
    }
    card_answer_out(out, &tlv);
    return 0x9000;
}

static uint16_t first(struct card *c, enum card_ac asked, const struct capdu *command, struct card_answer *out)
{
    uint16_t sw = take_cdol_data(&card_application(c)->cdol1, command, &c->session.cdol1_data);
    if (sw != 0x9000)
        return sw;
    card_first_cvr(c);
    enum card_ac given = card_first_decision(c, asked);
    c->lasting.alone = (uint8_t)(c->lasting.alone + (asked == CARD_TC && given == CARD_TC));
    sw = answer_cryptogram(c, given, out);
    c->session.phase = given == CARD_ARQC ? CARD_AWAITS_ISSUER : CARD_FINISHED;
    return sw;
}

static uint16_t second(struct card *c, enum card_ac asked, const struct capdu *command, struct card_answer *out)
{
    if (asked == CARD_ARQC)
        return 0x6985;
    uint16_t sw = take_cdol_data(&card_application(c)->cdol2, command, &c->session.cdol2_data);
    if (sw != 0x9000)
        return sw;
    bool unable = was_unable_online(c);
    if (!unable)
        authenticate_by_cdol2(c);
    enum card_ac given = card_second_decision(c, asked, unable);
    c->lasting.alone = (uint8_t)(c->lasting.alone + (unable && given == CARD_TC));
    sw = answer_cryptogram(c, given, out);
    c->session.phase = CARD_FINISHED;
    return sw;
}

uint16_t card_generate_ac(struct card *c, const struct capdu *command, struct card_answer *out)
{
    const struct card_application *a = card_application(c);
    bool cda = command->p1 & P1_CDA;
    enum card_ac asked = (enum card_ac)(command->p1 & ~P1_CDA);
    if ((asked != CARD_AAC && asked != CARD_TC && asked != CARD_ARQC) || command->p2)
        return 0x6A86;
    if (cda && (!a || !a->oda.cda || asked == CARD_AAC))
        return 0x6A86;
    c->session.cda_asked = cda;
    if (c->session.phase == CARD_INITIATED)
        return first(c, asked, command, out);
    if (c->session.phase == CARD_AWAITS_ISSUER)
        return second(c, asked, command, out);
    return 0x6985;
}
