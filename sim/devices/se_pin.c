/* PIN buffer, PIN block and offline PIN (ISO 9564-1; EMV Book 3, 6.5.12, Book 2, section 7). The PIN goes out
 * enciphered, or in clear to the card only. */
#include "core/codec/apdu.h"
#include "core/codec/des.h"
#include "core/codec/pinblock.h"
#include "sim/devices/se_ops.h"

#include <openssl/bn.h>
#include <openssl/rand.h>
#include <string.h>

#define PIN_MIN 4
#define INS_VERIFY 0x20
#define P2_PLAIN 0x80
#define P2_ENCIPHERED 0x88
#define ENCIPHERED_HEADER 0x7F
#define ENCIPHERED_FIXED 17 /* header, PIN block, challenge */
#define MODULUS_MIN 64
#define MODULUS_MAX 248 /* EMV Book 2, annex B2 */
#define VERIFY_HEADER 5
#define VERIFY_MAX (VERIFY_HEADER + MODULUS_MAX)

struct verify_command {
    uint8_t bytes[VERIFY_MAX];
    size_t len;
};

int sim_se_pin_digit(struct sim_se *d, char digit, uint8_t max)
{
    if (digit < '0' || digit > '9')
        return E_INVAL;
    if (d->pin_len >= max || d->pin_len >= SIM_SE_PIN_MAX)
        return E_LIMIT;
    d->pin[d->pin_len++] = digit;
    return OK;
}

void sim_se_pin_clear(struct sim_se *d)
{
    explicit_bzero(d->pin, sizeof d->pin);
    d->pin_len = 0;
}

int se_pin_len(void *ctx, uint8_t *len)
{
    const struct sim_se *d = ctx;
    *len = (uint8_t)d->pin_len;
    return OK;
}

int se_pin_wipe(void *ctx)
{
    sim_se_pin_clear(ctx);
    return OK;
}

int se_pin_block(void *ctx, unsigned slot, enum hal_pin_format format, const char pan12[13], uint8_t block[8])
{
    struct sim_se *d = ctx;
    const struct sim_se_key *key = NULL;
    uint8_t clear[8] = {0};
    if (d->pin_len < PIN_MIN)
        return E_STATE; /* the customer may still be typing: the buffer stays */
    int rc = se_key(d, slot, HAL_USE_PIK, &key);
    if (rc == OK && key->algorithm != HAL_ALG_TDES)
        rc = HAL_E_UNSUPPORTED; /* an SM4 block has 16 bytes, DE52 has 8 */
    if (rc == OK && ((format != HAL_PIN_ISO0 && format != HAL_PIN_ISO0_NO_PAN) || (format == HAL_PIN_ISO0 && !pan12)))
        rc = E_INVAL;
    if (rc == OK)
        rc = pinblock_format0(d->pin, format == HAL_PIN_ISO0 ? pan12 : NULL, clear);
    if (rc == OK)
        rc = tdes_ecb(key->key, key->len, 1, clear, sizeof clear, block);
    explicit_bzero(clear, sizeof clear);
    sim_se_pin_clear(d);
    return rc;
}

/* The exchange goes past the tap, so the record gets its line here: with zeros for the PIN block, in clear or
 * enciphered. Its digest alone would give four digits away, and whoever can draw the padding again could try them all.
 */
static void record_verify(const struct sim_se *d, const struct verify_command *sent, int rc, const uint8_t *answer,
                          size_t len, uint64_t start_us)
{
    struct record *r = d->port->record;
    uint8_t shown[VERIFY_MAX] = {0};
    memcpy(shown, sent->bytes, VERIFY_HEADER);
    record_begin(r, d->port->terminal, "apdu");
    record_bytes(r, "c", shown, sent->len, RECORD_COMMAND);
    if (rc == OK)
        record_bytes(r, "r", answer, len, RECORD_ANSWER);
    record_number(r, "us", (int64_t)(world_now(d->port->world) - start_us));
    record_text(r, "err", rc == OK ? NULL : status_name(rc));
    record_end(r);
}

