/*
 * A slot: its status, power on with the choice of voltage, power off (CCID 6.1.1 to 6.1.3).
 *
 * Voltage: a reader that chooses itself is asked to. For others 5 V, 3 V, 1.8 V are tried as they are supported. EMV
 * terminals offer class A and EMV cards must take it, so it comes first (ISO 7816-3 6.2.4 would begin low, for cards
 * that are no payment cards). The next voltage is taken only when the card was silent, the reader says that the class
 * does not fit, or its current guard spoke; a card that answered, however badly, runs at this one. Between two the card
 * is powered off.
 */
#include "hw/ccid/ccid_internal.h"

#include <stdlib.h>
#include <string.h>

#define SHORT_MESSAGE_MAX (CCID_HEADER + 261) /* some firmware states 263 and sends 268 */
#define POWER_SELECT_AT 7                     /* bError: the offset of the refused parameter */

static const struct {
    uint8_t voltage, power_select;
} voltage_table[] = {{CCID_5V, 1}, {CCID_3V, 2}, {CCID_1V8, 3}};

struct ccid *ccid_create(const struct ccid_bus *bus, const struct ccid_descriptor *descriptor)
{
    struct ccid *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->bus = *bus;
    c->d = *descriptor;
    if (c->d.max_message > CCID_MESSAGE_MAX)
        c->d.max_message = CCID_MESSAGE_MAX;
    if (c->d.max_message < CCID_HEADER + HAL_ATR_MAX)
        c->d.max_message = CCID_HEADER + HAL_ATR_MAX;
    c->protocol = -1;
    c->out_room = c->d.max_message;
    c->in_room = c->d.max_message > SHORT_MESSAGE_MAX ? c->d.max_message : SHORT_MESSAGE_MAX;
    c->out = malloc(c->out_room);
    c->in = malloc(c->in_room);
    if (c->out && c->in)
        return c;
    ccid_destroy(c);
    return NULL;
}

void ccid_destroy(struct ccid *c)
{
    if (!c)
        return;
    if (c->out)
        explicit_bzero(c->out, c->out_room);
    if (c->in)
        explicit_bzero(c->in, c->in_room);
    free(c->out);
    free(c->in);
    free(c);
}

void ccid_negotiate(struct ccid *c, bool on)
{
    c->negotiate = on;
}

const char *ccid_trouble(const struct ccid *c)
{
    return c->trouble;
}

/* A status that comes with a failed command is a status all the same. */
int ccid_slot_status(struct ccid *c, enum ccid_icc *out)
{
    const struct ccid_request request = {
        .type = CCID_GET_SLOT_STATUS, .answer = CCID_SLOT_STATUS, .timeout_ms = CCID_COMMAND_MS};
    struct ccid_answer answer;
    int rc = ccid_command(c, &request, &answer);
    if (rc == CCID_FAILED && answer.error != CCID_ERROR_BUSY && answer.error != CCID_ERROR_UNSUPPORTED)
        rc = OK;
    if (rc != OK)
        return ccid_own_result(c, &request, &answer, rc);
    *out = answer.icc;
    return OK;
}

static int power_off(struct ccid *c)
{
    const struct ccid_request request = {
        .type = CCID_POWER_OFF, .answer = CCID_SLOT_STATUS, .timeout_ms = CCID_COMMAND_MS};
    struct ccid_answer answer;
    c->powered = false;
    c->protocol = -1;
    int rc = ccid_command(c, &request, &answer);
    if (rc == CCID_FAILED && answer.icc != CCID_ICC_ACTIVE)
        return OK; /* refused because there is nothing to switch off */
    return ccid_own_result(c, &request, &answer, rc);
}

/* After a failure whose line of trouble is to stay. */
static void deactivate(struct ccid *c)
{
    char told[sizeof c->trouble];
    memcpy(told, c->trouble, sizeof told);
    power_off(c);
    memcpy(c->trouble, told, sizeof told);
}

static int absent(struct ccid *c, const char *line)
{
    ccid_tell(c, "%s", line);
    c->powered = false;
    c->protocol = -1;
    return HAL_E_ABSENT;
}

