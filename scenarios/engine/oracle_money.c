/*
 * money: for every attempt, ledger, journal, display and slips agree. The ledger is the truth about what was charged;
 * the journal is what the merchant will settle; the display and the slips are what people believed.
 */
#include "scenarios/engine/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- journal rows -- */

static unsigned number(const cJSON *row, const char *key)
{
    return (unsigned)cJSON_GetNumberValue(cJSON_GetObjectItem(row, key));
}

static bool text_is(const cJSON *row, const char *key, const char *value)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(row, key));
    return text && strcmp(text, value) == 0;
}

static const cJSON *find_record(const cJSON *journal, unsigned batch, unsigned trace)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(journal, "records"))
    {
        if (number(row, "batch") == batch && number(row, "trace") == trace)
            return row;
    }
    return NULL;
}

/* -- ledger against journal -- */

/* Cents still charged for one booking: 0 once a later entry reversed it. */
static uint64_t still_charged(const struct host_entry *entries, size_t count, size_t at)
{
    for (size_t i = 0; i < count; i++)
        if (entries[i].kind == HOST_REVERSED && entries[i].of == entries[at].number)
            return 0;
    return entries[at].amount_cents;
}

static uint64_t charged_for(const struct host_entry *entries, size_t count, const char *terminal_id, unsigned batch,
                            unsigned trace)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        if (entries[i].kind == HOST_BOOKED && entries[i].batch == batch && entries[i].trace == trace &&
            strcmp(entries[i].terminal_id, terminal_id) == 0)
            sum += still_charged(entries, count, i);
    return sum;
}

static void check_bookings(const struct evidence *e, const struct host_entry *entries, size_t count, struct verdict *v)
{
    const char *id = e->terminal->profile.terminal_id;
    for (size_t i = 0; i < count; i++) {
        const struct host_entry *b = &entries[i];
        if (b->kind != HOST_BOOKED || strcmp(b->terminal_id, id) != 0 || !still_charged(entries, count, i))
            continue;
        const cJSON *record = find_record(e->journal, b->batch, b->trace);
        uint64_t charged = charged_for(entries, count, id, b->batch, b->trace);
        if (charged != b->amount_cents)
            judge_say(v, "fail", "trace %06u is charged twice: %llu cents in all", b->trace,
                      (unsigned long long)charged);
        else if (!record)
            judge_say(v, "fail", "trace %06u is charged %llu cents and the journal knows nothing of it", b->trace,
                      (unsigned long long)charged);
        else if (!text_is(record, "outcome", "done"))
            judge_say(v, "fail", "trace %06u is charged %llu cents, but the journal says %s", b->trace,
                      (unsigned long long)charged, cJSON_GetStringValue(cJSON_GetObjectItem(record, "outcome")));
        else if (number(record, "amount") != charged)
            judge_say(v, "fail", "trace %06u: charged %llu cents, journal %u", b->trace, (unsigned long long)charged,
                      number(record, "amount"));
    }
}

/* What the journal says of the host's answer, where it says anything: a merchant who asks the bank names this number.
 */
static void check_reference(const struct evidence *e, const cJSON *row, const struct host_entry *entries, size_t count,
                            struct verdict *v)
{
    const char *rrn = cJSON_GetStringValue(cJSON_GetObjectItem(row, "rrn"));
    for (size_t i = 0; i < count; i++) {
        const struct host_entry *b = &entries[i];
        if (b->kind == HOST_BOOKED && b->batch == number(row, "batch") && b->trace == number(row, "trace") &&
            strcmp(b->terminal_id, e->terminal->profile.terminal_id) == 0 && strcmp(rrn ? rrn : "", b->rrn) != 0)
            judge_say(v, "fail", "trace %06u: the journal's reference number is \"%s\", the host's %s", b->trace,
                      rrn ? rrn : "", b->rrn);
    }
}

static unsigned check_approvals(const struct evidence *e, const struct host_entry *entries, size_t count,
                                struct verdict *v)
{
    unsigned done = 0;
    const cJSON *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(e->journal, "records"))
    {
        if (!text_is(row, "outcome", "done"))
            continue;
        done++;
        if (!charged_for(entries, count, e->terminal->profile.terminal_id, number(row, "batch"), number(row, "trace")))
            judge_say(v, "fail", "the journal approves trace %06u, and nothing is booked for it", number(row, "trace"));
        check_reference(e, row, entries, count, v);
    }
    return done;
}

/* -- slips -- */

