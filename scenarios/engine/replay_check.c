/*
 * Does the recording agree with itself? Records read against the AFL, data sent against the DOLs, templates, both
 * cryptograms' ATC. Each finding names its line; one changed control byte is found here even where the core would cope
 * with it.
 */
#include "scenarios/engine/replay.h"

#include "core/codec/dol.h"
#include "core/codec/tlv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void __attribute__((format(printf, 4, 5)))
find(cJSON *list, const char *kind, unsigned line, const char *format, ...)
{
    char text[300];
    va_list args;
    cJSON *row = cJSON_CreateObject();
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    cJSON_AddNumberToObject(row, "line", line);
    cJSON_AddStringToObject(row, "kind", kind);
    cJSON_AddStringToObject(row, "text", text);
    cJSON_AddItemToArray(list, row);
}

static unsigned line_of(const struct replay_facts *f, size_t i)
{
    return i < f->session->count ? f->session->exchanges[i].line : 0;
}

/* Contactless: the answer to GET PROCESSING OPTIONS may already hold the cryptogram; then there is no AFL and no
 * GENERATE AC. */
static bool pays_in_options(const struct replay_facts *f)
{
    struct tlv t;
    if (f->gpo == REPLAY_NONE)
        return false;
    const struct trace_exchange *x = &f->session->exchanges[f->gpo];
    return x->answer_len > 2 && tlv_find_deep(x->answer, x->answer_len - 2, 0x9F26, &t) == OK;
}

static void check_answers(const struct replay_facts *f, cJSON *list)
{
    if (f->session->cut_line)
        find(list, "incomplete", f->session->cut_line, "the recording is cut off inside this line");
    for (size_t i = 0; i < f->session->count; i++) {
        const struct trace_exchange *x = &f->session->exchanges[i];
        uint16_t sw = replay_sw(x);
        char name[80];
        replay_name(x->command, x->len, name, sizeof name);
        if (!x->answer_len)
            find(list, "incomplete", x->line, "%s has no recorded answer", name);
        else if (sw == 0x9000 && x->answer_len > 2 && f->step[i] != STEP_GET_CHALLENGE && f->step[i] != STEP_OTHER &&
                 f->step[i] != STEP_SCRIPT && tlv_check(x->answer, x->answer_len - 2) != OK)
            find(list, "inconsistent", x->answer_line ? x->answer_line : x->line, "the answer to %s is malformed TLV",
                 name);
        else if (f->step[i] == STEP_GPO && sw == 0x9000 && !pays_in_options(f) &&
                 (!f->afl || f->afl_len % 4 || !f->afl_len))
            find(list, "inconsistent", x->answer_line, "the answer to GET PROCESSING OPTIONS has no proper AFL");
    }
}

/* -- records against the AFL -- */

static bool in_afl(const struct replay_facts *f, uint8_t sfi, uint8_t record)
{
    for (size_t i = 0; i + 4 <= f->afl_len; i += 4)
        if (f->afl[i] >> 3 == sfi && record >= f->afl[i + 1] && record <= f->afl[i + 2])
            return true;
    return false;
}

static bool was_read(const struct replay_facts *f, uint8_t sfi, uint8_t record)
{
    for (size_t i = 0; i < f->session->count; i++) {
        const uint8_t *c = f->session->exchanges[i].command;
        if (f->step[i] == STEP_READ && c[3] >> 3 == sfi && c[2] == record)
            return true;
    }
    return false;
}

