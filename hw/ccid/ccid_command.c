/*
 * One command and its answer over the bulk pipes: time extensions, stale answers, stalls, a busy slot, and the way back
 * into step (CCID 5.3.1 and 6.1.13: ABORT on the control pipe and as a message, both with one sequence number).
 *
 * What is sent twice: a command of the reader's own after a stall; a command for the card only if the reader refused it
 * (the out pipe stalled, or CMD_SLOT_BUSY) and no answer to it turned up on the way back into step. A card command that
 * may have arrived is never sent again: it may have moved money.
 */
#include "hw/ccid/ccid_internal.h"

#include <time.h>

#define STALLED_OUT 2 /* beside CCID_FAILED: the message was refused */
#define STALLED_IN 3  /* the answer is lost */
#define STALE_MAX 8
#define EXTENSIONS_MAX 1000 /* 25 s of the shortest waiting time are 250 */
#define BUSY_MAX 10
#define BUSY_REST_MS 100u
#define STALL_REREAD_MS 500u
#define RECOVERY_MS 1500u

uint64_t ccid_now(const struct ccid *c)
{
    struct timespec now;
    if (c->bus.ops->now_ms)
        return c->bus.ops->now_ms(c->bus.ctx);
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void ccid_rest(const struct ccid *c, unsigned ms)
{
    struct timespec span = {ms / 1000, (long)(ms % 1000) * 1000000};
    if (c->bus.ops->rest_ms)
        c->bus.ops->rest_ms(c->bus.ctx, ms);
    else
        nanosleep(&span, NULL);
}

static int unplugged(struct ccid *c)
{
    ccid_tell(c, "unplugged");
    c->powered = false;
    return HAL_E_IO;
}

/* OK, or what ends the command. */
static int clear_halt(struct ccid *c)
{
    return c->bus.ops->clear(c->bus.ctx) == HAL_E_ABSENT ? unplugged(c) : OK;
}

static int send(struct ccid *c, const struct ccid_request *request, uint8_t sequence)
{
    unsigned timeout_ms = request->timeout_ms < CCID_COMMAND_MS ? request->timeout_ms : CCID_COMMAND_MS;
    ccid_message_build(request, CCID_SLOT, sequence, c->out);
    int rc = c->bus.ops->out(c->bus.ctx, c->out, CCID_HEADER + request->len, timeout_ms);
    if (rc == OK)
        return OK;
    if (rc == HAL_E_ABSENT)
        return unplugged(c);
    c->out_of_step = true;
    if (rc == HAL_E_IO) {
        ccid_tell(c, "the reader stalled on %s", ccid_type_name(request->type));
        rc = clear_halt(c);
        return rc == OK ? STALLED_OUT : rc;
    }
    ccid_tell(c, "the reader did not take %s (%s)", ccid_type_name(request->type), status_text(rc));
    return HAL_E_IO;
}

/* ---- the answer ---- */

struct receipt {
    uint64_t end_ms; /* of the present wait */
    unsigned stale, extensions;
    bool stalled;
};

static int broken(struct ccid *c)
{
    c->out_of_step = true;
    return HAL_E_PROTOCOL;
}

/* A stalled in pipe may still hold the answer, so it is read once more before anything else. */
static int receive_stalled(struct ccid *c, const struct ccid_request *request, struct receipt *r)
{
    ccid_tell(c, "the reader stalled on its answer to %s", ccid_type_name(request->type));
    int rc = clear_halt(c);
    if (rc != OK)
        return rc;
    if (r->stalled) {
        c->out_of_step = true;
        return STALLED_IN;
    }
    r->stalled = true;
    uint64_t reread_ms = ccid_now(c) + STALL_REREAD_MS;
    if (!request->card && r->end_ms > reread_ms)
        r->end_ms = reread_ms;
    return OK;
}

static int receive_timeout(struct ccid *c, const struct ccid_request *request, const struct receipt *r)
{
    c->out_of_step = true;
    if (r->stalled)
        return STALLED_IN; /* told when it stalled */
    if (r->extensions)
        ccid_tell(c, "the reader asked %u times for more time for %s, and never answered", r->extensions,
                  ccid_type_name(request->type));
    else
        ccid_tell(c, "the reader did not answer %s within %u ms", ccid_type_name(request->type), request->timeout_ms);
    return HAL_E_TIMEOUT;
}

/* bError of a time extension multiplies the waiting time; 0 counts as 1. */
static int extend(struct ccid *c, const struct ccid_request *request, struct receipt *r, unsigned multiplier)
{
    uint64_t wanted_ms = (uint64_t)request->timeout_ms * (multiplier ? multiplier : 1);
    unsigned left_ms = ccid_time_left(c, wanted_ms < CCID_EXCHANGE_MS ? (unsigned)wanted_ms : CCID_EXCHANGE_MS);
    if (++r->extensions > EXTENSIONS_MAX || !left_ms)
        return receive_timeout(c, request, r);
    r->end_ms = ccid_now(c) + left_ms;
    return OK;
}

/* One message into the reader's buffer. OK with *len, 0 after a first stall; or what ends the command. */
static int receive_message(struct ccid *c, const struct ccid_request *request, struct receipt *r, size_t *len)
{
    uint64_t now_ms = ccid_now(c);
    *len = 0;
    if (now_ms >= r->end_ms)
        return receive_timeout(c, request, r);
    int rc = c->bus.ops->in(c->bus.ctx, c->in, c->in_room, len, (unsigned)(r->end_ms - now_ms));
    switch (rc) {
    case OK:
        if (*len <= c->in_room && *len > 0)
            return OK;
        ccid_tell(c, "answer of %zu bytes, its header has %d", *len, CCID_HEADER);
        return broken(c);
    case HAL_E_ABSENT:
        return unplugged(c);
    case HAL_E_TIMEOUT:
        return receive_timeout(c, request, r);
    case E_LIMIT:
        ccid_tell(c, "the reader sent more than the %zu bytes that an answer may have", c->in_room);
        return broken(c);
    case HAL_E_IO:
        *len = 0;
        return receive_stalled(c, request, r);
    default:
        c->out_of_step = true;
        ccid_tell(c, "the answer to %s could not be read (%s)", ccid_type_name(request->type), status_text(rc));
        return HAL_E_IO;
    }
}

static int receive(struct ccid *c, const struct ccid_request *request, uint8_t sequence, struct ccid_answer *answer)
{
    struct receipt r = {.end_ms = ccid_now(c) + request->timeout_ms};
    for (;;) {
        size_t len;
        int rc = receive_message(c, request, &r, &len);
        if (rc != OK)
            return rc;
        if (!len)
            continue;
        enum ccid_fit fit =
            ccid_message_check(c->in, len, request, sequence, c->in_step, answer, c->trouble, sizeof c->trouble);
        if (fit == CCID_BROKEN)
            return broken(c);
        if (fit == CCID_STALE) {
            if (++r.stale <= STALE_MAX)
                continue;
            ccid_tell(c, "%u answers to older commands, none to %s", r.stale, ccid_type_name(request->type));
            return broken(c);
        }
        c->in_step = true;
        if (!answer->extension)
            return answer->failed ? CCID_FAILED : OK;
        rc = extend(c, request, &r, answer->error);
        if (rc != OK)
            return rc;
    }
}

/* ---- back into step ---- */

/* Reads until the answer to `sequence` has passed. A reader that gives none is left to the command that follows. */
static int drain(struct ccid *c, uint8_t sequence, uint8_t abandoned)
{
    uint64_t end_ms = ccid_now(c) + RECOVERY_MS;
    for (unsigned i = 0; i < STALE_MAX; i++) {
        uint64_t now_ms = ccid_now(c);
        size_t len = 0;
        if (now_ms >= end_ms)
            return OK;
        int rc = c->bus.ops->in(c->bus.ctx, c->in, c->in_room, &len, (unsigned)(end_ms - now_ms));
        if (rc == HAL_E_ABSENT)
            return unplugged(c);
        if (rc == HAL_E_IO)
            return clear_halt(c);
        if (rc == HAL_E_TIMEOUT)
            return OK;
        if (rc != OK || len < CCID_HEADER || len > c->in_room)
            continue;
        if (c->in[6] == sequence)
            return OK;
        if (c->in[6] == abandoned && c->in[0] == CCID_DATA_BLOCK)
            c->late_answer = true;
    }
    return OK;
}

/* A reader that does not know ABORT is asked for its status instead: that answer, too, stands behind all older ones.
 * (Its Abort message alone would wait for the control request.) */
static int resynchronise(struct ccid *c)
{
    uint8_t abandoned = (uint8_t)(c->sequence - 1), sequence = c->sequence++;
    struct ccid_request mark = {.type = CCID_ABORT};
    c->out_of_step = false;
    c->late_answer = false;
    int rc = c->bus.ops->abort(c->bus.ctx, CCID_SLOT, sequence);
    if (rc == HAL_E_ABSENT)
        return unplugged(c);
    if (rc != OK)
        mark.type = CCID_GET_SLOT_STATUS;
    ccid_message_build(&mark, CCID_SLOT, sequence, c->out);
    rc = c->bus.ops->out(c->bus.ctx, c->out, CCID_HEADER, CCID_COMMAND_MS);
    if (rc == HAL_E_ABSENT)
        return unplugged(c);
    if (rc == HAL_E_IO)
        return clear_halt(c);
    return rc == OK ? drain(c, sequence, abandoned) : OK;
}

static int command_once(struct ccid *c, const struct ccid_request *request, struct ccid_answer *answer)
{
    uint8_t sequence = c->sequence++;
    int rc = send(c, request, sequence);
    return rc == OK ? receive(c, request, sequence, answer) : rc;
}

int ccid_command(struct ccid *c, const struct ccid_request *request, struct ccid_answer *answer)
{
    bool again = false;
    unsigned busy = 0;
    if (request->len > c->out_room - CCID_HEADER) {
        ccid_tell(c, "a message of %zu bytes does not fit the reader's %zu", CCID_HEADER + request->len, c->out_room);
        return E_LIMIT;
    }
    for (;;) {
        int rc = c->out_of_step ? resynchronise(c) : OK;
        if (rc != OK)
            return rc;
        if (again && request->card && c->late_answer) {
            ccid_tell(c, "the reader stalled on %s and answered it all the same", ccid_type_name(request->type));
            return HAL_E_IO;
        }
        rc = command_once(c, request, answer);
        if (rc == CCID_FAILED && answer->error == CCID_ERROR_BUSY && busy < BUSY_MAX) {
            c->out_of_step = ++busy == BUSY_MAX / 2; /* something older holds the slot: abort it, once */
            ccid_rest(c, BUSY_REST_MS);
            continue;
        }
        if (rc != STALLED_OUT && rc != STALLED_IN)
            return rc;
        if (again || (rc == STALLED_IN && request->card))
            return HAL_E_IO;
        again = true;
    }
}
