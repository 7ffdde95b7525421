/*
 * The issuer's script commands (EMV Book 3 6.5, DOMAIN 2.2, 3.8): one check of order and MAC for all of them, then what
 * the command does to the lasting state. The MAC runs over header, Lc, ATC, the first cryptogram and the data.
 *
 * A command without data is all MAC, 4 to 8 bytes; the others end with as many bytes as the profile's script_mac_len
 * says. PIN CHANGE brings 08, the delta PIN and 80 00.., in ECB under the SMC session key. The delta PIN is three
 * blocks XORed: 0, length and digits of the new PIN, filled with F; four bytes of the card's own key in the right half;
 * and with P2 01 the old PIN's digits, filled with 0. Which key: of VSDC the one for cryptograms (VIS appendix C.11, as
 * the manuals of security modules tell it), of PBOC the one for enciphering (a public test suite for PBOC cards).
 */
#include "cards/card_internal.h"

#include <openssl/crypto.h>
#include <string.h>

#define MAC_MIN 4
#define MAC_MAX 8
#define SCRIPTS_MAX 15
#define PIN_CIPHERTEXT 16

typedef uint16_t script_effect(struct card *c, const struct capdu *command, size_t data_len);

static uint16_t block_application(struct card *c, const struct capdu *command, size_t data_len)
{
    (void)command, (void)data_len;
    card_state(c)->blocked = 1;
    return 0x9000;
}

static uint16_t unblock_application(struct card *c, const struct capdu *command, size_t data_len)
{
    (void)command, (void)data_len;
    card_state(c)->blocked = 0;
    card_state(c)->blocked_by_pin = 0;
    return 0x9000;
}

static uint16_t block_card(struct card *c, const struct capdu *command, size_t data_len)
{
    (void)command, (void)data_len;
    c->lasting.blocked = 1;
    return 0x9000;
}

static int decipher(const struct card *c, const uint8_t *ciphertext, uint8_t delta[8])
{
    static const uint8_t padding[7] = {0x80};
    uint8_t sk[16], clear[PIN_CIPHERTEXT];
    int status =
        script_session_key(card_scheme(c), card_keys(c)->smc, c->lasting.applications[c->session.selected].atc, sk);
    if (status == OK)
        status = script_cipher(card_scheme(c), sk, 0, ciphertext, PIN_CIPHERTEXT, clear);
    if (status == OK && (clear[0] != 8 || memcmp(clear + 9, padding, sizeof padding) != 0))
        status = E_FORMAT;
    if (status == OK)
        memcpy(delta, clear + 1, 8);
    OPENSSL_cleanse(sk, sizeof sk);
    OPENSSL_cleanse(clear, sizeof clear);
    return status;
}

/* The new PIN; E_FORMAT: none comes out, as with another old PIN than the card's. */
static int read_delta(const struct card *c, const uint8_t delta[8], const char *old_pin, char pin[13])
{
    bool vsdc = card_scheme(c) == AC_CVN10 || card_scheme(c) == AC_CVN18;
    const uint8_t *own = vsdc ? card_keys(c)->ac : card_keys(c)->smc;
    uint8_t block[8];
    memcpy(block, delta, sizeof block);
    for (size_t i = 4; i < sizeof block; i++)
        block[i] ^= own[i];
    for (size_t i = 0; old_pin && old_pin[i]; i++)
        block[i / 2] ^= (uint8_t)((old_pin[i] - '0') << (i % 2 ? 0 : 4));
    int status = block[0] >> 4 ? E_FORMAT : OK;
    block[0] |= 0x20; /* from here on it is read as VERIFY reads its own */
    if (status == OK)
        status = card_pin_read(block, pin);
    OPENSSL_cleanse(block, sizeof block);
    return status;
}

enum { UNBLOCK_ONLY = 0x00, WITH_OLD_PIN = 0x01, WITHOUT_OLD_PIN = 0x02 }; /* P2 */

