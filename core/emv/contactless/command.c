/*
 * Commands through the air and what their failures mean: a card that has left, is silent or is garbled by the field is
 * to be presented again (EMV Contactless Book A, outcome "try again"). Called by every step.
 */
#include "core/emv/contactless/contactless_internal.h"

#include <openssl/crypto.h>

int contactless_command(struct contactless *c, const struct capdu *command, struct emv_answer *answer)
{
    uint8_t bytes[APDU_MAX];
    size_t len = 0, got = 0;
    int rc = capdu_encode(command, bytes, sizeof bytes, &len);
    if (rc != OK)
        return rc;
    rc = HAL_CALL(c->e->hal, contactless, exchange, bytes, len, answer->bytes, sizeof answer->bytes, &got);
    OPENSSL_cleanse(bytes, sizeof bytes);
    if (rc == HAL_E_POWER)
        return rc;
    if (rc == HAL_E_IO || rc == HAL_E_UNSUPPORTED)
        return HAL_E_IO;
    if (rc != OK || got < 2)
        return emv_refuse(c->e, EMV_REMOVED, "contactless: no proper answer, the card left the field");
    answer->sw = rapdu_sw(answer->bytes, got);
    answer->len = got - 2;
    return OK;
}

int contactless_select(struct contactless *c, const uint8_t *name, size_t len, struct emv_answer *answer)
{
    const struct capdu select = {
        .ins = 0xA4,
        .p1 = 0x04,
        .lc = (uint8_t)len,
        .data = name,
        .has_le = true,
        .ne = 256,
    };
    return contactless_command(c, &select, answer);
}

int contactless_other(const struct contactless *c, const char *why)
{
    return emv_refuse(c->e, (enum emv_outcome)CONTACTLESS_OTHER_INTERFACE, why);
}
