/*
 * secrets: every PAN, track and key that the bench put into the case is looked for, in clear, in what survives on flash
 * and files, on paper, on the display, and among what the core wrote to its log: as ASCII digits, as BCD at either
 * nibble, as binary.
 */
#include "scenarios/engine/judge.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

struct hunt {
    struct verdict *verdict;
    const char *place; /* "file journal.db" */
    const uint8_t *bytes;
    size_t len;
};

static void found(const struct hunt *h, const char *form)
{
    judge_say(h->verdict, "fail", "a secret stands in clear (%s) in %s", form, h->place);
}

/* The digits packed two a byte, once from the first and once from the second digit on. */
static void look_for_bcd(const struct hunt *h, const char *digits)
{
    uint8_t packed[40];
    for (size_t skip = 0; skip < 2; skip++) {
        size_t n = (strlen(digits) - skip) / 2;
        if (n < 4 || n > sizeof packed)
            continue;
        for (size_t i = 0; i < n; i++)
            packed[i] = (uint8_t)((digits[skip + 2 * i] - '0') << 4 | (digits[skip + 2 * i + 1] - '0'));
        if (memmem(h->bytes, h->len, packed, n))
            found(h, "BCD");
    }
    OPENSSL_cleanse(packed, sizeof packed);
}

static void look_for(void *ctx, const char *digits, const uint8_t *bytes, size_t len)
{
    const struct hunt *h = ctx;
    if (digits) {
        if (memmem(h->bytes, h->len, digits, strlen(digits)))
            found(h, "digits");
        look_for_bcd(h, digits);
    } else if (memmem(h->bytes, h->len, bytes, len))
        found(h, "binary");
}

struct search {
    const struct evidence *e;
    struct verdict *v;
};

static void look_into(void *ctx, const char *name, const uint8_t *bytes, size_t len)
{
    const struct search *s = ctx;
    char place[80];
    if (strncmp(name, "slot-", 5) == 0)
        return; /* a signed image, verified by digest at each boot */
    snprintf(place, sizeof place, "storage \"%s\"", name);
    struct hunt h = {s->v, place, bytes, len};
    record_secrets(s->e->bench->record, look_for, &h);
}

void oracle_secrets(const struct evidence *e, struct verdict *v)
{
    struct search s = {e, v};
    storage_visit(terminal_storage(e->terminal->terminal), look_into, &s);
    const char *roll = terminal_paper_roll(e->terminal->terminal);
    struct hunt paper = {v, "what was printed", (const uint8_t *)roll, strlen(roll)};
    record_secrets(e->bench->record, look_for, &paper);
    for (uint64_t i = e->terminal->shown_count > CASE_SCREENS ? e->terminal->shown_count - CASE_SCREENS : 0;
         i < e->terminal->shown_count; i++) {
        const struct shown *shown = &e->terminal->shown[i % CASE_SCREENS];
        struct hunt display = {v, "what was shown", (const uint8_t *)shown->text, strlen(shown->text)};
        record_secrets(e->bench->record, look_for, &display);
    }
    const struct record_leak *leak = record_leak(e->bench->record);
    if (leak->count)
        judge_say(v, "fail", "the core put a secret into words: record line %llu (%s)", (unsigned long long)leak->line,
                  leak->kind);
}
