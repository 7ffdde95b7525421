/*
 * A recorded session as a card. It does not follow the recording's order but answers what it is asked: EMV leaves a
 * terminal free in the order of many commands, and another terminal may ask for more or less. Called by the replay
 * command.
 *
 * A file is known by its SFI only within the directory or application that is open, so a READ RECORD gets the answer
 * that was recorded at the same place (`enum place`): the directory's SFI 1 is not the application's.
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

/* What the last command that opened something had opened. */
enum place { PLACE_NONE, PLACE_DIRECTORY, PLACE_SELECTED, PLACE_INITIATED };

#define ASSUMED_MAX 4

struct trace_card {
    const struct trace_session *session;
    enum place place[TRACE_EXCHANGES]; /* before each exchange */
    enum place now;
    bool played[TRACE_EXCHANGES];
    struct {
        uint8_t command[APDU_MAX], answer[RAPDU_MAX];
        size_t len, answer_len;
    } assumed[ASSUMED_MAX];
    size_t assumed_count;
    struct card_t0 t0;
    struct trace_log_entry log[TRACE_LOG_MAX];
    size_t logged, lost;
    uint64_t time_us; /* of the last command */
    bool removed;
};

static bool is_environment(const struct capdu *select)
{
    return select->lc == 14 && (select->data[0] == '1' || select->data[0] == '2') &&
           memcmp(select->data + 1, "PAY.SYS.DDF01", 13) == 0;
}

/* Where a command leads that was answered so. */
static enum place place_after(enum place now, const struct capdu *command, const uint8_t *answer, size_t answer_len)
{
    uint8_t sw1 = answer_len >= 2 ? answer[answer_len - 2] : 0;
    if (sw1 != 0x90 && sw1 != 0x61 && sw1 != 0x62 && sw1 != 0x63)
        return now;
    if (command->ins == 0xA4)
        return is_environment(command) ? PLACE_DIRECTORY : PLACE_SELECTED;
    return command->cla == 0x80 && command->ins == 0xA8 ? PLACE_INITIATED : now;
}

struct trace_card *trace_card_create(const struct trace_session *session)
{
    struct trace_card *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    enum place now = PLACE_NONE;
    c->session = session;
    for (size_t i = 0; i < session->count; i++) {
        const struct trace_exchange *x = &session->exchanges[i];
        struct capdu command;
        c->place[i] = now;
        if (capdu_parse(x->command, x->len, &command) == OK)
            now = place_after(now, &command, x->answer, x->answer_len);
    }
    return c;
}

int trace_card_assume(struct trace_card *c, const uint8_t *command, size_t len, const uint8_t *answer,
                      size_t answer_len)
{
    if (c->assumed_count == ASSUMED_MAX || len > APDU_MAX || answer_len > RAPDU_MAX)
        return E_LIMIT;
    size_t i = c->assumed_count++;
    memcpy(c->assumed[i].command, command, len);
    memcpy(c->assumed[i].answer, answer, answer_len);
    c->assumed[i].len = len;
    c->assumed[i].answer_len = answer_len;
    return OK;
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
    c->now = PLACE_NONE;
    card_t0_reset(&c->t0);
}

