/*
 * What is done with the card in a PC/SC reader: power, resets, commands. Called by pcsc.c's table; PC/SC part 5.
 *
 * Three things that a first reading does not show:
 *   - pcscd powers a card when it comes, and another program may have used it since. So a cold start is always a power
 *     cycle of our own (SCARD_UNPOWER_CARD), also right after the connection was made.
 *   - the protocol is chosen with the reset. A command by another one costs a reset, which only the first command of a
 *     session may: later it would lose the card's state, so it is HAL_E_PROTOCOL.
 *   - "not transacted" is all that is heard of a card that is mute and of one that was pulled; pcscd notices the pull
 * up to 0.4 s later. Presence is watched for that long before the card is called mute.
 */
#include "hw/pcsc/pcsc_internal.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#define SETTLE_MS 600u /* pcscd's own polling takes up to 400 ms to see a pull */

/* -- power -- */

/* Waits for a program that holds the card for a moment. */
static LONG connect_card(struct pcsc *p)
{
    uint64_t deadline = pcsc_now_ms() + PCSC_BUSY_MS;
    for (;;) {
        LONG rv =
            SCardConnect(p->context, p->reader, SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_ANY, &p->card, &p->protocol);
        p->powered = rv == SCARD_S_SUCCESS;
        if (!pcsc_is(rv, SCARD_E_SHARING_VIOLATION) || pcsc_now_ms() >= deadline)
            return rv;
        poll(NULL, 0, PCSC_RETRY_MS);
    }
}

static LONG reset_card(struct pcsc *p, DWORD protocols, DWORD how)
{
    p->used = false;
    return SCardReconnect(p->card, SCARD_SHARE_EXCLUSIVE, protocols, how, &p->protocol);
}

static int get_atr(struct pcsc *p, uint8_t atr[HAL_ATR_MAX], size_t *atr_len)
{
    char name[MAX_READERNAME];
    BYTE bytes[MAX_ATR_SIZE];
    DWORD name_len = sizeof name, state, protocol, len = sizeof bytes;
    LONG rv = SCardStatus(p->card, name, &name_len, &state, &protocol, bytes, &len);
    if (rv != SCARD_S_SUCCESS)
        return pcsc_failed(p, rv, PCSC_POWERING);
    if (len < 2 || len > HAL_ATR_MAX) {
        snprintf(p->trouble, sizeof p->trouble, "reader %s: an ATR of %lu bytes", p->reader, (unsigned long)len);
        return len == 0 ? HAL_E_MUTE : HAL_E_PROTOCOL;
    }
    memcpy(atr, bytes, len);
    *atr_len = len;
    return OK;
}

static int not_powered(struct pcsc *p)
{
    snprintf(p->trouble, sizeof p->trouble, "reader %s: %s", p->reader,
             p->broken ? "the connection to pcscd broke" : "the card was not powered on");
    return p->broken ? HAL_E_IO : E_STATE;
}

static LONG start_card(struct pcsc *p, bool warm)
{
    LONG rv = SCARD_W_REMOVED_CARD;
    if (p->powered)
        rv = reset_card(p, SCARD_PROTOCOL_ANY, warm ? SCARD_RESET_CARD : SCARD_UNPOWER_CARD);
    if (warm || !pcsc_is(rv, SCARD_W_REMOVED_CARD))
        return rv;
    pcsc_drop_card(p, SCARD_UNPOWER_CARD); /* of one that is no longer there */
    rv = connect_card(p);
    return rv == SCARD_S_SUCCESS ? reset_card(p, SCARD_PROTOCOL_ANY, SCARD_UNPOWER_CARD) : rv;
}

int pcsc_power_on(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len)
{
    struct pcsc *p = ctx;
    if (warm && !p->powered)
        return not_powered(p);
    p->broken = false;
    LONG rv = SCARD_S_SUCCESS;
    for (int attempt = 0; attempt < 2; attempt++) { /* the second: pcscd was restarted since the last call */
        if (pcsc_ensure_context(p) != OK)
            return HAL_E_IO;
        rv = start_card(p, warm);
        if (warm || !pcsc_code_of(rv)->lost)
            break;
        pcsc_drop_context(p);
    }
    int code = rv == SCARD_S_SUCCESS ? get_atr(p, atr, atr_len) : pcsc_failed(p, rv, PCSC_POWERING);
    if (code != OK)
        pcsc_drop_card(p, SCARD_UNPOWER_CARD);
    return code;
}

int pcsc_power_off(void *ctx)
{
    struct pcsc *p = ctx;
    pcsc_drop_card(p, SCARD_UNPOWER_CARD);
    p->broken = false;
    return OK;
}

/* -- commands -- */

/* The card said nothing: is it still there? */
static LONG mute_or_removed(struct pcsc *p)
{
    SCARD_READERSTATE s = {.szReader = p->reader, .dwCurrentState = SCARD_STATE_UNAWARE};
    uint64_t deadline = pcsc_now_ms() + SETTLE_MS;
    for (;;) {
        uint64_t at = pcsc_now_ms();
        LONG rv = SCardGetStatusChange(p->context, at < deadline ? (DWORD)(deadline - at) : 0, &s, 1);
        if (rv == SCARD_S_SUCCESS && !(s.dwEventState & SCARD_STATE_PRESENT))
            return SCARD_W_REMOVED_CARD;
        if (rv != SCARD_S_SUCCESS || pcsc_now_ms() >= deadline)
            return rv == SCARD_S_SUCCESS || pcsc_is(rv, SCARD_E_TIMEOUT) ? SCARD_E_NOT_TRANSACTED : rv;
        s.dwCurrentState = s.dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
    }
}

static int choose_protocol(struct pcsc *p, DWORD protocol)
{
    if (p->protocol == protocol)
        return OK;
    LONG rv = p->used ? SCARD_E_PROTO_MISMATCH : reset_card(p, protocol, SCARD_RESET_CARD);
    if (rv == SCARD_S_SUCCESS && p->protocol != protocol)
        rv = SCARD_E_PROTO_MISMATCH;
    return rv == SCARD_S_SUCCESS ? OK : pcsc_failed(p, rv, PCSC_IN_USE);
}

int pcsc_exchange(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                  size_t *answer_len)
{
    struct pcsc *p = ctx;
    if (!p->powered)
        return not_powered(p);
    int code = choose_protocol(p, protocol == 1 ? SCARD_PROTOCOL_T1 : SCARD_PROTOCOL_T0);
    if (code != OK)
        return code;
    DWORD got = cap;
    p->used = true;
    LONG rv = SCardTransmit(p->card, protocol == 1 ? SCARD_PCI_T1 : SCARD_PCI_T0, command, len, NULL, answer, &got);
    if (pcsc_is(rv, SCARD_E_NOT_TRANSACTED) || (rv == SCARD_S_SUCCESS && got == 0)) /* as vpcd says it */
        rv = mute_or_removed(p);
    if (rv != SCARD_S_SUCCESS)
        return pcsc_failed(p, rv, PCSC_IN_USE);
    if (got < 2 || got > HAL_RPDU_MAX || got > cap) {
        snprintf(p->trouble, sizeof p->trouble, "reader %s: an answer of %lu bytes", p->reader, (unsigned long)got);
        return got < 2 ? HAL_E_PROTOCOL : E_LIMIT;
    }
    *answer_len = got;
    return OK;
}
