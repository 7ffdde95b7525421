/*
 * Judging: every oracle of the table looks at a terminal. An oracle reads what the image's own inspect, the ledger, the
 * display, the paper, what is stored and the record say; it knows no scenario. A new oracle is one new row and one
 * function.
 */
#include "scenarios/engine/judge.h"

#include "scenarios/engine/content.h"
#include "scenarios/engine/emv_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct oracle oracles[] = {
    {"boot", "after the last power-on a verified image runs, no older than allowed, and came to idle in time",
     oracle_boot, false},
    {"money",
     "ledger, journal, display and slips agree on every attempt; nothing is charged twice, lost, or approved without a "
     "booking",
     oracle_money, false},
    {"journal",
     "each financial record stands exactly once, traces are never used twice, totals follow from the records",
     oracle_journal, false},
    {"reversal", "an unknown outcome is resolved before the next online transaction, and in the end", oracle_reversal,
     false},
    {"messages", "every request is well-formed, true to the card and to the original it reverses", oracle_messages,
     true},
    {"emv", "order, TVR, CVM and cryptogram requests follow from card, configuration and host", oracle_emv, true},
    {"secrets", "no PAN, track or key in clear in flash, files, record, display or paper", oracle_secrets, false},
    {"integrity", "every SQLite data base that is stored is sound by SQLite's own check", oracle_integrity, false},
    {"liveness", "no hang, no busy loop, power loss respected, idle reached within the bound", oracle_liveness, false},
};

const struct oracle *oracle_table(size_t *count)
{
    *count = sizeof oracles / sizeof *oracles;
    return oracles;
}

/* -- memo -- */

#define MEMO_SETS 4096u
#define MEMO_WAYS 4u       /* of one set; the oldest is forgotten first */
#define MEMO_JOURNALS 512u /* by content; each is forgotten for the next one in its place */
#define MEMO_USES (MEMO_CLEAN + 1)

struct told { /* what inspect says about one content of the storage */
    uint8_t key[32];
    bool known;
    struct journal journal;
};

struct judge_memo {
    struct hunt *hunt;
    uint8_t stored[32], content[32];                /* storage_hash that was looked at last, and its content's key */
    uint64_t seen[MEMO_USES][MEMO_SETS][MEMO_WAYS]; /* marks */
    struct told told[MEMO_JOURNALS];
    struct journal journal; /* of a content that has no key */
};

struct judge_memo *judge_memo_create(void)
{
    struct judge_memo *m = calloc(1, sizeof *m);
    if (m && !(m->hunt = hunt_create())) {
        free(m);
        m = NULL;
    }
    return m;
}

void judge_memo_destroy(struct judge_memo *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < MEMO_JOURNALS; i++)
        journal_clear(&m->told[i].journal);
    journal_clear(&m->journal);
    hunt_destroy(m->hunt);
    free(m);
}

/* Keys are hashes, or two of them side by side: 64 bits of them are enough to tell some millions apart, and a table of
 * them stays in the processor's cache. Never 0, which is an empty place. */
static uint64_t mark_of(const uint8_t key[32])
{
    uint64_t part[4];
    memcpy(part, key, sizeof part);
    return (part[0] ^ (part[1] << 21 | part[1] >> 43) ^ (part[2] * UINT64_C(0x9E3779B97F4A7C15)) ^ ~part[3]) | 1;
}

bool memo_seen(const struct judge_memo *m, enum memo_use use, const uint8_t key[32])
{
    const uint64_t mark = mark_of(key), *set = m ? m->seen[use][(mark >> 1) % MEMO_SETS] : NULL;
    bool seen = false;
    for (size_t way = 0; set && way < MEMO_WAYS; way++)
        seen = seen || set[way] == mark;
    return seen;
}

void memo_keep(struct judge_memo *m, enum memo_use use, const uint8_t key[32])
{
    uint64_t mark = mark_of(key), *set = m ? m->seen[use][(mark >> 1) % MEMO_SETS] : NULL;
    if (!set)
        return;
    memmove(set + 1, set, (MEMO_WAYS - 1) * sizeof *set);
    set[0] = mark;
}

