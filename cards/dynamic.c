/*
 * What a card signs and deciphers while it works: INTERNAL AUTHENTICATE (EMV Book 3 6.5.9; Book 2 6.5), the signature
 * around a cryptogram (Book 2 6.6), GET CHALLENGE and an enciphered PIN (Book 3 6.5.6; Book 2 7.2). Called by card.c,
 * genac.c, verify.c.
 *
 * What another card would draw at random comes from a digest over the card's own key, its ATC and what it was asked.
 */
#include "cards/card_internal.h"

#include "cards/signing.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

void card_draw_number(const struct card *c, const char *use, uint8_t count, uint8_t *out, size_t len)
{
    const struct card_lasting_application *state = &c->lasting.applications[c->session.selected];
    uint8_t input[16 + 2 + 1 + 8] = {0}, digest[32];
    memcpy(input, card_keys(c)->ac, 16);
    memcpy(input + 16, state->atc, 2);
    input[18] = count;
    memcpy(input + 19, use, strnlen(use, 8));
    if (EVP_Digest(input, sizeof input, digest, NULL, EVP_sha256(), NULL) != 1)
        memset(digest, 0, sizeof digest);
    memcpy(out, digest, len < sizeof digest ? len : sizeof digest);
    OPENSSL_cleanse(input, sizeof input);
}

/* `dynamic` goes into the block behind its length, `tail` is what the terminal sent. */
static int sign(const struct card *c, const uint8_t *dynamic, size_t dynamic_len, const uint8_t *tail, size_t tail_len,
                struct card_bytes *out)
{
    const struct card_oda *oda = &card_application(c)->oda;
    enum oda_change change = oda_change(oda, ODA_SDAD);
    bool sm2 = oda->chain.algorithm == CHAIN_SM2;
    uint8_t body[128] = {sm2 ? 0x15 : 0x05, 0x01};
    size_t n = sm2 ? 1 : 2;
    if (n + 1 + dynamic_len > sizeof body)
        return E_LIMIT;
    body[n++] = change == ODA_LDD ? 0xFF : (uint8_t)dynamic_len;
    memcpy(body + n, dynamic, dynamic_len);
    if (change == ODA_FORMAT)
        body[0] ^= 0x20;
    if (change == ODA_HASH_ALGORITHM)
        body[1] = 0x07;
    return oda_seal(&(struct oda_seal){.algorithm = oda->chain.algorithm,
                                       .signer = &oda->chain.icc,
                                       .body = body,
                                       .body_len = n + dynamic_len,
                                       .tail = tail,
                                       .tail_len = tail_len,
                                       .change = change},
                    out);
}

uint16_t card_internal_authenticate(struct card *c, const struct capdu *command, struct card_answer *out)
{
    uint8_t dynamic[1 + ODA_IDN] = {ODA_IDN}, bytes[256];
    struct card_bytes signature;
    struct tlv_out tlv;
    const struct card_application *a = card_application(c);
    if (!a || !a->oda.present)
        return 0x6D00;
    if (command->p1 || command->p2)
        return 0x6A86;
    if (c->session.phase != CARD_INITIATED)
        return 0x6985;
    const struct card_oda *oda = &a->oda;
    if (!oda->dda || oda_change(oda, ODA_SDAD) == ODA_LEFT_OUT)
        return 0x6985;
    bool own_list = oda_change(oda, ODA_DATA) == ODA_AS_IT_SHOULD_BE;
    if (command->lc == 0 || (own_list && command->lc != card_dol_len(&oda->ddol)))
        return 0x6700;
    card_draw_number(c, "dynamic", c->session.signatures++, dynamic + 1, ODA_IDN);
    if (sign(c, dynamic, sizeof dynamic, command->data, command->lc, &signature))
        return 0x6F00;
    c->session.dda_done = true;
    tlv_out_init(&tlv, bytes, sizeof bytes);
    tlv_put(&tlv, oda->dda_format == CARD_FORMAT_77 ? 0x9F4B : 0x80, signature.bytes, signature.len);
    if (oda->dda_format == CARD_FORMAT_77)
        tlv_wrap(&tlv, 0, 0x77);
    card_answer_out(out, &tlv);
    return 0x9000;
}

