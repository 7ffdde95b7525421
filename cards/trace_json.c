/*
 * Card sessions in JSON lines, one object each: the run records of this bench ({"ev":"apdu","c":..,"r":..}), the
 * neutral form {"ch":"card","dir":"out","raw_hex":..}, and objects whose members are named as the labels of
 * trace_label.c are. An object without bytes of a card is passed over. Called by trace_line.c.
 */
#include "cards/trace_internal.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct found { /* texts of hex; NULL: not there */
    const char *command, *answer, *atr;
};

static const char *text_of(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static bool is_one_of(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; word && i < count; i++)
        if (strcasecmp(words[i], word) == 0)
            return true;
    return false;
}

/* False: the direction says nothing. */
static bool take_direction(const cJSON *object, const char *raw, struct found *out)
{
    static const char *const to_card[] = {"out", "tx", "send", "sent", "c", "command", "to-card", "to_card", ">"};
    static const char *const from_card[] = {"in",     "rx",       "recv",      "received",  "r",
                                            "answer", "response", "from-card", "from_card", "<"};
    const char *channel = text_of(object, "ch"), *dir = text_of(object, "dir");
    if (channel && strcmp(channel, "card") != 0)
        return true;
    if (is_one_of(dir, to_card, sizeof to_card / sizeof *to_card))
        out->command = raw;
    else if (is_one_of(dir, from_card, sizeof from_card / sizeof *from_card))
        out->answer = raw;
    return out->command || out->answer;
}

static void take_labels(const cJSON *object, struct found *out)
{
    const cJSON *item;
    enum trace_line_kind kind;
    cJSON_ArrayForEach(item, object)
    {
        if (!cJSON_IsString(item) || !trace_label_word(item->string, &kind))
            continue;
        const char **slot = kind == TRACE_LINE_COMMAND  ? &out->command
                            : kind == TRACE_LINE_ANSWER ? &out->answer
                            : kind == TRACE_LINE_ATR    ? &out->atr
                                                        : NULL;
        if (slot && !*slot)
            *slot = item->valuestring;
    }
}

static int read_hex(const char *text, struct trace_bytes *out, char *why, size_t why_cap)
{
    struct trace_span s = {text, strlen(text)};
    trace_trim(&s);
    return s.len ? trace_read_hex(&s, out, why, why_cap) : OK;
}

static int fill(const cJSON *object, const struct found *f, struct trace_line *out, char *why, size_t why_cap)
{
    const double us = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(object, "us"));
    int status = OK;
    out->kind = TRACE_LINE_GAP;
    if (f->atr) {
        out->kind = TRACE_LINE_ATR;
        status = read_hex(f->atr, &out->is, why, why_cap);
        if (status == OK && (out->is.len < 2 || out->is.len > TRACE_ATR_MAX))
            out->kind = TRACE_LINE_GAP; /* of a card that did not answer */
        return status;
    }
    if (f->command) {
        out->kind = TRACE_LINE_COMMAND;
        status = read_hex(f->command, &out->is, why, why_cap);
    }
    if (status == OK && f->answer) {
        struct trace_bytes *to = f->command ? &out->answer : &out->is;
        status = read_hex(f->answer, to, why, why_cap);
        if (f->command && out->answer.len)
            out->kind = TRACE_LINE_EXCHANGE;
        else if (!f->command)
            out->kind = TRACE_LINE_ANSWER;
    }
    if (us > 0 && us < UINT32_MAX)
        out->time_us = (uint64_t)us;
    return status;
}

bool trace_json_line(struct trace_span s, struct trace_line *out, int *status, char *why, size_t why_cap)
{
    struct found f = {NULL, NULL, NULL};
    if (s.len && s.at[s.len - 1] == ',') /* an entry of a list */
        s.len--;
    cJSON *object = s.len && *s.at == '{' ? cJSON_ParseWithLength(s.at, s.len) : NULL;
    if (!object)
        return false;
    const char *event = text_of(object, "ev"), *raw = text_of(object, "raw_hex");
    if (event ? strcmp(event, "apdu") == 0 : !raw && text_of(object, "c")) {
        f.command = text_of(object, "c");
        f.answer = text_of(object, "r");
    } else if (event && strcmp(event, "atr") == 0) {
        f.atr = text_of(object, "hex");
    } else if (!event && !raw) {
        take_labels(object, &f);
    }
    if (!event && raw && !take_direction(object, raw, &f)) {
        snprintf(why, why_cap, "dir: \"out\" or \"in\" expected");
        *status = E_FORMAT;
    } else {
        *status = fill(object, &f, out, why, why_cap);
    }
    cJSON_Delete(object);
    return true;
}
