/*
 * What surrounds the records: FCI and directory, the objects that GET DATA finds, the log, the AIP, keys, track 1, and
 * what the card is said to have been through (EMV Book 1 section 11.3 and 12, Book 3 annex C1, D; DOMAIN 2.3, 2.12,
 * 3.5). Called by check.c.
 */
#include "cards/check_internal.h"

#include "core/codec/dol.h"
#include "core/codec/hex.h"

#include <stdio.h>
#include <string.h>

/* -- the whole card -- */

/* B PAN ^ name ^ YYMM service code ... (ISO/IEC 7813). */
static void check_track1(const struct check *c)
{
    const struct card_profile *p = c->p;
    const char *t = p->stripe.track1, *name = strchr(t, '^'), *rest = name ? strchr(name + 1, '^') : NULL;
    size_t pan_len = strlen(p->pan);
    if (!*t)
        return;
    if (*t != 'B' || !rest || strlen(rest + 1) < 7) {
        check_say(c, CARD_ERROR, "stripe", "track 1 is malformed: B, PAN, ^, name, ^, date and service code expected");
        return;
    }
    if (pan_len && ((size_t)(name - t - 1) != pan_len || strncmp(t + 1, p->pan, pan_len) != 0))
        check_say(c, CARD_ERROR, "stripe", "track 1 has another PAN than the card");
    if (rest - name - 1 < 2 || rest - name - 1 > 26)
        check_say(c, CARD_ERROR, "stripe", "track 1 has a name of %d characters, 2 to 26 expected",
                  (int)(rest - name - 1));
    if (*p->expiry && strncmp(rest + 1, p->expiry, 4) != 0)
        check_say(c, CARD_ERROR, "stripe", "track 1 has expiry %.4s, the card %s", rest + 1, p->expiry);
    if (*p->service_code && strncmp(rest + 5, p->service_code, 3) != 0)
        check_say(c, CARD_ERROR, "stripe", "track 1 has service code %.3s, the card %s", rest + 5, p->service_code);
}

static void check_keys(const struct check *c)
{
    const struct {
        const char *place;
        const uint8_t *key;
    } keys[] = {{"chip.keys.imk_ac", c->p->chip.keys.imk_ac},
                {"chip.keys.imk_smi", c->p->chip.keys.imk_smi},
                {"chip.keys.imk_smc", c->p->chip.keys.imk_smc}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (memcmp(keys[i].key, keys[i].key + 8, 8) == 0)
            check_say(c, CARD_ERROR, keys[i].place, "both halves are the same: single DES; take another key");
        for (size_t j = 0; j < i; j++)
            if (memcmp(keys[i].key, keys[j].key, 16) == 0)
                check_say(c, CARD_WARNING, keys[i].place, "the same as %s; each use has a key of its own",
                          keys[j].place);
    }
}

static const struct card_application *find_application(const struct check *c, const struct tlv *aid)
{
    for (size_t i = 0; i < c->p->chip.application_count; i++) {
        const struct card_application *a = &c->p->chip.applications[i];
        if (a->aid.len == aid->len && memcmp(a->aid.bytes, aid->value, aid->len) == 0)
            return a;
    }
    return NULL;
}

/* One directory record: entries 61 with an ADF name, or a directory below (9D). */
static void check_directory_record(const struct check *c, const struct card_record *r)
{
    struct tlv whole, entry, name;
    char place[40];
    size_t at = 0, inner = 0;
    snprintf(place, sizeof place, "chip.pse: record %u.%u", r->sfi, r->number);
    if (tlv_next(r->content.bytes, r->content.len, &at, &whole) || whole.tag != 0x70 || at != r->content.len) {
        check_say(c, CARD_ERROR, place, "not one template 70 and nothing else");
        return;
    }
    while (tlv_next(whole.value, whole.len, &inner, &entry) == OK) {
        bool adf = tlv_find(entry.value, entry.len, 0x4F, &name) == OK;
        if (entry.tag != 0x61)
            check_say(c, CARD_ERROR, place, "%02X is no entry (61)", (unsigned)entry.tag);
        else if (!adf && tlv_find(entry.value, entry.len, 0x9D, &name))
            check_say(c, CARD_ERROR, place, "an entry without a name (4F)");
        else if (adf && !find_application(c, &name))
            check_say(c, CARD_WARNING, place, "names an application that the card does not have");
    }
    if (inner == 0 && whole.len)
        check_say(c, CARD_ERROR, place, "malformed objects");
}

static void check_priorities(const struct check *c)
{
    for (size_t i = 0; i < c->p->chip.application_count; i++)
        for (size_t j = 0; j < i; j++) {
            unsigned one = c->p->chip.applications[i].priority & 0x0F;
            if (one && one == (c->p->chip.applications[j].priority & 0x0F))
                check_say(c, CARD_WARNING, "priority", "applications %zu and %zu have the same, %u", j, i, one);
        }
}

void check_card_files(const struct check *c)
{
    const struct card_pse *pse = &c->p->chip.pse;
    if (c->p->stripe.present)
        check_track1(c);
    if (!c->p->chip.present)
        return;
    check_keys(c);
    check_priorities(c);
    if (pse->present && (pse->sfi < 1 || pse->sfi > 10))
        check_say(c, CARD_ERROR, "chip.pse.sfi", "file %u; a directory lies in 1 to 10", pse->sfi);
    for (size_t i = 0; pse->present && i < pse->directory_count; i++)
        check_directory_record(c, &pse->directory[i]);
}

/* -- one application -- */

