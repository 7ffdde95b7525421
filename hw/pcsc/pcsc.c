/*
 * One PC/SC reader: its life, and its connection to the service. Contracts: hw/pcsc/pcsc.h and hw/reader.h; what is
 * done with its card: session.c; whether there is one: watch.c.
 *
 * A pcscd that was restarted knows nothing of us: what is left of the old connection is dropped with the first error,
 * and the next power_on or wait makes a new one.
 */
#include "hw/pcsc/pcsc_internal.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t pcsc_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

void pcsc_drop_card(struct pcsc *p, DWORD disposition)
{
    if (p->powered)
        SCardDisconnect(p->card, disposition);
    p->powered = p->used = false;
}

void pcsc_drop_context(struct pcsc *p)
{
    pcsc_drop_card(p, SCARD_UNPOWER_CARD);
    if (p->has_context)
        SCardReleaseContext(p->context);
    p->has_context = false;
    p->seen = SCARD_STATE_UNAWARE;
}

int pcsc_failed(struct pcsc *p, LONG value, enum pcsc_when when)
{
    const struct pcsc_code *row = pcsc_code_of(value);
    const char *text = row->text ? row->text : pcsc_stringify_error(value);
    snprintf(p->trouble, sizeof p->trouble, "reader %s%s%s", p->reader, strncmp(text, "is ", 3) == 0 ? " " : ": ",
             text);
    if (row->lost) {
        p->broken = p->broken || p->powered;
        pcsc_drop_context(p);
    }
    return row->code[when];
}

int pcsc_ensure_context(struct pcsc *p)
{
    if (p->has_context)
        return OK;
    LONG rv = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &p->context);
    p->has_context = rv == SCARD_S_SUCCESS;
    if (p->has_context)
        return OK;
    (void)pcsc_service_error(rv, p->trouble, sizeof p->trouble);
    return HAL_E_IO;
}

/* -- contract -- */

static void pcsc_close(void *ctx)
{
    struct pcsc *p = ctx;
    pcsc_drop_context(p);
    free(p);
}

static const char *pcsc_trouble(void *ctx)
{
    const struct pcsc *p = ctx;
    return p->trouble;
}

static const struct hw_reader_ops pcsc_ops = {
    .wait = pcsc_wait,
    .power_on = pcsc_power_on,
    .power_off = pcsc_power_off,
    .exchange = pcsc_exchange,
    .close = pcsc_close,
    .trouble = pcsc_trouble,
};

/* Whether somebody else has a connection to its card; asked here because a busy reader is better told at once. */
static bool is_busy(const struct pcsc *p)
{
    uint64_t deadline = pcsc_now_ms() + PCSC_BUSY_MS;
    for (;;) {
        DWORD state = 0;
        LONG rv = pcsc_state(p->context, p->reader, &state);
        if (rv != SCARD_S_SUCCESS || !(state & (SCARD_STATE_EXCLUSIVE | SCARD_STATE_INUSE)))
            return false;
        if (pcsc_now_ms() >= deadline)
            return true;
        poll(NULL, 0, PCSC_RETRY_MS);
    }
}

int pcsc_reader_open(const char *name, struct hw_reader *out, char *why, size_t why_cap)
{
    struct pcsc *p = calloc(1, sizeof *p);
    if (!p) {
        snprintf(why, why_cap, "out of memory");
        return E_NOMEM;
    }
    LONG rv = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &p->context);
    p->has_context = rv == SCARD_S_SUCCESS;
    int code =
        p->has_context ? pcsc_find(p->context, name, p->reader, why, why_cap) : pcsc_service_error(rv, why, why_cap);
    if (code == OK && is_busy(p)) {
        snprintf(why, why_cap, "reader %s is busy: another program holds it; end that program", p->reader);
        code = HAL_E_DENIED;
    }
    if (code != OK) {
        pcsc_close(p);
        return code;
    }
    *out = (struct hw_reader){.ops = &pcsc_ops, .ctx = p};
    snprintf(out->name, sizeof out->name, "%s", p->reader);
    return OK;
}
