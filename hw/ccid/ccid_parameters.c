/*
 * What a reader must be told about a card after its ATR (CCID 6.1.7), and the rate (ISO 7816-3 8.3, clause 9; EMV Book
 * 1 8.3.3.1). Called by power on.
 *
 * EMV: specific mode (TA2) uses TA1 at once; otherwise 372/1 stays, whatever TA1 offers, and no PPS is sent. Only when
 * ccid_negotiate was switched on, TA1 12 and 13 are asked for: a reader that does PPS itself is just given the
 * parameters, for others the exchange is made here at TPDU level.
 */
#include "hw/ccid/ccid_internal.h"

#include <string.h>

#define RATE_DEFAULT 0x11
#define FEATURE_NEGOTIATES 0x40 /* the reader chooses the parameters itself */
#define PPS_MAX 4
#define IFSD_DEFAULT 32
#define BLOCK_AROUND_INF 4

static bool has_ta2(const struct atr *a)
{
    return a->has_a & 4;
}

static uint8_t specific_rate(const struct atr *a)
{
    bool explicit_mode = has_ta2(a) && !(a->ta[2] & 0x10);
    return explicit_mode && a->has_a & 2 ? a->ta[1] : RATE_DEFAULT;
}

static bool may_negotiate(const struct ccid *c)
{
    const struct atr *a = &c->atr;
    return c->negotiate && !has_ta2(a) && a->has_a & 2 && (a->ta[1] == 0x12 || a->ta[1] == 0x13) &&
           !(c->d.features & FEATURE_NEGOTIATES);
}

/* PPSS PPS0 PPS1 PCK: the card echoes it, or leaves PPS1 out and keeps the default. Anything else: its session is void
 * (ISO 7816-3 9.3). */
static int pps(struct ccid *c, uint8_t rate)
{
    uint8_t ask[PPS_MAX] = {0xFF, (uint8_t)(0x10 | c->atr.protocol), rate};
    ask[3] = ask[0] ^ ask[1] ^ ask[2];
    const uint8_t keep[3] = {0xFF, c->atr.protocol, (uint8_t)(0xFF ^ c->atr.protocol)};
    struct ccid_request request = {.type = CCID_XFR_BLOCK, .answer = CCID_DATA_BLOCK, .data = ask, .len = sizeof ask};
    struct ccid_answer answer;
    request.timeout_ms = CCID_COMMAND_MS;
    request.card = true;
    int rc = ccid_own_result(c, &request, &answer, ccid_command(c, &request, &answer));
    if (rc != OK)
        return rc;
    if (answer.len == sizeof ask && memcmp(answer.data, ask, sizeof ask) == 0) {
        c->rate = rate;
        return OK;
    }
    if (answer.len == sizeof keep && memcmp(answer.data, keep, sizeof keep) == 0)
        return OK;
    ccid_tell(c, "the card did not answer the PPS as it must");
    return HAL_E_PROTOCOL;
}

static int set_parameters(struct ccid *c)
{
    const struct atr *a = &c->atr;
    uint8_t inverse = a->ts == 0x3F ? 2 : 0;
    uint8_t guard = a->has_c & 2 ? a->tc[1] : 0;
    uint8_t wi = a->has_c & 4 ? a->tc[2] : 10;
    const uint8_t t0[5] = {c->rate, inverse, guard, wi, 0};
    const uint8_t t1[7] = {c->rate, (uint8_t)(0x10 | inverse), guard, (uint8_t)(a->bwi << 4 | a->cwi), 0, a->ifsc, 0};
    struct ccid_request request = {.type = CCID_SET_PARAMETERS, .answer = CCID_PARAMETERS};
    struct ccid_answer answer;
    request.specific[0] = a->protocol;
    request.data = a->protocol ? t1 : t0;
    request.len = a->protocol ? sizeof t1 : sizeof t0;
    request.timeout_ms = CCID_COMMAND_MS;
    int rc = ccid_command(c, &request, &answer);
    /* A reader without this command runs at the default, and that is right for this card. */
    if (rc == CCID_FAILED && answer.error == CCID_ERROR_UNSUPPORTED && c->rate == RATE_DEFAULT)
        return OK;
    return ccid_own_result(c, &request, &answer, rc);
}

