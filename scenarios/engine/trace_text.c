/* A trace file told as JSON: what was recorded, and nothing judged. */
#include "scenarios/engine/trace_text.h"

#include "cards/trace.h"
#include "scenarios/engine/engine.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

static void add_hex(cJSON *object, const char *key, const uint8_t *bytes, const uint8_t *mask, size_t len)
{
    static const char digits[] = "0123456789ABCDEF";
    char *text = len ? malloc(2 * len + 1) : NULL;
    for (size_t i = 0; text && i < 2 * len; i++) {
        unsigned shift = i % 2 ? 0 : 4;
        bool masked = mask && (mask[i / 2] >> shift & 0x0F);
        text[i] = masked ? '*' : digits[bytes[i / 2] >> shift & 0x0F];
    }
    if (!text)
        return;
    text[2 * len] = '\0';
    cJSON_AddStringToObject(object, key, text);
    OPENSSL_cleanse(text, 2 * len);
    free(text);
}

static void add_loss(cJSON *object, const char *key, enum trace_loss loss)
{
    static const char *const names[] = {
        [TRACE_LOSS_MUTE] = "mute",
        [TRACE_LOSS_REMOVED] = "removed",
        [TRACE_LOSS_TAKEN] = "taken",
        [TRACE_LOSS_ERROR] = "reader error",
    };
    if (loss != TRACE_LOSS_NONE)
        cJSON_AddStringToObject(object, key, names[loss]);
}

static void add_inputs(cJSON *out, const struct trace_session *s)
{
    cJSON *inputs = s->input_count ? cJSON_AddObjectToObject(out, "inputs") : NULL;
    for (size_t i = 0; i < s->input_count; i++) {
        const struct trace_input *in = &s->inputs[i];
        char name[60], seen[64];
        if (in->tag)
            snprintf(name, sizeof name, "INPUT %X%s%s", (unsigned)in->tag, in->use[0] ? " " : "", in->use);
        else
            snprintf(name, sizeof name, "INPUT %s", in->name);
        snprintf(seen, sizeof seen, "%s", name);
        for (unsigned n = 2; cJSON_GetObjectItem(inputs, seen) && n < 100; n++)
            snprintf(seen, sizeof seen, "%s %u", name, n);
        add_hex(inputs, seen, in->value, NULL, in->len);
    }
}

static cJSON *exchange(const struct trace_exchange *x)
{
    cJSON *out = cJSON_CreateObject();
    cJSON_AddNumberToObject(out, "line", x->line);
    if (x->answer_len)
        cJSON_AddNumberToObject(out, "answer_line", x->answer_line);
    add_hex(out, "c", x->command, x->command_mask, x->len);
    add_hex(out, "r", x->answer, x->answer_mask, x->answer_len);
    if (x->time_us)
        cJSON_AddNumberToObject(out, "us", (double)x->time_us);
    add_loss(out, "loss", x->loss);
    return out;
}

static cJSON *session(const struct trace_session *s, size_t number)
{
    cJSON *out = cJSON_CreateObject();
    unsigned last = s->line;
    cJSON_AddNumberToObject(out, "session", (double)number);
    cJSON_AddNumberToObject(out, "line", s->line);
    add_hex(out, "atr", s->atr, NULL, s->atr_len);
    if (s->protocol >= 0)
        cJSON_AddStringToObject(out, "protocol", s->protocol ? "T=1" : "T=0");
    add_inputs(out, s);
    cJSON *list = cJSON_AddArrayToObject(out, "exchanges");
    for (size_t i = 0; i < s->count; i++) {
        cJSON_AddItemToArray(list, exchange(&s->exchanges[i]));
        last = s->exchanges[i].answer_line > last ? s->exchanges[i].answer_line : last;
    }
    add_loss(out, "end", s->end);
    cJSON_AddNumberToObject(out, "end_line", s->end_line ? s->end_line : last);
    return out;
}

int engine_trace(const char *path, cJSON **trace, char *why, size_t why_cap)
{
    struct trace *t;
    *trace = NULL;
    if (trace_load(path, &t, why, why_cap) != OK)
        return EXIT_USAGE;
    cJSON *out = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(out, "sessions");
    for (size_t i = 0; i < t->session_count; i++)
        cJSON_AddItemToArray(list, session(&t->sessions[i], i + 1));
    trace_destroy(t);
    *trace = out;
    return EXIT_PASS;
}
