/*
 * What the objects say, against each other and against the rest of the card: PAN, dates, service code, lists, CVM list,
 * usage control, limits (EMV Book 3 sections 5.4, 10.4, 10.5, annex C; DOMAIN 2.5 to 2.9, 3.5). Called by check.c.
 */
#include "cards/check_internal.h"

#include "core/codec/dol.h"
#include "core/codec/hex.h"
#include "core/codec/track.h"

#include <stdio.h>
#include <string.h>

enum { AIP_CV = 0x10 };

/* -- the account -- */

static void pan_of(const struct tlv *o, char out[24])
{
    bcd_unpack(o->value, 0, o->len < 10 ? 2 * o->len : 20, out);
    out[strcspn(out, "F")] = '\0';
}

static void check_account(const struct check *c)
{
    const struct check_object *o = check_find(c, 0x5A);
    char pan[24] = "", digits[8];
    struct track2 t;
    if (o) {
        pan_of(&o->object, pan);
        if (strcmp(pan, c->p->pan) != 0)
            check_say_tag(c, CARD_ERROR, 0x5A, "another PAN than the profile's");
        if (!luhn_ok(pan))
            check_say_tag(c, CARD_ERROR, 0x5A, "its check digit is wrong");
    }
    if ((o = check_find(c, 0x57))) {
        if (track2_from_tag57(o->object.value, o->object.len, &t)) {
            check_say_tag(c, CARD_ERROR, 0x57, "malformed");
        } else {
            if (*pan && strcmp(t.pan, pan) != 0)
                check_say_tag(c, CARD_ERROR, 0x57, "another PAN than 5A");
            if (*c->p->expiry && strcmp(t.expiry, c->p->expiry) != 0)
                check_say_tag(c, CARD_ERROR, 0x57, "expiry %s, the card's is %s", t.expiry, c->p->expiry);
            if (*c->p->service_code && strcmp(t.service_code, c->p->service_code) != 0)
                check_say_tag(c, CARD_ERROR, 0x57, "service code %s, the card's is %s", t.service_code,
                              c->p->service_code);
        }
    }
    if ((o = check_find(c, 0x5F30)) && o->object.len == 2) {
        bcd_unpack(o->object.value, 1, 3, digits);
        if (*c->p->service_code && strcmp(digits, c->p->service_code) != 0)
            check_say_tag(c, CARD_ERROR, 0x5F30, "service code %s, the card's is %s", digits, c->p->service_code);
    }
    if ((o = check_find(c, 0x5F34)) && o->object.len == 1) {
        bcd_unpack(o->object.value, 0, 2, digits);
        if (strcmp(digits, *c->p->psn ? c->p->psn : "00") != 0)
            check_say_tag(c, CARD_ERROR, 0x5F34, "sequence number %s, the profile's is %s", digits,
                          *c->p->psn ? c->p->psn : "none");
    }
}

/* YYMMDD as a number that compares; 0: no such day. */
static unsigned day_of(const struct check *c, uint32_t tag)
{
    static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const struct check_object *o = check_find(c, tag);
    char text[7];
    unsigned year, month, day;
    if (!o || o->object.len != 3)
        return 0;
    bcd_unpack(o->object.value, 0, 6, text);
    if (strspn(text, "0123456789") != 6 || sscanf(text, "%2u%2u%2u", &year, &month, &day) != 3)
        return 0;
    if (month < 1 || month > 12 || day < 1 || day > days[month - 1] || (month == 2 && day == 29 && year % 4)) {
        check_say_tag(c, CARD_ERROR, tag, "%s is no day", text);
        return 0;
    }
    return (year < 50 ? 1000000 : 0) + year * 10000 + month * 100 + day; /* the window of DOMAIN 2.7 */
}

static void check_dates(const struct check *c)
{
    unsigned expiry = day_of(c, 0x5F24), effective = day_of(c, 0x5F25);
    char text[5];
    if (expiry && effective && effective > expiry)
        check_say_tag(c, CARD_ERROR, 0x5F25, "effective after the expiry date");
    if (expiry && *c->p->expiry) {
        bcd_unpack(check_find(c, 0x5F24)->object.value, 0, 4, text);
        if (strcmp(text, c->p->expiry) != 0)
            check_say_tag(c, CARD_ERROR, 0x5F24, "expiry %s, the card's is %s", text, c->p->expiry);
    }
}

/* -- lists -- */

