/*
 * The account of a replay: every recorded exchange is equal, equivalent, different, stale or not sent, each with a
 * named reason, and what the core sent of its own is listed. Reasons for commands that were not sent are one table.
 */
#include "scenarios/engine/replay.h"

#include "core/codec/dol.h"
#include "core/codec/tag.h"
#include "sim/mask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct account {
    const struct replay_facts *f;
    const struct trace_log_entry *log;
    size_t logged;
    char end[120];    /* how the core ended, for what was not sent after that */
    char stale[160];  /* first difference that makes later answers belong to other data; "" none */
    size_t last_sent; /* highest recorded exchange that the core reached */
    bool broke_off;   /* the core ended with a technical failure before the recording did */
    unsigned counts[5];
};
enum verdict_kind { EQUAL, EQUIVALENT, DIFFERENT, STALE, NOT_SENT };
static const char *const verdict_names[] = {"equal", "equivalent", "different", "stale", "not sent"};

/* -- names -- */

char *replay_hex(const uint8_t *bytes, size_t len, bool answer, const uint8_t *command, size_t command_len)
{
    char *hex = malloc(2 * len + 1);
    if (hex)
        mask_hex(bytes, len, answer ? RECORD_ANSWER : RECORD_COMMAND, command, command_len, hex);
    return hex;
}

void replay_name(const uint8_t *command, size_t len, char *out, size_t cap)
{
    static const char *const ac[] = {"AAC", "TC", "ARQC", "RFU"};
    struct capdu c;
    const char *name = len >= 4 ? apdu_name(command[0], command[1]) : NULL;
    if (capdu_parse(command, len, &c) != OK || !name)
        snprintf(out, cap, "command %02X%02X", len > 0 ? command[0] : 0, len > 1 ? command[1] : 0);
    else if (c.ins == 0xB2)
        snprintf(out, cap, "%s SFI %u record %u", name, c.p2 >> 3, c.p1);
    else if (c.ins == 0xAE)
        snprintf(out, cap, "%s %02X (%s%s)", name, c.p1, ac[c.p1 >> 6], c.p1 & 0x10 ? ", CDA" : "");
    else if (c.ins == 0xCA)
        snprintf(out, cap, "%s %02X%02X", name, c.p1, c.p2);
    else if (c.ins == 0xA4 && c.lc >= 5) {
        bool text = c.data[0] >= '0' && c.data[0] <= '9' && memchr("12", c.data[0], 2);
        char hex[40] = "";
        hex_encode(c.data, c.lc, hex, sizeof hex);
        snprintf(out, cap, "%s %.*s", name, text ? (int)c.lc : (int)strlen(hex), text ? (const char *)c.data : hex);
    } else
        snprintf(out, cap, "%s", name);
}

/* -- differences -- */

static const struct replay_dol *dol_of(const struct replay_facts *f, size_t i)
{
    const struct replay_dol *all[] = {&f->pdol, &f->cdol1, &f->cdol2};
    for (size_t k = 0; k < 3; k++)
        if (all[k]->list && all[k]->at == i)
            return all[k];
    return NULL;
}

/* Why a tag may rightly differ. */
static const char *why_tag(uint32_t tag)
{
    static const struct {
        uint32_t tag;
        const char *why;
    } table[] = {
        {0x95, "computed by the core"},
        {0x9B, "computed by the core"},
        {0x9F34, "computed by the core"},
        {0x8A, "follows from the core's decision"},
        {0x9F41, "the core's own counter"},
        {0x9F21, "the clock went on"},
        {0x9F03, "this core has no cashback"},
        {0x9F45, "no offline data authentication"},
        {0x9F4C, "no offline data authentication"},
        {0x98, "computed by the core"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].tag == tag)
            return table[i].why;
    return "not an input of this core";
}

static void add(char *out, size_t cap, const char *text)
{
    size_t len = strlen(out);
    snprintf(out + len, cap - len, "%s%s", len ? "; " : "", text);
}

/* Field by field; both sides' data built from the same DOL. */
static void compare_dol(const struct replay_dol *d, const uint8_t *sent, size_t sent_len, char *out, size_t cap)
{
    struct dol_entry e;
    size_t at = 0, offset = 0;
    while (dol_next(d->list, d->list_len, &at, &e) == OK) {
        char recorded[40] = "", core[40] = "", text[200];
        bool inside = offset + e.len <= d->data_len && offset + e.len <= sent_len;
        if (inside && memcmp(d->data + offset, sent + offset, e.len) != 0) {
            const struct tag_info *info = tag_lookup(e.tag);
            size_t shown = e.len > 16 ? 16 : e.len;
            hex_encode(d->data + offset, shown, recorded, sizeof recorded);
            hex_encode(sent + offset, shown, core, sizeof core);
            snprintf(text, sizeof text, "tag %02X%s%s%s differs: recorded %s, core %s (%s)", (unsigned)e.tag,
                     info ? " " : "", info ? info->name : "", "", recorded, core, why_tag(e.tag));
            add(out, cap, text);
        } else if (!inside) {
            add(out, cap, "the data is of another length than the DOL asks for");
            return;
        }
        offset += e.len;
    }
}

