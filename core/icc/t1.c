/*
 * T=1: blocks, their checks, and the rules by which an exchange goes on after each (ISO 7816-3 11.6, EMV Book 1 9.2.4
 * and 9.2.5). Called by hw/ccid for readers that carry blocks, and by line_t1.c, which carries
 * them itself.
 *
 * The card steers every loop here, so each is bounded: three transmissions of one block, three invalid answers in a
 * row, TURNS_MAX blocks for one command. After that S(RESYNCH) brings the sequence numbers back to 0, for the commands
 * to come; the command at hand ends with an error, because nobody knows whether the card has executed it.
 */
#include "core/icc/t1.h"

#include <openssl/crypto.h>
#include <string.h>

#define HEADER 3 /* NAD PCB LEN */
#define EPILOGUE 1
#define INF_MAX 254
#define TRIES_MAX 3
#define TURNS_MAX 512 /* an answer of 258 bytes, one at a time, and as many time extensions */
#define IFS_MIN 16    /* EMV Book 1 9.2.4.3: 10 to FE */
#define MORE 1        /* the exchange goes on with the block in `out` */

#define I_SEQUENCE 0x40
#define I_MORE 0x20
#define I_RESERVED 0x1F
#define R_SEQUENCE 0x10
#define S_RESYNCH 0xC0
#define S_IFS 0xC1
#define S_ABORT 0xC2
#define S_WTX 0xC3
#define S_RESPONSE 0x20

enum error { ERROR_EDC = 1, ERROR_OTHER = 2 }; /* of an R-block */
enum kind { KIND_I, KIND_R, KIND_S, KIND_BAD_EDC, KIND_BAD, KIND_SILENCE };

struct exchange {
    struct t1 *t;
    const uint8_t *command;
    size_t len, done, chunk; /* of the command: acknowledged, in the I-block that is out */
    bool waiting;            /* that I-block is not acknowledged yet */
    uint8_t *answer;
    size_t cap, got;
    uint8_t out[T1_BLOCK_MAX], in[T1_BLOCK_MAX];
    size_t out_len, in_len;
    unsigned wtx;      /* of the next answer */
    unsigned sent;     /* transmissions of the current I-block, or of the R-block that acknowledged the card's */
    unsigned failures; /* invalid answers in a row */
    bool silent;       /* the last of them was silence */
};

static uint8_t lrc(const uint8_t *bytes, size_t len)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < len; i++)
        sum ^= bytes[i];
    return sum;
}

/* ---- what goes out ---- */

static void build(struct exchange *x, unsigned pcb, const uint8_t *inf, size_t len)
{
    x->out[0] = 0; /* NAD: EMV knows no node addresses */
    x->out[1] = (uint8_t)pcb;
    x->out[2] = (uint8_t)len;
    if (len)
        memcpy(x->out + HEADER, inf, len);
    x->out[HEADER + len] = lrc(x->out, HEADER + len);
    x->out_len = HEADER + len + EPILOGUE;
}

/* The I-block at `done`. A repetition is cut anew: the card has said that it does not have the block, and may have told
 * a smaller IFSC since. */
static void build_i(struct exchange *x)
{
    size_t room = x->t->ifsc < x->t->inf_limit ? x->t->ifsc : x->t->inf_limit;
    size_t left = x->len - x->done;
    x->chunk = left < room ? left : room;
    x->waiting = true;
    build(x, (x->t->ns ? I_SEQUENCE : 0) | (x->chunk < left ? I_MORE : 0), x->command + x->done, x->chunk);
}

static void build_r(struct exchange *x, unsigned error)
{
    build(x, 0x80 | (x->t->nr ? R_SEQUENCE : 0) | error, NULL, 0);
}

/* ---- what comes in ---- */

