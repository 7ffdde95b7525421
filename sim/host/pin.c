/*
 * The online PIN (DE52 under the PIK, ISO 9564-1 format 0; DOMAIN 4.5, 8.1). Two wrong ones are 55, the third is 75,
 * and then the PIN is locked: 38. A block that no PIK of ours made is 99: the keys are out of step, and no try is
 * counted.
 */
#include "sim/host/state.h"

#include "core/codec/des.h"
#include "core/codec/pinblock.h"

#include <openssl/crypto.h>
#include <string.h>

/* DE53.1: 2 with the PAN in the block, 1 without. */
static int read_pin(const struct exchange *x, char pin[13])
{
    size_t len;
    uint8_t clear[8];
    char control[17], pan12[13];
    const uint8_t *block = iso_get(x->request, 52, &len);
    iso_text(x->request, 53, control, sizeof control);
    pinblock_pan12(x->account->is.pan, pan12);
    int status = tdes_ecb(x->terminal->pik, x->terminal->pik_len, 0, block, sizeof clear, clear);
    if (status == OK)
        status = pinblock_read0(clear, *control == '1' ? NULL : pan12, pin);
    OPENSSL_cleanse(clear, sizeof clear);
    return status;
}

const char *pin_check(struct exchange *x)
{
    struct account_state *a = x->account;
    char pin[13];
    if (!iso_has(x->request, 52) || !*a->is.pin)
        return NULL;
    if (a->pin_failures >= HOST_PIN_TRIES)
        return refuse(x, "38", "PIN is locked");
    if (read_pin(x, pin))
        return refuse(x, "99", "not a PIN block under our key");
    bool right = strcmp(pin, a->is.pin) == 0;
    OPENSSL_cleanse(pin, sizeof pin);
    a->pin_failures = right ? 0 : (uint8_t)(a->pin_failures + 1);
    if (right)
        return NULL;
    return a->pin_failures < HOST_PIN_TRIES ? refuse(x, "55", "wrong PIN") : refuse(x, "75", "PIN tries exceeded");
}
