/*
 * APDUs over T=0 TPDUs: how each of the four cases is mapped and how 61xx, 6Cxx and warnings are followed (EMV Book 1
 * 9.3.1 and its annex A, ISO 7816-3 clause 12.2). Called by icc_exchange.
 *
 * The card steers this loop, so it is bounded: more than T0_TURNS_MAX TPDUs for one command, more data than an answer
 * can hold, or more than was asked for is ICC_PROTOCOL.
 */
#include "core/icc/icc_internal.h"

#include <openssl/crypto.h>
#include <string.h>

#define T0_TURNS_MAX 32
#define T0_HEADER 5
#define SW1(sw) ((sw) >> 8)
#define SW2(sw) ((sw) & 0xFF)

struct t0 {
    struct icc *icc;
    uint8_t *answer;
    size_t used;     /* data gathered so far */
    unsigned turns;
};

/* One TPDU; its data is appended. `may_answer`: the header's P3 asks for data, else only SW1 SW2 may come. */
static int t0_turn(struct t0 *t, const uint8_t *tpdu, size_t len, bool may_answer, uint16_t *sw)
{
    uint8_t piece[RAPDU_MAX];
    size_t got = 0;
    if (t->turns++ == T0_TURNS_MAX)
        return ICC_PROTOCOL;
    int rc = icc_transmit(t->icc, tpdu, len, piece, &got);
    if (rc != OK)
        return rc;
    size_t data = got - 2, asked = !may_answer ? 0 : tpdu[4] ? tpdu[4] : 256;
    *sw = rapdu_sw(piece, got);
    if (data > asked || data > RAPDU_MAX - 2 - t->used || (SW1(*sw) == 0x6C && data > 0)) {
        rc = ICC_PROTOCOL;
    } else {
        memcpy(t->answer + t->used, piece, data);
        t->used += data;
    }
    OPENSSL_cleanse(piece, sizeof piece);
    return rc;
}

static int t0_get_response(struct t0 *t, uint8_t header[T0_HEADER], uint8_t le, uint16_t *sw)
{
    const uint8_t get_response[T0_HEADER] = {0x00, 0xC0, 0x00, 0x00, le};
    memcpy(header, get_response, sizeof get_response);
    return t0_turn(t, header, T0_HEADER, true, sw);
}

/* Follows 61xx (fetch xx more) and 6Cxx (repeat `header` with xx) until the card is done. */
static int t0_follow(struct t0 *t, uint8_t header[T0_HEADER], uint16_t *sw)
{
    int rc = OK;
    while (rc == OK && (SW1(*sw) == 0x61 || SW1(*sw) == 0x6C)) {
        if (SW1(*sw) == 0x61) {
            rc = t0_get_response(t, header, SW2(*sw), sw);
        } else {
            header[4] = SW2(*sw);
            rc = t0_turn(t, header, T0_HEADER, true, sw);
        }
    }
    return rc;
}

/* Case 4: the command's data went out with the first TPDU; the answer is fetched. A warning is kept and reported
 * with the data; a card that has no data to it refuses GET RESPONSE, which says nothing about the command. */
static int t0_fetch(struct t0 *t, uint8_t header[T0_HEADER], uint16_t *sw)
{
    uint16_t warning = 0;
    int rc = OK;
    if (SW1(*sw) == 0x6C)
        return ICC_PROTOCOL;
    if (SW1(*sw) == 0x62 || SW1(*sw) == 0x63) {
        warning = *sw;
        rc = t0_get_response(t, header, 0, sw);
    }
    if (rc == OK)
        rc = t0_follow(t, header, sw);
    if (rc == OK && warning)
        *sw = warning;
    return rc;
}

int t0_exchange(struct icc *icc, const struct capdu *command, uint8_t answer[RAPDU_MAX], size_t *answer_len)
{
    struct t0 t = {.icc = icc, .answer = answer};
    uint8_t tpdu[T0_HEADER + 255];
    bool case2 = command->has_le && command->lc == 0;
    tpdu[0] = command->cla;
    tpdu[1] = command->ins;
    tpdu[2] = command->p1;
    tpdu[3] = command->p2;
    tpdu[4] = case2 ? (uint8_t)(command->ne & 0xFF) : command->lc;
    if (command->lc)
        memcpy(tpdu + T0_HEADER, command->data, command->lc);

    uint16_t sw = 0;
    int rc = t0_turn(&t, tpdu, T0_HEADER + (size_t)command->lc, case2, &sw);
    if (rc == OK && case2)
        rc = t0_follow(&t, tpdu, &sw);
    else if (rc == OK && command->has_le)
        rc = t0_fetch(&t, tpdu, &sw);
    else if (rc == OK && (SW1(sw) == 0x61 || SW1(sw) == 0x6C))
        rc = ICC_PROTOCOL;
    OPENSSL_cleanse(tpdu, sizeof tpdu);
    if (rc != OK)
        return rc;
    answer[t.used] = (uint8_t)SW1(sw);
    answer[t.used + 1] = (uint8_t)SW2(sw);
    *answer_len = t.used + 2;
    return OK;
}
