/* A reader and its card behind struct ccid_bus_ops, in virtual time, with a place for every lie. */
#ifndef POSBENCH_TESTS_HW_CCID_MODEL_H
#define POSBENCH_TESTS_HW_CCID_MODEL_H

#include "core/codec/hex.h"
#include "hw/ccid/ccid.h"

#include <stdio.h>
#include <string.h>

#define MODEL_ATR_T0 "3B600000"
#define MODEL_ATR_T1 "3BE000FF81317C4192"
#define MODEL_LOG 2048
#define TPDU 0x10000u
#define SHORT 0x20000u
#define EXTENDED 0x40000u
#define AUTO 0x000000BAu /* parameters, voltage, clock, rate, PPS for what is set */

struct model {
    uint64_t now_ms;
    bool absent, active, no_abort, no_interrupt;
    const char *atr;                            /* hex */
    uint8_t voltage;                            /* the only bPowerSelect the card answers to; 0: any */
    size_t answer_len;                          /* of the card's answers: filled with 5A, then 9000 */
    size_t piece;                               /* extended level: data bytes in one message of an answer; 0: all */
    size_t left;                                /* of such an answer */
    uint8_t fail_type, fail_status, fail_error; /* commands of this type fail so, `fails` times */
    unsigned fails, extensions, stale;
    uint8_t lie_type; /* answers to it are spoilt by `lie` */
    void (*lie)(uint8_t *message, size_t *len);
    unsigned lies;
    uint8_t fault_type; /* a command of this type: the bus answers so, once it comes to `out` or `in` */
    int fault_out, fault_in;
    unsigned faults;
    bool late;              /* a command that the fault of `out` refused is answered all the same */
    unsigned in_timeout_ms; /* the last one asked for */
    bool swallow;           /* the fault of `in` takes the answer with it */
    uint8_t interrupt[8];
    size_t interrupt_len;
    int interrupt_status;          /* while there is no message: HAL_E_TIMEOUT when 0 */
    uint64_t insert_ms, remove_ms; /* when the card comes and goes; 0: never */
    /* what the model saw */
    char log[MODEL_LOG]; /* "65 62.1 6F " */
    uint8_t last[400], parameters[16];
    size_t last_len, parameters_len;
    unsigned clears, aborts, executed; /* XfrBlock that reached the card */
    /* answers under way */
    uint8_t queue[16][600];
    size_t queue_len[16];
    unsigned head, tail;
};

static inline void model_log(struct model *m, const char *text)
{
    size_t at = strlen(m->log);
    snprintf(m->log + at, sizeof m->log - at, "%s ", text);
}

static inline void model_answer(struct model *m, uint8_t type, const uint8_t *command, uint8_t status, uint8_t error,
                                uint8_t specific, const uint8_t *data, size_t len)
{
    uint8_t *q = m->queue[m->tail % 16];
    memset(q, 0, CCID_HEADER);
    q[0] = type;
    q[1] = (uint8_t)len;
    q[2] = (uint8_t)(len >> 8);
    q[5] = command[5];
    q[6] = command[6];
    q[7] = (uint8_t)(status | (m->absent ? 2 : m->active ? 0 : 1));
    q[8] = error;
    q[9] = specific;
    if (len)
        memcpy(q + CCID_HEADER, data, len);
    size_t n = CCID_HEADER + len;
    if (m->lies && m->lie_type == command[0]) {
        m->lies--;
        m->lie(q, &n);
    }
    m->queue_len[m->tail++ % 16] = n;
}

static inline void model_power_on(struct model *m, const uint8_t *command)
{
    uint8_t atr[64];
    size_t len = 0;
    hex_decode(m->atr, strlen(m->atr), atr, sizeof atr, &len);
    if (m->absent || (m->voltage && command[7] && command[7] != m->voltage)) {
        model_answer(m, 0x80, command, 0x40, 0xFE, 0, NULL, 0);
        return;
    }
    m->active = true;
    model_answer(m, 0x80, command, 0, 0, 0, atr, len);
}

