/*
 * What the issuer wants done in exceptional cases: application default action (9F52) and issuer authentication
 * indicator (9F56) of the card's data, as VSDC and PBOC cards have them; a public personalisation script of a PBOC card
 * has 8240 and 80. Called by risk.c. The bits of advices are not acted upon: no terminal here asks for them.
 *
 * A card without 9F52 declines when the issuer's authentication fails and goes online the next time, as 9F52 C000 says.
 * issuer_auth_mandatory and new_card_online of the profile hold beside whatever 9F52 and 9F56 say.
 */
#include "cards/card_internal.h"

#define WITHOUT_9F52 (CARD_AUTH_FAILED_ONLINE | CARD_AUTH_FAILED_DECLINE)
#define INDICATOR_MANDATORY 0x80

static unsigned object(struct card_lasting_application *state, uint32_t tag, unsigned otherwise)
{
    size_t len;
    const uint8_t *value = card_data_find(state, tag, &len);
    unsigned out = 0;
    if (!value)
        return otherwise;
    for (size_t i = 0; i < len && i < 2; i++)
        out = out << 8 | value[i];
    return len == 1 ? out << 8 : out;
}

bool card_issuer_auth_mandatory(struct card *c)
{
    return card_application(c)->issuer_auth_mandatory || object(card_state(c), 0x9F56, 0) >> 8 & INDICATOR_MANDATORY;
}

unsigned card_default_action(struct card *c)
{
    const struct card_application *a = card_application(c);
    return object(card_state(c), 0x9F52, WITHOUT_9F52) | (a->issuer_auth_mandatory ? CARD_AUTH_MISSING_DECLINE : 0u) |
           (a->new_card_online ? CARD_NEW_ONLINE : 0u);
}
