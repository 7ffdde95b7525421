/*
 * Before a card is there (EMV Contactless Book A, pre-processing): the limits of each application decide whether the
 * field is switched on at all, and what the qualifiers will ask of the card. A reader that cannot go online accepts no
 * tap above the floor limit, and asks for no online cryptogram. Called by the application and initiate.c.
 */
#include "core/emv/contactless/contactless_internal.h"

#include <string.h>

/* What is this kernel's to say: the rest of 9F66 is reserved, or of modes that it does not have. */
static const uint8_t known[4] = {TTQ1_QPBOC | TTQ1_CONTACT | TTQ1_OFFLINE_ONLY | TTQ1_ONLINE_PIN | TTQ1_SIGNATURE, 0x00,
                                 0x00, TTQ4_FDDA_01};

bool contactless_allowed(const struct contactless_config *config, size_t aid, uint64_t amount_cents)
{
    bool offline_only = config->ttq[0] & TTQ1_OFFLINE_ONLY;
    return (config->ttq[0] & TTQ1_QPBOC) && aid < EMV_AIDS && amount_cents < config->aid[aid].limit &&
           (!offline_only || amount_cents <= config->aid[aid].floor_limit);
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
    for (size_t i = 0; i < sizeof known; i++)
        ttq[i] = config->ttq[i] & known[i];
    if (amount_cents > limits->floor_limit)
        ttq[1] |= TTQ2_CRYPTOGRAM;
    if (amount_cents >= limits->cvm_limit)
        ttq[1] |= TTQ2_CVM;
}
