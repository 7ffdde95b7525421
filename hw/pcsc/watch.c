/*
 * Whether a card is in a PC/SC reader. Called by pcsc.c's table; SCardGetStatusChange of PC/SC part 5.
 *
 * pcscd counts insertions and removals and tells the count with the state, so that a card that was swapped between two
 * looks is not taken for one that stayed.
 */
#include "hw/pcsc/pcsc_internal.h"

#define EVENTS(state) ((state) >> 16)

int pcsc_wait(void *ctx, bool present, unsigned timeout_ms, bool *now)
{
    struct pcsc *p = ctx;
    uint64_t deadline = pcsc_now_ms() + timeout_ms;
    if (pcsc_ensure_context(p) != OK)
        return HAL_E_IO;
    for (;;) {
        uint64_t at = pcsc_now_ms();
        /* Only looking: a state that is not known is answered at once, a known one after a millisecond at best. */
        SCARD_READERSTATE s = {.szReader = p->reader, .dwCurrentState = at < deadline ? p->seen : SCARD_STATE_UNAWARE};
        LONG rv = SCardGetStatusChange(p->context, at < deadline ? (DWORD)(deadline - at) : 0, &s, 1);
        if (pcsc_is(rv, SCARD_E_TIMEOUT) && p->seen != SCARD_STATE_UNAWARE)
            s.dwEventState = p->seen;
        else if (rv != SCARD_S_SUCCESS) {
            p->seen = SCARD_STATE_UNAWARE;
            (void)pcsc_failed(p, rv, PCSC_POWERING);
            return HAL_E_IO;
        }
        if (s.dwEventState & (SCARD_STATE_UNKNOWN | SCARD_STATE_UNAVAILABLE)) {
            p->seen = SCARD_STATE_UNAWARE;
            (void)pcsc_failed(p, SCARD_E_READER_UNAVAILABLE, PCSC_POWERING);
            return HAL_E_IO;
        }
        bool there = (s.dwEventState & SCARD_STATE_PRESENT) != 0;
        /* Out and in again between two looks: told as out, and as in by the next call. */
        bool swapped = p->seen != SCARD_STATE_UNAWARE && there == present &&
                       ((p->seen & SCARD_STATE_PRESENT) != 0) == there && EVENTS(p->seen) != EVENTS(s.dwEventState);
        p->seen = s.dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
        *now = swapped ? !there : there;
        if (*now != present || pcsc_now_ms() >= deadline)
            return OK;
    }
}
