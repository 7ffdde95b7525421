/* See line.h: times between characters, sending and receiving. */
#include "core/icc/line.h"

#include <string.h>

#define ETU_CLOCKS 372u
#define US_A_SECOND 1000000u
#define CHARACTER_ETU 12u               /* of the guard times between leading edges, what the character itself takes */
#define WI 10u                          /* EMV: TC2 is absent or 0A */
#define WWT_TERMINAL (960u * WI + 480u) /* times D, as is the next; EMV Book 1 9.2.2.1 */
#define BWT_UNIT 960u
#define CWT_TERMINAL 4u
#define TURN_T0 16u /* between characters in opposite directions */
#define TURN_T1 22u /* block guard time */

uint64_t line_us(uint32_t etu, unsigned rate)
{
    uint64_t divisor = (uint64_t)HAL_READER_CLOCK_HZ * rate;
    return ((uint64_t)etu * ETU_CLOCKS * US_A_SECOND + divisor - 1) / divisor;
}

void line_reset(struct line *l, const struct hal *hal, const struct atr *atr)
{
    memset(l, 0, sizeof *l);
    l->hal = hal;
    l->rate = atr_rate(atr);
    l->wwt = WWT_TERMINAL;
    l->bwt = (1u << atr->bwi) * BWT_UNIT; /* the 11 etu more are current ones: line_t1.c */
    l->cwt = (1u << atr->cwi) + 11 + CWT_TERMINAL;
    l->turn = atr->protocol == 1 ? TURN_T1 : TURN_T0;
    l->last_us = hal_now(hal);
    line_begin(l);
}

void line_begin(struct line *l)
{
    l->end_us = hal_now(l->hal) + LINE_PATIENCE_US;
}

int line_send(struct line *l, const uint8_t *bytes, size_t len)
{
    uint64_t from_us = l->last_us + line_us(l->turn - CHARACTER_ETU, l->rate);
    if (hal_now(l->hal) < from_us) {
        uint32_t ready;
        int rc = hal_wait(l->hal, 0, from_us, 0, &ready);
        if (rc != OK && rc != HAL_E_TIMEOUT)
            return rc;
    }
    int rc = HAL_CALL(l->hal, reader, send, bytes, len);
    if (rc == OK)
        l->last_us = hal_now(l->hal);
    return rc;
}

int line_receive(struct line *l, uint32_t etu, unsigned rate, uint8_t *byte)
{
    uint64_t deadline_us = l->last_us + line_us(etu, rate);
    bool patience = deadline_us > l->end_us;
    int rc = HAL_CALL(l->hal, reader, receive, patience ? l->end_us : deadline_us, byte);
    if (rc == OK)
        l->last_us = hal_now(l->hal);
    return rc == HAL_E_TIMEOUT && patience ? HAL_E_PROTOCOL : rc;
}
