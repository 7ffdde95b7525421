/*
 * One exchange with the card at each level of readers (CCID 6.1.4): TPDUs as they are, T=1 at TPDU level by
 * core/icc/t1, APDUs whole, and in pieces where the reader takes extended APDUs in short messages (wLevelParameter,
 * bChainParameter).
 *
 * T=0 at APDU level: header(5)[+data] reads as an APDU of case 2 or 3. A header with P3 00 goes over the wire as case 1
 * and case 2 alike. Such readers follow 6Cxx, and 61xx of case 2, themselves.
 */
#include "hw/ccid/ccid_internal.h"

#include <string.h>

#define PIECES_MAX 64
#define T0_HEADER 5

/* wLevelParameter of a command and bChainParameter of an answer. */
enum chain { CHAIN_WHOLE = 0x00, CHAIN_BEGINS = 0x01, CHAIN_ENDS = 0x02, CHAIN_GOES_ON = 0x03, CHAIN_NEXT = 0x10 };

static int removed(struct ccid *c)
{
    ccid_tell(c, "the card was taken out during the exchange");
    return HAL_E_REMOVED;
}

/* One XfrBlock of `len` bytes with its level parameter. */
static int transfer(struct ccid *c, uint8_t level, const uint8_t *data, size_t len, unsigned wanted_ms,
                    struct ccid_answer *answer)
{
    struct ccid_request request = {.type = CCID_XFR_BLOCK, .answer = CCID_DATA_BLOCK, .data = data, .len = len};
    request.specific[1] = level;
    request.card = true;
    request.timeout_ms = ccid_time_left(c, wanted_ms);
    if (!request.timeout_ms) {
        ccid_tell(c, "the exchange took more than %u s", CCID_EXCHANGE_MS / 1000);
        return HAL_E_MUTE;
    }
    int rc = ccid_command(c, &request, answer);
    if (rc == HAL_E_TIMEOUT)
        return HAL_E_MUTE;
    if (rc != CCID_FAILED)
        return rc;
    return answer->icc == CCID_ICC_ABSENT ? removed(c) : ccid_slot_error(c, request.type, answer);
}

static int too_long(struct ccid *c)
{
    ccid_tell(c, "the answer is longer than any answer may be");
    return E_LIMIT;
}

static int exchange_whole(struct ccid *c, const uint8_t *command, size_t len, unsigned wanted_ms, uint8_t *answer,
                          size_t cap, size_t *answer_len)
{
    struct ccid_answer block;
    int rc = transfer(c, 0, command, len, wanted_ms, &block);
    if (rc != OK)
        return rc;
    if (block.len > cap)
        return too_long(c);
    memcpy(answer, block.data, block.len);
    *answer_len = block.len;
    return OK;
}

static int out_of_chain(struct ccid *c, const char *where, uint8_t chain)
{
    c->out_of_step = true;
    ccid_tell(c, "chain parameter 0x%02X %s", chain, where);
    return HAL_E_PROTOCOL;
}

/* All pieces of the command but the answer to the last, which is left in *block. */
static int send_pieces(struct ccid *c, const uint8_t *command, size_t len, unsigned wanted_ms,
                       struct ccid_answer *block)
{
    size_t room = c->d.max_message - CCID_HEADER;
    for (size_t at = 0;;) {
        size_t piece = len - at < room ? len - at : room;
        bool first = at == 0, last = at + piece == len;
        uint8_t level = first ? (last ? CHAIN_WHOLE : CHAIN_BEGINS) : (last ? CHAIN_ENDS : CHAIN_GOES_ON);
        int rc = transfer(c, level, command + at, piece, wanted_ms, block);
        if (rc != OK || last)
            return rc;
        if (block->specific != CHAIN_NEXT || block->len)
            return out_of_chain(c, "where the reader is to ask for the rest of the command", block->specific);
        at += piece;
    }
}

