#include "sim/chain/fault_reader_internal.h"

#include <string.h>

#define HEADER_LEN 4 /* CLA INS P1 P2 */
#define SW_LEN 2

static const char *kind_name(int kind)
{
    static const char *const NAMES[] = {"none",     "mute",   "remove", "sw",     "corrupt",
                                        "truncate", "broken", "garble", "extend", "delay"};
    return NAMES[kind];
}

static void record_fault(const struct fault_reader *f, const struct reader_fault *fault, int at, uint8_t ins)
{
    struct record *r = f->port->record;
    record_begin(r, f->port->terminal, "fault");
    record_text(r, "what", "reader");
    record_text(r, "kind", kind_name(fault->kind));
    record_text(r, "at", at == READER_AT_RESET ? "reset" : "command");
    if (at == READER_AT_COMMAND)
        record_number(r, "ins", ins);
    record_end(r);
}

/* The fault that acts now, or NULL. Every armed fault that fits has seen one more match. */
const struct reader_fault *fault_reader_due(struct fault_reader *f, int at, uint8_t ins)
{
    const struct reader_fault *first = ++f->exchanges == f->planned_at ? &f->planned : NULL;
    for (size_t i = 0; i < f->count; i++) {
        const struct reader_fault *fault = &f->armed[i];
        if ((int)fault->at != at || (at == READER_AT_COMMAND && fault->ins && fault->ins != ins))
            continue;
        f->matches[i]++;
        if (!first && (fault->nth == 0 || fault->nth == f->matches[i]))
            first = fault;
    }
    if (first)
        record_fault(f, first, at, ins);
    return first;
}

/* Time passes unheard. `outcome`, or HAL_E_POWER. */
static int silence(const struct fault_reader *f, uint64_t us, int outcome)
{
    int rc = f->port->block(f->port->machine, world_now(f->port->world) + us, NULL, NULL);
    return rc == HAL_E_POWER ? rc : outcome;
}

int fault_reader_pull(const struct fault_reader *f, int outcome)
{
    if (f->pull)
        f->pull(f->pull_ctx);
    return outcome;
}

static void extend(size_t count, size_t tail, uint8_t *bytes, size_t cap, size_t *len)
{
    size_t room = cap - *len, at = *len > tail ? *len - tail : 0;
    count = count < room ? count : room;
    memmove(bytes + at + count, bytes + at, *len - at);
    memset(bytes + at, 0xFF, count);
    *len += count;
}

/* What the wires do to an answer. */
static void damage(const struct reader_fault *fault, uint8_t *bytes, size_t *len)
{
    for (size_t i = 0; fault->kind == READER_FAULT_GARBLE && i < *len; i++)
        bytes[i] ^= 0xFF;
    if (fault->kind == READER_FAULT_TRUNCATE && fault->byte < *len)
        *len = fault->byte;
    else if (fault->kind == READER_FAULT_CORRUPT && *len > 0)
        bytes[fault->byte < *len ? fault->byte : *len - 1] ^= 0xFF;
}

/* The time that the card takes too long, as far as the reader waits: `limit`. *rc is what that makes of its answer. */
static void delay(const struct fault_reader *f, const struct reader_fault *fault, uint64_t limit_us, int *rc)
{
    uint64_t us = fault->ms * UINT64_C(1000);
    int waited = silence(f, us < limit_us ? us : limit_us, us <= limit_us ? OK : HAL_E_MUTE);
    *rc = waited == OK ? *rc : waited;
}

/* Faults that come before the card hears anything. false: it does hear. */
static bool forestall(const struct fault_reader *f, const struct reader_fault *fault, int gone, uint64_t mute_us,
                      int *rc)
{
    if (fault->kind == READER_FAULT_MUTE)
        *rc = silence(f, mute_us, HAL_E_MUTE);
    else if (fault->kind == READER_FAULT_BROKEN)
        *rc = HAL_E_IO;
    else if (fault->kind == READER_FAULT_REMOVE && !fault->after)
        *rc = fault_reader_pull(f, gone);
    else
        return false;
    return true;
}

static bool at_characters(const struct fault_reader *f)
{
    enum hal_reader_level level;
    return HAL_CALL(f, under, level, &level) == OK && level == HAL_READER_CHARACTER;
}

static int reader_power_on(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len)
{
    struct fault_reader *f = ctx;
    const struct reader_fault *fault = fault_reader_due(f, READER_AT_RESET, 0);
    int rc;
    if (fault && forestall(f, fault, HAL_E_ABSENT, FAULT_READER_MUTE_RESET_US, &rc))
        return rc;
    rc = HAL_CALL(f, under, power_on, warm, atr, atr_len);
    if (rc == OK && fault && fault->kind == READER_FAULT_REMOVE)
        return fault_reader_pull(f, HAL_E_ABSENT);
    if (rc == OK && fault)
        damage(fault, atr, atr_len);
    if (rc == OK && fault && fault->kind == READER_FAULT_EXTEND)
        extend(fault->byte, 0, atr, HAL_ATR_MAX, atr_len);
    if (rc == OK && fault && fault->kind == READER_FAULT_DELAY && !at_characters(f))
        delay(f, fault, FAULT_READER_MUTE_RESET_US, &rc);
    if (rc == OK && at_characters(f))
        fault_line_reset(f, atr, *atr_len);
    return rc;
}

