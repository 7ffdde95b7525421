/*
 * Final selection and GET PROCESSING OPTIONS (EMV Contactless Book B section 3.3.3; DOMAIN 3.9). A PDOL that does not
 * ask for the qualifiers (9F66) belongs to no qPBOC card: the contactless interface is closed and another one asked
 * for. Qualifiers that do not ask for an online cryptogram let the card pay on its own: the application is asked first.
 */
#include "core/codec/dol.h"
#include "core/emv/contactless/contactless_internal.h"
#include "core/emv/select.h"

#include <string.h>

#define SW_CONDITIONS 0x6985 /* this application does not want to: take the next */
#define SW_OTHER 0x6984      /* by another interface */

static int store_fci(struct contactless *c, const struct fci *fci)
{
    static const uint32_t tags[] = {0x50, 0x87, 0x9F12, 0x9F38};
    struct tlv object;
    int rc = emv_store(c->e, &fci->name);
    for (size_t i = 0; rc == OK && i < sizeof tags / sizeof *tags; i++)
        if (tlv_find(fci->proprietary.value, fci->proprietary.len, tags[i], &object) == OK)
            rc = emv_store(c->e, &object);
    return rc;
}

int contactless_choose(struct contactless *c)
{
    static const uint8_t entry_mode = 0x07; /* 9F39: contactless, by chip data */
    struct emv *e = c->e;
    const struct emv_candidate *candidate = &e->candidate[e->current];
    struct emv_answer answer;
    struct fci fci;
    int rc = contactless_select(c, candidate->aid, candidate->len, &answer);
    if (rc != OK)
        return rc;
    if (answer.sw != SW_OK || !emv_fci_parse(&answer, &fci) || fci.name.len != candidate->len ||
        memcmp(fci.name.value, candidate->aid, fci.name.len) != 0)
        return E_NOTFOUND;
    contactless_qualifiers(c->config, candidate->config, e->transaction->amount_cents, c->ttq);
    e->aid = &e->config->aid[candidate->config];
    rc = emv_restart(e, candidate);
    if (rc == OK)
        rc = emv_set(e, 0x9F39, &entry_mode, 1);
    if (rc == OK)
        rc = emv_set(e, 0x9F66, c->ttq, sizeof c->ttq);
    if (rc == OK)
        rc = store_fci(c, &fci);
    e->selected = rc == OK;
    return rc;
}

/* 83 and the PDOL's data behind its length. */
static int build_data(struct contactless *c, uint8_t out[255], size_t *len)
{
    uint8_t values[252];
    size_t used = 0;
    struct tlv_out data;
    int rc = emv_draw_number(c->e);
    if (rc == OK)
        rc = emv_build(c->e, 0x9F38, values, sizeof values, &used);
    if (rc != OK)
        return rc;
    tlv_out_init(&data, out, 255);
    tlv_put(&data, 0x83, values, used);
    *len = data.len;
    return data.status;
}

/* The card may pay with the next command: the application makes a note of it first, once for a tap. Where it cannot,
 * the host is asked in any case; a terminal without a host lets the card go. */
static int permit_offline(struct contactless *c)
{
    const struct emv_dialogue *dialogue = c->e->dialogue;
    if (c->asked || (c->ttq[1] & TTQ2_CRYPTOGRAM))
        return OK;
    c->e->ec = true; /* what a card pays by tap without a host comes from its purse */
    int rc = dialogue && dialogue->intent ? dialogue->intent(dialogue->ctx) : EMV_NOT_ACCEPTED;
    c->asked = rc == OK;
    c->e->ec = c->asked;
    if (rc <= 0)
        return rc;
    if (c->ttq[0] & TTQ1_OFFLINE_ONLY)
        return contactless_other(c, "contactless: an offline approval could not be kept");
    c->ttq[1] |= TTQ2_CRYPTOGRAM;
    return emv_set(c->e, 0x9F66, c->ttq, sizeof c->ttq);
}

int contactless_initiate(struct contactless *c)
{
    const uint8_t *pdol;
    size_t pdol_len, offset, len = 0;
    uint8_t data[255];
    struct emv_answer answer;
    if (emv_get(c->e, 0x9F38, &pdol, &pdol_len) != OK || dol_locate(pdol, pdol_len, 0x9F66, &offset, &len) != OK)
        return contactless_other(c, "contactless: no 9F66 in the PDOL");
    int rc = permit_offline(c);
    if (rc == OK)
        rc = build_data(c, data, &len);
    if (rc != OK)
        return rc;
    const struct capdu gpo = {.cla = 0x80, .ins = 0xA8, .lc = (uint8_t)len, .data = data, .has_le = true, .ne = 256};
    rc = contactless_command(c, &gpo, &answer);
    if (rc != OK)
        return rc;
    if (answer.sw == SW_CONDITIONS)
        return EMV_RESELECT;
    if (answer.sw == SW_OTHER)
        return contactless_other(c, "contactless: the card asks for chip");
    if (answer.sw != SW_OK)
        return emv_refuse(c->e, EMV_CARD_ERROR, "contactless: GET PROCESSING OPTIONS refused");
    return contactless_options(c, answer.bytes, answer.len);
}
