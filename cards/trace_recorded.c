/*
 * The lines of a recording that only "posbench record" writes: how a card was reset and how it was lost, and what the
 * terminal was given. Called by trace_line.c; the spelling stands in README.md.
 */
#include "cards/trace_internal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct word_row {
    const char *word;
    enum trace_line_kind kind;
    enum trace_loss loss;
} rows[] = {
    {"RESET", TRACE_LINE_RESET, TRACE_LOSS_NONE},     {"MUTE", TRACE_LINE_LOSS, TRACE_LOSS_MUTE},
    {"REMOVED", TRACE_LINE_LOSS, TRACE_LOSS_REMOVED}, {"TAKEN", TRACE_LINE_LOSS, TRACE_LOSS_TAKEN},
    {"ERROR", TRACE_LINE_LOSS, TRACE_LOSS_ERROR},     {"INPUT", TRACE_LINE_INPUT, TRACE_LOSS_NONE},
};

void trace_take_time(struct trace_span *s, uint64_t *time_us)
{
    static const char unit[] = "us)";
    struct trace_span rest = *s;
    uint64_t value = 0;
    size_t open = s->len;
    while (open && s->at[open - 1] != '(')
        open--;
    if (!open || s->len < sizeof unit || memcmp(s->at + s->len - 3, unit, 3) != 0)
        return;
    rest = (struct trace_span){s->at + open, s->len - open - 3};
    trace_trim(&rest);
    for (size_t i = 0; i < rest.len; i++) {
        if (rest.at[i] < '0' || rest.at[i] > '9' || value > UINT32_MAX)
            return; /* no number, or over an hour: what is left there is then no hex */
        value = 10 * value + (uint64_t)(rest.at[i] - '0');
    }
    *time_us = value;
    s->len = open - 1;
    trace_trim(s);
}

/* The first word of `s` is taken off; false when there is none that fits `cap`. */
static bool take_word(struct trace_span *s, char *word, size_t cap)
{
    size_t n = 0;
    while (n < s->len && s->at[n] != ' ' && s->at[n] != '\t')
        n++;
    if (!n || n >= cap)
        return false;
    memcpy(word, s->at, n);
    word[n] = '\0';
    trace_skip(s, n);
    return true;
}

/* A tag in hex, or a name: "9F02", "TAC-denial". False: neither. */
static bool read_key(const char *word, struct trace_input *in)
{
    size_t n = strlen(word);
    if (strspn(word, "0123456789ABCDEFabcdef") == n && (n == 2 || n == 4 || n == 6)) {
        for (size_t i = 0; i < n; i++)
            in->tag = in->tag << 4 | (uint32_t)(word[i] <= '9' ? word[i] - '0' : (word[i] | 0x20) - 'a' + 10);
        return in->tag != 0;
    }
    for (const char *c = word; *c; c++)
        if (!(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z') && *c != '-')
            return false;
    memcpy(in->name, word, n + 1);
    return true;
}

static int refuse(char *why, size_t cap, const char *text)
{
    snprintf(why, cap, "%s", text);
    return E_FORMAT;
}

/* "9F02 000000001200", "9F37 12345678 CDOL1", "profile unionpay-intl". */
static int read_input(struct trace_span s, struct trace_line *out, char *why, size_t why_cap)
{
    struct trace_input *in = &out->input;
    struct trace_bytes value;
    char word[sizeof in->name];
    memset(&value, 0, sizeof value);
    if (!take_word(&s, word, sizeof word) || !read_key(word, in))
        return refuse(why, why_cap, "INPUT: a tag or a name, then its value, expected");
    if (in->tag == 0x9F37) { /* the only one that differs by use */
        size_t at = s.len;
        while (at && s.at[at - 1] != ' ' && s.at[at - 1] != '\t')
            at--;
        struct trace_span use = {s.at + at, s.len - at};
        if (at && take_word(&use, in->use, sizeof in->use)) {
            s.len = at;
            trace_trim(&s);
        }
        if (strcmp(in->use, "PDOL") != 0 && strcmp(in->use, "CDOL1") != 0 && strcmp(in->use, "CDOL2") != 0)
            return refuse(why, why_cap, "INPUT 9F37: its value and PDOL, CDOL1 or CDOL2 expected");
    }
    if (strcmp(in->name, "profile") == 0) {
        if (!take_word(&s, (char *)in->value, 64) || s.len)
            return refuse(why, why_cap, "INPUT profile: one name expected");
        in->len = strlen((const char *)in->value);
        return OK;
    }
    int status = trace_read_hex(&s, &value, why, why_cap);
    if (status)
        return status;
    if (value.len > sizeof in->value || trace_is_masked(&value, 0, value.len))
        return refuse(why, why_cap, "INPUT: at most 255 bytes expected, none of them masked");
    memcpy(in->value, value.bytes, value.len);
    in->len = value.len;
    return OK;
}

bool trace_recorded_line(struct trace_span s, struct trace_line *out, int *status, char *why, size_t why_cap)
{
    char word[10];
    const struct word_row *row = NULL;
    if (!take_word(&s, word, sizeof word))
        return false;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].word, word) == 0)
            row = &rows[i];
    if (!row)
        return false;
    out->kind = row->kind;
    out->loss = row->loss;
    if (row->kind == TRACE_LINE_INPUT) {
        *status = read_input(s, out, why, why_cap);
        return true;
    }
    trace_take_time(&s, &out->time_us);
    bool warm = s.len == 4 && (memcmp(s.at, "warm", 4) == 0 || memcmp(s.at, "cold", 4) == 0);
    if (row->kind == TRACE_LINE_RESET ? !warm : s.len != 0 && row->loss != TRACE_LOSS_ERROR)
        *status = refuse(why, why_cap,
                         row->kind == TRACE_LINE_RESET ? "RESET cold or RESET warm expected"
                                                       : "nothing but a time expected behind this word");
    return true;
}
