/*
 * One line of a recorded session: comment, label, quotes, hex. Knows nothing of what came before. Called by
 * trace_parse.c.
 */
#include "cards/trace_internal.h"

#include "core/codec/tlv.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static void cut_comment(struct trace_span *s)
{
    for (size_t i = 0; i < s->len; i++)
        if (s->at[i] == '#' || (s->at[i] == '/' && i + 1 < s->len && s->at[i + 1] == '/'))
            s->len = i;
    trace_trim(s);
}

/* '...' or "...", a comma behind it as in JSON. */
static void unquote(struct trace_span *s)
{
    if (s->len && s->at[s->len - 1] == ',')
        s->len--;
    trace_trim(s);
    if (s->len >= 2 && (*s->at == '\'' || *s->at == '"') && s->at[s->len - 1] == *s->at) {
        s->len--;
        trace_skip(s, 1);
    }
}

static int read_protocol(const struct trace_span *s, struct trace_line *out, char *why, size_t why_cap)
{
    bool short_form = s->len == 2 && (*s->at == 'T' || *s->at == 't');
    bool long_form = s->len == 3 && strncasecmp(s->at, "T=", 2) == 0;
    char digit = s->len ? s->at[s->len - 1] : 0;
    if ((!short_form && !long_form) || (digit != '0' && digit != '1')) {
        snprintf(why, why_cap, "PROTOCOL: T=0 or T=1 expected");
        return E_FORMAT;
    }
    out->protocol = digit - '0';
    return OK;
}

static int read_atr(const struct trace_span *s, struct trace_line *out, char *why, size_t why_cap)
{
    int status = trace_read_hex(s, &out->is, why, why_cap);
    if (status == OK && (out->is.len < 2 || out->is.len > TRACE_ATR_MAX || trace_is_masked(&out->is, 0, out->is.len))) {
        snprintf(why, why_cap, "ATR: 2 to %d bytes expected%s", TRACE_ATR_MAX,
                 trace_is_masked(&out->is, 0, out->is.len) ? ", none of them masked" : "");
        status = E_FORMAT;
    }
    return status;
}

/* In a comment ATR and PROTOCOL are picked up when they are readable; anything else there is prose. */
static int parse_comment(struct trace_span s, struct trace_line *out)
{
    char unused[128];
    while (s.len && (*s.at == '#' || *s.at == '/'))
        trace_skip(&s, 1);
    bool known = trace_label_take(&s, &out->kind);
    if (known && out->kind == TRACE_LINE_ATR && read_atr(&s, out, unused, sizeof unused) == OK)
        return OK;
    if (known && out->kind == TRACE_LINE_PROTOCOL && read_protocol(&s, out, unused, sizeof unused) == OK)
        return OK;
    out->kind = TRACE_LINE_GAP;
    return OK;
}

/* Escape sequences of a coloured log at both ends: ESC [ ... m. */
static void cut_colours(struct trace_span *s)
{
    const char *end;
    while (s->len > 1 && *s->at == '\x1b' && (end = memchr(s->at, 'm', s->len)))
        trace_skip(s, (size_t)(end - s->at) + 1);
    for (size_t i = 0; i < s->len; i++)
        if (s->at[i] == '\x1b' && memchr(s->at + i, 'm', s->len - i) == s->at + s->len - 1)
            s->len = i;
    trace_trim(s);
}

/* Label and quotes taken off: what is left is the value. False: there is nothing to read. */
static bool find_value(struct trace_span *s, struct trace_line *out)
{
    out->kind = TRACE_LINE_BARE;
    if (!trace_label_take(s, &out->kind)) {
        while (s->len && *s->at == '-') /* YAML: a list's entry, a document's mark */
            trace_skip(s, 1);
        if (s->len == 0)
            return false;
        if (!trace_label_take(s, &out->kind) && !trace_label_find(s, &out->kind) && trace_is_log_prose(s))
            return false;
    }
    cut_colours(s);
    unquote(s);
    return true;
}