/* The card's side of XfrBlock: T=1 blocks are known by their NAD and an ATR that says so. */
static inline void model_xfr(struct model *m, const uint8_t *command, size_t len)
{
    uint8_t out[600];
    const uint8_t *data = command + CCID_HEADER;
    size_t n = m->answer_len ? m->answer_len : 2;
    if (m->absent) {
        model_answer(m, 0x80, command, 0x40, 0xFE, 0, NULL, 0);
        return;
    }
    if (command[8] == 1 || command[8] == 3) { /* more of the command is to come */
        model_answer(m, 0x80, command, 0, 0, 0x10, NULL, 0);
        return;
    }
    bool blocks = len > CCID_HEADER + 3 && data[0] == 0 && strlen(m->atr) > 8 && m->piece == 0;
    m->executed += !blocks || !(data[1] & 0x80);
    if (len > CCID_HEADER && data[0] == 0xFF) { /* PPS: granted */
        model_answer(m, 0x80, command, 0, 0, 0, data, len - CCID_HEADER);
        return;
    }
    memset(out, 0x5A, sizeof out);
    out[n - 2] = 0x90;
    out[n - 1] = 0x00;
    if (blocks) {
        bool s = (data[1] & 0xC0) == 0xC0;
        size_t inf = s ? data[2] : n;
        if (s)
            memcpy(out, data + 3, inf);
        memmove(out + 3, out, inf);
        out[0] = 0;
        out[1] = s ? data[1] | 0x20 : data[1] & 0x40;
        out[2] = (uint8_t)inf;
        out[3 + inf] = 0;
        for (size_t i = 0; i < 3 + inf; i++)
            out[3 + inf] ^= out[i];
        model_answer(m, 0x80, command, 0, 0, 0, out, inf + 4);
    } else if (m->piece) {
        bool first = command[8] != 0x10;
        m->left = first ? n : m->left;
        size_t take = m->left < m->piece ? m->left : m->piece;
        const uint8_t *from = out + n - m->left;
        m->left -= take;
        model_answer(m, 0x80, command, 0, 0, first ? (m->left ? 1 : 0) : (m->left ? 3 : 2), from, take);
    } else {
        model_answer(m, 0x80, command, 0, 0, 0, out, n);
    }
}

static inline int model_out(void *ctx, const uint8_t *b, size_t len, unsigned timeout_ms)
{
    struct model *m = ctx;
    char text[16];
    (void)timeout_ms;
    if (m->faults && m->fault_type == b[0] && m->fault_out) {
        m->faults--;
        model_log(m, "stall-out");
        if (m->late)
            model_answer(m, 0x80, b, 0x40, 0xFF, 0, NULL, 0);
        return m->fault_out;
    }
    snprintf(text, sizeof text, b[0] == 0x62 ? "%02X.%u" : "%02X", b[0], b[7]);
    model_log(m, text);
    m->last_len = len < sizeof m->last ? len : sizeof m->last;
    memcpy(m->last, b, m->last_len);
    for (unsigned i = 0; i < m->stale; i++) {
        uint8_t old[CCID_HEADER];
        memcpy(old, b, sizeof old);
        old[6] = (uint8_t)(b[6] - 1 - i);
        model_answer(m, 0x80, old, 0, 0, 0, NULL, 0);
    }
    if (m->extensions && b[0] != 0x65) {
        model_answer(m, b[0] == 0x61 ? 0x82 : 0x80, b, 0x80, 2, 0, NULL, 0);
        if (m->extensions == 1000000)
            return OK; /* for ever: model_in repeats it */
        m->extensions--;
    }
    if (m->fails && m->fail_type == b[0]) {
        m->fails--;
        model_answer(m, b[0] == 0x61 ? 0x82 : b[0] == 0x65 ? 0x81 : 0x80, b, 0x40, m->fail_error, 0, NULL, 0);
        return OK;
    }
    switch (b[0]) {
    case 0x61:
        memcpy(m->parameters, b, len < 16 ? len : 16);
        m->parameters_len = len - CCID_HEADER;
        uint8_t seven[7] = {0};
        model_answer(m, 0x82, b, 0, 0, 0, seven, sizeof seven);
        m->queue[(m->tail - 1) % 16][1] = 0; /* as QEMU's: dwLength 0 */
        break;
    case 0x62:
        model_power_on(m, b);
        break;
    case 0x63:
        m->active = false;
        model_answer(m, 0x81, b, 0, 0, 0, NULL, 0);
        break;
    case 0x6F:
        model_xfr(m, b, len);
        break;
    case 0x72:
        if (m->no_abort)
            break; /* it waits for the control request */
        /* fall through */
    default:
        model_answer(m, 0x81, b, 0, 0, 0, NULL, 0);
    }
    return OK;
}