static uint16_t change_pin(struct card *c, const struct capdu *command, size_t data_len)
{
    struct card_lasting_application *state = card_state(c);
    uint8_t delta[8];
    char pin[13];
    if (command->p1 || command->p2 > WITHOUT_OLD_PIN)
        return 0x6A86;
    if (data_len != (command->p2 ? PIN_CIPHERTEXT : 0))
        return 0x6700;
    if (!*state->pin)
        return 0x6A88;
    if (command->p2 != UNBLOCK_ONLY) {
        int status = decipher(c, command->data, delta);
        if (status == OK)
            status = read_delta(c, delta, command->p2 == WITH_OLD_PIN ? (const char *)state->pin : NULL, pin);
        OPENSSL_cleanse(delta, sizeof delta);
        if (status)
            return 0x6A80;
        memcpy(state->pin, pin, sizeof state->pin);
        OPENSSL_cleanse(pin, sizeof pin);
    }
    state->pin_tries = card_application(c)->pin_try_limit;
    return 0x9000;
}

/* Only objects that were personalised, and only in their length. */
static uint16_t put_data(struct card *c, const struct capdu *command, size_t data_len)
{
    uint32_t tag = command->p1 ? (uint32_t)command->p1 << 8 | command->p2 : command->p2;
    size_t len;
    uint8_t *value = card_data_find(card_state(c), tag, &len);
    if (!value)
        return 0x6A88;
    if (data_len != len)
        return 0x6A80;
    uint16_t sw = card_purse_put(c, tag, command->data, len);
    if (sw == 0x9000)
        memcpy(value, command->data, len);
    return sw;
}

static uint16_t update_record(struct card *c, const struct capdu *command, size_t data_len)
{
    struct card_lasting_application *state = card_state(c);
    uint8_t sfi = command->p2 >> 3;
    size_t i = 0, len;
    if ((command->p2 & 0x07) != 0x04)
        return 0x6A86;
    if (data_len == 0)
        return 0x6700;
    if (!card_record_find(c, sfi, command->p1, &len))
        return 0x6A83;
    while (i < state->changes && (state->change[i].sfi != sfi || state->change[i].number != command->p1))
        i++;
    if (i == CARD_CHANGES)
        return 0x6A84;
    if (i == state->changes)
        state->changes++;
    memset(&state->change[i], 0, sizeof state->change[i]);
    state->change[i].sfi = sfi;
    state->change[i].number = command->p1;
    state->change[i].len = (uint8_t)data_len;
    memcpy(state->change[i].bytes, command->data, data_len);
    return 0x9000;
}

static const struct script_row {
    uint8_t ins;
    bool has_data;
    script_effect *effect;
} scripts[] = {
    {0x1E, false, block_application}, {0x18, false, unblock_application},
    {0x16, false, block_card},        {0x24, true, change_pin},
    {0xDA, true, put_data},           {0xDC, true, update_record},
};

static bool mac_is_right(const struct card *c, const struct capdu *command, size_t data_len)
{
    const struct card_lasting_application *state = &c->lasting.applications[c->session.selected];
    const uint8_t header[4] = {command->cla, command->ins, command->p1, command->p2};
    size_t mac_len = command->lc - data_len;
    uint8_t sk[16], mac[MAC_MAX];
    int status = script_session_key(card_scheme(c), card_keys(c)->smi, state->atc, sk);
    if (status == OK)
        status = script_mac(card_scheme(c), sk, header, command->lc, state->atc, c->session.first_ac, command->data,
                            data_len, mac, mac_len);
    OPENSSL_cleanse(sk, sizeof sk);
    return status == OK && CRYPTO_memcmp(mac, command->data + data_len, mac_len) == 0;
}

static uint16_t run(struct card *c, const struct script_row *row, const struct capdu *command)
{
    size_t mac_len = row->has_data ? card_application(c)->script_mac_len : command->lc;
    if (command->lc < mac_len || mac_len < MAC_MIN)
        return 0x6987;
    if (mac_len > MAC_MAX)
        return 0x6700;
    size_t data_len = command->lc - mac_len;
    if (!mac_is_right(c, command, data_len))
        return 0x6988;
    return row->effect(c, command, data_len);
}

uint16_t card_script(struct card *c, const struct capdu *command, struct card_answer *out)
{
    (void)out;
    const struct script_row *row = scripts;
    if (c->session.phase != CARD_AWAITS_ISSUER && c->session.phase != CARD_FINISHED)
        return 0x6985;
    while (row->ins != command->ins)
        row++;
    struct card_lasting_application *state = card_state(c);
    uint16_t sw = run(c, row, command);
    if (sw != 0x9000) {
        state->script_failed = 1;
        c->session.script_failed_now = true;
    } else if (state->scripts < SCRIPTS_MAX) {
        state->scripts++;
    }
    return sw;
}
