/*
 * The carrier of T=1's blocks at character level (ISO 7816-3 11.4, EMV Book 1 9.2.4.2): a block's length is in its
 * prologue, the block waiting time runs until its first character, the character waiting time between two. What a block
 * means, and what follows a broken one, is t1.c's.
 */
#include "core/icc/line.h"

#define PROLOGUE 3
#define EPILOGUE 1
#define BWT_OWN 11u /* etu: the constant part of BWT */
#define BWT_TERMINAL 960u

/* Characters until the block is whole, or silence. OK also for a torn one. */
static int receive_rest(struct line *l, uint8_t *block, size_t cap, size_t *len)
{
    while (*len < PROLOGUE || *len < PROLOGUE + (size_t)block[2] + EPILOGUE) {
        uint8_t byte;
        int rc = line_receive(l, l->cwt, l->rate, &byte);
        if (rc != OK)
            return rc == HAL_E_TIMEOUT ? OK : rc;
        if (*len == cap)
            return OK;
        block[(*len)++] = byte;
    }
    return OK;
}

/* After a block with a wrong sum nobody knows where it really ends: wait until the card is silent. */
static int drain(struct line *l, const uint8_t *block, size_t len)
{
    uint8_t sum = 0, byte;
    int rc = OK;
    for (size_t i = 0; i < len; i++)
        sum ^= block[i];
    for (size_t i = 0; sum && rc == OK && i < T1_BLOCK_MAX; i++)
        rc = line_receive(l, l->cwt, l->rate, &byte);
    return rc == HAL_E_TIMEOUT ? OK : rc;
}

static int transceive(void *ctx, const uint8_t *block, size_t len, unsigned wtx, uint8_t *answer, size_t cap,
                      size_t *answer_len)
{
    struct line *l = ctx;
    /* BWT is 2^BWI times 960 initial etu and 11 current ones; all in current ones */
    uint32_t bwt = l->bwt * l->rate + BWT_OWN;
    *answer_len = 0;
    int rc = line_send(l, block, len);
    if (rc == OK)
        rc = line_receive(l, wtx * bwt + BWT_TERMINAL * l->rate, l->rate, answer);
    if (rc != OK)
        return rc;
    *answer_len = 1;
    rc = receive_rest(l, answer, cap, answer_len);
    return rc == OK ? drain(l, answer, *answer_len) : rc;
}

int line_t1_reset(struct t1 *t, struct line *l, const struct atr *atr)
{
    struct t1_carrier carrier = {.transceive = transceive, .ctx = l};
    int rc = t1_reset(t, &carrier, atr);
    t->no_resynch = true;
    return rc;
}
