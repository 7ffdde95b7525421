/*
 * The objects of a card as a tree of lines: applications, options, records, keys (posbench card show). The PAN is
 * masked; tracks, name and identity document are not shown.
 */
#include "cards/inspect.h"

#include "cards/contactless.h"
#include "cards/profile.h"
#include "cards/tree_words.h"
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

struct words_line {
    const struct tree *t;
    unsigned depth;
};

static void words_line(void *ctx, const char *text)
{
    const struct words_line *l = ctx;
    print(l->t, l->depth, "%s", text);
}

static void print_words(const struct tree *t, unsigned depth, uint32_t tag, const uint8_t *value, size_t len)
{
    struct words_line l = {t, depth};
    card_tree_words(&(struct tree_words){tag, value, len, words_line, &l});
}

/* Certificates of JR/T 0025.17 stand in clear: holder, expiry, serial number, kind of key; then key and signature. */
static void print_sm2(const struct tree *t, unsigned depth, const struct tlv *o)
{
    char holder[24];
    bool issuer = o->tag == 0x90 && o->len == 142 && o->value[0] == 0x12,
         card = o->tag == 0x9F46 && o->len == 148 && o->value[0] == 0x14;
    if (o->tag == 0x93 && o->len == 67 && o->value[0] == 0x13)
        print(t, depth, "SM2: data authentication code %02X%02X", o->value[1], o->value[2]);
    if (!issuer && !card)
        return;
    const uint8_t *behind = o->value + (issuer ? 5 : 11);
    if (issuer)
        hex_encode(o->value + 1, 4, holder, sizeof holder);
    else
        pan_mask(t->p->pan, holder, sizeof holder);
    print(t, depth, "SM2: %s %s, valid to %02X/%02X, serial number %02X%02X%02X", issuer ? "issuer" : "card", holder,
          behind[0], behind[1], behind[2], behind[3], behind[4]);
    print(t, depth, "key of %u bits, %s", 4u * behind[8],
          behind[5] == 0x04 && behind[6] == 0x00 && behind[7] == 0x11 ? "SM2 with SM3" : "algorithm unknown");
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
        print_words(t, depth + 3, o.tag, o.value, o.len);
        print_sm2(t, depth + 3, &o);
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

static void print_purse(const struct tree *t, const struct card_purse *purse)
{
    print(t, 1, "electronic cash in currency %02X%02X", purse->currency[0], purse->currency[1]);
    print_list(t, "AFL too", &purse->afl);
    if (purse->log)
        print(t, 2, "transactions in file %u", purse->log);
    if (purse->load_log)
        print(t, 2, "loads in file %u", purse->load_log);
}

static void print_records(const struct tree *t, const struct card_application *a, unsigned sfi)
{
    for (size_t i = 0; i < a->record_count; i++) {
        const struct card_record *r = &a->records[i];
        if (sfi && r->sfi != sfi)
            continue;
        print(t, 1, "record %u.%u", r->sfi, r->number);
        print_objects(t, 2, r->content.bytes, r->content.len);
    }
}

/* What differs for a terminal of the SM algorithms. */
static void print_variant(const struct tree *t, const struct card_application *a)
{
    print(t, 0, "the same at a terminal of the SM algorithms (DF69 = 01)");
    print(t, 1, "%-8s %02X%02X", "AIP", a->aip[0], a->aip[1]);
    print_list(t, "AFL", &a->afl);
    print_oda(t, &a->oda);
    print_records(t, a, a->oda.sfi);
}

static void print_history(const struct tree *t, const struct card_history *h)
{
    const struct {
        bool is;
        const char *name;
    } rows[] = {{h->blocked, "blocked"},
                {h->online_not_completed, "last online transaction not completed"},
                {h->issuer_auth_failed, "issuer authentication failed"},
                {h->issuer_auth_missing, "issuer authentication missing"},
                {h->script_failed, "a script failed"},
                {h->sda_failed, "SDA failed"},
                {h->dda_failed, "DDA failed"}};
    print(t, 1, "so far: ATC %u, last online %u", (unsigned)h->atc[0] << 8 | h->atc[1],
          (unsigned)h->last_online_atc[0] << 8 | h->last_online_atc[1]);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].is)
            print(t, 4, "%s", rows[i].name);
}

