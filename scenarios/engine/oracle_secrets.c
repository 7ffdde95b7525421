/*
 * secrets: every PAN, track and key that the bench put into the case is looked for, in clear, in what survives on flash
 * and files, on paper, on the display, and among what the core wrote to its log: as ASCII digits, as BCD at either
 * nibble, as binary (hunt.c).
 */
#include "scenarios/engine/judge.h"

#include <stdio.h>
#include <string.h>

struct search {
    const struct evidence *e;
    const struct hunt *hunt;
    struct verdict *v;
    uint8_t page[32]; /* key of the one that is looked at */
};

/* -- what is stored -- */

static bool not_seen(void *ctx, const uint8_t key[32])
{
    struct search *s = ctx;
    memcpy(s->page, key, sizeof s->page);
    return !memo_seen(s->e->memo, MEMO_CLEAN, key);
}

/* A page, and as much of the next one as a secret that begins here can reach into. An image is signed, and verified by
 * digest at each boot: any bytes may be in it. */
static void look_into(void *ctx, const char *name, const uint8_t *bytes, size_t len)
{
    const struct search *s = ctx;
    bool image = strncmp(name, "slot-", 5) == 0;
    const char *form = image ? NULL : hunt_bytes(s->hunt, bytes, len);
    if (form)
        judge_say(s->v, "fail", "a secret stands in clear (%s) in storage \"%s\"", form, name);
    else
        memo_keep(s->e->memo, MEMO_CLEAN, s->page);
}

static void look_at_storage(struct search *s)
{
    size_t reach = hunt_longest(s->hunt);
    if (reach &&
        storage_visit_pages(terminal_storage(s->e->terminal->terminal), reach - 1, not_seen, look_into, s) != OK)
        judge_say(s->v, "fail", "no memory to look for secrets");
}

/* -- what was shown and printed -- */

static void look(const struct search *s, const char *place, const char *text)
{
    const char *form = hunt_bytes(s->hunt, (const uint8_t *)text, strlen(text));
    if (form)
        judge_say(s->v, "fail", "a secret stands in clear (%s) in %s", form, place);
}

static void look_at_screens(const struct search *s)
{
    const struct bench_terminal *t = s->e->terminal;
    for (uint64_t i = t->shown_count > CASE_SCREENS ? t->shown_count - CASE_SCREENS : 0; i < t->shown_count; i++)
        look(s, "what was shown", t->shown[i % CASE_SCREENS].text);
}

void oracle_secrets(const struct evidence *e, struct verdict *v)
{
    struct hunt *own;
    struct search s = {.e = e, .hunt = judge_hunt(e, &own), .v = v};
    const struct record_leak *leak = record_leak(e->bench->record);
    if (!s.hunt) {
        judge_say(v, "fail", "no memory to look for secrets");
        goto cleanup;
    }
    look_at_storage(&s);
    look(&s, "what was printed", terminal_paper_roll(e->terminal->terminal));
    look_at_screens(&s);
    if (leak->count)
        judge_say(v, "fail", "the core put a secret into words: record line %llu (%s)", (unsigned long long)leak->line,
                  leak->kind);
cleanup:
    hunt_destroy(own);
}
