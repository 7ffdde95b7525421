/*
 * What an application has for offline approvals through the air (PBOC 3.0 part 12; DOMAIN 3.9), against its records and
 * its authentication on the contacts, with which it shares both. Called by check.c.
 */
#include "cards/check_internal.h"

#include "cards/contactless.h"

#include <string.h>

static const struct card_record *find(const struct card_application *a, unsigned sfi, unsigned number)
{
    for (size_t i = 0; i < a->record_count; i++)
        if (a->records[i].sfi == sfi && a->records[i].number == number)
            return &a->records[i];
    return NULL;
}

static bool is_made(const struct card_contactless *tap, unsigned sfi, unsigned number)
{
    return tap->signed_record[0] == sfi && tap->signed_record[1] == number;
}

static void check_locator(const struct check *c, const struct card_bytes *afl)
{
    const struct card_contactless *tap = &c->a->contactless;
    bool made = tap->signed_record[0] == 0;
    if (afl->len % 4)
        check_say(c, CARD_ERROR, "contactless.afl", "%u bytes, a multiple of 4 expected", afl->len);
    for (size_t i = 0; i + 4 <= afl->len; i += 4) {
        const uint8_t *e = afl->bytes + i;
        for (unsigned n = e[1]; n <= e[2]; n++) {
            if (is_made(tap, e[0] >> 3, n))
                made = true;
            else if (!find(c->a, e[0] >> 3, n))
                check_say(c, CARD_ERROR, "contactless.afl", "record %u.%u is not there", e[0] >> 3, n);
        }
    }
    if (!made)
        check_say(c, CARD_ERROR, "contactless.signed_record", "the AFL does not name it");
}

/* One certificate serves both interfaces: what it signs must be the same. */
static void check_signed(const struct check *c, const struct card_bytes *afl)
{
    struct card_application air = *c->a;
    uint8_t here[ODA_STATIC_MAX], there[ODA_STATIC_MAX];
    size_t here_len = 0, there_len = 0;
    bool with_aip = check_find(c, 0x9F4A) != NULL;
    air.afl = *afl;
    memcpy(air.aip, c->a->contactless.aip, sizeof air.aip);
    if (oda_static_input(c->a, with_aip, here, sizeof here, &here_len) ||
        oda_static_input(&air, with_aip, there, sizeof there, &there_len))
        return; /* reported with the AFLs */
    if (here_len != there_len || memcmp(here, there, here_len) != 0)
        check_say(c, CARD_ERROR, "contactless.afl", "signs other data than the certificate of the card does");
}

void check_tap(const struct check *c)
{
    const struct card_contactless *tap = &c->a->contactless;
    struct card_bytes afl;
    if (tap->tap_break)
        check_say(c, CARD_ERROR, "contactless.break", "in use it fails: the signature of a tap");
    if (!tap->afl.len) {
        if (tap->decision == CARD_TAP_RISK)
            check_say(c, CARD_ERROR, "contactless.afl", "missing, the card may approve offline");
        return;
    }
    card_tap_locator(c->a, &afl);
    check_locator(c, &afl);
    if (tap->fdda && !c->a->oda.dda)
        check_say(c, CARD_ERROR, "contactless.fdda", "the card has no key that could sign (oda.dda)");
    if (tap->fdda && c->a->oda.dda)
        check_signed(c, &afl);
}
