/*
 * What says in a recording whether a line is a command or an answer: words, arrows, and what logs write before them.
 * One row a spelling. Called by trace_line.c.
 */
#include "cards/trace_internal.h"

#include <string.h>
#include <strings.h>

/* A word ends with a colon, which may be quoted and set apart: "req":, C-APDU :. An arrow ends by itself. Longer arrows
 * stand before those they begin with. */
static const struct label_row {
    const char *text;
    enum trace_line_kind kind;
} words[] =
    {
        {"req", TRACE_LINE_COMMAND},     {"res", TRACE_LINE_ANSWER},        {"request", TRACE_LINE_COMMAND},
        {"response", TRACE_LINE_ANSWER}, {"command", TRACE_LINE_COMMAND},   {"answer", TRACE_LINE_ANSWER},
        {"C-APDU", TRACE_LINE_COMMAND},  {"R-APDU", TRACE_LINE_ANSWER},     {"CAPDU", TRACE_LINE_COMMAND},
        {"RAPDU", TRACE_LINE_ANSWER},    {"APDU", TRACE_LINE_COMMAND},      {"SW", TRACE_LINE_ANSWER},
        {"sent", TRACE_LINE_COMMAND},    {"received", TRACE_LINE_ANSWER},   {"send", TRACE_LINE_COMMAND},
        {"recv", TRACE_LINE_ANSWER},     {"cmd", TRACE_LINE_COMMAND},       {"rsp", TRACE_LINE_ANSWER},
        {"resp", TRACE_LINE_ANSWER},     {"TX", TRACE_LINE_COMMAND},        {"RX", TRACE_LINE_ANSWER},
        {"ATR", TRACE_LINE_ATR},         {"PROTOCOL", TRACE_LINE_PROTOCOL},
},
  arrows[] = {
      {"-->", TRACE_LINE_COMMAND}, {"<--", TRACE_LINE_ANSWER}, {"==>", TRACE_LINE_COMMAND}, {"<==", TRACE_LINE_ANSWER},
      {">>>", TRACE_LINE_COMMAND}, {"<<<", TRACE_LINE_ANSWER}, {"A>>", TRACE_LINE_COMMAND}, {"A<<", TRACE_LINE_ANSWER},
      {"->", TRACE_LINE_COMMAND},  {"<-", TRACE_LINE_ANSWER},  {"=>", TRACE_LINE_COMMAND},  {"<=", TRACE_LINE_ANSWER},
      {">>", TRACE_LINE_COMMAND},  {"<<", TRACE_LINE_ANSWER},  {">", TRACE_LINE_COMMAND},   {"<", TRACE_LINE_ANSWER},
};
#define COUNT(table) (sizeof(table) / sizeof *(table))

static bool starts(const struct trace_span *s, const char *text)
{
    size_t n = strlen(text);
    return s->len >= n && strncasecmp(s->at, text, n) == 0;
}

/* Length of the word with its quotes and its colon, 0 when it is not there. */
static size_t word_len(const struct trace_span *s, const char *word)
{
    size_t quote = s->len && (*s->at == '"' || *s->at == '\'') ? 1 : 0, at = quote;
    struct trace_span inside = {s->at + quote, s->len - quote};
    if (!starts(&inside, word))
        return 0;
    at += strlen(word);
    if (quote && (at >= s->len || s->at[at++] != *s->at))
        return 0;
    while (at < s->len && (s->at[at] == ' ' || s->at[at] == '\t'))
        at++;
    return at < s->len && s->at[at] == ':' ? at + 1 : 0;
}

/* What the console of apdu4j writes between arrow and bytes: "T=1", "(4+0007)", "(14ms)". */
static void skip_remarks(struct trace_span *s)
{
    for (;;) {
        const char *close = s->len && *s->at == '(' ? memchr(s->at, ')', s->len) : NULL;
        if (close)
            trace_skip(s, (size_t)(close - s->at) + 1);
        else if (starts(s, "T=") && s->len >= 3 && (s->at[2] == '0' || s->at[2] == '1'))
            trace_skip(s, 3);
        else
            return;
    }
}

bool trace_label_take(struct trace_span *s, enum trace_line_kind *kind)
{
    for (size_t i = 0; i < COUNT(words); i++) {
        size_t n = word_len(s, words[i].text);
        if (n == 0)
            continue;
        *kind = words[i].kind;
        trace_skip(s, n);
        return true;
    }
    for (size_t i = 0; i < COUNT(arrows); i++) {
        if (!starts(s, arrows[i].text))
            continue;
        *kind = arrows[i].kind;
        trace_skip(s, strlen(arrows[i].text));
        skip_remarks(s);
        return true;
    }
    return false;
}

/* Date and time of day at the beginning: "10:00:00.123", "2026-06-15T10:00:00Z", "[12.3]". 0: none. */
static size_t clock_len(const struct trace_span *s)
{
    size_t n = 0;
    bool clock = false;
    while (n < s->len && s->at[n] && strchr("0123456789:.,-/TZ+[] \t", s->at[n])) {
        clock |= s->at[n] == ':' || s->at[n] == '[';
        n++;
    }
    while (n > 0 && s->at[n - 1] == '-') /* of an arrow */
        n--;
    return clock ? n : 0;
}

bool trace_label_word(const char *word, enum trace_line_kind *kind)
{
    for (size_t i = 0; i < COUNT(words); i++)
        if (strcasecmp(words[i].text, word) == 0) {
            *kind = words[i].kind;
            return true;
        }
    return false;
}

/* pcscd writes eight digits of microseconds, in colour also the thread: "00000012 [1407] APDU: 00 A4". */
bool trace_label_find(struct trace_span *s, enum trace_line_kind *kind)
{
    struct trace_span behind = *s;
    trace_skip(&behind, clock_len(s));
    if (behind.len && behind.len < s->len && trace_label_take(&behind, kind)) {
        *s = behind;
        return true;
    }
    for (size_t i = 1; i + 1 < s->len; i++) {
        struct trace_span rest = {s->at + i, s->len - i};
        bool begins = s->at[i - 1] == ' ' || s->at[i - 1] == '\t' || s->at[i - 1] == ']' || s->at[i - 1] == 'm';
        for (size_t k = 0; begins && k < COUNT(words); k++) {
            size_t n = words[k].kind == TRACE_LINE_PROTOCOL ? 0 : word_len(&rest, words[k].text);
            if (n == 0)
                continue;
            *kind = words[k].kind;
            *s = rest;
            trace_skip(s, n);
            return true;
        }
    }
    return false;
}

bool trace_is_log_prose(const struct trace_span *s)
{
    size_t digits = 0;
    while (digits < s->len && s->at[digits] >= '0' && s->at[digits] <= '9')
        digits++;
    if (digits != 8 || digits == s->len || s->at[digits] != ' ')
        return false;
    for (size_t i = digits; i + 2 < s->len; i++) /* "winscard.c:315:SCardConnect()", "[1407] eventhandler.c:292" */
        if (memcmp(s->at + i, ".c:", 3) == 0)
            return true;
    return false;
}
