/*
 * Activation of a contact card and the door to its transport (EMV Book 1 sections 6 and 8, ISO 7816-3 clause 8). Called
 * by core/emv. A cold reset with an answer that EMV refuses is followed by one warm reset; a silent card, or one whose
 * ATR never ends, is deactivated at once (EMV Book 1 6.1.3).
 */
#include "core/icc/icc_internal.h"

#include <stdio.h>
#include <string.h>

/* What the reader reports about the card or itself. Anything not listed is our own failure and stays negative. */
static const struct {
    int status;
    enum icc_outcome outcome;
} outcome_table[] = {
    {HAL_E_MUTE, ICC_MUTE},      {HAL_E_TIMEOUT, ICC_MUTE},    {HAL_E_PROTOCOL, ICC_PROTOCOL}, {E_LIMIT, ICC_PROTOCOL},
    {HAL_E_ABSENT, ICC_REMOVED}, {HAL_E_REMOVED, ICC_REMOVED}, {HAL_E_IO, ICC_READER},
};

static int outcome_of(int status)
{
    for (size_t i = 0; i < sizeof outcome_table / sizeof *outcome_table; i++)
        if (outcome_table[i].status == status)
            return outcome_table[i].outcome;
    return status;
}

/* Resets the card and judges its ATR: OK, ICC_BAD_ATR (a warm reset may help), or another outcome that is final. */
static int reset_card(struct icc *icc, bool warm)
{
    uint8_t bytes[HAL_ATR_MAX];
    size_t len = 0;
    int rc = HAL_CALL(icc->hal, reader, power_on, warm, bytes, &len);
    if (rc != OK)
        return outcome_of(rc);
    const char *why = "longer than 33 characters";
    if (len <= sizeof bytes && atr_parse(bytes, len, &icc->atr, &why) == OK &&
        atr_check_emv(&icc->atr, warm, &why) == OK && icc->atr.protocol <= 1)
        return OK;
    char line[96];
    snprintf(line, sizeof line, "icc: answer to %s reset refused: %s", warm ? "warm" : "cold", why ? why : "protocol");
    HAL_CALL(icc->hal, log, write, HAL_LOG_WARN, line);
    return ICC_BAD_ATR;
}

int icc_open(struct icc *icc, const struct hal *hal)
{
    memset(icc, 0, sizeof *icc);
    icc->hal = hal;
    int rc = HAL_CALL(hal, reader, level, &icc->level);
    if (rc != OK)
        return outcome_of(rc);
    if (icc->level != HAL_READER_TPDU && icc->level != HAL_READER_CHARACTER)
        return HAL_E_UNSUPPORTED;

    icc->powered = true; /* from the first try on: a card that failed its reset is deactivated too */
    rc = reset_card(icc, false);
    if (rc == ICC_BAD_ATR)
        rc = reset_card(icc, true);
    if (rc != OK) {
        icc_close(icc);
        return rc;
    }
    icc->protocol = icc->atr.protocol;
    if (icc->level == HAL_READER_CHARACTER)
        line_reset(&icc->line, hal, &icc->atr);
    if (icc->level == HAL_READER_CHARACTER && icc->protocol == 1 && line_t1_reset(&icc->t1, &icc->line, &icc->atr)) {
        icc_close(icc);
        return ICC_BAD_ATR;
    }
    return OK;
}

static int transfer(struct icc *icc, const uint8_t *tpdu, size_t len, uint8_t answer[RAPDU_MAX], size_t *got)
{
    if (icc->level == HAL_READER_TPDU)
        return HAL_CALL(icc->hal, reader, exchange, icc->protocol, tpdu, len, answer, RAPDU_MAX, got);
    line_begin(&icc->line);
    icc->t1.carrier.ctx = &icc->line;
    return icc->protocol == 0 ? line_t0_exchange(&icc->line, tpdu, len, answer, got)
                              : t1_exchange(&icc->t1, tpdu, len, answer, RAPDU_MAX, got);
}

int icc_transmit(struct icc *icc, const uint8_t *tpdu, size_t len, uint8_t answer[RAPDU_MAX], size_t *answer_len)
{
    size_t got = 0;
    int rc = transfer(icc, tpdu, len, answer, &got);
    if (rc != OK)
        return outcome_of(rc);
    if (got < 2 || got > RAPDU_MAX)
        return ICC_PROTOCOL;
    *answer_len = got;
    return OK;
}

int icc_exchange(struct icc *icc, const uint8_t *command, size_t len, uint8_t *answer, size_t cap, size_t *answer_len)
{
    struct capdu parsed;
    if (cap < RAPDU_MAX)
        return E_INVAL;
    if (!icc->powered)
        return E_STATE;
    int rc = capdu_parse(command, len, &parsed);
    if (rc != OK)
        return rc;
    if (icc->protocol == 0)
        return t0_exchange(icc, &parsed, answer, answer_len);
    return icc_transmit(icc, command, len, answer, answer_len);
}

void icc_close(struct icc *icc)
{
    if (!icc->powered)
        return;
    icc->powered = false;
    HAL_CALL0(icc->hal, reader, power_off);
}
