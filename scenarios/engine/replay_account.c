/*
 * The account of a replay: every recorded exchange is equal, equivalent, different, stale or not sent, each with a
 * named reason and the lines it was recorded in, and what the core sent of its own is listed.
 *
 * The first difference makes what the card answered from there on belong to other data: stale, and judged no further.
 */
#include "scenarios/engine/replay_account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const verdict_names[] = {"equal", "equivalent", "different", "stale", "not sent"};

/* -- the core's commands for the recorded ones -- */

/* An answer given once more is no second exchange. */
static bool is_own(const struct trace_log_entry *e)
{
    return e->index == TRACE_NO_INDEX || e->match == TRACE_AGAIN || e->match == TRACE_BY_NAME;
}

/* The core's first or second GENERATE AC, even when it asks for another cryptogram than the recorded one. */
static const struct trace_log_entry *cryptogram_for(const struct account *a, size_t i)
{
    unsigned wanted = a->f->step[i] == STEP_GENERATE_AC_1 ? 1 : a->f->step[i] == STEP_GENERATE_AC_2 ? 2 : 0;
    for (size_t k = 0; wanted && k < a->logged; k++)
        if (a->log[k].len > 1 && a->log[k].command[1] == 0xAE && --wanted == 0)
            return a->log[k].index == TRACE_NO_INDEX ? &a->log[k] : NULL;
    return NULL;
}

/* Also how far the core came, and where the recording let it down. */
static void find_sent(struct account *a)
{
    a->reached = a->mute = REPLAY_NONE;
    for (size_t k = 0; k < a->logged; k++) {
        const struct trace_log_entry *e = &a->log[k];
        if (is_own(e))
            continue;
        if (!a->sent[e->index])
            a->sent[e->index] = e;
        if (!e->answer_len)
            a->mute = e->index;
    }
    for (size_t i = 0; i < a->f->session->count; i++) {
        if (!a->sent[i])
            a->sent[i] = cryptogram_for(a, i);
        if (a->sent[i])
            a->reached = i;
    }
}

/* -- one exchange -- */

/* What there is to say of a command that is the recorded one. */
static void say_sent(const struct trace_exchange *x, const struct trace_log_entry *sent, char *out, size_t cap)
{
    static const char *const losses[] = {
        [TRACE_LOSS_NONE] = "and nothing is recorded that a card could answer: it was silent here",
        [TRACE_LOSS_MUTE] = "and the card did not answer here",
        [TRACE_LOSS_REMOVED] = "and the card was pulled out here",
        [TRACE_LOSS_TAKEN] = "and the card was taken back here",
        [TRACE_LOSS_ERROR] = "and the reader failed here",
    };
    char masked[60];
    const char *le = sent->match == TRACE_EQUIVALENT ? "Le is coded in another way" : "";
    const char *loss = sent->answer_len ? "" : losses[x->loss];
    replay_masked_note(x, masked, sizeof masked);
    snprintf(out, cap, "%s%s%s%s%s", le, *le && *masked ? ", " : "", masked, (*le || *masked) && *loss ? ", " : "",
             loss);
}

/* An enciphered PIN is another one each time: its key reference and its length are what can be compared. */
static bool same_enciphered(const struct account *a, size_t i, const struct trace_log_entry *sent)
{
    const struct trace_exchange *x = &a->f->session->exchanges[i];
    struct capdu was, is;
    return a->f->step[i] == STEP_VERIFY && capdu_parse(x->command, x->len, &was) == OK &&
           capdu_parse(sent->command, sent->len, &is) == OK && was.p2 == 0x88 && is.ins == was.ins && is.p1 == was.p1 &&
           is.p2 == was.p2 && is.lc == was.lc && sent->match == TRACE_STALE;
}

static enum replay_verdict judge_sent(struct account *a, size_t i, const struct trace_log_entry *sent, char *reason,
                                      size_t cap)
{
    const struct trace_exchange *x = &a->f->session->exchanges[i];
    if (!a->stale[0] && same_enciphered(a, i, sent)) {
        snprintf(reason, cap, "enciphered: P2 and length are compared, and the recorded answer is played");
        return REPLAY_EQUIVALENT;
    }
    if (sent->match == TRACE_STALE || sent->match == TRACE_ABSENT) {
        char difference[1000], brief[60], name[60];
        account_compare(a, i, sent, difference, sizeof difference, brief, sizeof brief);
        if (a->stale[0]) {
            snprintf(reason, cap, "stale since %s; %s", a->stale, difference);
            return REPLAY_STALE;
        }
        snprintf(reason, cap, "%s", difference);
        replay_name(x->command, x->len, name, sizeof name);
        snprintf(a->stale, sizeof a->stale, "line %u, %s: %s", x->line, name, brief);
        return REPLAY_DIFFERENT;
    }
    if (a->stale[0]) {
        snprintf(reason, cap, "the command is equal, its answer belongs to other data: stale since %s", a->stale);
        return REPLAY_STALE;
    }
    say_sent(x, sent, reason, cap);
    return sent->match == TRACE_EQUIVALENT ? REPLAY_EQUIVALENT : REPLAY_EQUAL;
}

