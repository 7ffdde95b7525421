/*
 * An application as a host sends it (DOMAIN 2.3 point 8). What DF15 to DF21 mean, and how they are written, is taken
 * from terminals whose sources can be read (github.com SmartPeak/ac35_platform_china EMV_DownParam.c, JimmyW1/emv
 * ParamTag.java): 9F1B and DF15 are binary, the percentages and the contactless limits decimal. DF01 is the selection
 * indicator of EMV kernels: 00 lets a longer DF name match, 01 wants it whole. DF18, whether the terminal takes an
 * online PIN for this application, is passed over: the terminal's own capabilities say so (9F33).
 */
#include "core/app/download_objects.h"

#include "core/codec/hex.h"
#include "core/net/download.h"

#include <string.h>

#define PARTIAL 0x00
#define PERCENT_MAX 99

enum {
    AID,
    INDICATOR,
    VERSION_CARD,
    VERSION,
    TAC_DEFAULT,
    TAC_ONLINE,
    TAC_DENIAL,
    FLOOR_LIMIT,
    DDOL,
    THRESHOLD,
    MAX_TARGET,
    TARGET,
    EC_LIMIT,
    TAP_FLOOR,
    TAP_LIMIT,
    TAP_CVM,
    FIELDS
};
static const struct object_field fields[FIELDS] = {
    [AID] = {0x9F06, 5, 16, true},          [INDICATOR] = {0xDF01, 1, 1, true},
    [VERSION_CARD] = {0x9F08, 2, 2, false}, /* what some hosts send instead of 9F09 */
    [VERSION] = {0x9F09, 2, 2, false},      [TAC_DEFAULT] = {0xDF11, 5, 5, true},
    [TAC_ONLINE] = {0xDF12, 5, 5, true},    [TAC_DENIAL] = {0xDF13, 5, 5, true},
    [FLOOR_LIMIT] = {0x9F1B, 4, 4, true},   [DDOL] = {0xDF14, 0, sizeof((struct emv_aid *)0)->ddol, false},
    [THRESHOLD] = {0xDF15, 4, 4, false},    [MAX_TARGET] = {0xDF16, 1, 1, false},
    [TARGET] = {0xDF17, 1, 1, false},       [EC_LIMIT] = {0x9F7B, 6, 6, false},
    [TAP_FLOOR] = {0xDF19, 6, 6, false},    [TAP_LIMIT] = {0xDF20, 6, 6, false},
    [TAP_CVM] = {0xDF21, 6, 6, false},
};

static void binary(const struct tlv *tlv, uint64_t *out)
{
    if (!tlv->tag)
        return;
    *out = 0;
    for (size_t i = 0; i < tlv->len; i++)
        *out = *out << 8 | tlv->value[i];
}

/* OK or DOWNLOAD_BAD_OBJECT. */
static int decimal(const struct tlv *tlv, uint64_t *out)
{
    return tlv->tag && bcd_value(tlv->value, tlv->len, out) != OK ? DOWNLOAD_BAD_OBJECT : OK;
}

static int percentage(const struct tlv *tlv, uint8_t *out)
{
    uint64_t value = *out;
    int r = decimal(tlv, &value);
    *out = (uint8_t)value;
    return r == OK && value > PERCENT_MAX ? DOWNLOAD_BAD_OBJECT : r;
}

static int read_limits(const struct tlv found[FIELDS], struct emv_aid *aid, struct contactless_limits *limits)
{
    binary(&found[FLOOR_LIMIT], &aid->floor_limit);
    binary(&found[THRESHOLD], &aid->random_threshold);
    int r = percentage(&found[MAX_TARGET], &aid->random_max);
    if (r == OK)
        r = percentage(&found[TARGET], &aid->random_target);
    if (r == OK)
        r = decimal(&found[EC_LIMIT], &aid->ec_limit);
    if (r == OK)
        r = decimal(&found[TAP_FLOOR], &limits->floor_limit);
    if (r == OK)
        r = decimal(&found[TAP_LIMIT], &limits->limit);
    return r == OK ? decimal(&found[TAP_CVM], &limits->cvm_limit) : r;
}

int object_application(const struct parameter *object, struct emv_aid *aid, struct contactless_limits *limits)
{
    struct tlv found[FIELDS];
    int r = object_read(object, fields, FIELDS, found);
    if (r)
        return r;
    const struct tlv *version = found[VERSION].tag ? &found[VERSION] : &found[VERSION_CARD];
    if (!version->tag)
        return DOWNLOAD_BAD_OBJECT;
    aid->len = (uint8_t)found[AID].len;
    memcpy(aid->aid, found[AID].value, found[AID].len);
    aid->partial = found[INDICATOR].value[0] == PARTIAL;
    memcpy(aid->version, version->value, sizeof aid->version);
    memcpy(aid->tac_default, found[TAC_DEFAULT].value, sizeof aid->tac_default);
    memcpy(aid->tac_online, found[TAC_ONLINE].value, sizeof aid->tac_online);
    memcpy(aid->tac_denial, found[TAC_DENIAL].value, sizeof aid->tac_denial);
    if (found[DDOL].tag) {
        aid->ddol_len = (uint8_t)found[DDOL].len;
        memcpy(aid->ddol, found[DDOL].value, found[DDOL].len);
    }
    return read_limits(found, aid, limits);
}
