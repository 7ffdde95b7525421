/*
 * The caller's side of a reader in a process of its own. Contract: hw/helper.h; the two processes' talk:
 * hw/helper_internal.h.
 *
 * A helper that dies or goes past its bound is buried and followed by the next one at once: the new one looks for the
 * reader in its own time, so presence is watched again and hw_helper_fd is good. The card has lost its power with the
 * old one; the caller hears HAL_E_IO and powers it on again.
 */
#include "hw/helper_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static const char *const op_names[] = {[HELPER_HELLO] = "opening",
                                       [HELPER_POWER_ON] = "power on",
                                       [HELPER_POWER_OFF] = "power off",
                                       [HELPER_EXCHANGE] = "a command"};

static void note(struct hw_helper *h, const char *what)
{
    if (h->name[0] && strstr(what, h->name))
        snprintf(h->trouble, sizeof h->trouble, "%s", what);
    else
        snprintf(h->trouble, sizeof h->trouble, "reader %s: %s", h->name[0] ? h->name : h->spec, what);
}

static void bury(struct hw_helper *h, unsigned grace_ms, const char *what)
{
    char how[96], text[224];
    bool was_open = h->name[0] != '\0';
    helper_end(h, grace_ms, how, sizeof how);
    h->failures++;
    h->present = false;
    snprintf(text, sizeof text, "%s; its helper process %s%s", what, how, was_open ? " and is started again" : "");
    note(h, text);
}

/* One call that is under way in h->frame: there and back by the limit. OK: it was answered, whatever the answer. */
static int round_trip(struct hw_helper *h, unsigned limit_ms)
{
    struct helper_frame *f = &h->frame;
    uint32_t op = f->op;
    char text[128];
    uint64_t deadline = helper_now_ms() + limit_ms;
    ssize_t n = op == HELPER_HELLO ? 0 : send(h->calls, f, sizeof *f, MSG_NOSIGNAL | MSG_DONTWAIT);
    explicit_bzero(f, sizeof *f);
    if (n >= 0 && !helper_readable(h->calls, deadline)) {
        snprintf(text, sizeof text, "no answer to %s within %u ms", op_names[op], limit_ms);
        bury(h, 0, text);
        return HAL_E_IO;
    }
    do
        n = n < 0 ? n : recv(h->calls, f, sizeof *f, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n != (ssize_t)sizeof *f || f->op != op || f->len > sizeof f->data) {
        explicit_bzero(f, sizeof *f);
        snprintf(text, sizeof text, "its driver broke down during %s", op_names[op]);
        bury(h, HELPER_STOP_MS / 10, text);
        return HAL_E_IO;
    }
    f->text[sizeof f->text - 1] = '\0';
    h->failures = 0;
    return OK;
}

/* A call for the driver; its outputs stay in h->frame for the caller to take and wipe. */
static int call(struct hw_helper *h, enum helper_op op)
{
    if (h->pid == 0 && helper_fork(h, false) != OK) {
        note(h, "no helper process can be started");
        return HAL_E_IO;
    }
    h->frame.op = op;
    int code = round_trip(h, h->limit_ms);
    if (code != OK) {
        (void)helper_fork(h, false);
        return code;
    }
    if (h->frame.code != OK)
        note(h, h->frame.text);
    return h->frame.code;
}

/* -- contract -- */

