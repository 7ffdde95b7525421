#include "sim/devices/reader_internal.h"

#include <string.h>

static struct card_call call_of(const struct sim_reader *d)
{
    return (struct card_call){d->port, &d->pulls, SIM_READER_MUTE_COMMAND_US, SIM_READER_PATIENCE_US};
}

int reader_block(const struct sim_reader *d, uint64_t until_us)
{
    const struct card_call call = call_of(d);
    return card_call_block(&call, until_us);
}

static int reader_status(void *ctx, struct hal_reader_status *out)
{
    struct sim_reader *d = ctx;
    *out = (struct hal_reader_status){.present = sim_reader_has_card(d)};
    d->changed = false;
    return OK;
}

static int reader_level(void *ctx, enum hal_reader_level *out)
{
    const struct sim_reader *d = ctx;
    *out = d->character ? HAL_READER_CHARACTER : HAL_READER_TPDU;
    return OK;
}

static void depower(struct sim_reader *d)
{
    if (d->powered && d->card.ops && d->card.ops->power_off)
        d->card.ops->power_off(d->card.ctx);
    d->powered = false;
}

static int reader_power_on(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len)
{
    struct sim_reader *d = ctx;
    uint8_t answer[HAL_ATR_MAX] = {0};
    size_t len = 0;
    uint64_t us = 0;
    if (!sim_reader_has_card(d))
        return HAL_E_ABSENT;
    warm = warm && d->powered; /* there is nothing warm about a card without power */
    if (!warm)
        depower(d);
    if (d->character)
        return reader_line_power_on(d, warm, atr, atr_len);
    int rc = d->card.ops->reset(d->card.ctx, warm, answer, &len, &us);
    d->powered = rc == OK; /* EMV Book 1, 6.1.3.2: the contacts of a card that does not answer are deactivated */
    if (rc == HAL_E_MUTE && us == 0)
        us = SIM_READER_MUTE_RESET_US;
    const struct card_call call = call_of(d);
    int time_rc = card_call_time(&call, us);
    if (time_rc != OK)
        return time_rc == HAL_E_REMOVED ? HAL_E_ABSENT : time_rc;
    if (rc != OK)
        return rc;
    if (len > HAL_ATR_MAX)
        return HAL_E_PROTOCOL;
    memcpy(atr, answer, len);
    *atr_len = len;
    return OK;
}

static int reader_power_off(void *ctx)
{
    depower(ctx);
    return OK;
}

/* At character level this is the secure element's own way to the card, for the offline PIN: its driver speaks the
 * protocol, and of that only the time shows. The core is not let in here (fault_reader.c). */
static int reader_exchange(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                           size_t *answer_len)
{
    struct sim_reader *d = ctx;
    if (len < 4 || len > HAL_TPDU_MAX || cap < HAL_RPDU_MAX || (protocol != 0 && protocol != 1))
        return E_INVAL;
    if (!sim_reader_has_card(d))
        return HAL_E_REMOVED;
    const struct card_call call = call_of(d);
    return card_call_exchange(&call, d->powered ? &d->card : NULL, protocol, command, len, answer, cap, answer_len);
}

static const struct hal_reader_ops READER_OPS = {
    .status = reader_status,
    .level = reader_level,
    .power_on = reader_power_on,
    .power_off = reader_power_off,
    .exchange = reader_exchange,
    .send = reader_line_send,
    .receive = reader_line_receive,
};

static bool reader_ready(const void *device)
{
    const struct sim_reader *d = device;
    return d->changed;
}

static void reader_reset(void *device)
{
    struct sim_reader *d = device;
    depower(d);
    d->changed = sim_reader_has_card(d); /* a reader that starts reports the card it finds */
}

const struct sim_device_class sim_reader_class = {
    .name = "reader",
    .source = HAL_SRC_READER,
    .ready = reader_ready,
    .reset = reader_reset,
};

void sim_reader_init(struct sim_reader *d, const struct sim_port *port)
{
    *d = (struct sim_reader){.port = port};
}

void sim_reader_at_characters(struct sim_reader *d, const struct sim_clock *clock)
{
    d->character = true;
    d->clock = clock;
}

void sim_reader_renew(struct sim_reader *d)
{
    *d = (struct sim_reader){.port = d->port, .character = d->character, .clock = d->clock};
}

struct hal_reader sim_reader_hal(struct sim_reader *d)
{
    return (struct hal_reader){&READER_OPS, d};
}

static void record_card(const struct sim_reader *d, const char *what)
{
    record_begin(d->port->record, d->port->terminal, "card");
    record_text(d->port->record, "what", what);
    record_text(d->port->record, "name", d->card.name);
    record_end(d->port->record);
}

int sim_reader_insert(struct sim_reader *d, const struct slot_card *card)
{
    if (sim_reader_has_card(d))
        return E_STATE;
    if (!card->ops || !card->ops->reset || !card->ops->exchange)
        return E_INVAL;
    d->card = *card;
    d->changed = true;
    record_card(d, "insert");
    d->port->wake(d->port->machine);
    return OK;
}

int sim_reader_remove(struct sim_reader *d)
{
    if (!sim_reader_has_card(d))
        return E_STATE;
    depower(d);
    record_card(d, "remove");
    d->card = (struct slot_card){0};
    d->pulls++;
    d->changed = true;
    d->port->wake(d->port->machine);
    return OK;
}

bool sim_reader_has_card(const struct sim_reader *d)
{
    return d->card.ops != NULL;
}
