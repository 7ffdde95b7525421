/* Begin, the walk through the steps, end: contactless.h. Called by core/app/sale_tap.c. */
#include "core/emv/contactless/contactless_internal.h"

#include <openssl/crypto.h>
#include <string.h>

int contactless_begin(struct contactless *c, struct emv *e, const struct hal *hal, const struct emv_config *emv,
                      const struct contactless_config *config, const struct emv_transaction *transaction,
                      const struct emv_dialogue *dialogue)
{
    memset(e, 0, sizeof *e);
    *c = (struct contactless){.e = e, .config = config};
    if (emv->aids > EMV_AIDS)
        return E_INVAL;
    e->hal = hal;
    e->config = emv;
    e->transaction = transaction;
    e->dialogue = dialogue;
    memcpy(e->cvm_result, (const uint8_t[3]){0x3F, 0x00, 0x00}, sizeof e->cvm_result);
    return emv_restart(e, NULL);
}

/* The card has answered. Only an offline approval that may be taken has more to be read. */
static int finish_reading(struct contactless *c)
{
    enum emv_ac type;
    int rc = contactless_type(c, &type);
    return rc == OK && type == EMV_AC_TC && !(c->ttq[1] & TTQ2_CRYPTOGRAM) ? contactless_records(c) : rc;
}

/* By priority until one of them goes through (Book B 3.3.3, and 6985 to GET PROCESSING OPTIONS). */
int contactless_read(struct contactless *c)
{
    int rc = contactless_list(c);
    if (rc != OK)
        return rc;
    while (contactless_best(c)) {
        rc = contactless_choose(c);
        if (rc == OK)
            rc = contactless_initiate(c);
        if (rc != E_NOTFOUND && rc != EMV_RESELECT)
            return rc == OK ? finish_reading(c) : rc;
        emv_candidate_remove(c->e, c->e->current);
    }
    return emv_refuse(c->e, EMV_NOT_ACCEPTED, "contactless: no application goes through");
}

void contactless_end(struct contactless *c)
{
    OPENSSL_cleanse(c->e, sizeof *c->e);
}
