/*
 * VERIFY (EMV Book 3 6.5.12): a format 2 block, plain or enciphered (Book 2 7.2), against the PIN in the card, and the
 * try counter. A PIN found blocked is 6984, one that was blocked in this transaction 6983. An enciphered block that
 * holds no PIN, or another challenge than the card's, is a wrong PIN: it costs a try.
 */
#include "cards/card_internal.h"

#include "core/codec/pinblock.h"

#include <openssl/crypto.h>
#include <string.h>

#define P2_PLAINTEXT 0x80
#define P2_ENCIPHERED 0x88

int card_pin_read(const uint8_t block[8], char pin[13])
{
    size_t digits = block[0] & 0x0F;
    memset(pin, 0, 13);
    if (block[0] >> 4 != 2 || digits < 4 || digits > 12)
        return E_FORMAT;
    for (size_t i = 0; i < 14; i++) {
        uint8_t nibble = i % 2 ? block[1 + i / 2] & 0x0F : block[1 + i / 2] >> 4;
        if (i < digits ? nibble > 9 : nibble != 0xF) {
            OPENSSL_cleanse(pin, 13);
            return E_FORMAT;
        }
        if (i < digits)
            pin[i] = (char)('0' + nibble);
    }
    return OK;
}

static bool is_right(const struct card_lasting_application *state, const uint8_t block[8])
{
    char pin[13];
    bool right = card_pin_read(block, pin) == OK && CRYPTO_memcmp(pin, state->pin, sizeof pin) == 0;
    OPENSSL_cleanse(pin, sizeof pin);
    return right;
}

static uint16_t take_block(struct card *c, const struct capdu *command, uint8_t block[8])
{
    if (command->p2 == P2_ENCIPHERED)
        return card_decipher_pin(c, command, block);
    memcpy(block, command->data, 8);
    return 0x9000;
}

uint16_t card_verify(struct card *c, const struct capdu *command, struct card_answer *out)
{
    (void)out;
    struct card_lasting_application *state = card_state(c);
    uint8_t block[8];
    if (command->p1 || (command->p2 != P2_PLAINTEXT && command->p2 != P2_ENCIPHERED))
        return 0x6A86;
    if (command->p2 == P2_ENCIPHERED && (!state || card_application(c)->oda.pin == ODA_PIN_NONE))
        return 0x6A86;
    if (command->p2 == P2_PLAINTEXT && command->lc != 8)
        return 0x6700;
    if (c->session.phase != CARD_INITIATED)
        return 0x6985;
    if (!*state->pin)
        return 0x6A88;
    uint16_t sw = take_block(c, command, block);
    if (sw != 0x9000)
        return sw;
    c->session.pin_done = true;
    c->session.pin_failed = true;
    if (state->pin_tries == 0)
        return c->session.pin_blocked_now ? 0x6983 : 0x6984;
    bool right = is_right(state, block);
    OPENSSL_cleanse(block, sizeof block);
    if (!right) {
        state->pin_tries--;
        c->session.pin_blocked_now = state->pin_tries == 0;
        return SW(0x63, 0xC0 | state->pin_tries);
    }
    c->session.pin_failed = false;
    state->pin_tries = card_application(c)->pin_try_limit;
    return 0x9000;
}
