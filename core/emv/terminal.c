/*
 * Begin and end of a transaction, and the data that the terminal brings along (EMV Book 3 annex A1, Book 4 annex A;
 * DOMAIN 2.13). 9F37 is drawn anew for each command that sends it (PDOL, CDOL1, CDOL2).
 */
#include "core/codec/hex.h"
#include "core/emv/emv_internal.h"

#include <openssl/crypto.h>
#include <string.h>

#define TEXT_MAX 40

/* What one setting of the terminal looks like as an object. */
struct terminal_text {
    uint32_t tag;
    const char *text;
    size_t cap;   /* of the array behind it */
    size_t fixed; /* padded with spaces to this; 0: as long as it is */
};

static int set_text(struct emv *e, const struct terminal_text *t)
{
    char value[TEXT_MAX];
    size_t len = strnlen(t->text, t->cap);
    if (len == 0)
        return OK;
    if (len > sizeof value)
        len = sizeof value;
    memset(value, ' ', sizeof value);
    memcpy(value, t->text, len);
    return emv_set(e, t->tag, value, t->fixed ? t->fixed : len);
}

static int set_number(struct emv *e, uint32_t tag, uint64_t number, size_t len)
{
    uint8_t digits[6];
    int rc = bcd_from_value(number, digits, len);
    return rc == OK ? emv_set(e, tag, digits, len) : rc;
}

/* An amount as four binary bytes; one that does not fit is left out, and a DOL then gives zeros. */
static int set_binary(struct emv *e, uint32_t tag, uint64_t amount)
{
    const uint8_t bytes[4] = {
        (uint8_t)(amount >> 24), (uint8_t)(amount >> 16), (uint8_t)(amount >> 8), (uint8_t)amount,
    };
    return amount > UINT32_MAX ? OK : emv_set(e, tag, bytes, sizeof bytes);
}

static int fill_settings(struct emv *e)
{
    const struct emv_config *c = e->config;
    const uint8_t entry_mode = 0x05, sm_algorithms = c->sm_algorithms;
    const struct {
        uint32_t tag;
        const uint8_t *value;
        size_t len;
    } binary[] = {
        {0x9F33, c->capabilities, sizeof c->capabilities},
        {0x9F40, c->additional, sizeof c->additional},
        {0x9F35, &c->type, 1},
        {0x9F1A, c->country, sizeof c->country},
        {0x5F2A, c->currency, sizeof c->currency},
        {0x5F36, &c->exponent, 1},
        {0x9F15, c->merchant_category, sizeof c->merchant_category},
        {0x9F01, c->acquirer_id, sizeof c->acquirer_id},
        {0x9F39, &entry_mode, 1},
        {0xDF69, &sm_algorithms, 1},
    };
    const struct terminal_text text[] = {
        {0x9F1E, c->serial, sizeof c->serial, 8},
        {0x9F1C, c->terminal_id, sizeof c->terminal_id, 8},
        {0x9F16, c->merchant_id, sizeof c->merchant_id, 15},
        {0x9F4E, c->merchant_name, sizeof c->merchant_name, 0},
    };
    int rc = OK;
    for (size_t i = 0; rc == OK && i < sizeof binary / sizeof *binary; i++)
        rc = emv_set(e, binary[i].tag, binary[i].value, binary[i].len);
    for (size_t i = 0; rc == OK && i < sizeof text / sizeof *text; i++)
        rc = set_text(e, &text[i]);
    return rc;
}

static int fill_transaction(struct emv *e)
{
    const struct emv_transaction *t = e->transaction;
    const struct hal_datetime *when = &t->when;
    const struct {
        uint32_t tag;
        uint64_t number;
        size_t len;
    } numeric[] = {
        {0x9F02, t->amount_cents, 6},
        {0x9F03, t->other_cents, 6},
        {0x9A, when->year % 100u * 10000u + when->month * 100u + when->day, 3},
        {0x9F21, when->hour * 10000u + when->minute * 100u + when->second, 3},
        {0x9F41, t->counter % 100000000u, 4},
    };
    int rc = emv_set(e, 0x9C, &t->type, 1);
    for (size_t i = 0; rc == OK && i < sizeof numeric / sizeof *numeric; i++)
        rc = set_number(e, numeric[i].tag, numeric[i].number, numeric[i].len);
    if (rc == OK)
        rc = set_binary(e, 0x81, t->amount_cents);
    return rc == OK ? set_binary(e, 0x9F04, t->other_cents) : rc;
}

static int fill_application(struct emv *e, const struct emv_candidate *chosen)
{
    const struct emv_aid *aid = &e->config->aid[chosen->config];
    uint64_t floor_limit = aid->floor_limit < UINT32_MAX ? aid->floor_limit : UINT32_MAX;
    int rc = emv_set(e, 0x9F06, chosen->aid, chosen->len); /* the whole DF name (Book 1 12.4) */
    if (rc == OK)
        rc = emv_set(e, 0x9F09, aid->version, sizeof aid->version);
    if (rc == OK)
        rc = emv_offer_ec(e, aid);
    return rc == OK ? set_binary(e, 0x9F1B, floor_limit) : rc;
}

int emv_restart(struct emv *e, const struct emv_candidate *chosen)
{
    OPENSSL_cleanse(e->arena, sizeof e->arena);
    e->objects = e->own_objects = e->arena_used = 0;
    int rc = fill_settings(e);
    if (rc == OK)
        rc = fill_transaction(e);
    if (rc == OK && chosen)
        rc = fill_application(e, chosen);
    e->own_objects = e->objects;
    return rc;
}

int emv_begin(struct emv *e, const struct hal *hal, const struct emv_config *config,
              const struct emv_transaction *transaction, const struct emv_dialogue *dialogue)
{
    memset(e, 0, sizeof *e);
    e->hal = hal;
    e->config = config;
    e->transaction = transaction;
    e->dialogue = dialogue;
    if (config->aids > EMV_AIDS)
        return E_INVAL;
    int rc = emv_restart(e, NULL);
    if (rc != OK)
        return rc;
    rc = icc_open(&e->icc, hal);
    if (rc == ICC_REMOVED)
        return emv_refuse(e, EMV_REMOVED, "no card at reset");
    if (rc == ICC_READER)
        return HAL_E_IO;
    return rc > 0 ? emv_refuse(e, EMV_CHIP_ERROR, "no proper answer to reset") : rc;
}

void emv_end(struct emv *e)
{
    icc_close(&e->icc);
    OPENSSL_cleanse(e, sizeof *e);
}

bool emv_profile_has(const struct emv *e, uint8_t aip_bit)
{
    const uint8_t *aip = emv_fixed(e, 0x82, 2);
    return aip && (aip[0] & aip_bit);
}

bool emv_is_unattended(const struct emv *e)
{
    return (e->config->type & 0x0F) >= 4;
}

bool emv_is_cash_machine(const struct emv *e)
{
    return e->config->type >> 4 == 1 && emv_is_unattended(e) && (e->config->additional[0] & 0x80);
}

bool emv_can_go_online(const struct emv *e)
{
    uint8_t units = e->config->type & 0x0F;
    return e->config->online_capable && units != 3 && units != 6;
}

bool emv_is_online_only(const struct emv *e)
{
    uint8_t units = e->config->type & 0x0F;
    return emv_can_go_online(e) && (units == 1 || units == 4);
}
