/*
 * The card check of electronic cash (JR/T 0025.13; DOMAIN 3.9): the four amounts, what the PDOL must ask for, the
 * authorisation code among the records that come with it, and the logs. Called by check.c for each application.
 */
#include "cards/check_internal.h"

#include "core/codec/dol.h"
#include "core/codec/hex.h"

#define AMOUNT_LEN 6

/* Digits and length are the business of check.c, for every object. */
static bool amount(const struct check *c, uint32_t tag, const char *name, uint64_t *cents)
{
    struct tlv object;
    *cents = 0;
    int status = tlv_find(c->a->data.bytes, c->a->data.len, tag, &object);
    if (status)
        check_say_tag(c, CARD_ERROR, tag, "missing, the purse's %s", name);
    return status == OK && object.len == AMOUNT_LEN && bcd_value(object.value, object.len, cents) == OK;
}

static void check_amounts(const struct check *c)
{
    uint64_t balance, limit, single, threshold;
    bool has_balance = amount(c, 0x9F79, "balance", &balance), has_limit = amount(c, 0x9F77, "limit", &limit);
    bool has_single = amount(c, 0x9F78, "single limit", &single);
    bool has_threshold = amount(c, 0x9F6D, "reset threshold", &threshold);
    if (has_balance && has_limit && balance > limit)
        check_say_tag(c, CARD_ERROR, 0x9F79, "more than the purse holds (9F77)");
    if (has_single && has_limit && single > limit)
        check_say_tag(c, CARD_WARNING, 0x9F78, "more than the purse holds (9F77)");
    if (has_threshold && has_limit && threshold > limit)
        check_say_tag(c, CARD_WARNING, 0x9F6D, "more than the purse holds (9F77)");
}

/* What the card decides by when it is asked for its processing options. */
static void check_pdol(const struct check *c)
{
    static const uint32_t asked[] = {0x9F7A, 0x9F02, 0x5F2A};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        size_t at, len;
        if (dol_locate(c->a->pdol.bytes, c->a->pdol.len, asked[i], &at, &len))
            check_say(c, CARD_ERROR, "PDOL", "does not ask for %04X, and the card has a purse", (unsigned)asked[i]);
    }
}

bool check_purse_lists(const struct check *c, const struct card_record *r)
{
    const struct card_bytes *afl = &c->a->purse.afl;
    for (size_t i = 0; i + 4 <= afl->len; i += 4)
        if (afl->bytes[i] >> 3 == r->sfi && r->number >= afl->bytes[i + 1] && r->number <= afl->bytes[i + 2])
            return true;
    return false;
}

static void check_authorisation(struct check *c)
{
    for (size_t i = 0; i < c->a->record_count; i++)
        if (check_purse_lists(c, &c->a->records[i]))
            check_gather(c, &c->a->records[i]);
    const struct check_object *o = check_find(c, 0x9F74);
    if (!o)
        check_say_tag(c, CARD_ERROR, 0x9F74, "missing in the records of the purse's AFL");
    else if (o->object.len != 6)
        check_say_tag(c, CARD_ERROR, 0x9F74, "%zu bytes, 6 expected", o->object.len);
}

/* A file that is kept and not named cannot be read, and the other way round. */
static void check_log(const struct check *c, uint8_t file, uint32_t entry_tag, uint32_t format_tag)
{
    struct tlv entry, format;
    bool named = tlv_find(c->a->fci_issuer.bytes, c->a->fci_issuer.len, entry_tag, &entry) == OK;
    if (file && (!named || entry.len != 2 || entry.value[0] != file))
        check_say_tag(c, CARD_ERROR, entry_tag, "the log in file %u is to be named in the FCI (BF0C)", file);
    if (file && tlv_find(c->a->data.bytes, c->a->data.len, format_tag, &format))
        check_say_tag(c, CARD_ERROR, format_tag, "missing, the format of the log in file %u", file);
}

void check_purse(struct check *c)
{
    if (!c->a->purse.present)
        return;
    if (c->a->purse.afl.len % 4)
        check_say(c, CARD_ERROR, "purse.afl", "%u bytes, a multiple of 4 expected", c->a->purse.afl.len);
    check_amounts(c);
    check_pdol(c);
    check_authorisation(c);
    check_log(c, c->a->purse.log, 0x9F4D, 0x9F4F);
    check_log(c, c->a->purse.load_log, 0xDF4D, 0xDF4F);
}
