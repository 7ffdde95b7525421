/*
 * Does the recording agree with itself? Each finding names its line; one changed control byte is found here even where
 * the core would cope with it. This file looks at the answers one by one; the rest is in replay_check_*.c.
 */
#include "scenarios/engine/replay_find.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void replay_finding(cJSON *list, enum replay_kind kind, unsigned line, const char *format, ...)
{
    static const char *const names[] = {"inconsistent", "incomplete", "remark"};
    char text[300];
    va_list args;
    cJSON *row = cJSON_CreateObject();
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    cJSON_AddNumberToObject(row, "line", line);
    cJSON_AddStringToObject(row, "kind", names[kind]);
    cJSON_AddStringToObject(row, "text", text);
    cJSON_AddItemToArray(list, row);
}

/* The one template that an answer's data are (Book 3 6.5, 7.2), where there is a rule. */
static bool fits_template(enum replay_step step, const struct trace_exchange *x)
{
    static const struct {
        enum replay_step step;
        uint32_t tag, other;
    } table[] = {
        {STEP_SELECT, 0x6F, 0},           {STEP_SELECT_PSE, 0x6F, 0},       {STEP_SELECT_PPSE, 0x6F, 0},
        {STEP_GPO, 0x80, 0x77},           {STEP_READ_DIRECTORY, 0x70, 0},   {STEP_READ, 0x70, 0},
        {STEP_GENERATE_AC_1, 0x80, 0x77}, {STEP_GENERATE_AC_2, 0x80, 0x77}, {STEP_INTERNAL_AUTHENTICATE, 0x80, 0x77},
    };
    struct tlv first;
    size_t offset = 0, len = x->answer_len - 2;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (table[i].step != step)
            continue;
        return tlv_next(x->answer, len, &offset, &first) == OK && offset == len &&
               (first.tag == table[i].tag || (table[i].other && first.tag == table[i].other));
    }
    return true;
}

/* Files above 10 are the issuer's own (Book 1 10.2.2), and a SELECT that is not by name is none of EMV's. */
static bool has_rules(enum replay_step step, const struct trace_exchange *x)
{
    struct capdu c;
    if (capdu_parse(x->command, x->len, &c) != OK)
        return false;
    if (step == STEP_READ || step == STEP_READ_DIRECTORY)
        return c.p2 >> 3 <= 10;
    if (step == STEP_SELECT)
        return c.p1 == 0x04 && (c.p2 & ~0x02) == 0 && c.lc >= 5;
    return step != STEP_GET_CHALLENGE && step != STEP_OTHER && step != STEP_SCRIPT && step != STEP_GET_RESPONSE;
}

/* What the answer must bring when the session went on from it. */
static bool is_empty(enum replay_step step, const struct trace_exchange *x)
{
    return x->answer_len == 2 && (step == STEP_GPO || step == STEP_READ || step == STEP_READ_DIRECTORY ||
                                  step == STEP_GENERATE_AC_1 || step == STEP_GENERATE_AC_2 || step == STEP_SELECT);
}

static void check_answer(const struct replay_facts *f, size_t i, cJSON *list)
{
    const struct trace_exchange *x = &f->session->exchanges[i];
    uint16_t sw = replay_sw(x);
    uint8_t sw1 = (uint8_t)(sw >> 8);
    char name[80];
    replay_name(x->command, x->len, name, sizeof name);
    if (!x->answer_len) {
        replay_finding(list, FINDING_INCOMPLETE, x->line, "%s has no recorded answer", name);
        return;
    }
    unsigned line = replay_answer_line(x);
    bool data = x->answer_len > 2, error = sw1 >= 0x64 && sw1 <= 0x6F && sw1 != 0x6C, rules = has_rules(f->step[i], x);
    if (error && data)
        replay_finding(list, FINDING_INCONSISTENT, line, "%s is answered %04X, an error, with %zu bytes of data", name,
                       sw, x->answer_len - 2);
    else if (rules && sw1 >> 4 == 9 && sw1 != 0x90)
        replay_finding(list, FINDING_REMARK, line, "%s is answered %04X, which EMV does not know", name, sw);
    else if (sw1 == 0x90 && sw != 0x9000)
        replay_finding(list, FINDING_INCONSISTENT, line, "%s is answered %04X, which means nothing", name, sw);
    else if (data && rules && tlv_check(x->answer, x->answer_len - 2) != OK)
        replay_finding(list, FINDING_INCONSISTENT, line, "the answer to %s is malformed TLV", name);
    else if (data && rules && sw == 0x9000 && !fits_template(f->step[i], x))
        replay_finding(list, FINDING_INCONSISTENT, line, "the answer to %s is not the one template it must be", name);
    else if (rules && sw == 0x9000 && is_empty(f->step[i], x))
        replay_finding(list, FINDING_INCONSISTENT, line, "%s is answered 9000 without data", name);
}