static void compare(const struct account *a, size_t i, const struct trace_log_entry *sent, char *out, size_t cap)
{
    const struct trace_exchange *x = &a->f->session->exchanges[i];
    const struct replay_dol *d = dol_of(a->f, i);
    struct capdu was, is;
    char text[160];
    if (capdu_parse(x->command, x->len, &was) != OK || capdu_parse(sent->command, sent->len, &is) != OK) {
        add(out, cap, "the commands cannot be compared field by field");
        return;
    }
    if (was.p1 != is.p1) {
        snprintf(text, sizeof text, "P1 differs: recorded %02X, core %02X%s", was.p1, is.p1,
                 was.ins == 0xAE ? " (computed by the core: terminal action analysis)" : "");
        add(out, cap, text);
    }
    if (d && a->f->step[i] == STEP_GPO)
        compare_dol(d, is.lc > 2 ? is.data + (is.lc - d->data_len) : is.data, d->data_len, out, cap);
    else if (d)
        compare_dol(d, is.data, is.lc, out, cap);
    else if (was.lc != is.lc || (was.lc && memcmp(was.data, is.data, was.lc) != 0))
        add(out, cap, "the data differs");
    if (!*out)
        add(out, cap, "only the coding differs");
}

/* -- not sent -- */

static const char *by_design(const struct account *a, size_t i)
{
    static const struct {
        enum replay_step step;
        const char *why;
    } table[] = {
        {STEP_SELECT_PPSE, "the contactless entry point: this is a contact kernel"},
        {STEP_GET_DATA, "not needed here: EMV leaves use and order of GET DATA free"},
        {STEP_INTERNAL_AUTHENTICATE, "this core performs no offline data authentication"},
        {STEP_GET_CHALLENGE, "only needed for an enciphered PIN: this core offers no offline PIN"},
        {STEP_VERIFY, "this core offers no offline PIN"},
        {STEP_READ_DIRECTORY, "a record outside the directory that was needed"},
    };
    if (a->f->step[i] == STEP_EXTERNAL_AUTHENTICATE && (strcmp(a->f->arc, "Y3") == 0 || strcmp(a->f->arc, "Z3") == 0))
        return "the recorded 8A says that the host was not reached: there is no issuer to authenticate";
    if (a->f->step[i] == STEP_SELECT && i != a->f->select)
        return "another application than the one the session used";
    for (size_t k = 0; k < sizeof table / sizeof *table; k++)
        if (table[k].step == a->f->step[i])
            return table[k].why;
    return NULL;
}

/* -- one exchange -- */

/* The core's first or second GENERATE AC, even when it asks for another cryptogram than the recorded one. */
static const struct trace_log_entry *cryptogram_for(const struct account *a, size_t i)
{
    unsigned wanted = a->f->step[i] == STEP_GENERATE_AC_1 ? 1 : a->f->step[i] == STEP_GENERATE_AC_2 ? 2 : 0;
    for (size_t k = 0; wanted && k < a->logged; k++)
        if (a->log[k].len > 1 && a->log[k].command[1] == 0xAE && --wanted == 0)
            return a->log[k].index == TRACE_NO_INDEX ? &a->log[k] : NULL;
    return NULL;
}

static const struct trace_log_entry *sent_for(const struct account *a, size_t i)
{
    for (size_t k = 0; k < a->logged; k++)
        if (a->log[k].index == i)
            return &a->log[k];
    return cryptogram_for(a, i);
}