static enum replay_verdict judge(struct account *a, size_t i, char *reason, size_t cap)
{
    const struct trace_log_entry *sent = a->sent[i];
    char why[300];
    reason[0] = '\0';
    if (sent)
        return judge_sent(a, i, sent, reason, cap);
    bool ended = account_not_sent(a, i, why, sizeof why);
    snprintf(reason, cap, "%s%s%s", why, ended && a->stale[0] ? "; stale since " : "",
             ended && a->stale[0] ? a->stale : "");
    a->broke_off |=
        ended && !a->stale[0] && a->mute == REPLAY_NONE && (a->f->tap == REPLAY_NO_TAP || a->f->tap == REPLAY_TAP);
    return REPLAY_NOT_SENT;
}

/* -- rows -- */

static const char *phase_of(enum replay_step step)
{
    static const char *const names[] = {
        [STEP_SELECT_PSE] = "application selection",
        [STEP_SELECT_PPSE] = "application selection",
        [STEP_SELECT] = "application selection",
        [STEP_GPO] = "initiate application, read data",
        [STEP_READ_DIRECTORY] = "application selection",
        [STEP_READ] = "initiate application, read data",
        [STEP_GET_DATA] = "",
        [STEP_INTERNAL_AUTHENTICATE] = "offline data authentication",
        [STEP_GET_CHALLENGE] = "cardholder verification",
        [STEP_VERIFY] = "cardholder verification",
        [STEP_GENERATE_AC_1] = "first GENERATE AC",
        [STEP_EXTERNAL_AUTHENTICATE] = "issuer's answer, completion",
        [STEP_SCRIPT] = "issuer's answer, completion",
        [STEP_GENERATE_AC_2] = "issuer's answer, completion",
        [STEP_GET_RESPONSE] = "",
        [STEP_OTHER] = "",
    };
    return names[step];
}

/* The lines of the file that make up the exchange, in order. */
static cJSON *raw_lines(const struct replay_facts *f, const struct trace_exchange *x)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t r = x->first_raw; r <= x->last_raw && r < f->session->raw_count; r++) {
        const struct trace_exchange *raw = &f->session->raw[r];
        cJSON *row = cJSON_CreateObject();
        char name[80], sw[8];
        replay_name(raw->command, raw->len, name, sizeof name);
        snprintf(sw, sizeof sw, raw->answer_len ? "%04X" : "none", replay_sw(raw));
        cJSON_AddNumberToObject(row, "line", raw->line);
        cJSON_AddNumberToObject(row, "answer_line", raw->answer_line);
        cJSON_AddStringToObject(row, "name", name);
        cJSON_AddNumberToObject(row, "data", raw->answer_len > 2 ? (double)(raw->answer_len - 2) : 0);
        cJSON_AddStringToObject(row, "sw", sw);
        cJSON_AddItemToArray(list, row);
    }
    return list;
}

static void add_hex(cJSON *row, const char *key, char *hex)
{
    cJSON_AddStringToObject(row, key, hex ? hex : "");
    free(hex);
}

static cJSON *row_of(const struct account *a, size_t i, enum replay_verdict verdict, const char *reason)
{
    const struct trace_exchange *x = &a->f->session->exchanges[i];
    const struct trace_log_entry *sent = a->sent[i];
    cJSON *row = cJSON_CreateObject();
    char name[80], sw[8];
    replay_name(x->command, x->len, name, sizeof name);
    snprintf(sw, sizeof sw, x->answer_len ? "%04X" : "none", replay_sw(x));
    cJSON_AddNumberToObject(row, "line", x->line);
    cJSON_AddNumberToObject(row, "raw", (double)(x->last_raw - x->first_raw + 1));
    cJSON_AddStringToObject(row, "phase", phase_of(a->f->step[i]));
    cJSON_AddStringToObject(row, "name", name);
    char *command = replay_command_hex(a->f, i, x->command, x->len);
    char *answer = replay_hex(a->f, x->answer, x->answer_len, true, x->command, x->len);
    replay_star(command, x->command_mask, x->len);
    replay_star(answer, x->answer_mask, x->answer_len);
    add_hex(row, "command", command);
    if (sent && verdict != REPLAY_EQUAL)
        add_hex(row, "core", replay_command_hex(a->f, i, sent->command, sent->len));
    add_hex(row, "answer", answer);
    if (trace_masked(x))
        cJSON_AddNumberToObject(row, "masked", (double)trace_masked(x));
    cJSON_AddStringToObject(row, "sw", sw);
    cJSON_AddStringToObject(row, "verdict", verdict_names[verdict]);
    cJSON_AddStringToObject(row, "reason", reason);
    cJSON_AddItemToObject(row, "raw_lines", raw_lines(a->f, x));
    return row;
}

