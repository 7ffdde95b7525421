/*
 * The reader: CCID messages in, CCID messages out (CCID rev 1.1, 6), one slot with a card of the card engine. It is
 * strict where a real one may be: what it was not told (protocol, voltage, chaining) it does not guess. Faults
 * spoil its answers (mock_fault.c).
 */
#include "mock_reader.h"

#include <stdlib.h>
#include <string.h>

/* ---- messages to the host ---- */

void mock_queue(struct mock_reader *r, const uint8_t *bytes, size_t len, int status)
{
    struct mock_message *m = calloc(1, sizeof *m);
    if (len > 0)
        memcpy(m->bytes, bytes, len);
    m->len = len;
    m->status = status;
    if (r->last)
        r->last->next = m;
    else
        r->first = m;
    r->last = m;
}

struct mock_message *mock_reader_in(struct mock_reader *r)
{
    return r->first;
}

void mock_reader_in_done(struct mock_reader *r)
{
    struct mock_message *m = r->first;
    r->first = m->next;
    if (!r->first)
        r->last = NULL;
    free(m);
}

static void forget(struct mock_reader *r)
{
    while (r->first)
        mock_reader_in_done(r);
    r->in_len = r->chained_len = r->answer_len = r->answer_at = 0;
}

void mock_send_reply(struct mock_reader *r, const struct reply *a)
{
    uint8_t m[10 + sizeof a->data] = {a->type};
    for (int i = 0; i < 4; i++)
        m[1 + i] = (uint8_t)(a->told >> (8 * i));
    m[5] = a->slot;
    m[6] = a->sequence;
    m[7] = a->status;
    m[8] = a->error;
    m[9] = a->third;
    memcpy(m + 10, a->data, a->len);
    mock_queue(r, m, 10 + a->len, 0);
}

bool mock_fail(struct reply *a, uint8_t error)
{
    a->status = (uint8_t)((a->status & 3) | 0x40);
    a->error = error;
    a->len = a->told = 0;
    return true;
}

static void give(struct mock_reader *r, struct reply *a, enum fault_target target)
{
    a->told = (uint32_t)a->len;
    if (r->fault_count > 0 && r->fault->target == target) {
        r->fault_count--;
        r->spoilt++;
        if (!r->fault->spoil(r, a))
            return;
    }
    mock_send_reply(r, a);
}

/* ---- the card behind ---- */

/* T=0 as a reader at APDU level speaks it with the card (ISO 7816-3, 12.2). */
static void t0_for_apdu(struct mock_reader *r, const uint8_t *c, size_t len, uint8_t *out, size_t *out_len)
{
    uint8_t tpdu[261], part[RAPDU_MAX];
    size_t part_len, n = len < 5 ? 4 : len == 5 ? 5 : 5u + c[4];
    bool wants = len == 5 || len > n;
    unsigned expected = wants && c[len - 1] ? c[len - 1] : 256;
    *out_len = 0;
    memset(tpdu, 0, 5);
    memcpy(tpdu, c, n);
    if (n == 4)
        n = 5; /* case 1: P3 = 0 */
    for (int i = 0; i < 8 && *out_len <= RAPDU_MAX; i++) {
        card_tpdu(r->card, tpdu, n, part, &part_len);
        uint8_t sw1 = part[part_len - 2], sw2 = part[part_len - 1];
        memcpy(out + *out_len, part, part_len - 2);
        *out_len += part_len - 2;
        if (sw1 == 0x6C && wants && n == 5) {
            tpdu[4] = sw2;
            continue;
        }
        if (sw1 == 0x61 && wants && *out_len < expected) {
            unsigned more = sw2 ? sw2 : 256;
            more = more < expected - *out_len ? more : expected - (unsigned)*out_len;
            memcpy(tpdu, (uint8_t[]){0, 0xC0, 0, 0, (uint8_t)more}, 5);
            n = 5;
            continue;
        }
        out[(*out_len)++] = sw1;
        out[(*out_len)++] = sw2;
        return;
    }
}

static void to_card(struct mock_reader *r, const uint8_t *c, size_t len, uint8_t *out, size_t *out_len)
{
    r->apdus++;
    if (r->p->level == MOCK_TPDU && r->protocol == 1)
        *out_len = mock_t1_block(&r->t1, c, len, out);
    else if (r->p->level == MOCK_TPDU)
        card_tpdu(r->card, c, len, out, out_len);
    else if (r->protocol == 1)
        card_apdu(r->card, c, len, out, out_len);
    else
        t0_for_apdu(r, c, len, out, out_len);
}

/* ---- commands ---- */

static uint8_t icc_status(const struct mock_reader *r)
{
    return (uint8_t)(!r->present ? ICC_NONE : r->icc);
}