/* The number behind `word` in a slip: digits with an optional point, as cents when it has one. */
static bool number_after(const char *slip, const char *end, const char *word, uint64_t *value)
{
    const char *at = word ? strstr(slip, word) : NULL;
    if (!at || at >= end)
        return false;
    at += strlen(word);
    while (at < end && (*at < '0' || *at > '9') && *at != '\n')
        at++;
    if (at >= end || *at < '0' || *at > '9')
        return false;
    for (*value = 0; at < end && ((*at >= '0' && *at <= '9') || *at == '.' || *at == ','); at++)
        if (*at >= '0' && *at <= '9')
            *value = *value * 10 + (uint64_t)(*at - '0');
    return true;
}

static void check_slip(const struct evidence *e, const struct firmware_slip *words, const char *slip, const char *end,
                       struct verdict *v)
{
    uint64_t trace, cents;
    const char *approved = words->approved ? strstr(slip, words->approved) : NULL;
    if (!approved || approved >= end || !number_after(slip, end, words->trace, &trace))
        return;
    const cJSON *row, *found = NULL;
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(e->journal, "records"))
    {
        if (number(row, "trace") == trace)
            found = row;
    }
    if (!found || !text_is(found, "outcome", "done"))
        judge_say(v, "fail", "a slip says \"%s\" for trace %06llu, the journal does not", words->approved,
                  (unsigned long long)trace);
    else if (number_after(slip, end, words->amount, &cents) && cents != number(found, "amount"))
        judge_say(v, "fail", "the slip of trace %06llu says %llu cents, the journal %u", (unsigned long long)trace,
                  (unsigned long long)cents, number(found, "amount"));
}

/* A slip that is printed once more says so; two that are alike let one sale be claimed twice. */
static void check_copy(const char *roll, const char *slip, const char *end, struct verdict *v)
{
    size_t len = (size_t)(end - slip);
    while (len && roll < slip) {
        const char *stop = strchr(roll, '\f');
        if (!stop || stop >= slip)
            return;
        if ((size_t)(stop - roll) == len && memcmp(roll, slip, len) == 0)
            judge_say(v, "fail", "the same slip was printed twice and the second is not marked as a copy");
        roll = stop + 1;
    }
}

/* Each approval ends on paper, or the image says that a slip is still due. */
static void check_printed(const struct evidence *e, const struct firmware *f, struct verdict *v)
{
    const cJSON *row, *state = cJSON_GetObjectItem(e->journal, "state");
    const char *roll = terminal_paper_roll(e->terminal->terminal);
    if (!f || !f->slips || cJSON_IsTrue(cJSON_GetObjectItem(state, "print_pending")))
        return;
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(e->journal, "records"))
    {
        bool found = !text_is(row, "outcome", "done");
        for (const struct firmware_slip *w = f->slips; !found && (w->trace || w->approved); w++) {
            uint64_t trace;
            for (const char *at = roll; w->trace && !found && (at = strstr(at, w->trace)) != NULL; at++)
                found = number_after(at, at + strlen(at), w->trace, &trace) && trace == number(row, "trace");
        }
        if (!found)
            judge_say(v, "fail", "trace %06u is approved, no slip of it was printed and none is due",
                      number(row, "trace"));
    }
}

static void check_slips(const struct evidence *e, struct verdict *v)
{
    const struct firmware *f = terminal_firmware(e->terminal->terminal);
    const char *roll = terminal_paper_roll(e->terminal->terminal), *slip = roll;
    check_printed(e, f, v);
    while (f && f->slips && *slip) {
        const char *end = strchr(slip, '\f');
        if (!end)
            end = slip + strlen(slip);
        for (const struct firmware_slip *w = f->slips; w->trace || w->amount || w->approved; w++)
            check_slip(e, w, slip, end, v);
        if (*end)
            check_copy(roll, slip, end, v);
        slip = *end ? end + 1 : end;
    }
}

void oracle_money(const struct evidence *e, struct verdict *v)
{
    const struct host_entry *entries;
    size_t count = host_entries(e->bench->host, &entries);
    if (host_imbalance(e->bench->host) != 0)
        judge_say(v, "fail", "the host's own ledger is off by %lld cents", (long long)host_imbalance(e->bench->host));
    if (!e->journal) {
        judge_say(v, "not applicable", "the image offers no inspect");
        return;
    }
    check_bookings(e, entries, count, v);
    unsigned done = check_approvals(e, entries, count, v);
    if (e->terminal->approvals > done)
        judge_say(v, "fail", "%llu approvals were shown, the journal holds %u",
                  (unsigned long long)e->terminal->approvals, done);
    check_slips(e, v);
}