bool memo_content(struct judge_memo *m, const struct storage *s, uint8_t key[32])
{
    uint8_t stored[32];
    if (!m)
        return false;
    storage_hash(s, stored);
    if (memcmp(m->stored, stored, sizeof stored) != 0) {
        if (content_key(s, CONTENT_DURABLE, m->content) != OK)
            return false;
        memcpy(m->stored, stored, sizeof stored);
    }
    memcpy(key, m->content, sizeof m->content);
    return true;
}

/* The journal of what is stored now, NULL when inspect does not tell it. Asked once for each content. */
static const struct journal *memo_journal(struct judge_memo *m, struct bench_terminal *t)
{
    const struct storage *s = terminal_storage(t->terminal);
    uint8_t key[32];
    bool keyed = storage_pending(s) ? content_key(s, CONTENT_LIVE, key) == OK : memo_content(m, s, key);
    if (!keyed)
        return journal_read(&m->journal, t) == OK ? &m->journal : NULL;
    struct told *told = &m->told[mark_of(key) / 2 % MEMO_JOURNALS];
    if (!told->known || memcmp(told->key, key, sizeof key) != 0) {
        told->known = journal_read(&told->journal, t) == OK;
        memcpy(told->key, key, sizeof key);
    }
    return told->known ? &told->journal : NULL;
}

struct hunt *judge_hunt(const struct evidence *e, struct hunt **own)
{
    bool changed;
    *own = e->memo ? NULL : hunt_create();
    struct hunt *h = e->memo ? e->memo->hunt : *own;
    if (!h || hunt_prepare(h, e->bench->record, &changed) != OK)
        return NULL;
    if (changed && e->memo) /* what was clean of the old secrets may hold a new one */
        memset(e->memo->seen[MEMO_CLEAN], 0, sizeof e->memo->seen[MEMO_CLEAN]);
    return h;
}

/* -- verdicts -- */

void judge_say(struct verdict *v, const char *name, const char *format, ...)
{
    if (strcmp(v->name, "fail") == 0)
        return; /* the first finding is the one to read */
    va_list args;
    snprintf(v->name, sizeof v->name, "%s", name);
    va_start(args, format);
    vsnprintf(v->text, sizeof v->text, format, args);
    va_end(args);
}

bool judge_has_journal(const struct evidence *e, struct verdict *v)
{
    if (e->journal)
        return true;
    const struct firmware *f = terminal_firmware(e->terminal->terminal);
    if (f && f->inspect)
        judge_say(v, "fail", "the image's data cannot be read");
    else
        judge_say(v, "not applicable", "the image offers no inspect");
    return false;
}

void judge_terminal(const struct evidence *e, void (*found)(void *ctx, const char *oracle, const struct verdict *v),
                    void *ctx)
{
    struct evidence full = *e;
    struct journal own = {0};
    if (!terminal_boots(e->terminal->terminal))
        return;
    if (!full.journal && e->memo)
        full.journal = memo_journal(e->memo, e->terminal);
    else if (!full.journal && journal_read(&own, e->terminal) == OK)
        full.journal = &own;
    for (size_t i = 0; i < sizeof oracles / sizeof *oracles; i++) {
        struct verdict v = {"pass", ""};
        if (oracles[i].needs_record && !record_on(e->bench->record))
            continue;
        oracles[i].judge(&full, &v);
        found(ctx, oracles[i].name, &v);
    }
    journal_clear(&own);
}

/* -- the end of a case -- */

static void keep_verdict(void *ctx, const char *oracle, const struct verdict *v)
{
    const struct bench_terminal *t = ctx;
    struct bench_case *b = t->bench;
    cJSON *row = cJSON_CreateObject();
    cJSON_AddStringToObject(row, "name", oracle);
    cJSON_AddNumberToObject(row, "terminal", t->number);
    cJSON_AddStringToObject(row, "verdict", v->name);
    cJSON_AddStringToObject(row, "text", v->text);
    cJSON_AddItemToArray(b->oracles, row);
    record_begin(b->record, t->number, "verdict");
    record_text(b->record, "what", oracle);
    record_text(b->record, "name", v->name);
    record_text(b->record, "text", v->text);
    record_end(b->record);
}

void case_judge(struct bench_case *b, bool settled)
{
    watch_end(b);
    for (unsigned i = 0; i < b->terminals; i++) {
        const struct evidence e = {.bench = b, .terminal = &b->terminal[i], .settled = settled};
        judge_terminal(&e, keep_verdict, &b->terminal[i]);
    }
}
