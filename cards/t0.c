/*
 * See t0.h. The card does not know which of its commands return data before it has run them, so a command runs once and
 * its answer is kept until it was fetched: a repeated header with the right Le, or GET RESPONSE, takes it from there.
 */
#include "cards/t0.h"

#include <openssl/crypto.h>
#include <string.h>

#define HEADER 5
#define INS_GET_RESPONSE 0xC0
#define LEN_BYTE(n) ((uint8_t)((n)&0xFF)) /* 256 is written 00 */

void card_t0_reset(struct card_t0 *t)
{
    OPENSSL_cleanse(t, sizeof *t);
}

static void answer_sw(uint16_t sw, uint8_t *answer, size_t *answer_len)
{
    answer[0] = (uint8_t)(sw >> 8);
    answer[1] = (uint8_t)sw;
    *answer_len = 2;
}

static void keep(struct card_t0 *t, const uint8_t *command, const uint8_t *answer, size_t len, bool by_get_response)
{
    memcpy(t->kept, answer, len);
    t->kept_len = len;
    t->by_get_response = by_get_response;
    memcpy(t->header, command, sizeof t->header);
}

/* Hands out what is kept if P3 names its length, else says 6Cxx. */
static void fetch(struct card_t0 *t, uint8_t p3, uint8_t *answer, size_t *answer_len)
{
    size_t data = t->kept_len - 2;
    if (p3 != LEN_BYTE(data)) {
        answer_sw(SW(0x6C, LEN_BYTE(data)), answer, answer_len);
        return;
    }
    memcpy(answer, t->kept, t->kept_len);
    if (t->by_get_response) /* a warning was reported with the command itself */
        memcpy(answer + data, "\x90\x00", 2);
    *answer_len = t->kept_len;
    card_t0_reset(t);
}

/* Case 1 or 2: nothing but the header came; P3 is Le. */
static void header_only(struct card_t0 *t, card_t0_apdu *apdu, void *ctx, const uint8_t header[HEADER], uint8_t *answer,
                        size_t *answer_len)
{
    uint8_t command[HEADER];
    memcpy(command, header, HEADER);
    command[HEADER - 1] = 0x00;
    apdu(ctx, command, HEADER, answer, answer_len);
    if (*answer_len <= 2)
        return;
    keep(t, header, answer, *answer_len, false);
    fetch(t, header[HEADER - 1], answer, answer_len);
}

/* Case 3 or 4: data came; an answer is announced. A warning goes out at once, GET RESPONSE finds the data behind it. */
static void with_data(struct card_t0 *t, card_t0_apdu *apdu, void *ctx, const uint8_t *tpdu, size_t len,
                      uint8_t *answer, size_t *answer_len)
{
    uint8_t command[APDU_MAX];
    memcpy(command, tpdu, len);
    command[len] = 0x00;
    apdu(ctx, command, len + 1, answer, answer_len);
    OPENSSL_cleanse(command, sizeof command);
    if (*answer_len <= 2)
        return;
    keep(t, tpdu, answer, *answer_len, true);
    uint16_t sw = rapdu_sw(answer, *answer_len);
    size_t data = *answer_len - 2;
    answer_sw(sw == 0x9000 ? SW(0x61, LEN_BYTE(data)) : sw, answer, answer_len);
}

void card_t0_exchange(struct card_t0 *t, card_t0_apdu *apdu, void *ctx, const uint8_t *command, size_t len,
                      uint8_t answer[RAPDU_MAX], size_t *answer_len)
{
    uint8_t header[HEADER] = {0};
    if (len < HEADER - 1 || len > APDU_MAX - 1) {
        answer_sw(0x6700, answer, answer_len);
        return;
    }
    memcpy(header, command, len < HEADER ? len : HEADER); /* four bytes: P3 is 00 */
    bool get_response = header[0] == 0x00 && header[1] == INS_GET_RESPONSE && len <= HEADER;
    if (t->kept_len && t->by_get_response && get_response) {
        fetch(t, header[HEADER - 1], answer, answer_len);
        return;
    }
    if (t->kept_len && !t->by_get_response && len <= HEADER && memcmp(t->header, header, sizeof t->header) == 0) {
        fetch(t, header[HEADER - 1], answer, answer_len);
        return;
    }
    card_t0_reset(t);
    if (get_response)
        answer_sw(0x6985, answer, answer_len);
    else if (len <= HEADER)
        header_only(t, apdu, ctx, header, answer, answer_len);
    else if (header[HEADER - 1] != len - HEADER)
        answer_sw(0x6700, answer, answer_len);
    else
        with_data(t, apdu, ctx, command, len, answer, answer_len);
}
