/*
 * Between the files of hw/pcsc: the readers that the service knows (find.c), what its return values mean (codes.c), one
 * reader (pcsc.c), what is done with its card (session.c) and whether there is one (watch.c).
 */
#ifndef POSBENCH_HW_PCSC_PCSC_INTERNAL_H
#define POSBENCH_HW_PCSC_PCSC_INTERNAL_H

#include "hw/pcsc/pcsc.h"

#include <winscard.h>

#define PCSC_RETRY_MS 50u

struct pcsc {
    SCARDCONTEXT context;
    SCARDHANDLE card;
    bool has_context, powered;
    bool used;      /* a command was sent since the last reset */
    bool broken;    /* the service went away with a card in use; until the next power_on or power_off */
    DWORD protocol; /* SCARD_PROTOCOL_* that the card was reset with */
    DWORD seen;     /* the last state that `wait` told of, SCARD_STATE_UNAWARE: none */
    char reader[MAX_READERNAME];
    char trouble[MAX_READERNAME + 128];
};

/* When a call failed: while the card was being powered, or with it in use. The same value can mean two things. */
enum pcsc_when { PCSC_POWERING, PCSC_IN_USE };

struct pcsc_code {
    LONG value;
    int code[2]; /* by enum pcsc_when */
    bool lost;   /* the connection to the service is no longer good */
    const char *text;
};

/* Never NULL: the last row of the table stands for all others. */
const struct pcsc_code *pcsc_code_of(LONG value);

/* Why the service cannot be used, with the way out. HAL_E_IO, HAL_E_DENIED. */
int pcsc_service_error(LONG value, char *why, size_t why_cap);

/* State of a reader now (SCARD_STATE_*), without waiting. */
LONG pcsc_state(SCARDCONTEXT context, const char *name, DWORD *state);

/* The reader that `name` means (pcsc.h). OK, HAL_E_NOENT, HAL_E_IO, with `why`. */
int pcsc_find(SCARDCONTEXT context, const char *name, char reader[MAX_READERNAME], char *why, size_t why_cap);

/* -- pcsc.c -- */

uint64_t pcsc_now_ms(void);              /* of the monotonic clock */
int pcsc_ensure_context(struct pcsc *p); /* OK; HAL_E_IO with its line of trouble */
void pcsc_drop_context(struct pcsc *p);
void pcsc_drop_card(struct pcsc *p, DWORD disposition);
/* Turns a value of the service into ours, with its line of trouble, and drops what is lost. */
int pcsc_failed(struct pcsc *p, LONG value, enum pcsc_when when);

/* LONG may be wider than the values. */
static inline bool pcsc_is(LONG value, LONG what)
{
    return (uint32_t)value == (uint32_t)what;
}

/* -- ops of struct hw_reader_ops: session.c, watch.c -- */

int pcsc_power_on(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len);
int pcsc_power_off(void *ctx);
int pcsc_exchange(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                  size_t *answer_len);
int pcsc_wait(void *ctx, bool present, unsigned timeout_ms, bool *now);

#endif
