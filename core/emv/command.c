/*
 * Commands of the kernel and what their failures mean: before final selection a transport failure is a chip that does
 * not work, after it the transaction ends without fallback (DOMAIN 1.3). Called by every step.
 */
#include "core/emv/emv_internal.h"

#include <openssl/crypto.h>
#include <stdio.h>

void emv_note(const struct emv *e, const char *text)
{
    char line[96];
    snprintf(line, sizeof line, "emv: %s", text);
    HAL_CALL(e->hal, log, write, HAL_LOG_WARN, line);
}

int emv_refuse(const struct emv *e, enum emv_outcome outcome, const char *why)
{
    emv_note(e, why);
    return outcome;
}

int emv_command(struct emv *e, const struct capdu *command, struct emv_answer *answer)
{
    uint8_t bytes[APDU_MAX];
    size_t len = 0, got = 0;
    int rc = capdu_encode(command, bytes, sizeof bytes, &len);
    if (rc != OK)
        return rc;
    rc = icc_exchange(&e->icc, bytes, len, answer->bytes, sizeof answer->bytes, &got);
    OPENSSL_cleanse(bytes, sizeof bytes);
    if (rc == ICC_REMOVED)
        return emv_refuse(e, EMV_REMOVED, "card removed");
    if (rc == ICC_READER)
        return HAL_E_IO;
    if (rc > 0)
        return emv_refuse(e, e->selected ? EMV_CARD_ERROR : EMV_CHIP_ERROR, "no proper answer from the card");
    if (rc != OK)
        return rc;
    answer->sw = rapdu_sw(answer->bytes, got);
    answer->len = got - 2;
    return OK;
}

int emv_read_record(struct emv *e, uint8_t sfi, uint8_t record, struct emv_answer *answer)
{
    const struct capdu read = {
        .ins = 0xB2, .p1 = record, .p2 = (uint8_t)(sfi << 3 | 4), .has_le = true, .ne = 256,
    };
    return emv_command(e, &read, answer);
}

int emv_sole_template(const struct emv_answer *answer, uint32_t tag, struct tlv *out)
{
    size_t at = 0;
    if (tlv_next(answer->bytes, answer->len, &at, out) != OK || out->tag != tag || at != answer->len)
        return E_FORMAT;
    return tlv_is_template(tag) ? tlv_check(out->value, out->len) : OK;
}