/* One IccPowerOn. *other: another voltage may help. */
static int power_on_at(struct ccid *c, uint8_t power_select, uint8_t atr[HAL_ATR_MAX], size_t *atr_len, bool *other)
{
    const struct ccid_request request = {
        .type = CCID_POWER_ON, .answer = CCID_DATA_BLOCK, .specific = {power_select}, .timeout_ms = CCID_COMMAND_MS};
    struct ccid_answer answer;
    *other = false;
    int rc = ccid_command(c, &request, &answer);
    if (rc < 0)
        return ccid_own_result(c, &request, &answer, rc);
    if (answer.icc == CCID_ICC_ABSENT)
        return absent(c, "the card was taken out while it was powered");
    if (rc == CCID_FAILED) {
        uint8_t error = answer.error;
        *other = error == CCID_ERROR_MUTE || error == CCID_ERROR_CLASS || error == CCID_ERROR_HARDWARE ||
                 error == POWER_SELECT_AT;
        return ccid_slot_error(c, request.type, &answer);
    }
    if (answer.len == 0 || answer.len > HAL_ATR_MAX) {
        ccid_tell(c, "an answer to reset of %zu bytes", answer.len);
        return HAL_E_PROTOCOL;
    }
    memcpy(atr, answer.data, answer.len);
    *atr_len = answer.len;
    c->power_select = power_select;
    return OK;
}

static int power_on_cold(struct ccid *c, uint8_t atr[HAL_ATR_MAX], size_t *atr_len)
{
    bool other = true;
    int rc = HAL_E_MUTE;
    if (c->d.auto_voltage || !c->d.voltages)
        return power_on_at(c, 0, atr, atr_len, &other);
    bool tried = false;
    for (size_t i = 0; other && i < sizeof voltage_table / sizeof *voltage_table; i++) {
        if (!(c->d.voltages & voltage_table[i].voltage))
            continue;
        if (tried)
            deactivate(c);
        tried = true;
        rc = power_on_at(c, voltage_table[i].power_select, atr, atr_len, &other);
        if (rc == OK)
            break;
    }
    return rc;
}

/* The caller judges the ATR; one that cannot be parsed, or that EMV refuses, still counts as powered, because a warm
 * reset may follow. Then only the exchange is refused. */
static int set_up(struct ccid *c, bool warm, const uint8_t *atr, size_t atr_len)
{
    const char *why;
    c->protocol = -1;
    c->rate = 0x11;
    if (atr_parse(atr, atr_len, &c->atr, &why) != OK || c->atr.protocol > 1) {
        ccid_tell(c, "answer to reset refused: %s", *why ? why : "neither T=0 nor T=1");
        return OK;
    }
    int rc = ccid_parameters_set(c);
    return rc == HAL_E_IO || atr_check_emv(&c->atr, warm, &why) == OK ? rc : OK;
}

int ccid_power_on(struct ccid *c, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len)
{
    uint8_t bytes[HAL_ATR_MAX];
    size_t len = 0;
    bool other;
    *c->trouble = 0;
    c->deadline_ms = ccid_now(c) + CCID_EXCHANGE_MS;
    if (c->d.level == CCID_CHARACTER) {
        ccid_tell(c, "this reader works at character level only, which is not supported: it needs TPDU or APDU level");
        return HAL_E_UNSUPPORTED;
    }
    warm = warm && c->powered;
    enum ccid_icc icc;
    int rc = ccid_slot_status(c, &icc);
    if (rc == OK && icc == CCID_ICC_ABSENT)
        rc = absent(c, "no card in the reader");
    /* Some readers say "active" before the first power on, or power a card as it comes: off is harmless. */
    if (rc == OK && !warm && icc == CCID_ICC_ACTIVE)
        rc = power_off(c);
    if (rc != OK)
        return rc;
    rc = warm ? power_on_at(c, c->power_select, bytes, &len, &other) : power_on_cold(c, bytes, &len);
    if (rc == OK) {
        c->powered = true;
        rc = set_up(c, warm, bytes, len);
    }
    if (rc == OK) {
        memcpy(atr, bytes, len);
        *atr_len = len;
    } else if (rc != HAL_E_ABSENT) {
        deactivate(c); /* EMV Book 1 6.1.3: a card that failed its reset is not left powered */
    }
    return rc;
}

int ccid_power_off(struct ccid *c)
{
    *c->trouble = 0;
    c->deadline_ms = ccid_now(c) + CCID_EXCHANGE_MS;
    return power_off(c);
}