static enum kind classify(const struct exchange *x)
{
    const uint8_t *in = x->in;
    if (x->in_len < HEADER + EPILOGUE || in[2] > INF_MAX || x->in_len != (size_t)HEADER + in[2] + EPILOGUE)
        return KIND_BAD;
    if (lrc(in, x->in_len) != 0)
        return KIND_BAD_EDC;
    if (in[0] != 0)
        return KIND_BAD;
    if (!(in[1] & 0x80))
        return in[1] & I_RESERVED || in[2] > x->t->ifsd ? KIND_BAD : KIND_I;
    if ((in[1] & 0xC0) == 0x80)
        return in[1] & 0x2C || (in[1] & 0x03) == 0x03 || in[2] ? KIND_BAD : KIND_R;
    return KIND_S;
}

/* Sends `out`, takes one block. OK with its kind, or what the carrier says. */
static int turn(struct exchange *x, enum kind *kind)
{
    unsigned wtx = x->wtx;
    x->wtx = 1;
    x->in_len = 0;
    int rc = x->t->carrier.transceive(x->t->carrier.ctx, x->out, x->out_len, wtx, x->in, sizeof x->in, &x->in_len);
    x->silent = rc == HAL_E_TIMEOUT || rc == HAL_E_MUTE;
    if (x->silent || rc == OK) {
        if (x->in_len > sizeof x->in)
            x->in_len = 0;
        *kind = x->silent ? KIND_SILENCE : classify(x);
        return OK;
    }
    x->t->dead = true; /* nobody knows which blocks the card has */
    return rc;
}

static bool s_response(const struct exchange *x, uint8_t request, const uint8_t *inf, uint8_t len)
{
    return x->in[1] == (request | S_RESPONSE) && x->in[2] == len && (!len || x->in[HEADER] == *inf);
}

/* An S(request) of ours until its response: OK, or MORE when the card never gave it. */
static int request(struct exchange *x, uint8_t pcb, const uint8_t *inf, uint8_t len)
{
    for (unsigned i = 0; i < TRIES_MAX; i++) {
        enum kind kind = KIND_BAD;
        build(x, pcb, inf, len);
        int rc = turn(x, &kind);
        if (rc != OK)
            return rc;
        if (kind == KIND_S && s_response(x, pcb, inf, len))
            return OK;
    }
    return MORE;
}

/* ---- the rules ---- */

/* Sequence numbers back to 0 for the next command. A card that will not is out of step until its next reset. */
static int resynchronise(struct exchange *x, int outcome)
{
    struct t1 *t = x->t;
    if (t->no_resynch) {
        t->dead = true;
        return outcome;
    }
    int rc = request(x, S_RESYNCH, NULL, 0);
    if (rc < 0)
        return rc;
    t->ns = t->nr = 0;
    t->ifsc = t->atr_ifsc;
    t->ifsd_told = false;
    t->dead = rc != OK;
    return outcome;
}

static int give_up(struct exchange *x)
{
    return resynchronise(x, x->silent ? HAL_E_MUTE : HAL_E_PROTOCOL);
}

/* ISO 7816-3 rules 7.1 and 7.2: ask again for what was expected. */
static int invalid(struct exchange *x, unsigned error)
{
    if (++x->failures >= TRIES_MAX)
        return give_up(x);
    build_r(x, error);
    return MORE;
}

/* An I-block also acknowledges ours, if that was the last of its chain. */
static int take_i(struct exchange *x)
{
    struct t1 *t = x->t;
    size_t len = x->in[2];
    bool more = x->in[1] & I_MORE;
    if (!!(x->in[1] & I_SEQUENCE) != t->nr || (x->waiting && x->done + x->chunk < x->len))
        return invalid(x, ERROR_OTHER);
    if (x->waiting) {
        x->waiting = false;
        x->done = x->len;
        t->ns ^= 1;
    }
    t->nr ^= 1;
    x->failures = 0;
    if (len > x->cap - x->got)
        return more ? resynchronise(x, E_LIMIT) : E_LIMIT;
    memcpy(x->answer + x->got, x->in + HEADER, len);
    x->got += len;
    if (!more)
        return x->got >= 2 ? OK : HAL_E_PROTOCOL; /* an answer has at least its two status bytes */
    x->sent = 1;
    build_r(x, 0);
    return MORE;
}

