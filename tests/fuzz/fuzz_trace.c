/* libFuzzer: recordings. What is accepted keeps its limits, and can be played back whole, at both levels. */
#include "cards/trace.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void play(const struct trace_session *s)
{
    uint8_t answer[RAPDU_MAX];
    size_t len;
    struct trace_card *card = trace_card_create(s);
    for (size_t i = 0; card && i < s->count && i < 32; i++) {
        trace_card_apdu(card, s->exchanges[i].command, s->exchanges[i].len, answer, &len);
        if (len > sizeof answer)
            abort();
    }
    for (size_t i = 0; card && i < s->raw_count && i < 32; i++)
        trace_card_tpdu(card, s->raw[i].command, s->raw[i].len, answer, &len);
    trace_card_destroy(card);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct trace *trace = NULL;
    char why[200] = "";
    int status = trace_parse((const char *)data, size, "fuzz", &trace, why, sizeof why);
    if (status != OK && !why[0])
        abort();
    for (size_t i = 0; status == OK && i < trace->session_count; i++) {
        const struct trace_session *s = &trace->sessions[i];
        if (s->raw_count > TRACE_EXCHANGES || s->count > s->raw_count)
            abort();
        play(s);
    }
    if (status == OK)
        trace_destroy(trace);
    return 0;
}
