/*
 * The faults of the reader, one table: each spoils the answer to an exchange or a power-on, by name. What is put in
 * order with the card (removal) or on the bus (unplugging) is asked for here and done there.
 */
#include "mock_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool spoil_stall(struct mock_reader *r, struct reply *a)
{
    (void)a;
    mock_queue(r, NULL, 0, -EPIPE);
    return false;
}
static bool spoil_stall_then_answer(struct mock_reader *r, struct reply *a)
{
    (void)a;
    mock_queue(r, NULL, 0, -EPIPE);
    return true;
}
static bool spoil_eproto(struct mock_reader *r, struct reply *a)
{
    (void)a;
    mock_queue(r, NULL, 0, -EPROTO);
    return false;
}
static bool spoil_overflow(struct mock_reader *r, struct reply *a)
{
    (void)a;
    mock_queue(r, NULL, 0, -EOVERFLOW);
    return false;
}
static bool spoil_silent(struct mock_reader *r, struct reply *a)
{
    (void)r, (void)a;
    return false;
}
static bool spoil_claim_more(struct mock_reader *r, struct reply *a)
{
    (void)r;
    a->told += 500;
    return true;
}
static bool spoil_claim_less(struct mock_reader *r, struct reply *a)
{
    (void)r;
    a->told -= 1;
    return true;
}
static bool spoil_claim_huge(struct mock_reader *r, struct reply *a)
{
    (void)r;
    a->told = 0xFFFFFFFF;
    return true;
}
static bool spoil_flood(struct mock_reader *r, struct reply *a)
{
    uint8_t *m = calloc(1, MOCK_MESSAGE);
    uint32_t told = MOCK_MESSAGE - 10;
    m[0] = a->type;
    for (int i = 0; i < 4; i++)
        m[1 + i] = (uint8_t)(told >> (8 * i));
    m[6] = a->sequence;
    mock_queue(r, m, MOCK_MESSAGE, 0);
    free(m);
    return false;
}
static bool spoil_long(struct mock_reader *r, struct reply *a)
{
    uint8_t m[1000] = {a->type};
    uint32_t told = sizeof m - 10; /* which is true */
    for (int i = 0; i < 4; i++)
        m[1 + i] = (uint8_t)(told >> (8 * i));
    m[6] = a->sequence;
    mock_queue(r, m, sizeof m, 0);
    return false;
}
static bool spoil_four_bytes(struct mock_reader *r, struct reply *a)
{
    mock_queue(r, (const uint8_t[]){a->type, 2, 0, 0}, 4, 0);
    return false;
}
static bool spoil_empty_packets(struct mock_reader *r, struct reply *a)
{
    (void)a;
    for (int i = 0; i < 3; i++)
        mock_queue(r, NULL, 0, 0);
    return true;
}
static bool spoil_slot(struct mock_reader *r, struct reply *a)
{
    (void)r;
    a->slot = 3;
    return true;
}
static bool spoil_sequence(struct mock_reader *r, struct reply *a)
{
    (void)r;
    a->sequence += 7;
    return true;
}
static bool spoil_type(struct mock_reader *r, struct reply *a)
{
    (void)r;
    a->type = 0x99;
    return true;
}
static bool spoil_status(struct mock_reader *r, struct reply *a)
{
    (void)r;
    a->status |= 0xC0;
    return true;
}
static bool spoil_mute(struct mock_reader *r, struct reply *a)
{
    (void)r;
    return mock_fail(a, ERROR_MUTE);
}
static bool spoil_parity(struct mock_reader *r, struct reply *a)
{
    (void)r;
    return mock_fail(a, ERROR_PARITY);
}
static bool spoil_hardware(struct mock_reader *r, struct reply *a)
{
    (void)r;
    return mock_fail(a, ERROR_HARDWARE);
}
static bool spoil_extend(struct mock_reader *r, struct reply *a)
{
    for (int i = 0; i < 3; i++)
        mock_send_reply(r, &(struct reply){DATA_BLOCK, 0, a->sequence, 0x80, 2, 0, {0}, 0, 0});
    return true;
}
static bool spoil_removed(struct mock_reader *r, struct reply *a)
{
    mock_reader_card(r, false);
    a->status = ICC_NONE;
    return mock_fail(a, ERROR_MUTE);
}
static bool spoil_unplug(struct mock_reader *r, struct reply *a)
{
    (void)a;
    r->unplug = true;
    return false;
}
static bool spoil_atr_long(struct mock_reader *r, struct reply *a)
{
    (void)r;
    memset(a->data, 0x3B, 200);
    a->len = a->told = 200;
    return true;
}
static bool spoil_atr_empty(struct mock_reader *r, struct reply *a)
{
    (void)r;
    a->len = a->told = 0;
    return true;
}

static const struct fault faults[] = {
    {"stall", ON_XFR, spoil_stall},
    {"stall-then-answer", ON_XFR, spoil_stall_then_answer},
    {"eproto", ON_XFR, spoil_eproto},
    {"overflow", ON_XFR, spoil_overflow},
    {"silent", ON_XFR, spoil_silent},
    {"claim-more", ON_XFR, spoil_claim_more},
    {"claim-less", ON_XFR, spoil_claim_less},
    {"claim-huge", ON_XFR, spoil_claim_huge},
    {"flood", ON_XFR, spoil_flood},
    {"long", ON_XFR, spoil_long},
    {"four-bytes", ON_XFR, spoil_four_bytes},
    {"empty-packets", ON_XFR, spoil_empty_packets},
    {"slot", ON_XFR, spoil_slot},
    {"sequence", ON_XFR, spoil_sequence},
    {"type", ON_XFR, spoil_type},
    {"status", ON_XFR, spoil_status},
    {"mute", ON_XFR, spoil_mute},
    {"parity", ON_XFR, spoil_parity},
    {"hardware", ON_XFR, spoil_hardware},
    {"extend", ON_XFR, spoil_extend},
    {"removed", ON_XFR, spoil_removed},
    {"unplug", ON_XFR, spoil_unplug},
    {"atr-long", ON_POWER, spoil_atr_long},
    {"atr-empty", ON_POWER, spoil_atr_empty},
    {"atr-mute", ON_POWER, spoil_mute},
    {"atr-silent", ON_POWER, spoil_silent},
    {"atr-claim-huge", ON_POWER, spoil_claim_huge},
    {"atr-unplug", ON_POWER, spoil_unplug},
    {"atr-removed", ON_POWER, spoil_removed},
};

bool mock_reader_fault(struct mock_reader *r, const char *name, unsigned count)
{
    r->spoilt = 0;
    r->fault_count = 0;
    if (strcmp(name, "t1-wait") == 0 || strcmp(name, "t1-garbled") == 0) {
        *(name[3] == 'w' ? &r->t1.waits : &r->t1.garbled) = count;
        return true;
    }
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (strcmp(faults[i].name, name) == 0) {
            r->fault = &faults[i];
            r->fault_count = count;
            return true;
        }
    return strcmp(name, "none") == 0;
}

unsigned mock_reader_spoilt(const struct mock_reader *r)
{
    return r->spoilt;
}

unsigned mock_reader_apdus(const struct mock_reader *r)
{
    return r->apdus;
}

unsigned mock_reader_changes(const struct mock_reader *r)
{
    return r->p->interrupts ? r->changes : ~0u;
}

bool mock_reader_wants_unplug(struct mock_reader *r)
{
    bool wants = r->unplug;
    r->unplug = false;
    return wants;
}