static enum verdict_kind judge(struct account *a, size_t i, char *reason, size_t cap)
{
    const struct trace_log_entry *sent = sent_for(a, i);
    const char *why = by_design(a, i);
    reason[0] = '\0';
    if (!sent && why) {
        snprintf(reason, cap, "%s", why);
        return NOT_SENT;
    }
    if (!sent) {
        snprintf(reason, cap, "the core %s%s%s", a->end, a->stale[0] ? "; its data was stale by then: " : "", a->stale);
        a->broke_off |= !a->stale[0];
        return NOT_SENT;
    }
    if (sent->match == TRACE_STALE || sent->match == TRACE_ABSENT) {
        compare(a, i, sent, reason, cap);
        if (a->stale[0]) {
            char difference[400];
            snprintf(difference, sizeof difference, "%.399s", reason);
            snprintf(reason, cap, "stale since %s; %s", a->stale, difference);
            return STALE;
        }
        char name[60];
        replay_name(a->f->session->exchanges[i].command, a->f->session->exchanges[i].len, name, sizeof name);
        snprintf(a->stale, sizeof a->stale, "line %u, %s", a->f->session->exchanges[i].line, name);
        return DIFFERENT;
    }
    if (a->stale[0]) {
        snprintf(reason, cap, "the command is equal, but what the card answers since %s belongs to other data",
                 a->stale);
        return STALE;
    }
    if (sent->match == TRACE_EQUIVALENT)
        snprintf(reason, cap, "Le is coded in another way");
    return sent->match == TRACE_EQUIVALENT ? EQUIVALENT : EQUAL;
}

static cJSON *row_of(const struct trace_exchange *x, enum verdict_kind kind, const char *reason)
{
    cJSON *row = cJSON_CreateObject();
    char name[80], sw[8];
    char *command = replay_hex(x->command, x->len, false, NULL, 0);
    replay_name(x->command, x->len, name, sizeof name);
    snprintf(sw, sizeof sw, x->answer_len ? "%04X" : "none", replay_sw(x));
    cJSON_AddNumberToObject(row, "line", x->line);
    cJSON_AddNumberToObject(row, "raw", (double)(x->last_raw - x->first_raw + 1));
    cJSON_AddStringToObject(row, "name", name);
    cJSON_AddStringToObject(row, "command", command ? command : "");
    cJSON_AddStringToObject(row, "sw", sw);
    cJSON_AddStringToObject(row, "verdict", verdict_names[kind]);
    cJSON_AddStringToObject(row, "reason", reason);
    free(command);
    return row;
}

static void list_own(const struct account *a, cJSON *out)
{
    cJSON *own = cJSON_AddArrayToObject(out, "own");
    for (size_t k = 0; k < a->logged; k++) {
        const struct trace_log_entry *e = &a->log[k];
        char name[80], sw[8];
        if (e->index != TRACE_NO_INDEX && e->match != TRACE_AGAIN)
            continue;
        cJSON *row = cJSON_CreateObject();
        char *command = replay_hex(e->command, e->len, false, NULL, 0);
        replay_name(e->command, e->len, name, sizeof name);
        snprintf(sw, sizeof sw, "%04X", rapdu_sw(e->answer, e->answer_len));
        cJSON_AddStringToObject(row, "name", name);
        cJSON_AddStringToObject(row, "command", command ? command : "");
        cJSON_AddStringToObject(row, "sw", sw);
        cJSON_AddStringToObject(row, "reason",
                                e->match == TRACE_AGAIN ? "recorded once, sent again: the same answer"
                                                        : "not recorded: answered as for an absent object");
        cJSON_AddItemToArray(own, row);
        free(command);
    }
}

/* Screens that end a sale for a technical reason. */
static bool technical(const char *screen)
{
    static const char *const names[] = {
        "chip_error", "card_error", "card_blocked", "app_blocked", "not_accepted", "insert_again", ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(screen, names[i]) == 0)
            return true;
    return false;
}

void replay_account(const struct replay_facts *f, const struct trace_card *card, cJSON *out)
{
    struct account a = {.f = f};
    const char *screen = cJSON_GetStringValue(cJSON_GetObjectItem(out, "screen"));
    cJSON *rows = cJSON_AddArrayToObject(out, "exchanges"), *counts = cJSON_AddObjectToObject(out, "counts");
    size_t lost;
    a.logged = trace_card_log(card, &a.log, &lost);
    snprintf(a.end, sizeof a.end, "had ended with screen \"%s\"", screen ? screen : "");
    for (size_t i = 0; i < f->session->count; i++) {
        char reason[600];
        enum verdict_kind kind = judge(&a, i, reason, sizeof reason);
        a.counts[kind]++;
        cJSON_AddItemToArray(rows, row_of(&f->session->exchanges[i], kind, reason));
    }
    for (size_t k = 0; k < 5; k++)
        cJSON_AddNumberToObject(counts, verdict_names[k], a.counts[k]);
    list_own(&a, out);
    bool failed = a.broke_off && technical(screen ? screen : "");
    cJSON_AddStringToObject(out, "core",
                            failed ? "broke off"
                            : a.counts[DIFFERENT] || a.counts[STALE] || a.counts[NOT_SENT]
                                ? "accounted for, with differences"
                                : "accounted for, equal");
}