int hw_helper_start_with(helper_open *open, const char *spec, unsigned limit_ms, struct hw_helper **out, char *why,
                         size_t why_cap)
{
    *out = NULL;
    struct hw_helper *h = calloc(1, sizeof *h);
    if (!h) {
        snprintf(why, why_cap, "out of memory");
        return E_NOMEM;
    }
    h->open = open;
    h->limit_ms = limit_ms;
    int code = E_INVAL;
    if ((size_t)snprintf(h->spec, sizeof h->spec, "%s", spec) >= sizeof h->spec) {
        snprintf(why, why_cap, "'%.40s...' is too long for a reader's name", spec);
        goto cleanup;
    }
    code = helper_fork(h, true);
    if (code != OK) {
        snprintf(why, why_cap, "no helper process can be started for reader %s: %s", spec, strerror(errno));
        goto cleanup;
    }
    h->frame.op = HELPER_HELLO;
    code = round_trip(h, limit_ms < HELPER_OPEN_MS ? limit_ms : HELPER_OPEN_MS);
    snprintf(why, why_cap, "%s", code != OK ? h->trouble : h->frame.code != OK ? h->frame.text : "");
    if (code == OK)
        code = h->frame.code;
    if (code == OK) {
        snprintf(h->name, sizeof h->name, "%.*s", (int)sizeof h->name - 1, h->frame.text);
        h->present = h->frame.arg != 0;
        *out = h;
        h = NULL;
    }
cleanup:
    hw_helper_stop(h);
    return code;
}

int hw_helper_start(const char *spec, struct hw_helper **out, char *why, size_t why_cap)
{
    return hw_helper_start_with(hw_reader_open, spec, HW_HELPER_LIMIT_MS, out, why, why_cap);
}

void hw_helper_stop(struct hw_helper *h)
{
    if (!h)
        return;
    helper_end(h, HELPER_STOP_MS, NULL, 0);
    explicit_bzero(h, sizeof *h);
    free(h);
}

const char *hw_helper_name(const struct hw_helper *h)
{
    return h->name;
}

int hw_helper_fd(const struct hw_helper *h)
{
    return h->presence;
}

/* Stops at the first change, so that a card that was pulled and put back is not taken for one that stayed. */
int hw_helper_presence(struct hw_helper *h, bool *present)
{
    char told[1 + HELPER_TEXT + 1];
    bool before = h->present;
    int code = OK;
    *present = false;
    while (code == OK && h->present == before) {
        ssize_t n = h->presence < 0 ? 0 : recv(h->presence, told, sizeof told - 1, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break; /* nothing more was told */
        if (n == 0) {
            bury(h, HELPER_STOP_MS / 10, "its driver broke down");
            (void)helper_fork(h, false);
            code = HAL_E_IO;
        } else if (told[0] == HELPER_GONE) {
            told[n] = '\0';
            h->present = false;
            note(h, told + 1);
            code = HAL_E_IO;
        } else {
            h->present = told[0] == HELPER_CARD;
        }
    }
    *present = code == OK && h->present;
    return code;
}

int hw_helper_power_on(struct hw_helper *h, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len)
{
    h->frame.arg = warm;
    int code = call(h, HELPER_POWER_ON);
    if (code == OK && h->frame.len > HAL_ATR_MAX)
        code = E_LIMIT;
    if (code == OK) {
        memcpy(atr, h->frame.data, h->frame.len);
        *atr_len = h->frame.len;
    }
    explicit_bzero(&h->frame, sizeof h->frame);
    return code;
}

int hw_helper_power_off(struct hw_helper *h)
{
    int code = call(h, HELPER_POWER_OFF);
    explicit_bzero(&h->frame, sizeof h->frame);
    return code;
}

int hw_helper_exchange(struct hw_helper *h, int protocol, const uint8_t *command, size_t len, uint8_t *answer,
                       size_t cap, size_t *answer_len)
{
    if (len > sizeof h->frame.data || (protocol != 0 && protocol != 1))
        return E_INVAL;
    h->frame.arg = (uint32_t)protocol;
    h->frame.len = (uint32_t)len;
    memcpy(h->frame.data, command, len);
    int code = call(h, HELPER_EXCHANGE);
    if (code == OK && h->frame.len > cap)
        code = E_LIMIT;
    if (code == OK) {
        memcpy(answer, h->frame.data, h->frame.len);
        *answer_len = h->frame.len;
    }
    explicit_bzero(&h->frame, sizeof h->frame);
    return code;
}

const char *hw_helper_trouble(const struct hw_helper *h)
{
    return h->trouble;
}