static bool says_none(const struct trace_span *s)
{
    static const char *const words[] = {"", "~", "null", "none"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (s->len == strlen(words[i]) && strncasecmp(s->at, words[i], s->len) == 0)
            return true;
    return false;
}

/* Where an arrow, a bar or a tab parts a command from its answer in one line: "hex < hex", "hex -> hex". A tab may also
 * stand between bytes. */
static bool part(const struct trace_span *s, struct trace_span *command, struct trace_span *answer)
{
    static const char marks[] = "<>=|-\t ";
    size_t n = 0;
    bool tab = false;
    while (n < s->len && !strchr("<>|", s->at[n]))
        n++;
    for (size_t i = 0; n == s->len && i < s->len; i++)
        if (s->at[i] == '\t') {
            n = i;
            tab = true;
        }
    if (n == s->len)
        return false;
    size_t end = n;
    while (n > 0 && strchr(marks, s->at[n - 1]))
        n--;
    while (end < s->len && strchr(marks, s->at[end]))
        end++;
    *command = (struct trace_span){s->at, n};
    *answer = (struct trace_span){s->at + end, s->len - end};
    struct trace_bytes bytes = {.len = 0};
    struct capdu parsed;
    char unused[128];
    return !tab || (trace_read_hex(command, &bytes, unused, sizeof unused) == OK &&
                    capdu_parse(bytes.bytes, bytes.len, &parsed) == OK);
}

/* Words behind the bytes: "90 00 : Normal processing." */
static void cut_remark(struct trace_span *s)
{
    for (size_t i = 1; i + 2 < s->len; i++)
        if (memcmp(s->at + i - 1, " : ", 3) == 0) {
            s->len = i - 1;
            return;
        }
}

/* "hex < hex (25000 us)", its arrow taken off; without an answer the command alone. */
static int read_exchange(struct trace_span *s, struct trace_line *out, char *why, size_t why_cap)
{
    struct trace_span command, answer;
    if (!part(s, &command, &answer))
        return says_none(s) ? OK : trace_read_hex(s, &out->is, why, why_cap);
    out->kind = TRACE_LINE_EXCHANGE;
    trace_take_time(&answer, &out->time_us);
    int status = trace_read_hex(&command, &out->is, why, why_cap);
    return status ? status : trace_read_hex(&answer, &out->answer, why, why_cap);
}

int trace_line_parse(const char *text, size_t len, struct trace_line *out, char *why, size_t why_cap)
{
    struct trace_span s = {text, len};
    memset(out, 0, sizeof *out);
    trace_trim(&s);
    if (s.len && (*s.at == '#' || (s.len > 1 && s.at[0] == '/' && s.at[1] == '/')))
        return parse_comment(s, out);
    cut_comment(&s);
    cut_colours(&s);
    int status = OK;
    if (s.len && (trace_recorded_line(s, out, &status, why, why_cap) || trace_json_line(s, out, &status, why, why_cap)))
        return status;
    if (s.len == 0 || !find_value(&s, out)) {
        out->kind = TRACE_LINE_GAP;
        return OK;
    }
    switch (out->kind) {
    case TRACE_LINE_PROTOCOL:
        return read_protocol(&s, out, why, why_cap);
    case TRACE_LINE_ATR:
        return read_atr(&s, out, why, why_cap);
    case TRACE_LINE_ANSWER:
        cut_remark(&s);
        return says_none(&s) ? OK : trace_read_hex(&s, &out->is, why, why_cap);
    default:
        return read_exchange(&s, out, why, why_cap);
    }
}

bool trace_looks_like_answer(const uint8_t *bytes, size_t len)
{
    uint8_t sw1 = len >= 2 ? bytes[len - 2] : 0;
    return (sw1 >= 0x61 && sw1 <= 0x6F) || sw1 >> 4 == 9;
}

/* A known command of right length whose bytes, read as an answer's data, make no sense. */
bool trace_looks_like_command(const uint8_t *bytes, size_t len)
{
    struct capdu command;
    if (capdu_parse(bytes, len, &command) || !apdu_name(command.cla, command.ins))
        return false;
    return !trace_looks_like_answer(bytes, len) || tlv_check(bytes, len - 2) != OK;
}
