/*
 * The card check, as a personalisation validator does it (EMV Book 3 section 7 and annex A; JR/T 0025): stripe, ATR,
 * AFL against records, their format, objects given twice, mandatory ones, lengths. What is inside the objects is
 * check_data.c, certificates check_oda.c. Called by posbench card check.
 */
#include "cards/check_internal.h"

#include "core/codec/atr.h"
#include "core/codec/tag.h"
#include "core/codec/track.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SFI_TLV_MAX 10 /* files above it may hold anything */

static void say(const struct check *c, enum card_severity severity, const char *place, const char *format, va_list args)
{
    char text[240], where[120], aid[40] = "";
    vsnprintf(text, sizeof text, format, args);
    for (size_t i = 0; c->a && i < c->a->aid.len; i++)
        snprintf(aid + 2 * i, sizeof aid - 2 * i, "%02X", c->a->aid.bytes[i]);
    snprintf(where, sizeof where, "%s%s%s", aid, *aid ? ": " : "", place);
    c->report(c->ctx, severity, where, text);
}

void check_say(const struct check *c, enum card_severity severity, const char *place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(c, severity, place, format, args);
    va_end(args);
}

static void place_of(const struct check_object *o, char place[40])
{
    snprintf(place, 40, "%02X (record %u.%u)", (unsigned)o->object.tag, o->sfi, o->record);
}

void check_say_tag(const struct check *c, enum card_severity severity, uint32_t tag, const char *format, ...)
{
    char place[40];
    va_list args;
    const struct check_object *o = check_find(c, tag);
    snprintf(place, sizeof place, "%02X", (unsigned)tag);
    if (o)
        place_of(o, place);
    va_start(args, format);
    say(c, severity, place, format, args);
    va_end(args);
}

const struct check_object *check_find(const struct check *c, uint32_t tag)
{
    for (size_t i = 0; i < c->objects; i++)
        if (c->object[i].object.tag == tag)
            return &c->object[i];
    return NULL;
}

/* -- stripe and ATR -- */

static void check_stripe(const struct check *c)
{
    const struct card_profile *p = c->p;
    struct track2 t;
    if (track2_parse(p->stripe.track2, &t)) {
        check_say(c, CARD_ERROR, "stripe", "track 2 is malformed");
        return;
    }
    if (*p->pan && strcmp(t.pan, p->pan) != 0)
        check_say(c, CARD_ERROR, "stripe", "track 2 has another PAN than the card");
    if (*p->expiry && strcmp(t.expiry, p->expiry) != 0)
        check_say(c, CARD_ERROR, "stripe", "track 2 has expiry %s, the card %s", t.expiry, p->expiry);
    if (*p->service_code && strcmp(t.service_code, p->service_code) != 0)
        check_say(c, CARD_ERROR, "stripe", "track 2 has service code %s, the card %s", t.service_code, p->service_code);
    if (track2_has_chip(&t) != p->chip.present)
        check_say(c, CARD_ERROR, "stripe", "the service code says %s", p->chip.present ? "no chip" : "chip");
}

static void check_card(const struct check *c)
{
    struct atr atr;
    const char *why = "";
    if (*c->p->pan && !luhn_ok(c->p->pan))
        check_say(c, CARD_ERROR, "pan", "its check digit is wrong");
    if (c->p->stripe.present)
        check_stripe(c);
    if (!c->p->chip.present)
        return;
    if (atr_parse(c->p->chip.atr.bytes, c->p->chip.atr.len, &atr, &why) || atr_check_emv(&atr, false, &why))
        check_say(c, CARD_ERROR, "chip.atr", "%s", why);
    else if (atr.protocol != c->p->chip.protocol)
        check_say(c, CARD_ERROR, "chip.protocol", "the ATR says T=%d", atr.protocol);
    if (c->p->chip.application_count == 0)
        check_say(c, CARD_ERROR, "chip.applications", "there is none");
}

/* -- AFL and records -- */

static const struct card_record *find_record(const struct card_application *a, unsigned sfi, unsigned number)
{
    for (size_t i = 0; i < a->record_count; i++)
        if (a->records[i].sfi == sfi && a->records[i].number == number)
            return &a->records[i];
    return NULL;
}

void check_gather(struct check *c, const struct card_record *r)
{
    struct tlv template_, o;
    char place[40];
    size_t at = 0, inner = 0;
    int status;
    snprintf(place, sizeof place, "record %u.%u", r->sfi, r->number);
    if (r->sfi > SFI_TLV_MAX)
        return;
    if (tlv_next(r->content.bytes, r->content.len, &at, &template_) || template_.tag != 0x70) {
        check_say(c, CARD_ERROR, place, "not in a template 70");
        return;
    }
    if (at != r->content.len)
        check_say(c, CARD_ERROR, place, "bytes behind template 70");
    while ((status = tlv_next(template_.value, template_.len, &inner, &o)) == OK) {
        const struct check_object *before = check_find(c, o.tag);
        if (before)
            check_say(c, CARD_ERROR, place, "%02X is also in record %u.%u", (unsigned)o.tag, before->sfi,
                      before->record);
        else if (c->objects < CHECK_OBJECTS)
            c->object[c->objects++] = (struct check_object){o, r->sfi, r->number};
    }
    if (status != E_NOTFOUND)
        check_say(c, CARD_ERROR, place, "malformed objects");
}