static int exchange_pieces(struct ccid *c, const uint8_t *command, size_t len, unsigned wanted_ms, uint8_t *answer,
                           size_t cap, size_t *answer_len)
{
    struct ccid_answer block;
    size_t got = 0;
    int rc = send_pieces(c, command, len, wanted_ms, &block);
    for (unsigned i = 0; rc == OK; i++) {
        uint8_t chain = block.specific;
        bool begins = chain == CHAIN_WHOLE || chain == CHAIN_BEGINS;
        if (chain > CHAIN_GOES_ON || begins != (i == 0))
            return out_of_chain(c, i ? "inside an answer" : "where an answer begins", chain);
        if (block.len > cap - got || i == PIECES_MAX) {
            c->out_of_step = chain == CHAIN_BEGINS || chain == CHAIN_GOES_ON;
            return too_long(c);
        }
        memcpy(answer + got, block.data, block.len);
        got += block.len;
        if (chain == CHAIN_WHOLE || chain == CHAIN_ENDS) {
            *answer_len = got;
            return OK;
        }
        rc = transfer(c, CHAIN_NEXT, NULL, 0, wanted_ms, &block);
    }
    return rc;
}

static int exchange_t1_blocks(struct ccid *c, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                              size_t *answer_len)
{
    c->reader_silent = false;
    if (c->t1.dead)
        ccid_tell(c, "T=1 is out of step since an earlier error: the card needs a reset");
    int rc = t1_exchange(&c->t1, command, len, answer, cap, answer_len);
    if (c->reader_silent)
        return HAL_E_MUTE;
    if (rc == E_LIMIT)
        return too_long(c);
    if (rc == HAL_E_PROTOCOL && !*c->trouble)
        ccid_tell(c, "T=1: the card's blocks break the protocol");
    if (rc == HAL_E_MUTE && !*c->trouble)
        ccid_tell(c, "T=1: the card does not answer");
    return rc;
}

static int check_state(struct ccid *c, int protocol)
{
    if (!c->powered) {
        ccid_tell(c, "no card is powered");
        return E_STATE;
    }
    if (c->protocol == protocol)
        return OK;
    if (c->protocol < 0)
        ccid_tell(c, "the card's answer to reset was refused, so no protocol is set");
    else
        ccid_tell(c, "T=%d was asked for, the card speaks T=%d", protocol, c->protocol);
    return E_STATE;
}

static int dispatch(struct ccid *c, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                    size_t *answer_len)
{
    unsigned wanted_ms = protocol ? ccid_t1_apdu_ms(c, len) : ccid_t0_ms(c, len);
    if (c->d.level == CCID_TPDU && protocol == 1)
        return exchange_t1_blocks(c, command, len, answer, cap, answer_len);
    if (c->d.level == CCID_EXTENDED_APDU)
        return exchange_pieces(c, command, len, wanted_ms, answer, cap, answer_len);
    return exchange_whole(c, command, len, wanted_ms, answer, cap, answer_len);
}

int ccid_exchange(struct ccid *c, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                  size_t *answer_len)
{
    size_t got = 0;
    *c->trouble = 0;
    c->deadline_ms = ccid_now(c) + CCID_EXCHANGE_MS;
    if (protocol < 0 || protocol > 1 || len < (protocol ? T0_HEADER - 1 : T0_HEADER) || len > HAL_TPDU_MAX ||
        cap < HAL_RPDU_MAX)
        return E_INVAL;
    int rc = check_state(c, protocol);
    if (rc != OK)
        return rc;
    rc = dispatch(c, protocol, command, len, answer, HAL_RPDU_MAX, &got);
    explicit_bzero(c->out, c->out_room);
    explicit_bzero(c->in, c->in_room);
    if (rc == OK && got < 2) {
        ccid_tell(c, "an answer of %zu bytes, without its two status bytes", got);
        rc = HAL_E_PROTOCOL;
    }
    if (rc == OK) {
        *answer_len = got;
        *c->trouble = 0;
    }
    if (rc == HAL_E_REMOVED) {
        c->powered = false;
        c->protocol = -1;
    }
    return rc;
}
