#include "scenarios/engine/card_shared.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

/* The PAN, and so much of it as no receipt may show: more than the first six and the last four digits (PCI DSS 3.4). */
static bool pan_secrets(struct record *r, const char *pan)
{
    char most[20];
    size_t len = strlen(pan);
    if (record_secret_digits(r, pan) != OK)
        return false;
    if (len < 15) /* what is left is too short to be told from any number */
        return true;
    snprintf(most, sizeof most, "%.*s", (int)len - 4, pan);
    int status = record_secret_digits(r, most);
    if (status == OK)
        status = record_secret_digits(r, pan + 6);
    OPENSSL_cleanse(most, sizeof most);
    return status == OK;
}

bool card_secrets(struct record *r, const struct card_facts *f)
{
    char digits[40];
    size_t n = 0;
    for (const char *p = f->track2; *p && n + 1 < sizeof digits; p++)
        if (*p >= '0' && *p <= '9')
            digits[n++] = *p;
    digits[n] = '\0';
    bool ok = n < 8 || record_secret_digits(r, digits) == OK;
    OPENSSL_cleanse(digits, sizeof digits);
    const uint8_t *keys[] = {f->imk_ac, f->imk_smi, f->imk_smc};
    for (size_t i = 0; f->has_chip && i < 3; i++)
        ok = ok && record_secret_bytes(r, keys[i], 16) == OK;
    return ok && (!f->pan[0] || pan_secrets(r, f->pan));
}