static void check_entry(struct check *c, const uint8_t *e, unsigned index)
{
    char place[24];
    unsigned sfi = e[0] >> 3;
    snprintf(place, sizeof place, "AFL entry %u", index + 1);
    if (e[0] & 0x07 || sfi == 0 || sfi == 31)
        check_say(c, CARD_ERROR, place, "%02X names no file of 1 to 30", e[0]);
    else if (e[1] == 0 || e[2] < e[1])
        check_say(c, CARD_ERROR, place, "records %u to %u", e[1], e[2]);
    else
        for (unsigned n = e[1]; n <= e[2]; n++) {
            const struct card_record *r = find_record(c->a, sfi, n);
            if (r)
                check_gather(c, r);
            else
                check_say(c, CARD_ERROR, place, "record %u.%u is not there", sfi, n);
        }
    if (e[2] >= e[1] && e[3] > e[2] - e[1] + 1)
        check_say(c, CARD_ERROR, place, "%u signed records of %d", e[3], e[2] - e[1] + 1);
}

static bool is_in(const struct card_bytes *afl, const struct card_record *r)
{
    for (size_t i = 0; i + 4 <= afl->len; i += 4)
        if (afl->bytes[i] >> 3 == r->sfi && r->number >= afl->bytes[i + 1] && r->number <= afl->bytes[i + 2])
            return true;
    return false;
}

/* On the contacts, or through the air. */
static bool is_listed(const struct card_application *a, const struct card_record *r)
{
    return is_in(&a->afl, r) || is_in(&a->contactless.afl, r);
}

static void check_afl(struct check *c)
{
    const struct card_application *a = c->a;
    if (a->afl.len == 0 || a->afl.len % 4)
        check_say(c, CARD_ERROR, "AFL", "%u bytes, a multiple of 4 expected", a->afl.len);
    for (unsigned i = 0; i + 4 <= a->afl.len; i += 4)
        check_entry(c, a->afl.bytes + i, i / 4);
    for (size_t i = 0; i < a->record_count; i++) {
        const struct card_record *r = &a->records[i];
        if (r->sfi <= SFI_TLV_MAX && !is_listed(a, r) && !check_purse_lists(c, r))
            check_say(c, CARD_WARNING, "AFL", "record %u.%u is there and not listed", r->sfi, r->number);
    }
}

/* -- presence and lengths -- */

static const struct {
    uint32_t tag;
    enum card_severity severity;
} needed[] = {
    {0x5A, CARD_ERROR},     {0x5F24, CARD_ERROR},   {0x8C, CARD_ERROR},     {0x8D, CARD_ERROR},
    {0x57, CARD_ERROR},     {0x5F34, CARD_WARNING}, {0x5F28, CARD_WARNING}, {0x9F07, CARD_WARNING},
    {0x9F08, CARD_WARNING}, {0x9F0D, CARD_WARNING}, {0x9F0E, CARD_WARNING}, {0x9F0F, CARD_WARNING},
};

static void check_presence(const struct check *c)
{
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!check_find(c, needed[i].tag))
            check_say_tag(c, needed[i].severity, needed[i].tag, "missing, %s",
                          needed[i].severity == CARD_ERROR ? "mandatory" : "every such card has it");
}

static bool has_only_digits(const struct tlv *o, bool filled)
{
    size_t n = 2 * o->len;
    while (filled && n && ((o->value[(n - 1) / 2] >> (n % 2 ? 4 : 0)) & 0x0F) == 0x0F)
        n--;
    for (size_t i = 0; i < n; i++)
        if (((o->value[i / 2] >> (i % 2 ? 0 : 4)) & 0x0F) > 9)
            return false;
    return true;
}

void check_form(const struct check *c, const char *place, const struct tlv *o)
{
    const struct tag_info *info = tag_lookup(o->tag);
    if (!info) {
        check_say(c, CARD_WARNING, place, "nobody knows this object");
        return;
    }
    if (info->source != 'C')
        check_say(c, CARD_ERROR, place, "%s is not the card's", info->name);
    if (o->len < info->min || (info->max && o->len > info->max))
        check_say(c, CARD_ERROR, place, "%zu bytes, %u to %u expected", o->len, info->min, info->max);
    if ((info->format == TAG_N || info->format == TAG_CN) && !has_only_digits(o, info->format == TAG_CN))
        check_say(c, CARD_ERROR, place, "digits expected");
}

static void check_names(const struct check *c)
{
    const struct card_application *a = c->a;
    for (const char *l = a->label; *l; l++) {
        bool plain = (*l >= 'a' && *l <= 'z') || (*l >= 'A' && *l <= 'Z') || (*l >= '0' && *l <= '9') || *l == ' ';
        if (!plain) {
            check_say(c, CARD_ERROR, "label", "letters, digits and spaces expected");
            break;
        }
    }
    if (*a->preferred_name && !a->code_table)
        check_say(c, CARD_ERROR, "preferred_name", "needs a code_table");
    if (strlen(a->language) % 2)
        check_say(c, CARD_ERROR, "language", "codes of two letters expected");
}

static void check_application(struct check *c)
{
    c->objects = 0;
    check_names(c);
    check_afl(c);
    check_presence(c);
    for (size_t i = 0; i < c->objects; i++) {
        char place[40];
        place_of(&c->object[i], place);
        check_form(c, place, &c->object[i].object);
    }
    check_files(c);
    check_data(c);
    check_oda(c);
    check_tap(c);
    check_purse(c);
}

void card_profile_check(const struct card_profile *p, card_finding *report, void *ctx)
{
    struct check c = {.p = p, .report = report, .ctx = ctx};
    check_card(&c);
    check_card_files(&c);
    for (size_t i = 0; p->chip.present && i < p->chip.application_count; i++)
        for (c.a = &p->chip.applications[i]; c.a; c.a = c.a->sm)
            check_application(&c);
}