static inline int model_in(void *ctx, uint8_t *bytes, size_t cap, size_t *len, unsigned timeout_ms)
{
    struct model *m = ctx;
    m->in_timeout_ms = timeout_ms;
    if (m->faults && m->fault_type == m->last[0] && m->fault_in) {
        m->faults--;
        m->head += m->swallow && m->head != m->tail;
        if (m->fault_in == HAL_E_TIMEOUT)
            m->now_ms += timeout_ms;
        model_log(m, "fault-in");
        return m->fault_in;
    }
    if (m->head == m->tail) {
        m->now_ms += timeout_ms;
        return HAL_E_TIMEOUT;
    }
    unsigned at = m->head % 16;
    if (m->extensions == 1000000 && m->queue[at][7] >> 6 == 2)
        m->now_ms += 500; /* and stays in the queue */
    else
        m->head++;
    if (m->queue_len[at] > cap)
        return E_LIMIT;
    *len = m->queue_len[at];
    memcpy(bytes, m->queue[at], *len);
    return OK;
}

static inline int model_interrupt(void *ctx, uint8_t *bytes, size_t cap, size_t *len, unsigned timeout_ms)
{
    struct model *m = ctx;
    if (m->no_interrupt)
        return HAL_E_UNSUPPORTED;
    model_log(m, "int");
    m->now_ms += timeout_ms;
    if (m->insert_ms && m->now_ms >= m->insert_ms)
        m->absent = false;
    if (m->remove_ms && m->now_ms >= m->remove_ms)
        m->absent = true;
    if (!m->interrupt_len)
        return m->interrupt_status ? m->interrupt_status : HAL_E_TIMEOUT;
    *len = m->interrupt_len <= cap ? m->interrupt_len : cap;
    memcpy(bytes, m->interrupt, *len);
    m->interrupt_len = 0;
    return OK;
}

static inline int model_clear(void *ctx)
{
    ((struct model *)ctx)->clears++;
    return OK;
}

static inline int model_abort(void *ctx, uint8_t slot, uint8_t sequence)
{
    struct model *m = ctx;
    (void)slot, (void)sequence;
    m->aborts++;
    return m->no_abort ? HAL_E_IO : OK;
}

static inline uint64_t model_now(void *ctx)
{
    return ((struct model *)ctx)->now_ms;
}

static inline void model_rest(void *ctx, unsigned ms)
{
    struct model *m = ctx;
    m->now_ms += ms;
    if (m->insert_ms && m->now_ms >= m->insert_ms)
        m->absent = false;
}

static const struct ccid_bus_ops model_ops = {model_out,   model_in,  model_interrupt, model_clear,
                                              model_abort, model_now, model_rest};

/* The 54 bytes of a class descriptor. */
static inline void model_descriptor(uint8_t out[54], uint32_t features, uint32_t max_message, uint8_t voltages)
{
    static const uint8_t base[54] = {54,   0x21, 0x10, 0x01, 0, 7,    3, 0, 0, 0,    0xA0, 0x0F, 0, 0,   0xA0,
                                     0x0F, 0,    0,    0,    0, 0x2A, 0, 0, 0, 0x2A, 0,    0,    0, 0xFE};
    memcpy(out, base, sizeof base);
    out[5] = voltages;
    for (int i = 0; i < 4; i++) {
        out[40 + i] = (uint8_t)(features >> 8 * i);
        out[44 + i] = (uint8_t)(max_message >> 8 * i);
    }
}

static inline struct ccid *model_reader(struct model *m, uint32_t features, uint32_t max_message, uint8_t voltages)
{
    uint8_t bytes[54];
    struct ccid_descriptor d;
    const char *why;
    const struct ccid_bus bus = {&model_ops, m};
    model_descriptor(bytes, features, max_message, voltages);
    if (ccid_descriptor_parse(bytes, sizeof bytes, &d, &why) != OK)
        return NULL;
    if (!m->atr)
        m->atr = MODEL_ATR_T0;
    return ccid_create(&bus, &d);
}

#endif
