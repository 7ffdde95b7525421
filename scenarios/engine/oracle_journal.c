/*
 * journal and reversal: what the books say about themselves, and whether an unknown outcome was resolved before the
 * next online transaction left (DOMAIN 5.2, 5.3).
 */
#include "scenarios/engine/judge.h"

#include <stdlib.h>
#include <string.h>

static unsigned number(const cJSON *row, const char *key)
{
    return (unsigned)cJSON_GetNumberValue(cJSON_GetObjectItem(row, key));
}

static const char *outcome(const cJSON *row)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(row, "outcome"));
    return text ? text : "?";
}

/* Without a journal: not applicable when inspect is not offered, a failure when the data cannot be read. */
static bool have_journal(const struct evidence *e, struct verdict *v)
{
    const struct firmware *f = terminal_firmware(e->terminal->terminal);
    if (e->journal)
        return true;
    if (f && f->inspect)
        judge_say(v, "fail", "the image's data cannot be read");
    else
        judge_say(v, "not applicable", "the image offers no inspect");
    return false;
}

void oracle_journal(const struct evidence *e, struct verdict *v)
{
    if (!have_journal(e, v))
        return;
    const cJSON *records = cJSON_GetObjectItem(e->journal, "records"), *row, *other;
    const cJSON *state = cJSON_GetObjectItem(e->journal, "state");
    unsigned sum = 0, count = 0, highest = 0;
    cJSON_ArrayForEach(row, records)
    {
        for (other = row->next; other; other = other->next)
            if (number(row, "batch") == number(other, "batch") && number(row, "trace") == number(other, "trace"))
                judge_say(v, "fail", "trace %06u of batch %06u stands twice in the journal", number(row, "trace"),
                          number(row, "batch"));
        if (number(row, "trace") > highest)
            highest = number(row, "trace");
        if (strcmp(outcome(row), "done") == 0 && number(row, "batch") == number(state, "batch")) {
            sum += number(row, "amount");
            count++;
        }
    }
    if (!state)
        return;
    if (sum != number(state, "debit") || count != number(state, "count"))
        judge_say(v, "fail", "totals say %u of %u cents, the records %u of %u", number(state, "count"),
                  number(state, "debit"), count, sum);
    if (highest && number(state, "next_trace") <= highest && highest - number(state, "next_trace") < 500000)
        judge_say(v, "fail", "the next trace number is %06u, and %06u is in use", number(state, "next_trace"), highest);
}

/* -- reversal -- */

/* Requests the host has received from this terminal, oldest first. */
struct heard {
    char mti[5];
    unsigned trace, batch;
};

static size_t requests_of(const struct evidence *e, struct heard *out, size_t cap)
{
    struct iso_message m;
    char text[20];
    size_t count = 0;
    for (size_t back = cap; back-- > 0;) {
        struct iso_de60 de60;
        if (host_last(e->bench->host, "", back, &m) != OK || iso_text(&m, 41, text, sizeof text) != OK ||
            strcmp(text, e->terminal->profile.terminal_id) != 0)
            continue;
        memcpy(out[count].mti, m.mti, sizeof m.mti);
        iso_text(&m, 11, text, sizeof text);
        out[count].trace = (unsigned)strtoul(text, NULL, 10);
        out[count].batch = iso_text(&m, 60, text, sizeof text) == OK && iso_de60_parse(text, &de60) == OK
                               ? (unsigned)strtoul(de60.batch, NULL, 10)
                               : 0;
        count++;
    }
    return count;
}

static void check_order(const struct heard *heard, size_t count, unsigned trace, struct verdict *v)
{
    size_t sale = count, last = count;
    for (size_t i = 0; i < count; i++) {
        if (heard[i].trace != trace)
            continue;
        if (strcmp(heard[i].mti, "0200") == 0)
            sale = i;
        if (strcmp(heard[i].mti, "0400") == 0)
            last = i;
    }
    for (size_t i = sale < count ? sale : 0; i < last && last < count; i++)
        if (strcmp(heard[i].mti, "0200") == 0 && heard[i].trace != trace && sale < count)
            judge_say(v, "fail", "trace %06u went online while the reversal of %06u was still due", heard[i].trace,
                      trace);
}

void oracle_reversal(const struct evidence *e, struct verdict *v)
{
    if (!have_journal(e, v))
        return;
    struct heard heard[64];
    size_t count = requests_of(e, heard, 64);
    const cJSON *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(e->journal, "reversals"))
    {
        judge_say(v, "fail", "the reversal of trace %06u is still due after line and power were restored",
                  number(row, "trace"));
    }
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(e->journal, "records"))
    {
        if (strcmp(outcome(row), "open") == 0 && !cJSON_GetArraySize(cJSON_GetObjectItem(e->journal, "reversals")))
            judge_say(v, "fail", "trace %06u is open and has no reversal", number(row, "trace"));
        if (strcmp(outcome(row), "reversed") == 0)
            check_order(heard, count, number(row, "trace"), v);
    }
    for (size_t i = 0; i < count; i++) {
        bool known = strcmp(heard[i].mti, "0200") != 0;
        cJSON_ArrayForEach(row, cJSON_GetObjectItem(e->journal, "records"))
        {
            known = known || number(row, "trace") == heard[i].trace;
        }
        if (!known)
            judge_say(v, "fail", "trace %06u reached the host and the journal does not know it", heard[i].trace);
    }
}
