/*
 * Electronic cash on the contact interface (JR/T 0025.13; DOMAIN 3.9): a purse inside a debit or credit application,
 * which the card pays from on its own. In the order of the transaction:
 *
 *   before the PDOL     9F7A = 01 and 9F7B tell the card that the terminal takes electronic cash for this amount
 *   after the records   the card agrees by 9F74; GET DATA 9F79 (balance), 9F6D (reset threshold), 9F78 (single limit)
 *   verification        the online PIN, where the purse is to be filled from the account
 *   action analysis     what would leave the threshold untouched is paid offline; below it the issuer is asked first
 *
 * That 9F74 is the card's agreement, and 9F78 is looked at by the terminal too, is not confirmed by a source we could
 * read. Floor limit, random selection and velocity stay as they are for any transaction: an amount that they send
 * online is an ordinary one. Called by terminal.c, cvm.c, action.c, and by the application after emv_read_data.
 */
#include "core/codec/dol.h"
#include "core/codec/hex.h"
#include "core/emv/emv_internal.h"

#define AMOUNT_LEN 6        /* n12 */
#define AUTHORISATION_LEN 6 /* 9F74 */

bool emv_needs_issuer(const struct emv *e)
{
    uint8_t type = e->transaction->type;
    return type == EMV_INQUIRY || type == EMV_LOAD || type == EMV_LOAD_OTHER || type == EMV_LOAD_CASH;
}

bool emv_wants_online_pin(const struct emv *e)
{
    return (e->ec_online && emv_can_go_online(e)) || emv_needs_issuer(e);
}

/* The amount is one that this terminal takes as electronic cash. Somebody must be there to record the intent, and who
 * is always online takes nothing offline. */
static bool is_offered(const struct emv *e, const struct emv_aid *aid)
{
    const struct emv_transaction *t = e->transaction;
    return aid->ec_limit > 0 && t->type == EMV_PURCHASE && !t->no_ec && !t->force_online && t->other_cents == 0 &&
           t->amount_cents <= aid->ec_limit && e->dialogue && e->dialogue->intent && !emv_is_online_only(e);
}

int emv_offer_ec(struct emv *e, const struct emv_aid *aid)
{
    const uint8_t indicator = is_offered(e, aid);
    uint8_t limit[AMOUNT_LEN];
    if (aid->ec_limit == 0)
        return OK;
    int rc = emv_set(e, 0x9F7A, &indicator, 1);
    if (rc == OK)
        rc = bcd_from_value(aid->ec_limit, limit, sizeof limit);
    return rc == OK ? emv_set(e, 0x9F7B, limit, sizeof limit) : rc;
}

/* The card was told 01, and had asked for it. */
static bool was_offered(const struct emv *e)
{
    const uint8_t *pdol, *indicator = emv_fixed(e, 0x9F7A, 1);
    size_t len, at, value_len;
    return indicator && *indicator && emv_get(e, 0x9F38, &pdol, &len) == OK &&
           dol_locate(pdol, len, 0x9F7A, &at, &value_len) == OK;
}

/* One amount of the purse by GET DATA; not known when the card does not give it, or not as an amount. */
static int get_amount(struct emv *e, uint32_t tag, struct emv_purse_amount *out)
{
    const struct capdu get = {
        .cla = 0x80,
        .ins = 0xCA,
        .p1 = (uint8_t)(tag >> 8),
        .p2 = (uint8_t)tag,
        .has_le = true,
        .ne = 256,
    };
    struct emv_answer answer;
    struct tlv object;
    int rc = emv_command(e, &get, &answer);
    if (rc != OK || answer.sw != 0x9000 || emv_sole_template(&answer, tag, &object) != OK || object.len != AMOUNT_LEN)
        return rc;
    out->known = bcd_value(object.value, object.len, &out->cents) == OK;
    return out->known ? emv_store(e, &object) : OK;
}

int emv_read_purse(struct emv *e, struct emv_purse *out)
{
    *out = (struct emv_purse){0};
    int rc = get_amount(e, 0x9F79, &out->balance);
    if (rc == OK)
        rc = get_amount(e, 0x9F6D, &out->threshold);
    if (rc == OK)
        rc = get_amount(e, 0x9F78, &out->single);
    return rc == OK ? get_amount(e, 0x9F77, &out->limit) : rc;
}

/* The purse can be read, and this amount can be taken out of it. */
static bool can_pay(const struct emv_purse *purse, uint64_t amount)
{
    return purse->balance.known && purse->threshold.known && amount <= purse->balance.cents &&
           !(purse->single.known && amount > purse->single.cents);
}

/* A card that has agreed pays from its purse whenever it is asked for a TC. So what may not be paid from it must not be
 * asked for: the issuer decides, or nobody. */
static void judge(struct emv *e, const struct emv_purse *purse)
{
    uint64_t amount = e->transaction->amount_cents;
    bool pays = can_pay(purse, amount);
    bool below = pays && purse->balance.cents - amount < purse->threshold.cents;
    e->ec = pays && !(below && emv_can_go_online(e));
    e->ec_online = !e->ec;
}

bool emv_scripts_done(const struct emv *e)
{
    enum { RESULT_LEN = 5, PERFORMED = 0x20 }; /* DOMAIN 2.11 */
    bool done = e->script_results_len > 0;
    for (size_t i = 0; i < e->script_results_len; i += RESULT_LEN)
        done = done && (e->script_results[i] & 0xF0) == PERFORMED;
    return done;
}

int emv_open_purse(struct emv *e)
{
    struct emv_purse purse;
    e->ec = e->ec_online = false;
    if (!was_offered(e) || !emv_fixed(e, 0x9F74, AUTHORISATION_LEN))
        return OK;
    int rc = emv_read_purse(e, &purse);
    if (rc == OK)
        judge(e, &purse);
    return rc;
}
