/*
 * The exchanges as they were recorded: does each GET RESPONSE fetch what 61xx announced, does each repeated command
 * carry the Le of its 6Cxx, is an answer as long as was asked for (ISO 7816-3 clause 12.2; EMV Book 1 9.3.1)?
 */
#include "scenarios/engine/replay_find.h"

static uint8_t sw1(const struct trace_exchange *x)
{
    return x->answer_len >= 2 ? x->answer[x->answer_len - 2] : 0;
}

static unsigned sw2_len(const struct trace_exchange *x)
{
    uint8_t sw2 = x->answer[x->answer_len - 1];
    return sw2 ? sw2 : 256;
}

static bool is_get_response(const struct capdu *c)
{
    return c->ins == 0xC0 && c->lc == 0 && c->has_le;
}

/* `next` comes behind an answer that ends with 61xx. */
static void check_fetch(const struct trace_exchange *x, const struct trace_exchange *next, const struct capdu *c,
                        cJSON *list)
{
    unsigned announced = sw2_len(x);
    bool more = sw1(next) == 0x61 || sw1(next) == 0x6C || !next->answer_len;
    if (c->ne > announced && next->command[4] != 0x00)
        replay_finding(list, FINDING_INCONSISTENT, next->line,
                       "GET RESPONSE asks for %u bytes, line %u announced %u (61%02X)", c->ne, replay_answer_line(x),
                       announced, announced & 0xFF);
    else if (c->ne < announced && announced < 256 && !more)
        replay_finding(list, FINDING_INCONSISTENT, next->line,
                       "GET RESPONSE fetches %u bytes, line %u announced %u (61%02X), and nobody asks for the rest",
                       c->ne, replay_answer_line(x), announced, announced);
}

static void check_length(const struct trace_exchange *x, const struct capdu *c, bool t0, cJSON *list)
{
    size_t data = x->answer_len > 2 ? x->answer_len - 2 : 0;
    if (!x->answer_len || !c->has_le || !data)
        return;
    if (data > c->ne)
        replay_finding(list, FINDING_INCONSISTENT, replay_answer_line(x),
                       "%zu bytes of data are answered, Le of line %u asks for %u", data, x->line, c->ne);
    else if (t0 && is_get_response(c) && data != c->ne && sw1(x) == 0x90 && c->ne != 256)
        replay_finding(list, FINDING_INCONSISTENT, replay_answer_line(x),
                       "GET RESPONSE of line %u asks for %u bytes and gets %zu", x->line, c->ne, data);
}

static void check_pair(const struct trace_exchange *x, const struct trace_exchange *next, cJSON *list)
{
    struct capdu c;
    bool parsed = next && capdu_parse(next->command, next->len, &c) == OK, fetch = parsed && is_get_response(&c);
    if (sw1(x) == 0x61 && fetch)
        check_fetch(x, next, &c, list);
    else if (sw1(x) == 0x61)
        replay_finding(list, FINDING_INCOMPLETE, replay_answer_line(x),
                       "61%02X announces data, and no GET RESPONSE follows", sw2_len(x) & 0xFF);
    else if (sw1(x) == 0x6C && x->answer_len == 2 && parsed && next->command[1] == x->command[1] &&
             next->command[2] == x->command[2] && next->command[3] == x->command[3] && c.lc == 0 &&
             (c.ne & 0xFF) != x->answer[1])
        replay_finding(list, FINDING_INCONSISTENT, next->line,
                       "the command is repeated with Le %02X, line %u asked for %02X", c.ne & 0xFF,
                       replay_answer_line(x), x->answer[1]);
    else if (trace_unfetched(x) && !(parsed && next->command[1] == x->command[1]))
        replay_finding(list, FINDING_INCOMPLETE, replay_answer_line(x),
                       "6C%02X asks for the command again, and it does not follow", x->answer[1]);
}

void replay_check_raw(const struct replay_facts *f, cJSON *list)
{
    const struct trace_session *s = f->session;
    bool t0 = s->raw_count != s->count || s->protocol == 0;
    for (size_t i = 0; i < s->raw_count; i++) {
        const struct trace_exchange *x = &s->raw[i], *next = i + 1 < s->raw_count ? x + 1 : NULL;
        struct capdu c;
        if (capdu_parse(x->command, x->len, &c) == OK)
            check_length(x, &c, t0, list);
        if (x->answer_len && (sw1(x) == 0x61 || sw1(x) == 0x6C))
            check_pair(x, next, list);
    }
    for (size_t i = 0; i < s->count; i++)
        if (f->step[i] == STEP_GET_RESPONSE)
            replay_finding(list, FINDING_INCONSISTENT, s->exchanges[i].line,
                           "GET RESPONSE, and the answer before it announces nothing (61xx, or a warning)");
}
