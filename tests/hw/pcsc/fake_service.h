/*
 * A PC/SC service for the tests of hw/pcsc that can be made to say anything: this program's own SCard* functions stand
 * before those of libpcsclite. What the real service says to the same driver is tested by tests/readers.
 */
#ifndef POSBENCH_TESTS_HW_PCSC_FAKE_SERVICE_H
#define POSBENCH_TESTS_HW_PCSC_FAKE_SERVICE_H

#include "hw/pcsc/pcsc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <winscard.h>

#include <cmocka.h>

struct service {
    LONG establish, list, connect, reconnect, transmit, change; /* what each call says; 0 unless told */
    const char *readers;                                        /* one NUL after each, one more at the end */
    size_t readers_len;
    bool stale;       /* restarted: what was opened before is invalid, until a context is opened */
    DWORD state;      /* SCARD_STATE_* of every reader */
    DWORD protocols;  /* that the card speaks; the lowest is its own choice */
    int busy;         /* connections that find it in use before one gets through; -1: all */
    DWORD answer_len; /* of SCardTransmit */
    DWORD atr_len;
    /* seen */
    int contexts, cards, connects;    /* contexts and cards: open now */
    DWORD active, reset, share, left; /* reset: how the last SCardReconnect did it; left: SCardDisconnect */
    const SCARD_IO_REQUEST *pci;
};

static struct service service;

LONG SCardEstablishContext(DWORD scope, LPCVOID r1, LPCVOID r2, LPSCARDCONTEXT context)
{
    (void)scope, (void)r1, (void)r2;
    if (service.establish == SCARD_S_SUCCESS)
        *context = ++service.contexts, service.stale = false;
    return service.establish;
}

LONG SCardReleaseContext(SCARDCONTEXT context)
{
    (void)context;
    service.contexts--;
    return SCARD_S_SUCCESS;
}

LONG SCardListReaders(SCARDCONTEXT context, LPCSTR groups, LPSTR readers, LPDWORD len)
{
    (void)context, (void)groups;
    if (service.list != SCARD_S_SUCCESS)
        return service.list;
    if (service.readers_len > *len)
        return SCARD_E_INSUFFICIENT_BUFFER;
    memcpy(readers, service.readers, service.readers_len);
    *len = service.readers_len;
    return SCARD_S_SUCCESS;
}

static LONG choose(DWORD wanted, DWORD *protocol)
{
    DWORD both = wanted & service.protocols;
    if (!both)
        return SCARD_E_PROTO_MISMATCH;
    service.active = *protocol = both & SCARD_PROTOCOL_T0 ? SCARD_PROTOCOL_T0 : SCARD_PROTOCOL_T1;
    return SCARD_S_SUCCESS;
}

LONG SCardConnect(SCARDCONTEXT context, LPCSTR reader, DWORD share, DWORD wanted, LPSCARDHANDLE card, LPDWORD protocol)
{
    if (service.stale)
        return SCARD_E_INVALID_HANDLE;
    (void)context, (void)reader;
    service.connects++;
    service.share = share;
    if (service.busy != 0) {
        service.busy -= service.busy > 0;
        return SCARD_E_SHARING_VIOLATION;
    }
    if (service.connect != SCARD_S_SUCCESS)
        return service.connect;
    LONG rv = choose(wanted, protocol);
    if (rv == SCARD_S_SUCCESS)
        *card = ++service.cards;
    return rv;
}

LONG SCardReconnect(SCARDHANDLE card, DWORD share, DWORD wanted, DWORD how, LPDWORD protocol)
{
    if (service.stale)
        return SCARD_E_INVALID_HANDLE;
    (void)card;
    service.share = share;
    service.reset = how;
    return service.reconnect != SCARD_S_SUCCESS ? service.reconnect : choose(wanted, protocol);
}

LONG SCardDisconnect(SCARDHANDLE card, DWORD how)
{
    (void)card;
    service.cards--;
    service.left = how;
    return SCARD_S_SUCCESS;
}

LONG SCardStatus(SCARDHANDLE card, LPSTR name, LPDWORD name_len, LPDWORD state, LPDWORD protocol, LPBYTE atr,
                 LPDWORD atr_len)
{
    (void)card, (void)name, (void)name_len, (void)state, (void)protocol;
    memset(atr, 0x3B, *atr_len < service.atr_len ? *atr_len : service.atr_len);
    *atr_len = service.atr_len;
    return SCARD_S_SUCCESS;
}

LONG SCardGetStatusChange(SCARDCONTEXT context, DWORD timeout, SCARD_READERSTATE *states, DWORD count)
{
    (void)context, (void)timeout;
    assert_int_equal(count, 1);
    if (service.change != SCARD_S_SUCCESS)
        return service.change;
    states->dwEventState = service.state;
    if (states->dwCurrentState == service.state)
        return SCARD_E_TIMEOUT;
    states->dwEventState |= SCARD_STATE_CHANGED;
    return SCARD_S_SUCCESS;
}

LONG SCardTransmit(SCARDHANDLE card, const SCARD_IO_REQUEST *pci, LPCBYTE command, DWORD len, SCARD_IO_REQUEST *back,
                   LPBYTE answer, LPDWORD answer_len)
{
    if (service.stale)
        return SCARD_E_INVALID_HANDLE;
    (void)card, (void)command, (void)len, (void)back;
    service.pci = pci;
    if (service.transmit != SCARD_S_SUCCESS)
        return service.transmit;
    memset(answer, 0x90, *answer_len < service.answer_len ? *answer_len : service.answer_len);
    *answer_len = service.answer_len;
    return SCARD_S_SUCCESS;
}

/* A string literal of names, each ended by \0. */
#define READERS(names) (service.readers = (names), service.readers_len = sizeof(names))

/* A cmocka setup: one reader with a T=0 card in it. */
static inline int service_setup(void **state)
{
    (void)state;
    service = (struct service){
        .state = SCARD_STATE_PRESENT | 1u << 16, .protocols = SCARD_PROTOCOL_T0, .answer_len = 2, .atr_len = 4};
    READERS("Reader A 00 00\0");
    return 0;
}

/* A cmocka teardown: nothing was left with the service. */
static inline int service_teardown(void **state)
{
    (void)state;
    return service.contexts == 0 && service.cards == 0 ? 0 : -1;
}

#endif
