/*
 * The proximity payment system environment (EMV Contactless Book B section 3.3.2; DOMAIN 3.9): the directory comes with
 * the FCI, one template 61 for each application. What the terminal does not know, or does not allow for this amount, is
 * no candidate. There is no list of AIDs to fall back on, and nobody is asked: the highest priority wins.
 */
#include "core/emv/contactless/contactless_internal.h"
#include "core/emv/select.h"

#include <string.h>

#define PRIORITY_NONE 16 /* behind all that name one */

static const uint8_t ppse_name[] = {'2', 'P', 'A', 'Y', '.', 'S', 'Y', 'S', '.', 'D', 'D', 'F', '0', '1'};

static void add_entry(struct contactless *c, const struct tlv *entry)
{
    struct tlv name;
    size_t config = 0;
    if (tlv_find(entry->value, entry->len, 0x4F, &name) != OK || name.len < 5 || name.len > 16)
        return; /* Book B 3.3.2.4: an entry without a proper name is passed over */
    if (emv_candidate_match(c->e, name.value, name.len, &config) &&
        contactless_allowed(c->config, config, c->e->transaction->amount_cents))
        emv_candidate_add(c->e, name.value, name.len, entry->value, entry->len, 0, config);
}

int contactless_list(struct contactless *c)
{
    struct emv_answer answer;
    struct tlv directory, entry;
    struct fci fci;
    size_t at = 0;
    int rc = contactless_select(c, ppse_name, sizeof ppse_name, &answer);
    if (rc != OK)
        return rc;
    if (answer.sw != SW_OK)
        return emv_refuse(c->e, EMV_NOT_ACCEPTED, "contactless: no payment environment");
    if (!emv_fci_parse(&answer, &fci) || fci.name.len != sizeof ppse_name ||
        memcmp(fci.name.value, ppse_name, sizeof ppse_name) != 0 ||
        tlv_find(fci.proprietary.value, fci.proprietary.len, 0xBF0C, &directory) != OK)
        return emv_refuse(c->e, EMV_CARD_ERROR, "contactless: directory malformed");
    while (tlv_next(directory.value, directory.len, &at, &entry) == OK)
        if (entry.tag == 0x61)
            add_entry(c, &entry);
    return c->e->candidates ? OK : emv_refuse(c->e, EMV_NOT_ACCEPTED, "contactless: no application in common");
}

static unsigned rank(const struct emv_candidate *candidate)
{
    return candidate->priority & 0x0F ? candidate->priority & 0x0Fu : PRIORITY_NONE;
}

bool contactless_best(struct contactless *c)
{
    struct emv *e = c->e;
    e->current = 0;
    for (size_t i = 1; i < e->candidates; i++)
        if (rank(&e->candidate[i]) < rank(&e->candidate[e->current]))
            e->current = i;
    return e->candidates > 0;
}