static int exchange(struct fault_reader *f, int protocol, const uint8_t *command, size_t len, uint8_t *answer,
                    size_t cap, size_t *answer_len)
{
    const struct reader_fault *fault = len >= HEADER_LEN ? fault_reader_due(f, READER_AT_COMMAND, command[1]) : NULL;
    int rc;
    if (fault && forestall(f, fault, HAL_E_REMOVED, FAULT_READER_MUTE_COMMAND_US, &rc))
        return rc;
    if (fault && fault->kind == READER_FAULT_SW && !fault->after) {
        if (cap < 2)
            return E_INVAL;
        answer[0] = (uint8_t)(fault->sw >> 8);
        answer[1] = (uint8_t)fault->sw;
        *answer_len = 2;
        return OK;
    }
    rc = HAL_CALL(f, under, exchange, protocol, command, len, answer, cap, answer_len);
    if (rc != OK || !fault)
        return rc;
    if (fault->kind == READER_FAULT_SW && *answer_len >= 2) {
        answer[*answer_len - 2] = (uint8_t)(fault->sw >> 8);
        answer[*answer_len - 1] = (uint8_t)fault->sw;
    }
    if (fault->kind == READER_FAULT_REMOVE) {
        explicit_bzero(answer, *answer_len);
        return fault_reader_pull(f, HAL_E_REMOVED);
    }
    damage(fault, answer, answer_len);
    if (fault->kind == READER_FAULT_EXTEND)
        extend(fault->byte, SW_LEN, answer, cap, answer_len);
    if (fault->kind == READER_FAULT_DELAY)
        delay(f, fault, FAULT_READER_MUTE_COMMAND_US, &rc);
    return rc;
}

static int reader_exchange(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                           size_t *answer_len)
{
    struct fault_reader *f = ctx;
    if (at_characters(f))
        return HAL_E_UNSUPPORTED; /* the core speaks the protocol there; the secure element has its own way */
    f->protocol = protocol;
    return exchange(f, protocol, command, len, answer, cap, answer_len);
}

static int se_exchange(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                       size_t *answer_len)
{
    struct fault_reader *f = ctx;
    (void)protocol;
    return exchange(f, f->protocol, command, len, answer, cap, answer_len);
}

static int reader_status(void *ctx, struct hal_reader_status *out)
{
    struct fault_reader *f = ctx;
    return HAL_CALL(f, under, status, out);
}

static int reader_level(void *ctx, enum hal_reader_level *out)
{
    struct fault_reader *f = ctx;
    return HAL_CALL(f, under, level, out);
}

static int reader_power_off(void *ctx)
{
    struct fault_reader *f = ctx;
    return HAL_CALL0(f, under, power_off);
}

static const struct hal_reader_ops FAULT_OPS = {
    .status = reader_status,
    .level = reader_level,
    .power_on = reader_power_on,
    .power_off = reader_power_off,
    .exchange = reader_exchange,
    .send = fault_line_send,
    .receive = fault_line_receive,
};
static const struct hal_reader_ops SE_OPS = {.exchange = se_exchange};

void fault_reader_init(struct fault_reader *f, const struct sim_port *port, const struct hal_reader *under,
                       void (*pull_fn)(void *ctx), void *ctx)
{
    *f = (struct fault_reader){.port = port, .under = *under, .pull = pull_fn, .pull_ctx = ctx};
}

struct hal_reader fault_reader_hal(struct fault_reader *f)
{
    return (struct hal_reader){&FAULT_OPS, f};
}

struct hal_reader fault_reader_se_hal(struct fault_reader *f)
{
    return (struct hal_reader){&SE_OPS, f};
}

static bool is_kind(const struct reader_fault *fault)
{
    return fault->kind > READER_FAULT_NONE && fault->kind <= READER_FAULT_DELAY;
}

int fault_reader_arm(struct fault_reader *f, const struct reader_fault *fault)
{
    if (!is_kind(fault) || (unsigned)fault->at > READER_AT_COMMAND ||
        (fault->kind == READER_FAULT_SW && fault->at == READER_AT_RESET))
        return E_INVAL;
    if (f->count == FAULT_READER_ARMED)
        return E_LIMIT;
    f->armed[f->count] = *fault;
    f->matches[f->count++] = 0;
    return OK;
}

void fault_reader_disarm(struct fault_reader *f)
{
    memset(f->armed, 0, sizeof f->armed);
    memset(f->matches, 0, sizeof f->matches);
    f->count = 0;
}

int fault_reader_plan(struct fault_reader *f, uint64_t number, const struct reader_fault *fault)
{
    if (number && (!is_kind(fault) || fault->kind == READER_FAULT_SW))
        return E_INVAL;
    f->planned_at = number ? f->exchanges + number : 0;
    f->planned = number ? *fault : (struct reader_fault){0};
    return OK;
}

void fault_reader_rewind(struct fault_reader *f)
{
    fault_reader_disarm(f);
    fault_reader_plan(f, 0, NULL);
    f->exchanges = 0;
    f->protocol = 0;
    explicit_bzero(&f->line, sizeof f->line);
}
