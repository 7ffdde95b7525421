/*
 * Application selection (EMV Book 1 section 12; DOMAIN 2.3): the payment system environment, else the list of AIDs,
 * then the final SELECT. The environment is read in select_pse.c. Called by the application as emv_select, again after
 * EMV_RESELECT.
 *
 * What an empty list means (DOMAIN 1.3): a blocked application was there -> EMV_APP_BLOCKED; an answer broke its format
 * or a status word has no meaning here -> EMV_CHIP_ERROR; else EMV_NOT_ACCEPTED. 6A81 to a SELECT by name is
 * EMV_CARD_BLOCKED; to SELECT NEXT it is one of the ways to say that there is no next (12.3.3).
 */
#include "core/emv/select.h"

#include <string.h>

#define SELECT_NEXT_MAX 32 /* applications with one partial name; a card that names more is taken at its first ones */

int emv_select_file(struct emv *e, const uint8_t *name, size_t len, bool next, struct emv_answer *answer)
{
    const struct capdu select = {
        .ins = 0xA4,
        .p1 = 0x04,
        .p2 = next ? 0x02 : 0x00,
        .lc = (uint8_t)len,
        .data = name,
        .has_le = true,
        .ne = 256,
    };
    int rc = emv_command(e, &select, answer);
    if (rc == OK && !next && answer->sw == SW_CARD_BLOCKED)
        return emv_refuse(e, EMV_CARD_BLOCKED, "card blocked");
    return rc;
}

bool emv_fci_parse(const struct emv_answer *answer, struct fci *out)
{
    struct tlv fci;
    return emv_sole_template(answer, 0x6F, &fci) == OK && tlv_find(fci.value, fci.len, 0x84, &out->name) == OK &&
           out->name.len >= 5 && out->name.len <= 16 && tlv_find(fci.value, fci.len, 0xA5, &out->proprietary) == OK;
}

uint8_t emv_one_byte(const struct tlv *template_, uint32_t tag)
{
    struct tlv object;
    return tlv_find(template_->value, template_->len, tag, &object) == OK && object.len == 1 ? object.value[0] : 0;
}

/* ---- list of AIDs (Book 1 12.3.3) ---- */

enum aid_match { AID_NONE, AID_FULL, AID_PARTIAL };

/* SELECT by name counts with 9000 and 6283; SELECT NEXT goes on behind any warning. */
static bool found_something(uint16_t sw, bool next)
{
    uint8_t sw1 = (uint8_t)(sw >> 8);
    return sw == SW_OK || sw == SW_BLOCKED || (next && (sw1 == 0x62 || sw1 == 0x63));
}

/* What the card selected for the AID at `config`; a usable application is added to the list. */
static enum aid_match judge_aid(struct emv *e, size_t config, bool next, const struct emv_answer *answer)
{
    const struct emv_aid *aid = &e->config->aid[config];
    struct fci fci;
    if (!found_something(answer->sw, next)) {
        e->garbled |= answer->sw != SW_NOT_FOUND && answer->sw != SW_NO_RECORD;
        return AID_NONE;
    }
    if (!emv_fci_parse(answer, &fci) || fci.name.len < aid->len || memcmp(fci.name.value, aid->aid, aid->len) != 0) {
        e->blocked += answer->sw == SW_BLOCKED; /* a blocked application need not say its name */
        e->garbled |= answer->sw == SW_OK;
        return answer->sw == SW_OK ? AID_NONE : AID_PARTIAL;
    }
    bool full = fci.name.len == aid->len;
    if (full || aid->partial) {
        e->blocked += answer->sw == SW_BLOCKED;
        size_t best = config;
        if (answer->sw == SW_OK && emv_candidate_match(e, fci.name.value, fci.name.len, &best))
            emv_candidate_add(e, fci.name.value, fci.name.len, fci.proprietary.value, fci.proprietary.len,
                              emv_one_byte(&fci.proprietary, 0x9F11), best);
    }
    return full ? AID_FULL : AID_PARTIAL;
}