static bool asks_for(const uint8_t *dol, size_t len, uint32_t tag)
{
    size_t offset, value_len;
    return dol_locate(dol, len, tag, &offset, &value_len) == OK;
}

void check_dol(const struct check *c, const char *place, const uint8_t *dol, size_t len)
{
    struct dol_entry e;
    size_t at = 0;
    int status;
    while ((status = dol_next(dol, len, &at, &e)) == OK) {
        const struct tag_info *info = tag_lookup(e.tag);
        if (!info)
            check_say(c, CARD_WARNING, place, "asks for %02X, which nobody knows", (unsigned)e.tag);
        else if (info->format == TAG_TEMPLATE)
            check_say(c, CARD_ERROR, place, "asks for the template %02X", (unsigned)e.tag);
        else if (e.len < info->min || (info->max && e.len > info->max))
            check_say(c, CARD_WARNING, place, "asks for %u bytes of %02X, which has %u to %u", e.len, (unsigned)e.tag,
                      info->min, info->max);
    }
    if (status != E_NOTFOUND)
        check_say(c, CARD_ERROR, place, "malformed list");
}

/* A card with both algorithms chooses by DF69 (JR/T 0025.17). */
static void check_algorithms(const struct check *c)
{
    if ((c->p->chip.scheme == AC_PBOC_EITHER || c->a->sm) && !asks_for(c->a->pdol.bytes, c->a->pdol.len, 0xDF69))
        check_say(c, CARD_ERROR, "pdol", "DF69 is missing: the card never gets to its SM algorithms");
}

/* What the cryptogram is computed over (DOMAIN 3.7) has to come from the terminal. */
static void check_cdol(const struct check *c, uint32_t tag)
{
    static const uint32_t wanted[] = {0x9F02, 0x9F03, 0x9F1A, 0x95, 0x5F2A, 0x9A, 0x9C, 0x9F37};
    const struct check_object *o = check_find(c, tag), *first = check_find(c, 0x8C);
    char place[40];
    if (!o)
        return;
    snprintf(place, sizeof place, "%02X (record %u.%u)", (unsigned)tag, o->sfi, o->record);
    check_dol(c, place, o->object.value, o->object.len);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        bool asked = asks_for(o->object.value, o->object.len, wanted[i]) ||
                     asks_for(c->a->pdol.bytes, c->a->pdol.len, wanted[i]);
        if (tag == 0x8D && first)
            asked = asked || asks_for(first->object.value, first->object.len, wanted[i]);
        if (!asked)
            check_say(c, CARD_ERROR, place, "%02X is missing, the cryptogram needs it", (unsigned)wanted[i]);
    }
    if (tag == 0x8D && !asks_for(o->object.value, o->object.len, 0x8A))
        check_say(c, CARD_ERROR, place, "8A is missing, the card needs the issuer's decision");
    if (c->a->oda.cda && !asks_for(o->object.value, o->object.len, 0x9F37))
        check_say(c, CARD_ERROR, place, "9F37 is missing, CDA signs it");
}

/* -- cardholder verification -- */

static bool is_method(uint8_t code)
{
    code &= 0x3F;
    return code <= 0x05 || code == 0x1E || code == 0x1F || code == 0x20;
}

static void check_rule(const struct check *c, const uint8_t *list, unsigned index)
{
    uint8_t code = list[0] & 0x3F, condition = list[1];
    bool enciphered = code == 0x04 || code == 0x05, plain = code == 0x01 || code == 0x03;
    if (!is_method(code))
        check_say_tag(c, CARD_WARNING, 0x8E, "rule %u: nobody knows method %02X", index, code);
    if (condition > 0x09)
        check_say_tag(c, CARD_WARNING, 0x8E, "rule %u: nobody knows condition %02X", index, condition);
    if ((enciphered || plain) && !*c->a->offline_pin)
        check_say_tag(c, CARD_ERROR, 0x8E, "rule %u: offline PIN, and the card has none", index);
    if (enciphered && !check_find(c, 0x9F2D) && !check_find(c, 0x9F46))
        check_say_tag(c, CARD_ERROR, 0x8E, "rule %u: enciphered PIN, and there is no key for it (9F2D or 9F46)", index);
    if (enciphered && c->a->oda.present && c->a->oda.chain.algorithm == CHAIN_SM2)
        check_say_tag(c, CARD_WARNING, 0x8E, "rule %u: enciphered PIN, and no terminal knows how with SM2", index);
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
    while (len && !bytes[len - 1])
        len--;
    return len == 0;
}