/* N(R) says what the card wants next, whatever the error bits say. */
static int take_r(struct exchange *x)
{
    bool again = !!(x->in[1] & R_SEQUENCE) == x->t->ns;
    if (again) { /* our last I-block, or our acknowledgement, did not arrive */
        if (++x->sent > TRIES_MAX)
            return give_up(x);
        x->failures = 0;
        if (x->waiting)
            build_i(x);
        else
            build_r(x, 0);
        return MORE;
    }
    if (!x->waiting || x->done + x->chunk == x->len)
        return invalid(x, ERROR_OTHER); /* acknowledges what never was in a chain */
    x->t->ns ^= 1;
    x->done += x->chunk;
    x->failures = 0;
    x->sent = 1;
    build_i(x);
    return MORE;
}

/* Requests of the card. Its responses belong to requests of ours, which are waited for elsewhere. */
static int take_s(struct exchange *x)
{
    uint8_t pcb = x->in[1], len = x->in[2], value = len ? x->in[HEADER] : 0;
    if (pcb == S_IFS && len == 1 && value >= IFS_MIN && value <= INF_MAX) {
        x->t->ifsc = value;
    } else if (pcb == S_WTX && len == 1 && value > 0) {
        x->wtx = value;
    } else if (pcb == S_ABORT && len == 0) {
        x->t->dead = true; /* DOMAIN 3.3: a card that aborts is deactivated */
        return HAL_E_PROTOCOL;
    } else {
        return invalid(x, ERROR_OTHER);
    }
    x->failures = 0;
    build(x, pcb | S_RESPONSE, &value, 1);
    return MORE;
}

static int step(struct exchange *x, enum kind kind)
{
    switch (kind) {
    case KIND_I:
        return take_i(x);
    case KIND_R:
        return take_r(x);
    case KIND_S:
        return take_s(x);
    case KIND_BAD_EDC:
        return invalid(x, ERROR_EDC);
    default:
        return invalid(x, ERROR_OTHER);
    }
}

static int run(struct exchange *x)
{
    x->sent = 1;
    build_i(x);
    for (unsigned i = 0; i < TURNS_MAX; i++) {
        enum kind kind = KIND_BAD;
        int rc = turn(x, &kind);
        if (rc == OK)
            rc = step(x, kind);
        if (rc != MORE)
            return rc;
    }
    x->t->dead = true;
    return HAL_E_PROTOCOL;
}

/* EMV Book 1 9.2.4.3: the first block after the reset tells the card how much we take. */
static int tell_ifsd(struct exchange *x)
{
    int rc = request(x, S_IFS, &x->t->ifsd, 1);
    if (rc != MORE) {
        x->t->ifsd_told = rc == OK;
        return rc;
    }
    x->t->dead = true;
    return x->silent ? HAL_E_MUTE : HAL_E_PROTOCOL;
}

int t1_reset(struct t1 *t, const struct t1_carrier *carrier, const struct atr *atr)
{
    bool crc = atr->has_c >> 3 & 1 && atr->tc[3] & 1;
    memset(t, 0, sizeof *t);
    t->carrier = *carrier;
    t->ifsc = t->atr_ifsc = atr->ifsc;
    t->ifsd = T1_IFSD;
    t->inf_limit = INF_MAX;
    t->dead = crc || atr->ifsc == 0 || atr->ifsc > INF_MAX;
    return t->dead ? E_FORMAT : OK;
}

int t1_exchange(struct t1 *t, const uint8_t *command, size_t len, uint8_t *answer, size_t cap, size_t *answer_len)
{
    if (len == 0 || cap < 2 || t->inf_limit == 0)
        return E_INVAL;
    if (t->dead)
        return HAL_E_PROTOCOL;
    struct exchange x = {.t = t, .command = command, .len = len, .answer = answer, .cap = cap, .wtx = 1};
    int rc = t->ifsd_told ? OK : tell_ifsd(&x);
    if (rc == OK)
        rc = run(&x);
    if (rc == OK)
        *answer_len = x.got;
    OPENSSL_cleanse(x.out, sizeof x.out);
    OPENSSL_cleanse(x.in, sizeof x.in);
    return rc;
}
