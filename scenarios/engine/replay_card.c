/*
 * What the card says of itself in a recording: application, PDOL, AIP, AFL, CDOLs, cryptograms, each with its line. It
 * is printed above the exchanges, so that a reader sees what the run follows from.
 */
#include "scenarios/engine/replay.h"

#include "core/codec/dol.h"
#include "core/codec/tag.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT 600

static void __attribute__((format(printf, 3, 4))) say(cJSON *list, unsigned line, const char *format, ...)
{
    char text[TEXT];
    va_list args;
    cJSON *row = cJSON_CreateObject();
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    cJSON_AddNumberToObject(row, "line", line);
    cJSON_AddStringToObject(row, "text", text);
    cJSON_AddItemToArray(list, row);
}

static void __attribute__((format(printf, 3, 4))) append(char *out, size_t cap, const char *format, ...)
{
    size_t len = strlen(out);
    va_list args;
    va_start(args, format);
    if (len < cap)
        vsnprintf(out + len, cap - len, format, args);
    va_end(args);
}

static const struct trace_exchange *at(const struct replay_facts *f, size_t i)
{
    return &f->session->exchanges[i];
}

static void say_application(const struct replay_facts *f, cJSON *list)
{
    char hex[33];
    struct tlv priority;
    if (f->select == REPLAY_NONE)
        return;
    const struct trace_exchange *x = at(f, f->select);
    hex_encode(f->aid.bytes, f->aid.len, hex, sizeof hex);
    bool has = replay_find(x, 0x87, &priority) && priority.len == 1;
    char text[60] = "";
    if (has)
        snprintf(text, sizeof text, ", priority %u%s", priority.value[0] & 0x0F,
                 priority.value[0] & 0x80 ? ", to be confirmed" : "");
    bool printable = true;
    for (const char *c = f->label; *c; c++)
        printable &= *c >= ' ' && *c <= '~';
    say(list, replay_answer_line(x), "application %s \"%s\"%s", hex, printable ? f->label : "?", text);
}

static void say_dol(cJSON *list, unsigned line, const char *name, const struct replay_dol *d)
{
    char text[TEXT] = "";
    struct dol_entry e;
    size_t offset = 0;
    int status;
    if (!d->list)
        return;
    while ((status = dol_next(d->list, d->list_len, &offset, &e)) == OK)
        append(text, sizeof text, "%s%X %u", *text ? ", " : "", (unsigned)e.tag, e.len);
    say(list, line, "%s asks for %s%s", name, *text ? text : "nothing", status == E_FORMAT ? " (malformed)" : "");
}

static void say_options(const struct replay_facts *f, cJSON *list)
{
    char text[TEXT] = "";
    if (f->gpo == REPLAY_NONE)
        return;
    unsigned line = replay_answer_line(at(f, f->gpo));
    for (size_t bit = 0; f->has_aip && bit < 16; bit++) {
        uint8_t mask = (uint8_t)(0x80 >> bit % 8);
        const char *name = tag_bit_name(0x82, bit / 8, mask);
        if (f->aip[bit / 8] & mask)
            append(text, sizeof text, "%s%s", *text ? ", " : "", name ? name : "a reserved bit");
    }
    if (f->has_aip)
        say(list, line, "AIP %02X%02X: %s", f->aip[0], f->aip[1], *text ? text : "nothing");
    *text = '\0';
    for (size_t i = 0; i + 4 <= f->afl_len; i += 4) {
        const uint8_t *e = f->afl + i;
        append(text, sizeof text, "%sSFI %u records %u to %u", *text ? ", " : "", e[0] >> 3, e[1], e[2]);
        if (e[3])
            append(text, sizeof text, " (%u signed)", e[3]);
    }
    if (*text)
        say(list, line, "AFL: %s", text);
}