/* What it reads and signs when it pays by tap. */
static void print_offline_tap(const struct tree *t, const struct card_application *application)
{
    const struct card_contactless *a = &application->contactless;
    struct card_bytes afl;
    static const char *const fdda[] = {
        [CARD_FDDA_NONE] = "no fDDA", [CARD_FDDA_00] = "fDDA version 00", [CARD_FDDA_01] = "fDDA version 01"};
    if (a->signed_record[0])
        print(t, 2, "may pay offline, %s in record %u.%u", fdda[a->fdda], a->signed_record[0], a->signed_record[1]);
    else
        print(t, 2, "may pay offline, %s%s", fdda[a->fdda], a->fdda ? " in the answer" : "");
    card_tap_locator(application, &afl);
    print(t, 2, "AFL");
    print_words(t, 5, 0x94, afl.bytes, afl.len);
}

/* Through the air. */
static void print_contactless(const struct tree *t, const struct card_contactless *a)
{
    print(t, 1, "through the air");
    print(t, 2, "%-6s %02X%02X", "AIP", a->aip[0], a->aip[1]);
    print_words(t, 5, 0x82, a->aip, sizeof a->aip);
    print(t, 2, "PDOL");
    print_words(t, 5, 0x9F38, a->pdol.bytes, a->pdol.len);
    if (a->no_ctq)
        print(t, 2, "no card transaction qualifiers");
    else
        print(t, 2, "%-6s %02X%02X", "CTQ", a->ctq[0], a->ctq[1]);
    if (!a->no_ctq)
        print_words(t, 5, 0x9F6C, a->ctq, sizeof a->ctq);
    print_objects(t, 2, a->objects.bytes, a->objects.len);
}

static void print_application(const struct tree *t, const struct card_application *a)
{
    char aid[40];
    hex_encode(a->aid.bytes, a->aid.len, aid, sizeof aid);
    print(t, 0, "application %s, \"%s\", priority %u", aid, a->label, a->priority & 0x0Fu);
    print_list(t, "PDOL", &a->pdol);
    print_words(t, 4, 0x9F38, a->pdol.bytes, a->pdol.len);
    print(t, 1, "%-8s %02X%02X", "AIP", a->aip[0], a->aip[1]);
    print_words(t, 4, 0x82, a->aip, sizeof a->aip);
    print_list(t, "AFL", &a->afl);
    print_words(t, 4, 0x94, a->afl.bytes, a->afl.len);
    print_history(t, &a->history);
    if (a->log.sfi)
        print(t, 1, "keeps a log of its transactions%s in file %u", a->log.declined ? ", declined ones too," : "",
              a->log.sfi);
    if (t->p->chip.scheme == AC_PBOC_SM4)
        print(t, 1, "cryptograms by SM4");
    if (t->p->chip.scheme == AC_PBOC_EITHER)
        print(t, 1, "cryptograms by SM4 if the terminal says so (DF69), else by 3DES");
    if (*a->offline_pin)
        print(t, 1, "offline PIN: %u of %u tries", a->history.pin_tries_given ? a->history.pin_tries : a->pin_try_limit,
              a->pin_try_limit);
    if (a->oda.present)
        print_oda(t, &a->oda);
    if (a->purse.present)
        print_purse(t, &a->purse);
    if (a->fci_issuer.len) {
        print(t, 1, "FCI, issuer's part");
        print_objects(t, 2, a->fci_issuer.bytes, a->fci_issuer.len);
    }
    print_records(t, a, 0);
    if (a->contactless.present)
        print_contactless(t, &a->contactless);
    if (a->contactless.afl.len)
        print_offline_tap(t, a);
    if (a->data.len) {
        print(t, 1, "GET DATA");
        print_objects(t, 2, a->data.bytes, a->data.len);
    }
    if (a->sm)
        print_variant(t, a->sm);
}

/* What the card does wrongly, as its profile says. */
static void print_faults(const struct tree *t)
{
    for (size_t i = 0; i < t->p->fault_count; i++) {
        const struct card_fault_words *w = &t->p->faults[i].words;
        char text[200] = "";
        for (unsigned key = 0; key < FAULT_KEYS; key++)
            if (*w->value[key])
                snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s=%s", *text ? "," : "",
                         card_fault_keys[key], w->value[key]);
        print(t, 0, "fault    %s", text);
    }
}

void card_profile_tree(const struct card_profile *p, card_tree_line *line, void *ctx)
{
    const struct tree t = {p, line, ctx};
    print_faults(&t);
    for (size_t i = 0; p->chip.present && i < p->chip.application_count; i++)
        print_application(&t, &p->chip.applications[i]);
}
