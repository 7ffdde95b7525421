/* PIN buffer, PIN block and offline PIN (ISO 9564-1; EMV Book 3, 6.5.12). The PIN goes out enciphered, or in clear to
 * the card only. */
#include "core/codec/apdu.h"
#include "core/codec/des.h"
#include "core/codec/pinblock.h"
#include "sim/devices/se_ops.h"

#include <string.h>

#define PIN_MIN 4
#define INS_VERIFY 0x20
#define P2_PLAIN 0x80
#define P2_ENCIPHERED 0x88

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

/* The exchange goes past the tap, so the record gets its line here: with zeros for the PIN block, whose digest alone
 * would give four digits away. */
static void record_verify(const struct sim_se *d, const uint8_t *header, int rc, const uint8_t *answer, size_t len,
                          uint64_t start_us)
{
    struct record *r = d->port->record;
    uint8_t shown[5 + 8] = {0};
    memcpy(shown, header, 5);
    record_begin(r, d->port->terminal, "apdu");
    record_bytes(r, "c", shown, sizeof shown, RECORD_COMMAND);
    if (rc == OK)
        record_bytes(r, "r", answer, len, RECORD_ANSWER);
    record_number(r, "us", (int64_t)(world_now(d->port->world) - start_us));
    record_text(r, "err", rc == OK ? NULL : status_name(rc));
    record_end(r);
}

int se_pin_verify(void *ctx, uint8_t p2, const uint8_t *modulus, size_t modulus_len, uint32_t exponent,
                  const uint8_t challenge[8], uint16_t *sw)
{
    struct sim_se *d = ctx;
    (void)modulus, (void)modulus_len, (void)exponent, (void)challenge;
    if (p2 == P2_ENCIPHERED || !d->reader.ops || !d->reader.ops->exchange)
        return HAL_E_UNSUPPORTED;
    if (p2 != P2_PLAIN)
        return E_INVAL;
    if (d->pin_len < PIN_MIN)
        return E_STATE;
    uint8_t command[5 + 8] = {0x00, INS_VERIFY, 0x00, P2_PLAIN, 8};
    uint8_t answer[HAL_RPDU_MAX];
    size_t len = 0;
    uint64_t start_us = world_now(d->port->world);
    int rc = pinblock_format2(d->pin, command + 5);
    sim_se_pin_clear(d);
    if (rc == OK) {
        rc = d->reader.ops->exchange(d->reader.ctx, 0, command, sizeof command, answer, sizeof answer, &len);
        record_verify(d, command, rc, answer, len, start_us);
    }
    explicit_bzero(command, sizeof command);
    if (rc == OK && len < 2)
        rc = HAL_E_PROTOCOL;
    if (rc == OK)
        *sw = rapdu_sw(answer, len);
    return rc;
}