static void say_cryptogram(const struct replay_facts *f, cJSON *list, size_t i)
{
    struct replay_ac ac;
    char hex[17] = "";
    if (i == REPLAY_NONE || !replay_ac_read(at(f, i), &ac))
        return;
    if (ac.cryptogram)
        hex_encode(ac.cryptogram, 8, hex, sizeof hex);
    char cid[24] = "no CID";
    if (ac.has_cid)
        snprintf(cid, sizeof cid, "CID %02X (%s)", ac.cid, replay_ac_name(ac.cid));
    else if (ac.has_type)
        snprintf(cid, sizeof cid, "%s by 9F10", replay_ac_name(ac.cid));
    say(list, replay_answer_line(at(f, i)), "cryptogram: %s, ATC %02X%02X, %s%s", cid, ac.atc[0], ac.atc[1],
        ac.cryptogram ? "9F26 " : "inside its signature", hex);
}

/* Tags and lengths of one template's objects, those of inner templates behind them. */
static void name_objects(const uint8_t *bytes, size_t len, char *out, size_t cap)
{
    struct tlv t;
    size_t offset = 0;
    while (tlv_next(bytes, len, &offset, &t) == OK) {
        append(out, cap, "%s%X %zu", *out && out[strlen(out) - 1] != '(' ? ", " : "", (unsigned)t.tag, t.len);
        if (!tlv_is_template(t.tag))
            continue;
        append(out, cap, " (");
        name_objects(t.value, t.len, out, cap);
        append(out, cap, ")");
    }
}

static void say_records(const struct replay_facts *f, cJSON *list)
{
    for (size_t i = 0; i < f->session->count; i++) {
        const struct trace_exchange *x = at(f, i);
        char text[TEXT] = "", name[80];
        bool read = f->step[i] == STEP_READ || f->step[i] == STEP_READ_DIRECTORY || f->step[i] == STEP_SELECT ||
                    f->step[i] == STEP_SELECT_PSE || f->step[i] == STEP_SELECT_PPSE;
        if (!read || x->answer_len <= 2 || tlv_check(x->answer, x->answer_len - 2) != OK)
            continue;
        name_objects(x->answer, x->answer_len - 2, text, sizeof text);
        replay_name(x->command, x->len, name, sizeof name);
        say(list, replay_answer_line(x), "%s: %s", name, text);
    }
}

static double line_of(const cJSON *row)
{
    return cJSON_GetNumberValue(cJSON_GetObjectItem(row, "line"));
}

/* The rows in the order of their lines; those of one line as they were said. */
static cJSON *by_line(cJSON *list)
{
    size_t count = (size_t)cJSON_GetArraySize(list), n = 0;
    cJSON **rows = malloc((count + 1) * sizeof *rows), *sorted;
    if (!rows)
        return list;
    for (cJSON *row; (row = cJSON_DetachItemFromArray(list, 0)); n++) {
        size_t at = n;
        for (; at > 0 && line_of(rows[at - 1]) > line_of(row); at--)
            rows[at] = rows[at - 1];
        rows[at] = row;
    }
    sorted = cJSON_CreateArray();
    for (size_t i = 0; i < n; i++)
        cJSON_AddItemToArray(sorted, rows[i]);
    cJSON_Delete(list);
    free(rows);
    return sorted;
}

cJSON *replay_card(const struct replay_facts *f)
{
    cJSON *list = cJSON_CreateArray();
    say_records(f, list);
    say_application(f, list);
    if (f->select != REPLAY_NONE)
        say_dol(list, replay_answer_line(at(f, f->select)), "PDOL", &f->pdol);
    say_options(f, list);
    say_cryptogram(f, list, f->gpo); /* contactless */
    if (f->cdol1.list)
        say_dol(list, replay_answer_line(at(f, f->cdol1_at)), "CDOL1", &f->cdol1);
    if (f->cdol2.list)
        say_dol(list, replay_answer_line(at(f, f->cdol2_at)), "CDOL2", &f->cdol2);
    say_cryptogram(f, list, f->first_ac);
    say_cryptogram(f, list, f->second_ac);
    return by_line(list);
}
