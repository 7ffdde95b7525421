/*
 * The objects of a card as a tree of lines: applications, options, records, keys (posbench card show). The PAN is
 * masked; tracks, name and identity document are not shown.
 */
#include "cards/inspect.h"
#include "cards/profile.h"
#include "core/codec/hex.h"
#include "core/codec/tag.h"
#include "core/codec/tlv.h"
#include "core/codec/track.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 32 /* bytes of a value */
#define DEPTH_MAX 8

struct tree {
    const struct card_profile *p;
    card_tree_line *line;
    void *ctx;
};

static void print(const struct tree *t, unsigned depth, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void print(const struct tree *t, unsigned depth, const char *format, ...)
{
    char text[320];
    int n = snprintf(text, sizeof text, "%*s", (int)(2 * depth), "");
    va_list args;
    va_start(args, format);
    vsnprintf(text + n, sizeof text - (size_t)n, format, args);
    va_end(args);
    t->line(t->ctx, text);
}

static bool is_hidden(uint32_t tag)
{
    static const uint32_t hidden[] = {0x57, 0x56, 0x5F20, 0x9F0B, 0x9F1F, 0x9F20, 0x9F61, 0x9F6B};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (hidden[i] == tag)
            return true;
    return false;
}

static void value_text(const struct tree *t, const struct tlv *o, char *out, size_t cap)
{
    if (o->tag == 0x5A) {
        pan_mask(t->p->pan, out, cap);
    } else if (is_hidden(o->tag) || (o->tag == 0x9F46 && o->len && o->value[0] == 0x14)) { /* SM2: the PAN in clear */
        snprintf(out, cap, "(%zu bytes, not shown)", o->len);
    } else {
        size_t shown = o->len > SHOWN_MAX ? SHOWN_MAX : o->len;
        hex_encode(o->value, shown, out, cap);
        if (shown < o->len) {
            size_t n = strlen(out);
            snprintf(out + n, cap - n, ".. (%zu bytes)", o->len);
        }
    }
}

static void print_bits(const struct tree *t, unsigned depth, uint32_t tag, const uint8_t *value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        for (unsigned mask = 0x80; mask; mask >>= 1)
            if (value[i] & mask && tag_bit_name(tag, i, (uint8_t)mask))
                print(t, depth, "%s", tag_bit_name(tag, i, (uint8_t)mask));
}

static void print_objects(const struct tree *t, unsigned depth, const uint8_t *bytes, size_t len)
{
    struct tlv o;
    size_t at = 0;
    int status;
    while ((status = tlv_next(bytes, len, &at, &o)) == OK) {
        const struct tag_info *info = tag_lookup(o.tag);
        const char *name = info ? info->name : "(unknown)";
        char text[120];
        if (tlv_is_template(o.tag) && depth < DEPTH_MAX) {
            print(t, depth, "%-5X %s", (unsigned)o.tag, name);
            print_objects(t, depth + 1, o.value, o.len);
            continue;
        }
        value_text(t, &o, text, sizeof text);
        print(t, depth, "%-5X %-32s %s", (unsigned)o.tag, name, text);
        if (o.tag == 0x9F07)
            print_bits(t, depth + 3, o.tag, o.value, o.len);
    }
    if (status != E_NOTFOUND)
        print(t, depth, "(malformed from byte %zu)", at);
}

static void print_list(const struct tree *t, const char *what, const struct card_bytes *b)
{
    char text[2 * CARD_DATA_MAX + 1];
    if (b->len && hex_encode(b->bytes, b->len < 100 ? b->len : 100, text, sizeof text) == OK)
        print(t, 1, "%-8s %s", what, text);
}

static void print_oda(const struct tree *t, const struct card_oda *oda)
{
    static const char *const pin[] = {"none", "under the ICC key", "under a key of its own"};
    const struct chain *c = &oda->chain;
    bool sm2 = c->algorithm == CHAIN_SM2;
    print(t, 1, "offline data authentication: %s%s%s%swith chain %s", oda->sda ? "SDA " : "", oda->dda ? "DDA " : "",
          oda->cda ? "CDA " : "", oda->sda || oda->dda || oda->cda ? "" : "none, ", oda->keys);
    print(t, 2, "authority  %02X%02X%02X%02X%02X index %02X, %s %u bits, expires 20%02X-%02X-%02X", c->rid[0],
          c->rid[1], c->rid[2], c->rid[3], c->rid[4], c->index[0], sm2 ? "SM2" : "RSA",
          sm2 ? 256 : 8u * c->ca.modulus.len, c->expiry[0], c->expiry[1], c->expiry[2]);
    print(t, 2, "issuer     %u bits", sm2 ? 256 : 8u * c->issuer.modulus.len);
    print(t, 2, "card       %u bits, enciphered PIN: %s", sm2 ? 256 : 8u * c->icc.modulus.len, pin[oda->pin]);
    if (oda->fault)
        print(t, 2, "broken     %s: %s", oda->fault->name, oda->fault->check);
}

static void print_application(const struct tree *t, const struct card_application *a)
{
    char aid[40];
    hex_encode(a->aid.bytes, a->aid.len, aid, sizeof aid);
    print(t, 0, "application %s, \"%s\", priority %u", aid, a->label, a->priority & 0x0Fu);
    print_list(t, "PDOL", &a->pdol);
    print(t, 1, "%-8s %02X%02X", "AIP", a->aip[0], a->aip[1]);
    print_bits(t, 4, 0x82, a->aip, sizeof a->aip);
    print_list(t, "AFL", &a->afl);
    if (*a->offline_pin)
        print(t, 1, "offline PIN: %u of %u tries", a->history.pin_tries_given ? a->history.pin_tries : a->pin_try_limit,
              a->pin_try_limit);
    if (a->oda.present)
        print_oda(t, &a->oda);
    for (size_t i = 0; i < a->record_count; i++) {
        const struct card_record *r = &a->records[i];
        print(t, 1, "record %u.%u", r->sfi, r->number);
        print_objects(t, 2, r->content.bytes, r->content.len);
    }
    if (a->data.len) {
        print(t, 1, "GET DATA");
        print_objects(t, 2, a->data.bytes, a->data.len);
    }
}

void card_profile_tree(const struct card_profile *p, card_tree_line *line, void *ctx)
{
    const struct tree t = {p, line, ctx};
    for (size_t i = 0; p->chip.present && i < p->chip.application_count; i++)
        print_application(&t, &p->chip.applications[i]);
}