/* `mask`: digits of the recorded bytes that are not known; NULL: all are. */
static bool is_same(const uint8_t *bytes, const uint8_t *mask, size_t len, const struct capdu *command)
{
    static const uint8_t none[APDU_MAX];
    struct capdu recorded;
    if (capdu_parse(bytes, len, &recorded) != OK || recorded.cla != command->cla || recorded.ins != command->ins ||
        recorded.p1 != command->p1 || recorded.p2 != command->p2 || recorded.lc != command->lc)
        return false;
    return command->lc == 0 ||
           trace_same_bytes(recorded.data, (mask ? mask : none) + (recorded.data - bytes), command->data, command->lc);
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

static bool is_at_its_place(const struct trace_card *c, size_t i, const struct capdu *command)
{
    return command->ins != 0xB2 || c->place[i] == c->now;
}

/* A SELECT by part of the name may have been answered by the application that is now selected by its whole name. */
static size_t find_by_name(const struct trace_card *c, const struct capdu *command)
{
    struct tlv name;
    for (size_t i = 0; command->ins == 0xA4 && command->p2 == 0 && i < c->session->count; i++) {
        const struct trace_exchange *x = &c->session->exchanges[i];
        if (x->command[1] == 0xA4 && rapdu_sw(x->answer, x->answer_len) == 0x9000 &&
            tlv_find_deep(x->answer, x->answer_len - 2, 0x84, &name) == OK && name.len == command->lc &&
            memcmp(name.value, command->data, name.len) == 0)
            return i;
    }
    return TRACE_NO_INDEX;
}

static enum trace_match find_answer(struct trace_card *c, const struct capdu *command, const uint8_t *bytes, size_t len,
                                    size_t *index)
{
    size_t again = TRACE_NO_INDEX;
    for (size_t i = 0; i < c->session->count; i++) {
        const struct trace_exchange *x = &c->session->exchanges[i];
        if (!is_same(x->command, x->command_mask, x->len, command) || !is_at_its_place(c, i, command))
            continue;
        again = i;
        if (c->played[i])
            continue;
        c->played[i] = true;
        *index = i;
        return x->len == len && trace_same_bytes(x->command, x->command_mask, bytes, len) ? TRACE_EXACT
                                                                                          : TRACE_EQUIVALENT;
    }
    *index = again;
    if (again != TRACE_NO_INDEX)
        return TRACE_AGAIN;
    *index = find_by_name(c, command);
    if (*index != TRACE_NO_INDEX)
        return TRACE_BY_NAME;
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

/* False: nothing was assumed for this command. */
static bool answer_assumed(const struct trace_card *c, const struct capdu *command, uint8_t answer[RAPDU_MAX],
                           size_t *answer_len)
{
    for (size_t i = 0; i < c->assumed_count; i++) {
        if (!is_same(c->assumed[i].command, NULL, c->assumed[i].len, command))
            continue;
        memcpy(answer, c->assumed[i].answer, c->assumed[i].answer_len);
        *answer_len = c->assumed[i].answer_len;
        return true;
    }
    return false;
}

/* The card was pulled out here while the terminal worked: everything recorded was played, and nothing comes behind it.
 */
static bool is_gone(const struct trace_card *c)
{
    for (size_t i = 0; i < c->session->count; i++)
        if (!c->played[i])
            return false;
    return c->session->end == TRACE_LOSS_REMOVED;
}

void trace_card_apdu(struct trace_card *c, const uint8_t *bytes, size_t len, uint8_t answer[RAPDU_MAX],
                     size_t *answer_len)
{
    struct capdu command;
    enum trace_match match = TRACE_ABSENT;
    size_t index = TRACE_NO_INDEX;
    uint16_t sw = 0x6700;
    bool whole = capdu_parse(bytes, len, &command) == OK;
    c->time_us = 0;
    c->removed = is_gone(c);
    if (c->removed) {
        *answer_len = 0;
        write_log(c, bytes, len, answer, 0, TRACE_ABSENT, TRACE_NO_INDEX);
        return;
    }
    if (whole) {
        match = find_answer(c, &command, bytes, len, &index);
        sw = absent_sw(&command);
    }
    if (index != TRACE_NO_INDEX) {
        const struct trace_exchange *x = &c->session->exchanges[index];
        *answer_len = trace_unfetched(x) ? 0 : x->answer_len;
        c->time_us = x->time_us;
        c->removed = !*answer_len && x->loss == TRACE_LOSS_REMOVED;
        memcpy(answer, x->answer, *answer_len);
    } else if (whole && answer_assumed(c, &command, answer, answer_len)) {
        match = TRACE_ASSUMED;
    } else {
        answer[0] = (uint8_t)(sw >> 8);
        answer[1] = (uint8_t)sw;
        *answer_len = 2;
    }
    if (whole)
        c->now = place_after(c->now, &command, answer, *answer_len);
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

uint64_t trace_card_time_us(const struct trace_card *c)
{
    return c->time_us;
}

bool trace_card_removed(const struct trace_card *c)
{
    return c->removed;
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
    static const char *const names[] = {"exact", "equivalent", "again", "by name", "assumed", "stale", "absent"};
    return (size_t)match < sizeof names / sizeof *names ? names[match] : "?";
}
