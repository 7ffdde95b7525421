/*
 * A recorded session as a card. It does not follow the recording's order but answers what it is asked: EMV leaves a
 * terminal free in the order of many commands, and another terminal may ask for more or less. Called by the replay
 * command.
 *
 * Commands whose data the terminal makes up (GENERATE AC and the like) get their recorded answer although the data
 * differ, and the log calls it stale. GENERATE ACs are played in order, and only where the card had not answered above
 * what is asked now.
 */
#include "cards/trace.h"

#include "cards/t0.h"
#include "core/codec/tlv.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define INS_GENERATE_AC 0xAE
#define CID_TYPE 0xC0

struct trace_card {
    const struct trace_session *session;
    bool played[TRACE_EXCHANGES];
    struct card_t0 t0;
    struct trace_log_entry log[TRACE_LOG_MAX];
    size_t logged, lost;
};

struct trace_card *trace_card_create(const struct trace_session *session)
{
    struct trace_card *c = calloc(1, sizeof *c);
    if (c)
        c->session = session;
    return c;
}

void trace_card_destroy(struct trace_card *c)
{
    if (c)
        OPENSSL_cleanse(c, sizeof *c);
    free(c);
}

void trace_card_reset(struct trace_card *c)
{
    memset(c->played, 0, sizeof c->played);
    card_t0_reset(&c->t0);
}

static bool is_same(const struct trace_exchange *x, const struct capdu *command)
{
    struct capdu recorded;
    return capdu_parse(x->command, x->len, &recorded) == OK && recorded.cla == command->cla &&
           recorded.ins == command->ins && recorded.p1 == command->p1 && recorded.p2 == command->p2 &&
           recorded.lc == command->lc && (command->lc == 0 || memcmp(recorded.data, command->data, command->lc) == 0);
}

/* -- recorded with other data -- */

static const struct stale_row {
    uint8_t cla, ins;
    uint8_t p2_mask; /* VERIFY tells plaintext from enciphered there */
} stale_rows[] = {
    {0x80, 0xA8, 0xFF}, {0x00, 0x88, 0xFF}, {0x00, 0x20, 0xFF}, {0x00, 0x82, 0xFF}, {0x80, INS_GENERATE_AC, 0xFF},
};

/* AAC below ARQC below TC, as CID types order them for "above what was asked". */
static unsigned rank(uint8_t type)
{
    return type == 0x40 ? 2 : type == 0x80 ? 1 : type == 0x00 ? 0 : 3;
}

static unsigned answered_rank(const struct trace_exchange *x)
{
    struct tlv object;
    if (tlv_find_deep(x->answer, x->answer_len < 2 ? 0 : x->answer_len - 2, 0x9F27, &object) && /* format 77 */
        tlv_find(x->answer, x->answer_len < 2 ? 0 : x->answer_len - 2, 0x80, &object))
        return 0;
    return object.len ? rank(object.value[0] & CID_TYPE) : 0;
}

static size_t find_stale(const struct trace_card *c, const struct capdu *command)
{
    const struct stale_row *row = NULL;
    for (size_t i = 0; i < sizeof stale_rows / sizeof *stale_rows; i++)
        if (stale_rows[i].cla == command->cla && stale_rows[i].ins == command->ins)
            row = &stale_rows[i];
    for (size_t i = 0; row && i < c->session->count; i++) {
        const struct trace_exchange *x = &c->session->exchanges[i];
        if (c->played[i] || x->command[0] != row->cla || x->command[1] != row->ins ||
            (x->command[3] ^ command->p2) & row->p2_mask)
            continue;
        if (row->ins == INS_GENERATE_AC && answered_rank(x) > rank(command->p1 & CID_TYPE))
            return TRACE_NO_INDEX;
        return i;
    }
    return TRACE_NO_INDEX;
}

/* -- the search -- */

