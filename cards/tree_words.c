/*
 * Objects whose bits and bytes mean something each, in words: action codes, CVM list, data object lists, file locator,
 * qualifiers, default action, log entry, service code, dates (EMV Book 3 annex C; DOMAIN 1.1, 2.1, 2.8, 2.12, 3.9).
 * Called by tree.c for each object of a card.
 */
#include "cards/tree_words.h"

#include "core/codec/dol.h"
#include "core/codec/tag.h"
#include "core/status.h"

#include <stdarg.h>
#include <stdio.h>

static void __attribute__((format(printf, 2, 3))) say(const struct tree_words *w, const char *format, ...)
{
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    w->line(w->ctx, text);
}

/* -- bits -- */

static void bits_of(const struct tree_words *w, uint32_t named_as)
{
    for (size_t i = 0; i < w->len; i++)
        for (unsigned mask = 0x80; mask; mask >>= 1)
            if (w->value[i] & mask) {
                const char *name = tag_bit_name(named_as, i, (uint8_t)mask);
                if (name)
                    say(w, "%s", name);
                else
                    say(w, "byte %zu has %02X, which nobody knows", i + 1, mask);
            }
}

static void own_bits(const struct tree_words *w)
{
    bits_of(w, w->tag);
}

/* Action codes have the bits of the TVR. */
static void action_code(const struct tree_words *w)
{
    bits_of(w, 0x95);
}

struct bit {
    uint8_t byte, mask;
    const char *name;
};

static void listed_bits(const struct tree_words *w, const struct bit *bits, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bits[i].byte < w->len && w->value[bits[i].byte] & bits[i].mask)
            say(w, "%s", bits[i].name);
}

static void qualifiers(const struct tree_words *w)
{
    static const struct bit bits[] = {
        {0, 0x80, "online PIN required"},
        {0, 0x40, "signature required"},
        {0, 0x20, "online if offline data authentication fails and the reader can"},
        {0, 0x10, "another interface if offline data authentication fails and the reader has contacts"},
        {0, 0x08, "online if the application is expired"},
        {0, 0x04, "another interface for cash"},
        {0, 0x02, "another interface for cashback"},
        {1, 0x80, "cardholder verified on the device"},
    };
    listed_bits(w, bits, sizeof bits / sizeof *bits);
}

static void default_action(const struct tree_words *w)
{
    static const struct bit bits[] = {
        {0, 0x80, "issuer authentication failed: the next transaction goes online"},
        {0, 0x40, "issuer authentication failed: declined"},
        {0, 0x20, "issuer authentication mandatory and missing: declined"},
        {0, 0x10, "declined offline: advice"},
        {0, 0x08, "last PIN try lost and declined: advice"},
        {0, 0x04, "declined for want of issuer authentication: advice"},
        {0, 0x02, "new card: online"},
        {0, 0x01, "new card and unable to go online: declined"},
        {1, 0x80, "last PIN try lost: application blocked"},
        {1, 0x40, "no PIN try left from before: declined"},
        {1, 0x20, "no PIN try left from before: online"},
        {1, 0x10, "no PIN try left from before and unable to go online: declined"},
        {1, 0x08, "a script failed before: online"},
        {1, 0x04, "no PIN try left from before: declined and blocked"},
    };
    listed_bits(w, bits, sizeof bits / sizeof *bits);
}

static void authentication_indicator(const struct tree_words *w)
{
    say(w, "issuer authentication %s", w->len && w->value[0] & 0x80 ? "mandatory" : "optional");
}

/* -- lists -- */

static void dol(const struct tree_words *w)
{
    struct dol_entry e;
    size_t at = 0;
    int status;
    while ((status = dol_next(w->value, w->len, &at, &e)) == OK) {
        const struct tag_info *info = tag_lookup(e.tag);
        say(w, "%-5X %3u  %s", (unsigned)e.tag, e.len, info ? info->name : "(unknown)");
    }
    if (status != E_NOTFOUND)
        say(w, "malformed from byte %zu", at);
}

static const char *method(uint8_t code)
{
    static const struct {
        uint8_t code;
        const char *name;
    } names[] = {{0x00, "fail"},
                 {0x01, "plaintext PIN, checked by the card"},
                 {0x02, "online PIN"},
                 {0x03, "plaintext PIN, checked by the card, and signature"},
                 {0x04, "enciphered PIN, checked by the card"},
                 {0x05, "enciphered PIN, checked by the card, and signature"},
                 {0x1E, "signature"},
                 {0x1F, "no verification"},
                 {0x20, "identity document"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].code == (code & 0x3F))
            return names[i].name;
    return "a method that nobody knows";
}

