/*
 * Reading the records of an offline approval, with the card in the field (PBOC 3.0 part 12; DOMAIN 3.9). They are read
 * as on the contacts; what is mandatory is less, since the cryptogram is there already.
 *
 * When has the card paid? PBOC lets it take the money off its purse when it has sent the last record, which
 * personalisers therefore keep short (9F74 alone). A tap torn before that was no payment and is presented again. From
 * the moment the last record was asked for it may have been one, whatever came of that record: lost on the air,
 * garbled, or without what had to be in it. That is an outcome of its own, and nothing is tried a second time, because
 * a card that has paid would pay again. (The moment is from descriptions of PBOC cards; part 12 itself was not seen.)
 */
#include "core/emv/contactless/contactless_internal.h"

static int read_by_air(void *ctx, uint8_t sfi, uint8_t record, struct emv_answer *answer)
{
    struct contactless *c = ctx;
    const struct capdu read = {
        .ins = 0xB2,
        .p1 = record,
        .p2 = (uint8_t)(sfi << 3 | 4),
        .has_le = true,
        .ne = 256,
    };
    c->records--;
    return contactless_command(c, &read, answer);
}

static unsigned count_records(const struct emv *e)
{
    unsigned count = 0;
    for (size_t at = 0; at + 4 <= e->afl_len; at += 4)
        if (e->afl[at + 2] >= e->afl[at + 1])
            count += e->afl[at + 2] - e->afl[at + 1] + 1u;
    return count;
}

int contactless_records(struct contactless *c)
{
    static const uint32_t mandatory[] = {0x5A};
    const struct emv_record_source field = {read_by_air, c};
    const unsigned all = count_records(c->e);
    c->records = all;
    if (c->e->afl_len == 0 || c->e->afl_len % 4)
        return emv_refuse(c->e, EMV_CARD_ERROR, "contactless: an offline approval without records");
    emv_drop(c->e, 0x5F24); /* of the track: a record must have it, or the application counts as expired */
    int rc = emv_read_records(c->e, &field, mandatory, sizeof mandatory / sizeof *mandatory);
    if (rc != OK && rc != HAL_E_POWER && all > 0 && c->records == 0)
        return emv_refuse(c->e, (enum emv_outcome)CONTACTLESS_MAY_HAVE_PAID, "contactless: lost at the last record");
    return rc;
}