static enum trace_match find_answer(struct trace_card *c, const struct capdu *command, const uint8_t *bytes, size_t len,
                                    size_t *index)
{
    size_t again = TRACE_NO_INDEX;
    for (size_t i = 0; i < c->session->count; i++) {
        const struct trace_exchange *x = &c->session->exchanges[i];
        if (!is_same(x, command))
            continue;
        again = i;
        if (c->played[i])
            continue;
        c->played[i] = true;
        *index = i;
        return x->len == len && memcmp(x->command, bytes, len) == 0 ? TRACE_EXACT : TRACE_EQUIVALENT;
    }
    *index = again;
    if (again != TRACE_NO_INDEX)
        return TRACE_AGAIN;
    *index = find_stale(c, command);
    if (*index == TRACE_NO_INDEX)
        return TRACE_ABSENT;
    c->played[*index] = true;
    return TRACE_STALE;
}

/* What an object that is not there answers. */
static const struct absent_row {
    uint8_t cla, ins;
    uint16_t sw;
} absent_rows[] = {{0x00, 0xA4, 0x6A82}, {0x00, 0xB2, 0x6A83}, {0x80, 0xCA, 0x6A88}};

static uint16_t absent_sw(const struct capdu *command)
{
    for (size_t i = 0; i < sizeof absent_rows / sizeof *absent_rows; i++)
        if (absent_rows[i].cla == command->cla && absent_rows[i].ins == command->ins)
            return absent_rows[i].sw;
    return 0x6D00;
}

static void write_log(struct trace_card *c, const uint8_t *command, size_t len, const uint8_t *answer,
                      size_t answer_len, enum trace_match match, size_t index)
{
    if (c->logged == TRACE_LOG_MAX) {
        c->lost++;
        return;
    }
    struct trace_log_entry *entry = &c->log[c->logged++];
    entry->len = len < sizeof entry->command ? len : sizeof entry->command;
    memcpy(entry->command, command, entry->len);
    memcpy(entry->answer, answer, answer_len);
    entry->answer_len = answer_len;
    entry->match = match;
    entry->index = index;
}

void trace_card_apdu(struct trace_card *c, const uint8_t *bytes, size_t len, uint8_t answer[RAPDU_MAX],
                     size_t *answer_len)
{
    struct capdu command;
    enum trace_match match = TRACE_ABSENT;
    size_t index = TRACE_NO_INDEX;
    uint16_t sw = 0x6700;
    if (capdu_parse(bytes, len, &command) == OK) {
        match = find_answer(c, &command, bytes, len, &index);
        sw = absent_sw(&command);
    }
    if (index == TRACE_NO_INDEX) {
        answer[0] = (uint8_t)(sw >> 8);
        answer[1] = (uint8_t)sw;
        *answer_len = 2;
    } else {
        const struct trace_exchange *x = &c->session->exchanges[index];
        memcpy(answer, x->answer, x->answer_len);
        *answer_len = x->answer_len;
    }
    write_log(c, bytes, len, answer, *answer_len, match, index);
}

static void whole_apdu(void *ctx, const uint8_t *command, size_t len, uint8_t answer[RAPDU_MAX], size_t *answer_len)
{
    trace_card_apdu(ctx, command, len, answer, answer_len);
}

void trace_card_tpdu(struct trace_card *c, const uint8_t *command, size_t len, uint8_t answer[RAPDU_MAX],
                     size_t *answer_len)
{
    card_t0_exchange(&c->t0, whole_apdu, c, command, len, answer, answer_len);
}

size_t trace_card_log(const struct trace_card *c, const struct trace_log_entry **entries, size_t *lost)
{
    *entries = c->log;
    if (lost)
        *lost = c->lost;
    return c->logged;
}

const char *trace_match_name(enum trace_match match)
{
    static const char *const names[] = {"exact", "equivalent", "again", "stale", "absent"};
    return (size_t)match < sizeof names / sizeof *names ? names[match] : "?";
}