static const char *condition(uint8_t code)
{
    static const char *const names[] = {"always",
                                        "if unattended cash",
                                        "if neither cash nor cashback",
                                        "if the terminal can",
                                        "if manual cash",
                                        "if cashback",
                                        "if in the card's currency and under X",
                                        "if in the card's currency and over X",
                                        "if in the card's currency and under Y",
                                        "if in the card's currency and over Y"};
    return code < sizeof names / sizeof *names ? names[code] : "under a condition that nobody knows";
}

static unsigned long amount(const uint8_t *v)
{
    return (unsigned long)v[0] << 24 | (unsigned long)v[1] << 16 | (unsigned long)v[2] << 8 | v[3];
}

static void cvm_list(const struct tree_words *w)
{
    if (w->len < 8) {
        say(w, "malformed: two amounts expected");
        return;
    }
    if (amount(w->value) || amount(w->value + 4))
        say(w, "X %lu.%02lu, Y %lu.%02lu", amount(w->value) / 100, amount(w->value) % 100, amount(w->value + 4) / 100,
            amount(w->value + 4) % 100);
    for (size_t i = 8; i + 1 < w->len; i += 2)
        say(w, "%s, %s; %s", method(w->value[i]), condition(w->value[i + 1]),
            w->value[i] & 0x40 ? "if it fails, the next rule" : "if it fails, no further rule");
    if (w->len % 2)
        say(w, "half a rule is left");
}

static void locator(const struct tree_words *w)
{
    for (size_t i = 0; i + 3 < w->len; i += 4) {
        const uint8_t *e = w->value + i;
        if (e[1] == e[2])
            say(w, "file %u, record %u, %s", e[0] >> 3, e[1], e[3] ? "signed" : "not signed");
        else
            say(w, "file %u, records %u to %u, %u of them signed", e[0] >> 3, e[1], e[2], e[3]);
    }
}

static void tag_list(const struct tree_words *w)
{
    if (w->len == 1 && w->value[0] == 0x82)
        say(w, "the AIP is signed, too");
}

/* -- numbers -- */

static void log_entry(const struct tree_words *w)
{
    if (w->len == 2)
        say(w, "file %u, %u records", w->value[0], w->value[1]);
}

static void service_code(const struct tree_words *w)
{
    static const char *const first[] = {[1] = "international, no chip",
                                        [2] = "international, chip",
                                        [5] = "national, no chip",
                                        [6] = "national, chip",
                                        [7] = "private",
                                        [9] = "test"};
    static const char *const second[] = {
        [0] = "normal authorisation", [2] = "issuer online", [4] = "issuer online but for agreements"};
    static const char *const third[] = {"no restriction, PIN",
                                        "no restriction",
                                        "goods and services",
                                        "ATM, PIN",
                                        "cash",
                                        "goods and services, PIN",
                                        "no restriction, PIN if there is a pad",
                                        "goods and services, PIN if there is a pad"};
    if (w->len != 2)
        return;
    unsigned a = w->value[0] & 0x0F, b = w->value[1] >> 4, d = w->value[1] & 0x0F;
    say(w, "%s; %s; %s", a < 10 && first[a] ? first[a] : "unknown", b < 5 && second[b] ? second[b] : "unknown",
        d < 8 ? third[d] : "unknown");
}

static void date(const struct tree_words *w)
{
    if (w->len == 3) /* the window of DOMAIN 2.7 */
        say(w, "%s%02X-%02X-%02X", w->value[0] < 0x50 ? "20" : "19", w->value[0], w->value[1], w->value[2]);
}

static const struct {
    uint32_t tag;
    void (*words)(const struct tree_words *w);
} rows[] = {
    {0x82, own_bits},
    {0x9F07, own_bits},
    {0x9F0D, action_code},
    {0x9F0E, action_code},
    {0x9F0F, action_code},
    {0x9F6C, qualifiers},
    {0x9F52, default_action},
    {0x9F56, authentication_indicator},
    {0x8C, dol},
    {0x8D, dol},
    {0x97, dol},
    {0x9F38, dol},
    {0x9F49, dol},
    {0x9F4F, dol},
    {0xDF4F, dol},
    {0x8E, cvm_list},
    {0x94, locator},
    {0x9F4A, tag_list},
    {0x9F4D, log_entry},
    {0xDF4D, log_entry},
    {0x5F30, service_code},
    {0x5F24, date},
    {0x5F25, date},
};

void card_tree_words(const struct tree_words *w)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].tag == w->tag)
            rows[i].words(w);
}
