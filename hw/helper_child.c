/*
 * The helper's life: opens the reader, serves calls, tells changes of presence. Contract: hw/helper_internal.h, which
 * also says why there is one loop and no thread. Runs in the process that helper_process.c forked.
 */
#include "hw/helper_internal.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct child {
    helper_open *open;
    const char *spec;
    int calls, presence;
    struct hw_reader reader; /* ops NULL: not opened yet */
    uint8_t told;            /* enum helper_presence; 0: nothing yet */
    bool present, gone;
    char why[HELPER_TEXT];
    struct helper_frame frame;
};

static bool is_open(struct child *c)
{
    if (!c->reader.ops && c->open(c->spec, &c->reader, c->why, sizeof c->why) != OK)
        memset(&c->reader, 0, sizeof c->reader);
    return c->reader.ops != NULL;
}

static const char *trouble(const struct child *c, int code)
{
    const struct hw_reader_ops *ops = c->reader.ops;
    const char *text = !ops ? c->why : ops->trouble ? ops->trouble(c->reader.ctx) : NULL;
    return text && *text ? text : status_text(code);
}

/* Looks at presence and tells what was not told yet; a full socket is told later. */
static void look(struct child *c)
{
    char told[1 + HELPER_TEXT] = "";
    bool now = false;
    int code = is_open(c) ? c->reader.ops->wait(c->reader.ctx, c->present, 0, &now) : HAL_E_IO;
    c->gone = code != OK;
    c->present = !c->gone && now;
    uint8_t state = c->gone ? HELPER_GONE : c->present ? HELPER_CARD : HELPER_EMPTY;
    snprintf(told, sizeof told, "%c%s", state, c->gone ? trouble(c, code) : "");
    if (state != c->told && send(c->presence, told, strlen(told), MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
        c->told = state;
}

static int exchange(struct child *c, size_t *len)
{
    struct helper_frame *f = &c->frame;
    uint8_t answer[HAL_RPDU_MAX] = {0};
    int code = c->reader.ops->exchange(c->reader.ctx, (int)f->arg, f->data, f->len, answer, sizeof answer, len);
    explicit_bzero(f->data, sizeof f->data); /* before the answer, which may be shorter than the command */
    if (code == OK && *len > sizeof answer)
        code = E_LIMIT;
    if (code == OK)
        memcpy(f->data, answer, *len);
    explicit_bzero(answer, sizeof answer);
    return code;
}

static int power_on(struct child *c, size_t *len)
{
    int code = c->reader.ops->power_on(c->reader.ctx, c->frame.arg != 0, c->frame.data, len);
    return code == OK && *len > HAL_ATR_MAX ? E_LIMIT : code;
}

static void serve_call(struct child *c)
{
    struct helper_frame *f = &c->frame;
    size_t len = 0;
    int code = E_INVAL;
    if (!is_open(c))
        code = HAL_E_IO;
    else if (f->op == HELPER_POWER_ON)
        code = power_on(c, &len);
    else if (f->op == HELPER_POWER_OFF)
        code = c->reader.ops->power_off(c->reader.ctx);
    else if (f->op == HELPER_EXCHANGE && f->len <= sizeof f->data)
        code = exchange(c, &len);
    f->code = code;
    f->len = code == OK ? (uint32_t)len : 0;
    if (code != OK)
        snprintf(f->text, sizeof f->text, "%s", trouble(c, code));
}

/* The first words: how the opening went and whether a card is in. */
static bool greet_parent(struct child *c)
{
    struct helper_frame *f = &c->frame;
    memset(f, 0, sizeof *f);
    f->op = HELPER_HELLO;
    f->code = c->open(c->spec, &c->reader, c->why, sizeof c->why);
    if (f->code == OK) {
        look(c);
        f->arg = c->present;
    } else {
        memset(&c->reader, 0, sizeof c->reader);
    }
    snprintf(f->text, sizeof f->text, "%s", f->code == OK ? c->reader.name : c->why);
    return send(c->calls, f, sizeof *f, MSG_NOSIGNAL) == (ssize_t)sizeof *f && f->code == OK;
}

static void serve(struct child *c)
{
    for (;;) {
        struct pollfd wait = {.fd = c->calls, .events = POLLIN};
        int n = poll(&wait, 1, c->told == 0 ? 0 : (int)(c->gone ? HELPER_GONE_MS : HELPER_LOOK_MS));
        if (n < 0 && errno != EINTR)
            return;
        if (n <= 0) {
            look(c);
            continue;
        }
        if (recv(c->calls, &c->frame, sizeof c->frame, 0) != (ssize_t)sizeof c->frame)
            return; /* the parent has closed it, or is gone */
        serve_call(c);
        ssize_t sent = send(c->calls, &c->frame, sizeof c->frame, MSG_NOSIGNAL);
        explicit_bzero(&c->frame, sizeof c->frame);
        if (sent < 0)
            return;
    }
}

void helper_serve(helper_open *open, const char *spec, int calls, int presence, bool greet, unsigned delay_ms)
{
    struct child c = {.open = open, .spec = spec, .calls = calls, .presence = presence};
    if (delay_ms > 0)
        poll(&(struct pollfd){.fd = calls, .events = POLLIN}, 1, (int)delay_ms); /* a call ends the pause */
    if (!greet || greet_parent(&c))
        serve(&c);
    if (c.reader.ops && c.reader.ops->power_off)
        (void)c.reader.ops->power_off(c.reader.ctx);
    hw_reader_close(&c.reader);
    _exit(0);
}