static int list_from_aids(struct emv *e)
{
    struct emv_answer answer;
    for (size_t i = 0; i < e->config->aids; i++) {
        const struct emv_aid *aid = &e->config->aid[i];
        bool more = true;
        if (aid->len < 5 || aid->len > sizeof aid->aid)
            return E_INVAL;
        for (unsigned turn = 0; more && turn < SELECT_NEXT_MAX; turn++) {
            int rc = emv_select_file(e, aid->aid, aid->len, turn > 0, &answer);
            if (rc != OK)
                return rc;
            /* The end of a partial name's applications is any other status word, and no garble. */
            bool garbled = e->garbled;
            more = judge_aid(e, i, turn > 0, &answer) == AID_PARTIAL && aid->partial;
            if (turn > 0)
                e->garbled = garbled;
        }
    }
    return OK;
}

/* ---- final selection (Book 1 12.4) ---- */

/* Objects that are kept of an FCI; others there are not the transaction's. */
static const uint32_t fci_tags[] = {0x42, 0x50, 0x87, 0x5F2D, 0x5F50, 0x9F11, 0x9F12, 0x9F38, 0x9F4D, 0xDF4D};

static int store_fci(struct emv *e, const struct fci *fci)
{
    struct tlv object, inner = {0};
    tlv_find(fci->proprietary.value, fci->proprietary.len, 0xBF0C, &inner);
    int rc = emv_store(e, &fci->name);
    for (size_t i = 0; rc == OK && i < sizeof fci_tags / sizeof *fci_tags; i++) {
        if (tlv_find(fci->proprietary.value, fci->proprietary.len, fci_tags[i], &object) == OK ||
            (inner.len > 0 && tlv_find(inner.value, inner.len, fci_tags[i], &object) == OK))
            rc = emv_store(e, &object);
    }
    return rc;
}

/* OK, an outcome, or E_NOTFOUND: this application is out, choose again. */
static int final_select(struct emv *e)
{
    struct emv_candidate *c = &e->candidate[e->current];
    struct emv_answer answer;
    struct fci fci;
    int rc = emv_select_file(e, c->aid, c->len, false, &answer);
    if (rc != OK)
        return rc;
    if (answer.sw != SW_OK) {
        e->blocked += answer.sw == SW_BLOCKED;
        e->garbled |= answer.sw != SW_BLOCKED && answer.sw != SW_NOT_FOUND;
        return E_NOTFOUND;
    }
    if (!emv_fci_parse(&answer, &fci) || fci.name.len != c->len || memcmp(fci.name.value, c->aid, c->len) != 0) {
        e->garbled = true;
        return E_NOTFOUND;
    }
    rc = emv_restart(e, c);
    if (rc == OK)
        rc = store_fci(e, &fci);
    if (rc == OK) {
        e->aid = &e->config->aid[c->config];
        e->selected = true;
        if (e->dialogue && e->dialogue->selected)
            rc = e->dialogue->selected(e->dialogue->ctx, c->name);
    }
    return rc == HAL_E_CANCELLED ? EMV_CANCELLED : rc;
}

static int empty_list(const struct emv *e)
{
    if (e->blocked > 0)
        return emv_refuse(e, EMV_APP_BLOCKED, "application blocked");
    if (e->garbled)
        return emv_refuse(e, EMV_CHIP_ERROR, "selection answers malformed");
    return emv_refuse(e, EMV_NOT_ACCEPTED, "no application in common");
}

int emv_select(struct emv *e)
{
    int rc = OK;
    if (!e->listed) {
        rc = emv_list_from_pse(e);
        if (rc == OK && e->candidates == 0)
            rc = list_from_aids(e);
        if (rc != OK)
            return rc;
        e->listed = true;
    }
    while (e->candidates > 0) {
        rc = emv_candidate_choose(e);
        if (rc == OK)
            rc = final_select(e);
        if (rc != E_NOTFOUND)
            return rc;
        emv_candidate_remove(e, e->current);
    }
    return empty_list(e);
}
