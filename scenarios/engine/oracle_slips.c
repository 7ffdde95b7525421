/*
 * The paper's part of the money oracle: what a slip says is promised, across every power cut; each approval ends on
 * paper or is still due to; and no slip comes twice without saying so.
 *
 * The roll is taken apart into pieces: a slip that was printed to its end, or what stands of one that a power loss cut
 * through (its last, half line is no word of anybody's). One that stopped between two lines is not told from the next
 * slip by anything on the paper, so a piece may name several traces: it is whole for the last of them only, and which
 * of them it approves nobody can say.
 */
#include "scenarios/engine/judge.h"

#include <stdlib.h>
#include <string.h>

struct piece {
    const char *text;
    size_t len;
    uint64_t trace, cents;
    bool whole;  /* ended by a cut of the paper */
    bool traced; /* names a trace; the last, if it names several */
    bool mixed;  /* several */
    bool priced;
    bool copy;            /* says that it is one */
    const char *approved; /* the word by which it says so, NULL: it does not */
};

static const char *find(const char *text, const char *end, const char *word)
{
    return memmem(text, (size_t)(end - text), word, strlen(word));
}

/* The number that follows in this line: digits, with an optional point that does not count. */
static bool read_number(const char *at, const char *end, uint64_t *value)
{
    while (at < end && (*at < '0' || *at > '9') && *at != '\n')
        at++;
    if (at >= end || *at == '\n')
        return false;
    for (*value = 0; at < end && ((*at >= '0' && *at <= '9') || *at == '.' || *at == ','); at++)
        if (*at >= '0' && *at <= '9')
            *value = *value * 10 + (uint64_t)(*at - '0');
    return true;
}

/* -- the roll, taken apart -- */

/* Sets text, len and whole of the piece at `at`; returns where the next one begins. */
static const char *cut_off(const char *at, struct piece *p)
{
    size_t len = strcspn(at, "\f\x18");
    *p = (struct piece){.text = at, .len = len, .whole = at[len] == '\f'};
    if (at[len] != '\x18')
        return at + len + (at[len] != '\0');
    while (p->len && at[p->len - 1] != '\n')
        p->len--;
    return at + len + 1 + (at[len + 1] == '\n');
}

/* Reads a piece by one language's words, unless those of another have told its trace. */
static void read_piece(struct piece *p, const struct firmware_slip *words)
{
    const char *at = p->text, *end = p->text + p->len;
    uint64_t trace;
    if (p->traced)
        return;
    while ((at = find(at, end, words->trace)) != NULL) {
        at += strlen(words->trace);
        if (!read_number(at, end, &trace))
            continue;
        p->mixed = p->mixed || (p->traced && trace != p->trace);
        p->trace = trace;
        p->traced = true;
    }
    if (!p->traced)
        return;
    p->approved = words->approved && find(p->text, end, words->approved) ? words->approved : NULL;
    p->copy = words->copy && find(p->text, end, words->copy);
    at = words->amount ? find(p->text, end, words->amount) : NULL;
    p->priced = at && read_number(at + strlen(words->amount), end, &p->cents);
}

/* malloc'd; NULL: no memory. */
static struct piece *read_roll(const char *roll, const struct firmware_slip *slips, size_t *count)
{
    size_t cap = 2;
    for (const char *c = roll; (c = strpbrk(c, "\f\x18")) != NULL; c++)
        cap++;
    struct piece *piece = malloc(cap * sizeof *piece);
    *count = 0;
    for (const char *at = roll; piece && *at;)
        at = cut_off(at, &piece[(*count)++]);
    for (const struct firmware_slip *words = slips; piece && (words->trace || words->approved); words++)
        if (words->trace && strstr(roll, words->trace)) /* seldom more than one language */
            for (size_t i = 0; i < *count; i++)
                read_piece(&piece[i], words);
    return piece;
}

/* -- what it says -- */

static void check_promise(const struct journal *j, const struct piece *p, struct verdict *v)
{
    if (!p->approved || p->mixed)
        return;
    const struct firmware_record *r = p->trace <= UINT32_MAX ? journal_find_trace(j, (uint32_t)p->trace) : NULL;
    if (!r || r->outcome != FIRMWARE_DONE)
        judge_say(v, "fail", "a slip says \"%s\" for trace %06llu, the journal does not", p->approved,
                  (unsigned long long)p->trace);
    else if (p->priced && p->cents != r->amount_cents)
        judge_say(v, "fail", "the slip of trace %06llu says %llu cents, the journal %llu", (unsigned long long)p->trace,
                  (unsigned long long)p->cents, (unsigned long long)r->amount_cents);
}

/* A slip that is printed once more says so; two that are alike and do not let one sale be claimed twice. Behind a slip
 * that a power loss cut through, its whole may come as it would have been. */
static void check_copy(const struct piece *piece, size_t at, struct verdict *v)
{
    const struct piece *p = &piece[at];
    bool torn = false;
    for (size_t i = 0; i < at && p->whole && p->len && !p->copy; torn = !piece[i].whole, i++)
        if (piece[i].whole && !torn && piece[i].len == p->len && memcmp(piece[i].text, p->text, p->len) == 0)
            judge_say(v, "fail", "the same slip was printed twice and the second is not marked as a copy");
}

/* Each approval and each disclosed unknown ends on paper, or the image says that a slip is still due. */
static void check_printed(const struct journal *j, const struct piece *piece, size_t count, struct verdict *v)
{
    if (j->has_state && j->state.print_pending)
        return;
    for (size_t i = 0; i < j->records; i++) {
        const struct firmware_record *r = &j->record[i];
        bool disclosed = r->outcome == FIRMWARE_DISCLOSED, found = r->outcome != FIRMWARE_DONE && !disclosed;
        for (size_t k = count; k-- > 0 && !found;)
            found = piece[k].whole && piece[k].traced && piece[k].trace == r->trace;
        if (!found)
            judge_say(v, "fail", "trace %06u is %s, no slip of it was printed and none is due", r->trace,
                      disclosed ? "unknown" : "approved");
    }
}

void judge_roll(const char *roll, const struct firmware_slip *slips, const struct journal *j, struct verdict *v)
{
    size_t count;
    struct piece *piece = read_roll(roll, slips, &count);
    if (!piece) {
        judge_say(v, "fail", "no memory to judge the paper");
        return;
    }
    check_printed(j, piece, count, v);
    for (size_t i = 0; i < count; i++) {
        check_promise(j, &piece[i], v);
        check_copy(piece, i, v);
    }
    free(piece);
}
