/*
 * Electronic cash in a debit or credit application (JR/T 0025.13; DOMAIN 3.9): when the card agrees to pay from its
 * purse, the debit at the TC, what PUT DATA may do to the balance, what 9F10 tells the issuer about it, and the two
 * logs (2.12). Balance 9F79, limit 9F77, single limit 9F78 and threshold 9F6D are objects of the application's data.
 *
 * Stated choices, unconfirmed: the issuer data of 9F10 are 01, the balance in five bytes and four of a MAC over balance
 * and ATC under the script key; the balance changes by script only after the second TC; an entry of the load log is P1,
 * P2, balance before and after, then what DF4F lists.
 */
#include "cards/card_internal.h"

#include "core/codec/dol.h"
#include "core/codec/hex.h"

#include <openssl/crypto.h>
#include <string.h>

#define BALANCE 0x9F79
#define AMOUNT_LEN 6 /* n12 */

bool card_amount_of(const struct card_lasting_application *state, uint32_t tag, uint64_t *cents)
{
    struct tlv object;
    return tlv_find(state->data, state->data_len, tag, &object) == OK && object.len == AMOUNT_LEN &&
           bcd_value(object.value, object.len, cents) == OK;
}

static bool terminal_amount(const struct card *c, uint64_t *cents)
{
    uint8_t bytes[AMOUNT_LEN];
    return card_terminal_value(c, 0x9F02, bytes, sizeof bytes) && bcd_value(bytes, sizeof bytes, cents) == OK;
}

/* A single limit that is missing limits nothing. */
static bool within_limits(struct card *c)
{
    uint64_t amount, balance, single;
    struct card_lasting_application *state = card_state(c);
    if (!terminal_amount(c, &amount) || !card_amount_of(state, BALANCE, &balance))
        return false;
    return amount <= balance && (!card_amount_of(state, 0x9F78, &single) || amount <= single);
}

bool card_purse_agrees(struct card *c)
{
    const struct card_purse *purse = &card_application(c)->purse;
    uint8_t indicator, currency[2];
    return purse->present && !c->contactless && card_terminal_value(c, 0x9F7A, &indicator, 1) && indicator == 0x01 &&
           card_terminal_value(c, 0x5F2A, currency, sizeof currency) &&
           memcmp(currency, purse->currency, sizeof currency) == 0 && within_limits(c);
}

bool card_purse_pays(struct card *c)
{
    uint64_t amount, balance;
    size_t len;
    if (!within_limits(c) || !terminal_amount(c, &amount) || !card_amount_of(card_state(c), BALANCE, &balance))
        return false;
    return bcd_from_value(balance - amount, card_data_find(card_state(c), BALANCE, &len), AMOUNT_LEN) == OK;
}

/* -- 9F10 -- */

size_t card_purse_issuer_data(const struct card *c, uint8_t *out)
{
    enum { KIND = 0x01, BALANCE_LEN = 5, MAC_LEN = 4 };
    static const uint8_t header[4], no_cryptogram[8];
    const struct card_lasting_application *state = &c->lasting.applications[c->session.selected];
    uint8_t sk[16];
    uint64_t balance;
    if (!card_amount_of(state, BALANCE, &balance))
        balance = 0;
    out[0] = KIND;
    int status = bcd_from_value(balance % UINT64_C(10000000000), out + 1, BALANCE_LEN);
    if (status == OK)
        status = script_session_key(card_scheme(c), card_keys(c)->smi, state->atc, sk);
    if (status == OK)
        status = script_mac(card_scheme(c), sk, header, 0, state->atc, no_cryptogram, out, 1 + BALANCE_LEN,
                            out + 1 + BALANCE_LEN, MAC_LEN);
    OPENSSL_cleanse(sk, sizeof sk);
    return status ? 0 : 1 + BALANCE_LEN + MAC_LEN;
}

/* -- the logs -- */

static uint8_t *new_entry(struct card_log *log)
{
    memmove(log->entry + 1, log->entry, sizeof log->entry - sizeof *log->entry);
    log->count += log->count < CARD_LOG_ENTRIES;
    return memset(log->entry, 0, sizeof *log->entry);
}

/* The values that the format in object `format_tag` lists, as the terminal sent them; 9F36 is the card's own. */
static size_t put_values(struct card *c, uint32_t format_tag, uint8_t *out, size_t cap)
{
    struct card_lasting_application *state = card_state(c);
    struct dol_entry entry;
    size_t len, at = 0, used = 0;
    const uint8_t *format = card_data_find(state, format_tag, &len);
    while (format && dol_next(format, len, &at, &entry) == OK && used + entry.len <= cap) {
        if (entry.tag == 0x9F36 && entry.len == sizeof state->atc)
            memcpy(out + used, state->atc, sizeof state->atc);
        else
            card_terminal_value(c, entry.tag, out + used, entry.len);
        used += entry.len;
    }
    return used;
}

void card_log_transaction(struct card *c)
{
    struct card_log *log = &card_state(c)->log;
    if (!card_log_file(card_application(c)))
        return;
    uint8_t *entry = new_entry(log);
    log->len = (uint8_t)put_values(c, 0x9F4F, entry, CARD_LOG_ENTRY);
}

static void log_load(struct card *c, const uint8_t *before, const uint8_t *after)
{
    struct card_log *log = &card_state(c)->load_log;
    if (!card_application(c)->purse.load_log)
        return;
    uint8_t *entry = new_entry(log);
    const size_t head = 2 + 2 * AMOUNT_LEN;
    entry[0] = BALANCE >> 8;
    entry[1] = BALANCE & 0xFF;
    memcpy(entry + 2, before, AMOUNT_LEN);
    memcpy(entry + 2 + AMOUNT_LEN, after, AMOUNT_LEN);
    log->len = (uint8_t)(head + put_values(c, 0xDF4F, entry + head, CARD_LOG_ENTRY - head));
}

const uint8_t *card_purse_record(const struct card *c, uint8_t sfi, uint8_t number, size_t *len)
{
    const struct card_purse *purse = &card_application(c)->purse;
    const struct card_lasting_application *state = &c->lasting.applications[c->session.selected];
    const struct card_log *log = sfi == card_log_file(card_application(c)) ? &state->log
                                 : sfi == purse->load_log                  ? &state->load_log
                                                                           : NULL;
    if (!log || number == 0 || number > log->count)
        return NULL;
    *len = log->len;
    return log->entry[number - 1];
}

/* -- PUT DATA -- */

uint16_t card_purse_put(struct card *c, uint32_t tag, const uint8_t *value, size_t len)
{
    uint64_t balance, limit;
    size_t old_len;
    if (tag != BALANCE || !card_application(c)->purse.present)
        return 0x9000;
    if (!c->session.second_tc)
        return 0x6985;
    if (len != AMOUNT_LEN || bcd_value(value, len, &balance) != OK ||
        (card_amount_of(card_state(c), 0x9F77, &limit) && balance > limit))
        return 0x6A80;
    log_load(c, card_data_find(card_state(c), BALANCE, &old_len), value);
    return 0x9000;
}

bool card_purse_balance(const struct card *c, uint64_t *cents)
{
    return c->profile->chip.applications[c->last_application].purse.present &&
           card_amount_of(&c->lasting.applications[c->last_application], BALANCE, cents);
}
