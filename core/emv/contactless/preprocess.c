/*
 * Before a card is there (EMV Contactless Book A, pre-processing): the limits of each application decide whether the
 * field is switched on at all, and what the qualifiers will ask of the card. Called by the application and initiate.c.
 */
#include "core/emv/contactless/contactless_internal.h"

#include <string.h>

bool contactless_allowed(const struct contactless_config *config, size_t aid, uint64_t amount_cents)
{
    return (config->ttq[0] & TTQ1_QPBOC) && aid < EMV_AIDS && amount_cents < config->aid[aid].limit;
}

bool contactless_offered(const struct emv_config *emv, const struct contactless_config *config, uint64_t amount_cents)
{
    for (size_t i = 0; i < emv->aids; i++)
        if (contactless_allowed(config, i, amount_cents))
            return true;
    return false;
}

void contactless_qualifiers(const struct contactless_config *config, size_t aid, uint64_t amount_cents, uint8_t ttq[4])
{
    const struct contactless_limits *limits = &config->aid[aid];
    memcpy(ttq, config->ttq, 4);
    if (amount_cents > limits->floor_limit)
        ttq[1] |= TTQ2_CRYPTOGRAM;
    if (amount_cents >= limits->cvm_limit)
        ttq[1] |= TTQ2_CVM;
}