static void begin(struct mock_reader *r, const uint8_t *m, uint8_t type, struct reply *a)
{
    memset(a, 0, sizeof *a);
    a->type = type;
    a->sequence = m[6];
    a->status = icc_status(r);
}

static void failed(struct mock_reader *r, struct reply *a, uint8_t error)
{
    mock_fail(a, error);
    mock_send_reply(r, a);
}

static void power_on(struct mock_reader *r, const uint8_t *m)
{
    struct reply a;
    begin(r, m, DATA_BLOCK, &a);
    if (!r->present || m[7] == 3 || (m[7] == 0 && !r->p->automatic)) { /* no card; mute at 1.8 V; no voltage named */
        failed(r, &a, m[7] == 0 && r->present ? 7 : ERROR_MUTE);
        return;
    }
    card_reset(r->card);
    mock_t1_reset(&r->t1, r->card, r->protocol == 1 ? 32 : 0);
    r->icc = ICC_ACTIVE;
    r->set_protocol = r->p->automatic ? r->protocol : -1;
    r->chained_len = r->answer_len = r->answer_at = 0;
    a.status = icc_status(r);
    memcpy(a.data, r->atr, r->atr_len);
    a.len = r->atr_len;
    give(r, &a, ON_POWER);
}

static void slot_status(struct mock_reader *r, const uint8_t *m)
{
    struct reply a;
    if (m[0] == POWER_OFF)
        r->icc = ICC_INACTIVE;
    begin(r, m, STATUS, &a);
    mock_send_reply(r, &a);
}

static void parameters(struct mock_reader *r, const uint8_t *m, size_t len)
{
    struct reply a;
    begin(r, m, PARAMETERS, &a);
    if (r->icc != ICC_ACTIVE) {
        failed(r, &a, ERROR_MUTE);
        return;
    }
    if (m[0] == SET_PARAMETERS) {
        size_t want = m[7] == 1 ? 7 : 5;
        if (m[7] > 1 || len - 10 != want || m[7] != r->protocol) {
            failed(r, &a, m[7] > 1 ? 7 : 1);
            return;
        }
        r->set_protocol = m[7];
    }
    a.third = (uint8_t)r->protocol;
    a.len = r->protocol == 1 ? 7 : 5;
    memcpy(a.data,
           r->protocol == 1 ? (const uint8_t[]){0x11, 0x10, 0, 0x45, 0, 0x20, 0}
                            : (const uint8_t[]){0x11, 0, 0, 10, 0, 0, 0},
           a.len);
    mock_send_reply(r, &a);
}

/* The next piece of an answer that one message cannot hold (extended APDU level, CCID 6.2.1 bChainParameter). */
static void piece(struct mock_reader *r, struct reply *a)
{
    size_t room = r->p->piece ? r->p->piece : r->p->max_message - 10, left = r->answer_len - r->answer_at;
    bool begins = r->answer_at == 0, ends = left <= room;
    a->len = ends ? left : room;
    memcpy(a->data, r->answer + r->answer_at, a->len);
    r->answer_at += a->len;
    a->third = begins ? (ends ? 0 : 1) : ends ? 2 : 3;
    give(r, a, ON_XFR);
}

static void xfr(struct mock_reader *r, const uint8_t *m, size_t len)
{
    struct reply a;
    unsigned chain = m[8] | m[9] << 8;
    begin(r, m, DATA_BLOCK, &a);
    if (r->icc != ICC_ACTIVE || !r->present) {
        failed(r, &a, ERROR_MUTE);
        return;
    }
    if (r->set_protocol != r->protocol) {
        failed(r, &a, ERROR_PROTOCOL);
        return;
    }
    if (r->p->level != MOCK_EXTENDED && chain != 0 && r->p->level != MOCK_SHORT && r->p->level != MOCK_TPDU) {
        failed(r, &a, 8);
        return;
    }
    if (r->p->level == MOCK_EXTENDED && chain == 0x10) {
        piece(r, &a);
        return;
    }
    if (r->chained_len + len - 10 > sizeof r->chained) {
        failed(r, &a, 1);
        return;
    }
    memcpy(r->chained + r->chained_len, m + 10, len - 10);
    r->chained_len += len - 10;
    if (r->p->level == MOCK_EXTENDED && (chain == 1 || chain == 3)) {
        a.third = 0x10; /* go on */
        mock_send_reply(r, &a);
        return;
    }
    size_t out = 0;
    to_card(r, r->chained, r->chained_len, r->answer, &out);
    r->chained_len = r->answer_at = 0;
    r->answer_len = out;
    if (out == 0) {
        failed(r, &a, ERROR_MUTE);
        return;
    }
    if (r->p->level == MOCK_EXTENDED) {
        piece(r, &a);
        return;
    }
    memcpy(a.data, r->answer, out);
    a.len = out;
    give(r, &a, ON_XFR);
}

