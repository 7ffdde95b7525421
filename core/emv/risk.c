/*
 * Terminal risk management: floor limit, random selection, velocity checking, merchant's wish (EMV Book 3 10.6, Book 4
 * 6.3.5; DOMAIN 2.9). Runs when the card's AIP asks for it or the terminal always does it; the merchant's wish to go
 * online and the exception file count in any case.
 */
#include "core/emv/emv_internal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

static bool is_listed(const struct emv *e, const char *text)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (EVP_Digest(text, strlen(text), digest, &len, EVP_sha256(), NULL) != 1)
        return false;
    for (size_t i = 0; i < e->config->exceptions && i < EMV_EXCEPTIONS; i++)
        if (memcmp(e->config->exception[i].digest, digest, sizeof e->config->exception[i].digest) == 0)
            return true;
    return false;
}

/* By account, or by the one card of it. */
bool emv_on_exception_file(const struct emv *e)
{
    char pan[20], psn[4], expiry[5], track2[40], text[24];
    if (e->config->exceptions == 0 || emv_pan(e, pan, psn, expiry, track2) != OK)
        return false;
    snprintf(text, sizeof text, "%s/%s", pan, psn);
    bool found = is_listed(e, pan) || (psn[0] && is_listed(e, text));
    OPENSSL_cleanse(pan, sizeof pan);
    OPENSSL_cleanse(text, sizeof text);
    OPENSSL_cleanse(track2, sizeof track2);
    return found;
}

static uint64_t amount_with_splits(const struct emv *e)
{
    return e->transaction->amount_cents + e->transaction->previous_cents;
}

/* 10.6.2. The target grows with the amount from the threshold to the floor limit. */
static uint64_t target_percent(const struct emv_aid *aid, uint64_t amount)
{
    if (amount < aid->random_threshold || aid->random_max <= aid->random_target)
        return aid->random_target;
    /* The amount is under the floor limit here, so the span is not zero; it has twelve digits, so nothing overflows. */
    uint64_t span = aid->floor_limit - aid->random_threshold;
    uint64_t percent = (uint64_t)(aid->random_max - aid->random_target) * (amount - aid->random_threshold) / span;
    return percent + aid->random_target;
}

static int select_randomly(struct emv *e)
{
    uint8_t draw[4];
    int rc = HAL_CALL(e->hal, rng, bytes, HAL_RNG_RISK, draw, sizeof draw);
    if (rc != OK)
        return rc;
    uint32_t number = (uint32_t)draw[0] << 24 | (uint32_t)draw[1] << 16 | (uint32_t)draw[2] << 8 | draw[3];
    if (number % 99 + 1 <= target_percent(e->aid, e->transaction->amount_cents))
        tvr_set(e->tvr, TVR_RANDOMLY_SELECTED);
    return OK;
}

/* GET DATA for a two-byte counter. OK with *known false when the card does not give it. */
static int get_counter(struct emv *e, uint32_t tag, unsigned *value, bool *known)
{
    const struct capdu get = {
        .cla = 0x80,
        .ins = 0xCA,
        .p1 = (uint8_t)(tag >> 8),
        .p2 = (uint8_t)tag,
        .has_le = true,
        .ne = 256,
    };
    struct emv_answer answer;
    struct tlv object;
    *known = false;
    int rc = emv_command(e, &get, &answer);
    if (rc != OK || answer.sw != 0x9000 || emv_sole_template(&answer, tag, &object) != OK || object.len != 2)
        return rc;
    *known = true;
    *value = (unsigned)object.value[0] << 8 | object.value[1];
    return emv_store(e, &object);
}

/* 10.6.3 */
static int check_velocity(struct emv *e)
{
    const uint8_t *lower = emv_fixed(e, 0x9F14, 1), *upper = emv_fixed(e, 0x9F23, 1);
    unsigned atc = 0, last_online = 0;
    bool atc_known, last_known;
    if (!lower || !upper)
        return OK;
    int rc = get_counter(e, 0x9F36, &atc, &atc_known);
    if (rc == OK)
        rc = get_counter(e, 0x9F13, &last_online, &last_known);
    if (rc != OK)
        return rc;
    bool comparable = atc_known && last_known && atc > last_online;
    if (!comparable || atc - last_online > *lower)
        tvr_set(e->tvr, TVR_LCOL_EXCEEDED);
    if (!comparable || atc - last_online > *upper)
        tvr_set(e->tvr, TVR_UCOL_EXCEEDED);
    if (last_known && last_online == 0)
        tvr_set(e->tvr, TVR_NEW_CARD);
    return OK;
}

int emv_manage_risk(struct emv *e)
{
    int rc = OK;
    if (!e->aid)
        return E_STATE;
    if (e->transaction->force_online)
        tvr_set(e->tvr, TVR_MERCHANT_FORCED);
    if (emv_on_exception_file(e))
        tvr_set(e->tvr, TVR_ON_EXCEPTION_FILE);
    if (!emv_profile_has(e, AIP_TRM) && !e->config->always_manage_risk)
        return OK;
    if (amount_with_splits(e) >= e->aid->floor_limit)
        tvr_set(e->tvr, TVR_OVER_FLOOR_LIMIT);
    else if (emv_can_go_online(e))
        rc = select_randomly(e);
    if (rc == OK)
        rc = check_velocity(e);
    if (rc == OK)
        tsi_set(e->tsi, TSI_TRM_PERFORMED);
    return rc;
}