static void check_cvm(const struct check *c)
{
    const struct check_object *o = check_find(c, 0x8E);
    bool offline = false;
    if (!o) {
        if (c->a->aip[0] & AIP_CV)
            check_say_tag(c, CARD_ERROR, 0x8E, "missing, the AIP says that the cardholder is verified");
        return;
    }
    if (!(c->a->aip[0] & AIP_CV))
        check_say_tag(c, CARD_WARNING, 0x8E, "of no use, the AIP says that the cardholder is not verified");
    const uint8_t *v = o->object.value;
    size_t len = o->object.len;
    if (len < 10 || len % 2) {
        check_say_tag(c, CARD_ERROR, 0x8E, "%zu bytes: two amounts and rules of two bytes expected", len);
        return;
    }
    for (size_t i = 8; i < len; i += 2) {
        unsigned index = (unsigned)(i - 8) / 2 + 1;
        check_rule(c, v + i, index);
        offline = offline || ((v[i] & 0x3F) >= 0x01 && (v[i] & 0x3F) <= 0x05 && (v[i] & 0x3F) != 0x02);
        if ((v[i + 1] == 6 || v[i + 1] == 7) && is_zero(v, 4))
            check_say_tag(c, CARD_WARNING, 0x8E, "rule %u: amount X is zero", index);
        if ((v[i + 1] == 8 || v[i + 1] == 9) && is_zero(v + 4, 4))
            check_say_tag(c, CARD_WARNING, 0x8E, "rule %u: amount Y is zero", index);
        if (v[i + 1] >= 6 && v[i + 1] <= 9 && !check_find(c, 0x9F42))
            check_say_tag(c, CARD_ERROR, 0x8E, "rule %u: an amount, and no currency of the application (9F42)", index);
    }
    if (*c->a->offline_pin && !offline)
        check_say_tag(c, CARD_WARNING, 0x8E, "the card has an offline PIN that no rule asks for");
    if (c->a->history.pin_tries_given && c->a->history.pin_tries > c->a->pin_try_limit)
        check_say(c, CARD_ERROR, "history.pin_tries", "more than the limit of %u", c->a->pin_try_limit);
}

/* -- usage control and limits -- */

static void check_usage(const struct check *c)
{
    const struct check_object *o = check_find(c, 0x9F07);
    if (!o || o->object.len != 2)
        return;
    uint8_t b = o->object.value[0];
    if (!(b & 0x20) != !(b & 0x08))
        check_say_tag(c, CARD_ERROR, 0x9F07, "domestic goods and services: both or none");
    if (!(b & 0x10) != !(b & 0x04))
        check_say_tag(c, CARD_ERROR, 0x9F07, "international goods and services: both or none");
    if (!(b & 0x03))
        check_say_tag(c, CARD_ERROR, 0x9F07, "valid neither at ATMs nor elsewhere");
    if (!check_find(c, 0x5F28))
        check_say_tag(c, CARD_ERROR, 0x9F07, "without the issuer's country (5F28) nobody can tell what is domestic");
}

static void check_limits(const struct check *c, uint32_t lower, uint32_t upper)
{
    const struct check_object *in_record[2] = {check_find(c, lower), check_find(c, upper)};
    struct tlv value[2];
    char place[16];
    for (int i = 0; i < 2; i++) {
        if (in_record[i])
            value[i] = in_record[i]->object;
        else if (tlv_find(c->a->data.bytes, c->a->data.len, i ? upper : lower, &value[i]))
            return;
    }
    snprintf(place, sizeof place, "%02X", (unsigned)lower);
    if (value[0].len == 1 && value[1].len == 1 && value[0].value[0] > value[1].value[0])
        check_say(c, CARD_ERROR, place, "the lower limit %u is above the upper one, %u", value[0].value[0],
                  value[1].value[0]);
}

void check_data(const struct check *c)
{
    check_account(c);
    check_dates(c);
    check_dol(c, "pdol", c->a->pdol.bytes, c->a->pdol.len);
    check_algorithms(c);
    check_cdol(c, 0x8C);
    check_cdol(c, 0x8D);
    check_cvm(c);
    check_usage(c);
    check_limits(c, 0x9F14, 0x9F23);
    check_limits(c, 0x9F58, 0x9F59);
}
