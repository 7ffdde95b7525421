#include "sim/chain/fault_contactless.h"

static int air_exchange(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                        size_t *answer_len)
{
    struct fault_contactless *f = ctx;
    (void)protocol;
    return HAL_CALL(f, under, exchange, command, len, answer, cap, answer_len);
}

static const struct hal_reader_ops AIR_OPS = {.exchange = air_exchange};

static int contactless_status(void *ctx, struct hal_contactless_status *out)
{
    struct fault_contactless *f = ctx;
    return HAL_CALL(f, under, status, out);
}

static int contactless_field(void *ctx, bool on)
{
    struct fault_contactless *f = ctx;
    return HAL_CALL(f, under, field, on);
}

static int contactless_exchange(void *ctx, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                                size_t *answer_len)
{
    struct fault_contactless *f = ctx;
    return HAL_CALL(f, above, exchange, 0, command, len, answer, cap, answer_len);
}

static const struct hal_contactless_ops FAULT_OPS = {
    .status = contactless_status,
    .field = contactless_field,
    .exchange = contactless_exchange,
};

void fault_contactless_init(struct fault_contactless *f, const struct sim_port *port,
                            const struct hal_contactless *under, void (*pull)(void *ctx), void *ctx)
{
    const struct hal_reader air = {&AIR_OPS, f};
    f->under = *under;
    fault_reader_init(&f->wire, port, &air, pull, ctx);
    f->above = fault_reader_hal(&f->wire);
}

int fault_contactless_plan(struct fault_contactless *f, uint64_t number, const struct reader_fault *fault)
{
    static const struct reader_fault stand_in = {.at = READER_AT_COMMAND, .kind = READER_FAULT_MUTE};
    bool status = number && fault->kind == READER_FAULT_SW;
    int rc = fault_reader_plan(&f->wire, number, status ? &stand_in : fault);
    if (rc == OK && status)
        f->wire.planned = *fault;
    return rc;
}

struct hal_contactless fault_contactless_hal(struct fault_contactless *f)
{
    return f->under.ops ? (struct hal_contactless){&FAULT_OPS, f} : (struct hal_contactless){NULL, NULL};
}