/* -- the core's own commands -- */

static bool is_accounted(const struct account *a, const struct trace_log_entry *e)
{
    for (size_t i = 0; i < a->f->session->count; i++)
        if (a->sent[i] == e)
            return true;
    return false;
}

static const char *why_own(const struct trace_log_entry *e)
{
    switch (e->match) {
    case TRACE_AGAIN:
        return "sent more often than recorded: the same answer";
    case TRACE_BY_NAME:
        return "selected by its whole name, in the recording by a part of it: the same answer";
    case TRACE_ASSUMED:
        return "not recorded: the answer is assumed";
    default:
        return e->answer_len ? "not recorded: answered as for an absent object"
                             : "the card was pulled out before it, in the recording too";
    }
}

static void list_own(const struct account *a, size_t lost, cJSON *out)
{
    cJSON *own = cJSON_AddArrayToObject(out, "own");
    unsigned after = 0;
    for (size_t k = 0; k < a->logged; k++) {
        const struct trace_log_entry *e = &a->log[k];
        char name[80], sw[8];
        if (is_accounted(a, e)) {
            after = e->index != TRACE_NO_INDEX ? replay_line(a->f, e->index) : after;
            continue;
        }
        cJSON *row = cJSON_CreateObject();
        replay_name(e->command, e->len, name, sizeof name);
        snprintf(sw, sizeof sw, e->answer_len ? "%04X" : "none", rapdu_sw(e->answer, e->answer_len));
        cJSON_AddStringToObject(row, "name", name);
        cJSON_AddNumberToObject(row, "after_line", after);
        add_hex(row, "command", replay_hex(a->f, e->command, e->len, false, NULL, 0));
        cJSON_AddStringToObject(row, "sw", sw);
        cJSON_AddStringToObject(row, "reason", why_own(e));
        cJSON_AddItemToArray(own, row);
    }
    if (lost)
        cJSON_AddNumberToObject(out, "own_not_listed", (double)lost);
}

/* -- the whole -- */

/* Screens that end a sale for a technical reason; none at all: the core did not even start. */
static bool technical(const char *screen)
{
    static const char *const names[] = {"chip_error",   "card_error",   "card_blocked", "app_blocked",
                                        "not_accepted", "insert_again", "use_contact",  ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(screen, names[i]) == 0)
            return true;
    return false;
}

static const char *verdict_of(const struct account *a)
{
    bool differs = a->counts[REPLAY_DIFFERENT] || a->counts[REPLAY_STALE] || a->counts[REPLAY_NOT_SENT];
    if (replay_is_foreign(a->f))
        return "nothing to compare: no payment session";
    if (a->broke_off && technical(a->screen))
        return "broke off";
    return differs ? "accounted for, with differences" : "accounted for, equal";
}

void replay_account(const struct replay_facts *f, const struct trace_card *card, const struct replay_pins *pins,
                    cJSON *out)
{
    const char *screen = cJSON_GetStringValue(cJSON_GetObjectItem(out, "screen"));
    struct account a = {.f = f, .pins = pins, .screen = screen ? screen : ""};
    cJSON *rows = cJSON_AddArrayToObject(out, "exchanges"), *counts = cJSON_AddObjectToObject(out, "counts");
    size_t lost = 0;
    a.logged = trace_card_log(card, &a.log, &lost);
    find_sent(&a);
    for (size_t i = 0; i < f->session->count; i++) {
        char reason[1300];
        enum replay_verdict verdict = judge(&a, i, reason, sizeof reason);
        a.counts[verdict]++;
        cJSON_AddItemToArray(rows, row_of(&a, i, verdict, reason));
    }
    for (size_t k = 0; k < 5; k++)
        cJSON_AddNumberToObject(counts, verdict_names[k], a.counts[k]);
    list_own(&a, lost, out);
    cJSON_AddStringToObject(out, "core", verdict_of(&a));
}