static void check_aip(const struct check *c)
{
    uint8_t known = 0x40 | 0x20 | 0x10 | 0x08 | 0x04 | 0x01;
    if (c->a->aip[0] & (uint8_t)~known)
        check_say(c, CARD_WARNING, "AIP", "%02X: a bit that nobody knows", c->a->aip[0] & (uint8_t)~known);
    if (c->a->aip[1])
        check_say(c, CARD_WARNING, "AIP", "byte 2 is %02X, 00 expected", c->a->aip[1]);
    if (!(c->a->aip[0] & 0x08))
        check_say(c, CARD_WARNING, "AIP", "no terminal risk management: no floor limit, no random selection");
}

/* An FCI that is given whole. */
static void check_fci(const struct check *c)
{
    const struct card_bytes *fci = &c->a->fci;
    struct tlv whole, name, proprietary, pdol;
    size_t at = 0;
    if (!fci->len)
        return;
    if (tlv_next(fci->bytes, fci->len, &at, &whole) || whole.tag != 0x6F || at != fci->len ||
        tlv_check(whole.value, whole.len)) {
        check_say(c, CARD_ERROR, "fci", "not one well-formed template 6F");
        return;
    }
    if (tlv_find(whole.value, whole.len, 0x84, &name))
        check_say(c, CARD_ERROR, "fci", "the name (84) is missing");
    else if (name.len != c->a->aid.len || memcmp(name.value, c->a->aid.bytes, name.len) != 0)
        check_say(c, CARD_ERROR, "fci", "the name (84) is another one than aid");
    if (tlv_find(whole.value, whole.len, 0xA5, &proprietary))
        check_say(c, CARD_ERROR, "fci", "the proprietary template (A5) is missing");
    else if (tlv_find(proprietary.value, proprietary.len, 0x50, &pdol))
        check_say(c, CARD_WARNING, "fci", "the label (50) is missing");
    else if (tlv_find(proprietary.value, proprietary.len, 0x9F38, &pdol) == OK &&
             (pdol.len != c->a->pdol.len || memcmp(pdol.value, c->a->pdol.bytes, pdol.len) != 0))
        check_say(c, CARD_ERROR, "fci", "the PDOL (9F38) is another one than pdol");
}

/* Objects of GET DATA: those that the engine counts itself are not personalised. */
static void check_stored(const struct check *c)
{
    static const uint32_t counted[] = {0x9F36, 0x9F13, 0x9F17};
    struct tlv o;
    size_t at = 0;
    char place[24];
    while (tlv_next(c->a->data.bytes, c->a->data.len, &at, &o) == OK) {
        snprintf(place, sizeof place, "data.%02X", (unsigned)o.tag);
        check_form(c, place, &o);
        for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
            if (o.tag == counted[i])
                check_say(c, CARD_ERROR, place, "the card counts this itself; its beginning goes into history");
    }
}

static void check_log(const struct check *c)
{
    struct tlv entry, format;
    bool has_entry = tlv_find_deep(c->a->fci_issuer.bytes, c->a->fci_issuer.len, 0x9F4D, &entry) == OK;
    bool has_format = tlv_find(c->a->data.bytes, c->a->data.len, 0x9F4F, &format) == OK;
    if (has_entry && (entry.len != 2 || entry.value[0] < 11 || entry.value[0] > 30))
        check_say(c, CARD_ERROR, "fci_issuer.9F4D", "a file from 0B to 1E and a number of records expected");
    else if (has_entry && (entry.value[1] < 1 || entry.value[1] > 30))
        check_say(c, CARD_ERROR, "fci_issuer.9F4D", "%u records; 1 to 30 expected", entry.value[1]);
    if (has_entry && !has_format)
        check_say(c, CARD_ERROR, "data.9F4F", "missing: a log (9F4D) without its format");
    if (has_format)
        check_dol(c, "data.9F4F", format.value, format.len);
}

static void check_history(const struct check *c)
{
    const struct card_history *h = &c->a->history;
    if (memcmp(h->last_online_atc, h->atc, 2) > 0)
        check_say(c, CARD_ERROR, "history.last_online_atc", "above the ATC itself");
    for (const char *l = c->a->language; *l; l++)
        if (*l < 'a' || *l > 'z') {
            check_say(c, CARD_ERROR, "language", "small letters expected (ISO 639)");
            break;
        }
}

/* EMV Book 2 11.1: two exponents. */
static void check_exponents(const struct check *c)
{
    static const uint32_t tags[] = {0x9F32, 0x9F47, 0x9F2E};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        const struct check_object *o = check_find(c, tags[i]);
        bool three = o && o->object.len == 1 && o->object.value[0] == 3;
        bool large = o && o->object.len == 3 && memcmp(o->object.value, (const uint8_t[]){1, 0, 1}, 3) == 0;
        if (o && !three && !large)
            check_say_tag(c, CARD_ERROR, tags[i], "an exponent of 03 or 010001 expected");
    }
}

static void check_lists_in_records(const struct check *c)
{
    static const uint32_t tags[] = {0x97, 0x9F49};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        const struct check_object *o = check_find(c, tags[i]);
        char place[40];
        if (!o)
            continue;
        snprintf(place, sizeof place, "%02X (record %u.%u)", (unsigned)tags[i], o->sfi, o->record);
        check_dol(c, place, o->object.value, o->object.len);
    }
}

void check_files(const struct check *c)
{
    check_aip(c);
    check_fci(c);
    check_stored(c);
    check_log(c);
    check_history(c);
    check_exponents(c);
    check_lists_in_records(c);
}
