/*
 * T=0 at character level: one TPDU, steered by the card's procedure bytes (ISO 7816-3 10.3, EMV Book 1 9.2.2.3). Called
 * by icc.c; what 61xx and 6Cxx mean is t0.c's.
 *
 * Characters whose parity was wrong are the hardware's: at most three repetitions, then receive fails.
 */
#include "core/icc/line.h"

#define HEADER 5
#define NULL_BYTE 0x60

struct tpdu {
    struct line *l;
    const uint8_t *command;
    size_t len, sent;
    uint8_t *answer;
    size_t got, room; /* of data, without SW1 SW2 */
};

/* Within the work waiting time of the character before. */
static int receive(struct tpdu *t, uint8_t *byte)
{
    int rc = line_receive(t->l, t->l->wwt, 1, byte);
    return rc == HAL_E_TIMEOUT ? HAL_E_MUTE : rc;
}

/* `count` bytes in the direction of this command; more than it has is a card out of step. */
static int move(struct tpdu *t, size_t count)
{
    int rc = OK;
    if (t->len > HEADER) {
        if (count == 0 || count > t->len - t->sent)
            return HAL_E_PROTOCOL;
        rc = line_send(t->l, t->command + t->sent, count);
        t->sent += count;
        return rc;
    }
    if (count == 0 || count > t->room - t->got)
        return HAL_E_PROTOCOL;
    while (rc == OK && count--)
        rc = receive(t, &t->answer[t->got++]);
    return rc;
}

static bool is_sw1(uint8_t byte)
{
    return (byte & 0xF0) == 0x60 || (byte & 0xF0) == 0x90;
}

int line_t0_exchange(struct line *l, const uint8_t *command, size_t len, uint8_t answer[RAPDU_MAX], size_t *answer_len)
{
    if (len < HEADER || (len > HEADER && len != HEADER + (size_t)command[4]))
        return E_INVAL;
    struct tpdu t = {.l = l, .command = command, .len = len, .sent = HEADER, .answer = answer};
    t.room = len > HEADER ? 0 : command[4] ? command[4] : RAPDU_MAX - 2;
    uint8_t ins = command[1], ins_one = (uint8_t)~ins;
    int rc = line_send(l, command, HEADER);
    while (rc == OK) {
        uint8_t byte;
        rc = receive(&t, &byte);
        if (rc != OK || byte == NULL_BYTE)
            continue;
        if (byte == ins) {
            rc = move(&t, len > HEADER ? len - t.sent : t.room - t.got);
        } else if (byte == ins_one) {
            rc = move(&t, 1);
        } else if (is_sw1(byte)) {
            answer[t.got] = byte;
            rc = receive(&t, &answer[t.got + 1]);
            *answer_len = t.got + 2;
            return rc;
        } else {
            rc = HAL_E_PROTOCOL;
        }
    }
    return rc;
}