/* 7F, PIN block, the card's challenge, random bytes to the length of the modulus (EMV Book 2, 7.2). */
static int fill_enciphered(const uint8_t pin_block[8], const uint8_t challenge[8], uint8_t *block, size_t len)
{
    block[0] = ENCIPHERED_HEADER;
    memcpy(block + 1, pin_block, 8);
    memcpy(block + 9, challenge, 8);
    return RAND_bytes(block + ENCIPHERED_FIXED, (int)(len - ENCIPHERED_FIXED)) == 1 ? OK : E_CRYPTO;
}

/* block = block ^ exponent mod modulus, in place: RSA without padding. */
static int rsa_public(uint8_t *block, size_t len, const uint8_t *modulus, uint32_t exponent)
{
    const uint8_t e_bytes[4] = {(uint8_t)(exponent >> 24), (uint8_t)(exponent >> 16), (uint8_t)(exponent >> 8),
                                (uint8_t)exponent};
    BN_CTX *ctx = BN_CTX_secure_new();
    BIGNUM *n = BN_bin2bn(modulus, (int)len, NULL), *e = BN_bin2bn(e_bytes, 4, NULL);
    BIGNUM *m = BN_bin2bn(block, (int)len, NULL), *c = BN_new();
    bool ok = ctx && n && e && m && c && BN_cmp(m, n) < 0 && BN_mod_exp(c, m, e, n, ctx) == 1 &&
              BN_bn2binpad(c, block, (int)len) == (int)len;
    BN_clear_free(m);
    BN_free(c);
    BN_free(e);
    BN_free(n);
    BN_CTX_free(ctx);
    return ok ? OK : E_CRYPTO;
}

static int encipher(struct verify_command *out, const uint8_t *modulus, size_t len, uint32_t exponent,
                    const uint8_t challenge[8])
{
    uint8_t pin_block[8];
    memcpy(pin_block, out->bytes + VERIFY_HEADER, sizeof pin_block);
    out->bytes[3] = P2_ENCIPHERED;
    out->bytes[4] = (uint8_t)len;
    out->len = VERIFY_HEADER + len;
    int rc = fill_enciphered(pin_block, challenge, out->bytes + VERIFY_HEADER, len);
    if (rc == OK)
        rc = rsa_public(out->bytes + VERIFY_HEADER, len, modulus, exponent);
    explicit_bzero(pin_block, sizeof pin_block);
    return rc;
}

int se_pin_verify(void *ctx, uint8_t p2, const uint8_t *modulus, size_t modulus_len, uint32_t exponent,
                  const uint8_t challenge[8], uint16_t *sw)
{
    struct sim_se *d = ctx;
    bool enciphered = p2 == P2_ENCIPHERED;
    if (!d->reader.ops || !d->reader.ops->exchange)
        return HAL_E_UNSUPPORTED;
    if (p2 != P2_PLAIN && !enciphered)
        return E_INVAL;
    if (enciphered && (!modulus || !challenge || modulus_len < MODULUS_MIN || modulus_len > MODULUS_MAX ||
                       !(modulus[0] & 0x80) || !(modulus[modulus_len - 1] & 1) || exponent < 3 || !(exponent & 1)))
        return HAL_E_UNSUPPORTED; /* no RSA key a card may have */
    if (d->pin_len < PIN_MIN)
        return E_STATE;
    struct verify_command command = {{0x00, INS_VERIFY, 0x00, P2_PLAIN, 8}, VERIFY_HEADER + 8};
    uint8_t answer[HAL_RPDU_MAX];
    size_t len = 0;
    uint64_t start_us = world_now(d->port->world);
    int rc = pinblock_format2(d->pin, command.bytes + VERIFY_HEADER);
    sim_se_pin_clear(d);
    if (rc == OK && enciphered)
        rc = encipher(&command, modulus, modulus_len, exponent, challenge);
    if (rc == OK) {
        rc = d->reader.ops->exchange(d->reader.ctx, 0, command.bytes, command.len, answer, sizeof answer, &len);
        record_verify(d, &command, rc, answer, len, start_us);
    }
    explicit_bzero(&command, sizeof command);
    if (rc == OK && len < 2)
        rc = HAL_E_PROTOCOL;
    if (rc == OK)
        *sw = rapdu_sw(answer, len);
    return rc;
}