/* -- CDA -- */

static size_t add(uint8_t *to, size_t at, const void *bytes, size_t len)
{
    if (len)
        memcpy(to + at, bytes, len);
    return at + len;
}

int card_sign_cryptogram(struct card *c, uint8_t cid, const uint8_t ac[8], const struct tlv_out *answer,
                         struct card_bytes *signature)
{
    const struct card_oda *oda = &card_application(c)->oda;
    const struct card_session *s = &c->session;
    uint8_t input[4 * CARD_DATA_MAX], dynamic[1 + ODA_IDN + 1 + 8 + 32] = {ODA_IDN}, un[4];
    size_t n = add(input, 0, s->pdol_data.bytes, s->pdol_data.len);
    n = add(input, n, s->cdol1_data.bytes, s->cdol1_data.len);
    n = add(input, n, s->cdol2_data.bytes, s->cdol2_data.len); /* empty at the first GENERATE AC */
    n = add(input, n, answer->bytes, answer->len);
    card_draw_number(c, "combined", c->session.signatures++, dynamic + 1, ODA_IDN);
    dynamic[1 + ODA_IDN] = oda_change(oda, ODA_CDA) == ODA_CID ? cid ^ 0xC0 : cid;
    memcpy(dynamic + 2 + ODA_IDN, ac, 8);
    size_t len = 10 + ODA_IDN;
    len += signing_digest(oda->chain.algorithm, input, n, dynamic + len);
    if (oda_change(oda, ODA_CDA) == ODA_TRANSACTION)
        dynamic[len - 1] ^= 0x01;
    card_terminal_value(c, 0x9F37, un, sizeof un);
    return sign(c, dynamic, len, un, sizeof un, signature);
}

/* -- fDDA -- */

int card_sign_tap(struct card *c, const uint8_t *tail, size_t tail_len, struct card_bytes *signature)
{
    uint8_t dynamic[1 + 2] = {2}; /* its number is the ATC */
    memcpy(dynamic + 1, card_state(c)->atc, 2);
    return sign(c, dynamic, sizeof dynamic, tail, tail_len, signature);
}

/* -- enciphered PIN -- */

uint16_t card_get_challenge(struct card *c, const struct capdu *command, struct card_answer *out)
{
    const struct card_application *a = card_application(c);
    if (!a || !a->oda.present)
        return 0x6D00;
    if (command->p1 || command->p2)
        return 0x6A86;
    if (command->lc)
        return 0x6700;
    card_draw_number(c, "random", c->session.challenges++, c->session.challenge, sizeof c->session.challenge);
    c->session.challenged = true;
    memcpy(out->data, c->session.challenge, sizeof c->session.challenge);
    out->len = sizeof c->session.challenge;
    return 0x9000;
}

uint16_t card_decipher_pin(struct card *c, const struct capdu *command, uint8_t block[8])
{
    const struct card_oda *oda = &card_application(c)->oda;
    const struct chain_key *key = oda->pin == ODA_PIN_OWN ? &oda->chain.pin : &oda->chain.icc;
    uint8_t clear[SIGNING_MAX];
    memset(block, 0xFF, 8); /* what is no PIN block, if it cannot be read */
    if (command->lc != key->modulus.len)
        return 0x6700;
    if (!c->session.challenged)
        return 0x6985;
    c->session.challenged = false; /* for one PIN only */
    if (rsa_private(key, command->data, clear) == OK && clear[0] == 0x7F &&
        CRYPTO_memcmp(clear + 9, c->session.challenge, sizeof c->session.challenge) == 0)
        memcpy(block, clear + 1, 8);
    OPENSSL_cleanse(clear, sizeof clear);
    return 0x9000;
}