/* The name in the FCI is the one that was selected, or goes on where that ends. */
static void check_name(const struct replay_facts *f, size_t i, cJSON *list)
{
    const struct trace_exchange *x = &f->session->exchanges[i];
    struct capdu c;
    struct tlv name;
    bool select = f->step[i] == STEP_SELECT || f->step[i] == STEP_SELECT_PSE || f->step[i] == STEP_SELECT_PPSE;
    if (!select || replay_sw(x) != 0x9000 || x->answer_len <= 2 || capdu_parse(x->command, x->len, &c) != OK ||
        c.p1 != 0x04 || !c.lc)
        return;
    if (!replay_find(x, 0x84, &name))
        replay_finding(list, FINDING_INCONSISTENT, replay_answer_line(x), "the FCI names no application (84)");
    else if (name.len < c.lc || memcmp(name.value, c.data, c.lc) != 0)
        replay_finding(list, FINDING_INCONSISTENT, replay_answer_line(x),
                       "the FCI names another application (84) than line %u selects", x->line);
}

/* The same SELECT, or the same record of an application, answers the same (Book 1 12.4). */
static void check_repeated(const struct replay_facts *f, size_t i, cJSON *list)
{
    const struct trace_exchange *x = &f->session->exchanges[i];
    for (size_t k = 0; (f->step[i] == STEP_SELECT || f->step[i] == STEP_READ) && k < i; k++) {
        const struct trace_exchange *y = &f->session->exchanges[k];
        if (f->step[k] != f->step[i] || x->len != y->len || memcmp(x->command, y->command, x->len) != 0 ||
            !x->answer_len || !y->answer_len)
            continue;
        if (x->answer_len != y->answer_len || memcmp(x->answer, y->answer, x->answer_len) != 0)
            replay_finding(list, FINDING_REMARK, replay_answer_line(x),
                           "the same command has another answer than in line %u", replay_answer_line(y));
        return;
    }
}

static void check_options(const struct replay_facts *f, cJSON *list)
{
    struct replay_ac ac;
    if (f->gpo == REPLAY_NONE)
        return;
    const struct trace_exchange *x = &f->session->exchanges[f->gpo];
    bool goes_on = f->gpo + 1 < f->session->count;
    if (!x->answer_len || trace_unfetched(x))
        return;
    if (replay_sw(x) != 0x9000 && (replay_sw(x) != 0x6985 || f->first_ac != REPLAY_NONE) && goes_on)
        replay_finding(list, FINDING_INCONSISTENT, replay_answer_line(x),
                       "GET PROCESSING OPTIONS is answered %04X, and the session goes on", replay_sw(x));
    else if (replay_sw(x) == 0x9000 && f->tap != REPLAY_TAP && !replay_ac_read(x, &ac) &&
             (!f->afl || f->afl_len % 4 || !f->afl_len))
        replay_finding(list, FINDING_INCONSISTENT, replay_answer_line(x),
                       "the answer to GET PROCESSING OPTIONS has no proper AFL");
}

/* The last SELECT of an application before GET PROCESSING OPTIONS is the one that must have succeeded. */
static void check_selected(const struct replay_facts *f, cJSON *list)
{
    size_t last = REPLAY_NONE;
    for (size_t i = 0; f->gpo != REPLAY_NONE && i < f->gpo; i++)
        if (f->step[i] == STEP_SELECT)
            last = i;
    if (last == REPLAY_NONE) {
        if (f->gpo != REPLAY_NONE)
            replay_finding(list, FINDING_REMARK, replay_line(f, f->gpo),
                           "the session begins here: no SELECT of an application is recorded");
        return;
    }
    const struct trace_exchange *x = &f->session->exchanges[last];
    if (x->answer_len && !trace_unfetched(x) && replay_sw(x) != 0x9000)
        replay_finding(list, FINDING_INCONSISTENT, replay_answer_line(x),
                       "SELECT is answered %04X, and GET PROCESSING OPTIONS follows in line %u", replay_sw(x),
                       replay_line(f, f->gpo));
}

cJSON *replay_check(const struct replay_facts *f)
{
    cJSON *list = cJSON_CreateArray();
    if (f->session->cut_line)
        replay_finding(list, FINDING_INCOMPLETE, f->session->cut_line, "the recording is cut off inside this line");
    replay_check_raw(f, list);
    for (size_t i = 0; i < f->session->count; i++) {
        check_answer(f, i, list);
        check_name(f, i, list);
        check_repeated(f, i, list);
    }
    check_selected(f, list);
    check_options(f, list);
    replay_check_data(f, list);
    replay_check_cryptograms(f, list);
    return list;
}