static void check_records(const struct replay_facts *f, cJSON *list)
{
    unsigned afl_line = line_of(f, f->afl_at);
    for (size_t i = 0; i < f->session->count; i++) {
        const struct trace_exchange *x = &f->session->exchanges[i];
        uint8_t sfi = x->command[3] >> 3, record = x->command[2];
        if (f->step[i] != STEP_READ || !f->afl || (f->first_ac != REPLAY_NONE && i > f->first_ac))
            continue;
        if (!in_afl(f, sfi, record))
            find(list, "inconsistent", x->line, "SFI %u record %u is read, and the AFL of line %u does not list it",
                 sfi, record, afl_line);
        else if (x->answer_len && replay_sw(x) != 0x9000)
            find(list, "inconsistent", x->answer_line, "SFI %u record %u of the AFL is answered %04X", sfi, record,
                 replay_sw(x));
    }
    bool complete = f->first_ac != REPLAY_NONE;
    for (size_t i = 0; i + 4 <= f->afl_len; i += 4) {
        if (!f->afl[i + 1] || f->afl[i + 2] < f->afl[i + 1] || f->afl[i + 3] > f->afl[i + 2] - f->afl[i + 1] + 1) {
            find(list, "inconsistent", afl_line, "AFL entry %02X%02X%02X%02X is not possible", f->afl[i], f->afl[i + 1],
                 f->afl[i + 2], f->afl[i + 3]);
            continue;
        }
        for (unsigned r = f->afl[i + 1]; r <= f->afl[i + 2]; r++)
            if (!was_read(f, f->afl[i] >> 3, (uint8_t)r))
                find(list, complete ? "inconsistent" : "incomplete", afl_line,
                     "the AFL lists SFI %u record %u, which is never read", f->afl[i] >> 3, r);
    }
}

/* -- data against the DOLs -- */

static void check_dol(const struct replay_facts *f, const struct replay_dol *d, const char *name, unsigned list_line,
                      cJSON *list)
{
    struct dol_entry entry;
    size_t at = 0, sum = 0;
    int status = OK;
    if (!d->list || d->at == REPLAY_NONE)
        return;
    while ((status = dol_next(d->list, d->list_len, &at, &entry)) == OK)
        sum += entry.len;
    if (status == E_FORMAT)
        find(list, "inconsistent", list_line, "%s is malformed", name);
    else if (sum != d->data_len)
        find(list, "inconsistent", line_of(f, d->at), "%zu bytes are sent, %s of line %u asks for %zu", d->data_len,
             name, list_line, sum);
}

/* CID of either format says ARQC. */
static bool asks_online(const struct trace_exchange *x)
{
    struct tlv t;
    if (x->answer_len <= 2)
        return false;
    if (tlv_find(x->answer, x->answer_len - 2, 0x80, &t) == OK)
        return t.len > 0 && (t.value[0] & 0xC0) == 0x80;
    return tlv_find_deep(x->answer, x->answer_len - 2, 0x9F27, &t) == OK && t.len == 1 && (t.value[0] & 0xC0) == 0x80;
}

static void check_cryptograms(const struct replay_facts *f, cJSON *list)
{
    struct tlv a, b;
    if (pays_in_options(f))
        return;
    if (f->first_ac == REPLAY_NONE) {
        find(list, "incomplete", line_of(f, f->session->count - 1), "the session ends before GENERATE AC");
        return;
    }
    const struct trace_exchange *x = &f->session->exchanges[f->first_ac];
    if (!f->cdol1.list)
        find(list, "inconsistent", x->line, "GENERATE AC without a CDOL1 in any record");
    if (x->answer_len && replay_sw(x) != 0x9000)
        find(list, "inconsistent", x->answer_line, "GENERATE AC is answered %04X", replay_sw(x));
    if (f->second_ac == REPLAY_NONE) {
        if (asks_online(x))
            find(list, "incomplete", x->line, "the card asks to go online, and no second GENERATE AC is recorded");
        return;
    }
    const struct trace_exchange *y = &f->session->exchanges[f->second_ac];
    if (x->answer_len > 6 && y->answer_len > 6 && tlv_find_deep(x->answer, x->answer_len - 2, 0x9F36, &a) == OK &&
        tlv_find_deep(y->answer, y->answer_len - 2, 0x9F36, &b) == OK &&
        (a.len != b.len || memcmp(a.value, b.value, a.len) != 0))
        find(list, "inconsistent", y->answer_line,
             "the ATC of the second GENERATE AC is not that of the first (line %u)", x->answer_line);
}

cJSON *replay_check(const struct replay_facts *f)
{
    cJSON *list = cJSON_CreateArray();
    check_answers(f, list);
    check_records(f, list);
    check_dol(f, &f->pdol, "the PDOL", line_of(f, f->select), list);
    check_dol(f, &f->cdol1, "CDOL1", line_of(f, f->cdol_at), list);
    check_dol(f, &f->cdol2, "CDOL2", line_of(f, f->cdol_at), list);
    check_cryptograms(f, list);
    return list;
}