static void handle(struct mock_reader *r, const uint8_t *m, size_t len)
{
    struct reply a;
    begin(r, m, STATUS, &a);
    if (m[0] == ABORT) {
        r->abort_asked = false;
        forget(r);
        mock_send_reply(r, &a);
    } else if (r->abort_asked) {
        failed(r, &a, 0xFF); /* CMD_ABORTED: everything but the bulk Abort, until it comes (5.3.1) */
    } else if (m[5] != 0) {
        failed(r, &a, 5);
    } else if (m[0] == POWER_ON) {
        power_on(r, m);
    } else if (m[0] == POWER_OFF || m[0] == SLOT_STATUS) {
        slot_status(r, m);
    } else if (m[0] == GET_PARAMETERS || m[0] == RESET_PARAMETERS || m[0] == SET_PARAMETERS) {
        parameters(r, m, len);
    } else if (m[0] == XFR) {
        xfr(r, m, len);
    } else {
        failed(r, &a, 0);
    }
}

bool mock_reader_out(struct mock_reader *r, const uint8_t *bytes, size_t len, bool *pend)
{
    *pend = false;
    if (len == 0) {
        if (r->p->zlp == MOCK_ZLP_REFUSED) {
            *pend = true; /* NAK until the host gives up */
            return true;
        }
        if (r->in_len == 0)
            return true;
    } else {
        if (r->in_len + len > sizeof r->in)
            return false;
        memcpy(r->in + r->in_len, bytes, len);
        r->in_len += len;
    }
    size_t told = 0;
    for (int i = 0; r->in_len >= 10 && i < 4; i++)
        told |= (size_t)r->in[1 + i] << (8 * i);
    bool full = len > 0 && len % MOCK_PACKET == 0;
    if (r->p->zlp == MOCK_ZLP_WANTED ? full : full && r->in_len < 10 + told)
        return true; /* more is to come */
    size_t got = r->in_len;
    r->in_len = 0;
    if (got < 10 || got != 10 + told || got > r->p->max_message)
        return false;
    handle(r, r->in, got);
    return true;
}

void mock_reader_control_abort(struct mock_reader *r, uint8_t slot, uint8_t sequence)
{
    (void)slot, (void)sequence;
    forget(r);
    r->abort_asked = true;
}

bool mock_reader_interrupt(struct mock_reader *r, uint8_t out[2], int *status)
{
    *status = 0;
    if (!r->p->interrupts || r->told == r->present)
        return false;
    out[0] = 0x50;
    out[1] = (uint8_t)(0x02 | (r->present ? 0x01 : 0x00));
    r->told = r->present;
    r->changes++;
    return true;
}

void mock_reader_card(struct mock_reader *r, bool present)
{
    r->present = present;
    r->icc = ICC_INACTIVE;
    if (present)
        card_reset(r->card);
}

void mock_reader_plug(struct mock_reader *r)
{
    forget(r);
    r->icc = ICC_INACTIVE;
    r->set_protocol = -1;
    r->abort_asked = r->unplug = false;
    r->told = false;
}

/* ---- made and unmade ---- */

struct mock_reader *mock_reader_create(const struct mock_profile *p, const char *card_path, int protocol)
{
    char why[300];
    struct card_facts facts;
    struct mock_reader *r = calloc(1, sizeof *r);
    r->p = p;
    if (card_profile_load(card_path, &r->card_profile, why, sizeof why) != 0) {
        free(r);
        return NULL;
    }
    r->card = card_create(r->card_profile);
    card_facts(r->card_profile, &facts);
    r->protocol = protocol < 0 ? facts.protocol : protocol;
    r->atr_len = facts.atr_len;
    memcpy(r->atr, facts.atr, facts.atr_len);
    if (protocol == 1 && facts.protocol != 1) { /* EMV Book 1 8.3: T=1, IFSC 32, BWI 4, CWI 5, LRC; TB1 = 00 */
        static const uint8_t t1[] = {0x3B, 0xE4, 0x00, 0x00, 0x81, 0x31, 0x20, 0x45, 'T', 'E', 'S', 'T'};
        uint8_t check = 0;
        memcpy(r->atr, t1, sizeof t1);
        for (size_t i = 1; i < sizeof t1; i++)
            check ^= t1[i];
        r->atr[sizeof t1] = check;
        r->atr_len = sizeof t1 + 1;
    }
    mock_reader_plug(r);
    return r;
}

void mock_reader_destroy(struct mock_reader *r)
{
    forget(r);
    card_destroy(r->card);
    card_profile_destroy(r->card_profile);
    free(r);
}