static int carry_block(void *ctx, const uint8_t *block, size_t len, unsigned wtx, uint8_t *out, size_t cap,
                       size_t *out_len)
{
    struct ccid *c = ctx;
    struct ccid_request request = {.type = CCID_XFR_BLOCK, .answer = CCID_DATA_BLOCK, .data = block, .len = len};
    struct ccid_answer answer;
    request.specific[0] = wtx > 1 ? (uint8_t)wtx : 0; /* bBWI */
    request.card = true;
    request.timeout_ms = ccid_time_left(c, ccid_t1_block_ms(c, len, wtx));
    *out_len = 0;
    if (!request.timeout_ms) {
        ccid_tell(c, "the card asked for time until %u s had passed", CCID_EXCHANGE_MS / 1000);
        c->reader_silent = true;
        return HAL_E_IO; /* ends the exchange; told as mute by ccid_exchange */
    }
    int rc = ccid_command(c, &request, &answer);
    if (rc == OK) {
        if (answer.len <= cap) {
            memcpy(out, answer.data, answer.len);
            *out_len = answer.len;
        }
        return OK;
    }
    if (rc == HAL_E_TIMEOUT) {
        c->reader_silent = true;
        return HAL_E_IO;
    }
    if (rc != CCID_FAILED)
        return rc;
    if (answer.icc == CCID_ICC_ABSENT) {
        ccid_tell(c, "the card was taken out during the exchange");
        return HAL_E_REMOVED;
    }
    rc = ccid_slot_error(c, request.type, &answer);
    /* A block that was garbled on its way is asked for again by T=1 itself. */
    return answer.error == CCID_ERROR_PARITY || answer.error == CCID_ERROR_OVERRUN ? OK : rc;
}

/* Blocks both ways are as long as card, reader and message allow. */
static int start_t1(struct ccid *c)
{
    const struct t1_carrier carrier = {carry_block, c};
    if (t1_reset(&c->t1, &carrier, &c->atr) != OK) {
        ccid_tell(c, "the card asks for CRC, or for blocks of a length that does not exist");
        return HAL_E_PROTOCOL;
    }
    uint32_t room = c->d.max_message - CCID_HEADER - BLOCK_AROUND_INF;
    if (room < c->t1.inf_limit)
        c->t1.inf_limit = (uint8_t)room;
    uint32_t ifsd = c->d.max_ifsd < room ? c->d.max_ifsd : room;
    if (ifsd < c->t1.ifsd)
        c->t1.ifsd = ifsd > IFSD_DEFAULT ? (uint8_t)ifsd : IFSD_DEFAULT;
    /* The reader tells it as the first exchange; less than the default need not be told. */
    c->t1.ifsd_told = c->d.auto_ifsd || ifsd <= IFSD_DEFAULT;
    if (c->d.auto_ifsd)
        c->t1.ifsd = T1_IFSD;
    return OK;
}

int ccid_parameters_set(struct ccid *c)
{
    uint8_t protocol = c->atr.protocol;
    int rc = OK;
    c->rate = specific_rate(&c->atr);
    if (!(c->d.protocols >> protocol & 1)) {
        ccid_tell(c, "the card speaks T=%u, the reader does not", protocol);
        return HAL_E_UNSUPPORTED;
    }
    if (may_negotiate(c)) {
        if (c->d.auto_pps)
            c->rate = c->atr.ta[1];
        else if (c->d.level == CCID_TPDU)
            rc = pps(c, c->atr.ta[1]);
    }
    bool negotiated = c->rate != specific_rate(&c->atr);
    if (rc == OK && (!c->d.auto_parameters || negotiated) && !(c->d.features & FEATURE_NEGOTIATES))
        rc = set_parameters(c);
    if (rc == OK && protocol == 1 && c->d.level == CCID_TPDU)
        rc = start_t1(c);
    if (rc == OK)
        c->protocol = protocol;
    return rc;
}
