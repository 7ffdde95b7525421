/*
 * Judging a case: every oracle of the table looks at every terminal. An oracle reads what the image's own inspect, the
 * ledger, the display, the paper and the record say; it knows no scenario. A new oracle is one new row and one
 * function.
 */
#include "scenarios/engine/judge.h"

#include "scenarios/engine/emv_watch.h"

#include <stdio.h>
#include <string.h>

static const struct oracle oracles[] = {
    {"money",
     "ledger, journal, display and slips agree on every attempt; nothing is charged twice, lost, or approved without a "
     "booking",
     oracle_money},
    {"journal",
     "each financial record stands exactly once, traces are never used twice, totals follow from the records",
     oracle_journal},
    {"reversal", "an unknown outcome is resolved before the next online transaction, and in the end", oracle_reversal},
    {"messages", "every request is well-formed, true to the card and to the original it reverses", oracle_messages},
    {"emv", "order, TVR, CVM and cryptogram requests follow from card, configuration and host", oracle_emv},
    {"secrets", "no PAN, track or key in clear in flash, files, record, display or paper", oracle_secrets},
    {"liveness", "no hang, no busy loop, power loss respected, idle reached within the bound", oracle_liveness},
};

const struct oracle *oracle_table(size_t *count)
{
    *count = sizeof oracles / sizeof *oracles;
    return oracles;
}

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

void case_judge(struct bench_case *b)
{
    watch_end(b);
    for (unsigned i = 0; i < b->terminals; i++) {
        struct bench_terminal *t = &b->terminal[i];
        if (!terminal_boots(t->terminal))
            continue;
        struct evidence e = {.bench = b, .terminal = t, .journal = case_inspect(t)};
        for (size_t k = 0; k < sizeof oracles / sizeof *oracles; k++) {
            struct verdict v = {"pass", ""};
            oracles[k].judge(&e, &v);
            cJSON *row = cJSON_CreateObject();
            cJSON_AddStringToObject(row, "name", oracles[k].name);
            cJSON_AddNumberToObject(row, "terminal", t->number);
            cJSON_AddStringToObject(row, "verdict", v.name);
            cJSON_AddStringToObject(row, "text", v.text);
            cJSON_AddItemToArray(b->oracles, row);
            record_begin(b->record, t->number, "verdict");
            record_text(b->record, "what", oracles[k].name);
            record_text(b->record, "name", v.name);
            record_text(b->record, "text", v.text);
            record_end(b->record);
        }
        cJSON_Delete(e.journal);
    }
}
