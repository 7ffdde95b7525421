/*
 * Answer to reset: its structure (ISO 7816-3 section 8.2), then the rules a payment terminal adds (EMV Book 1
 * section 8.3, basic ATRs and what may differ from them). The card readers' driver parses and checks; a refusal names
 * its character, so that a report can say why a card was turned away.
 */
#include "core/codec/atr.h"

#include <string.h>

#define GROUPS 4 /* interface characters go up to TA4..TD4 */
#define IFSC_DEFAULT 32
#define BWI_DEFAULT 4
#define CWI_DEFAULT 13

static int refuse(const char **why, const char *text)
{
    *why = text;
    return E_FORMAT;
}

static bool take(struct atr *a, size_t *at, bool announced, uint8_t *value, uint8_t *has, unsigned group)
{
    if (!announced)
        return true;
    if (*at >= a->len)
        return false;
    *value = a->bytes[(*at)++];
    *has |= (uint8_t)(1u << group);
    return true;
}

/* T0 and each TDi announce the group behind them in their high nibble. */
static int parse_interface(struct atr *a, size_t *at, bool *needs_tck, const char **why)
{
    static const char *const missing[GROUPS + 1] = {"", "TA1..TD1: missing", "TA2..TD2: missing", "TA3..TD3: missing",
                                                    "TA4..TD4: missing"};
    uint8_t announce = a->t0 >> 4;
    for (unsigned i = 1; announce; i++) {
        if (i > GROUPS)
            return refuse(why, "TD4: announces more interface characters than an ATR can hold");
        if (!take(a, at, announce & 1, &a->ta[i], &a->has_a, i) ||
            !take(a, at, announce & 2, &a->tb[i], &a->has_b, i) ||
            !take(a, at, announce & 4, &a->tc[i], &a->has_c, i) || !take(a, at, announce & 8, &a->td[i], &a->has_d, i))
            return refuse(why, missing[i]);
        if (!(announce & 8))
            break;
        uint8_t protocol = a->td[i] & 0x0F;
        if (i == 1)
            a->protocol = protocol;
        if (protocol)
            *needs_tck = true;
        announce = a->td[i] >> 4;
    }
    return OK;
}

static int parse_tail(struct atr *a, size_t at, bool needs_tck, const char **why)
{
    size_t k = a->t0 & 0x0F;
    if (a->len - at < k)
        return refuse(why, "T0: historical bytes missing");
    memcpy(a->historical, a->bytes + at, k);
    a->historical_len = (uint8_t)k;
    at += k;
    if (needs_tck) {
        if (at == a->len)
            return refuse(why, "TCK: missing");
        uint8_t sum = 0;
        for (size_t i = 1; i <= at; i++)
            sum ^= a->bytes[i];
        a->has_tck = true;
        a->tck_ok = sum == 0;
        at++;
    }
    if (at != a->len)
        return refuse(why, "characters left over");
    return !a->has_tck || a->tck_ok ? OK : refuse(why, "TCK");
}

int atr_parse(const uint8_t *bytes, size_t len, struct atr *out, const char **why)
{
    memset(out, 0, sizeof *out);
    *why = "";
    out->ifsc = IFSC_DEFAULT;
    out->bwi = BWI_DEFAULT;
    out->cwi = CWI_DEFAULT;
    if (len > sizeof out->bytes)
        return refuse(why, "longer than 33 characters");
    if (len)
        memcpy(out->bytes, bytes, len);
    out->len = (uint8_t)len;
    if (len < 1 || (bytes[0] != 0x3B && bytes[0] != 0x3F))
        return refuse(why, "TS");
    out->ts = bytes[0];
    if (len < 2)
        return refuse(why, "T0: missing");
    out->t0 = bytes[1];

    size_t at = 2;
    bool needs_tck = false;
    int status = parse_interface(out, &at, &needs_tck, why);
    if (status)
        return status;
    if (out->protocol == 1 && out->has_a & 1u << 3)
        out->ifsc = out->ta[3];
    if (out->protocol == 1 && out->has_b & 1u << 3) {
        out->bwi = out->tb[3] >> 4;
        out->cwi = out->tb[3] & 0x0F;
    }
    return parse_tail(out, at, needs_tck, why);
}

/* Is character X of group i there, with this or any value? */
static bool has(uint8_t set, unsigned group)
{
    return set >> group & 1;
}

static int check_first_group(const struct atr *a, bool warm, const char **why)
{
    if (has(a->has_d, 1) && a->protocol > 1)
        return refuse(why, "TD1: protocol is neither T=0 nor T=1");
    if (!warm && (!has(a->has_b, 1) || a->tb[1] != 0x00))
        return refuse(why, "TB1: must be 00 in a cold ATR");
    if (has(a->has_c, 1) && a->tc[1] != 0x00 && a->tc[1] != 0xFF)
        return refuse(why, "TC1: extra guard time other than 00 or FF");
    return OK;
}

static int check_second_group(const struct atr *a, const char **why)
{
    if (has(a->has_a, 2)) { /* specific mode: what TA1 says is used at once */
        if (a->ta[2] & 0x10)
            return refuse(why, "TA2: implicit mode");
        if ((a->ta[2] & 0x0F) != a->protocol)
            return refuse(why, "TA2: protocol differs from TD1");
        if (has(a->has_a, 1) && (a->ta[1] < 0x11 || a->ta[1] > 0x13))
            return refuse(why, "TA1: specific mode with a rate other than 11, 12, 13");
    }
    if (has(a->has_b, 2))
        return refuse(why, "TB2: present");
    if (has(a->has_c, 2) && (a->protocol != 0 || a->tc[2] != 0x0A))
        return refuse(why, "TC2: only 0A, and only for T=0");
    if (has(a->has_d, 2)) {
        uint8_t second = a->td[2] & 0x0F;
        if (a->protocol == 0 && second != 15)
            return refuse(why, "TD2: after T=0 only T=15");
        if (a->protocol == 1 && second != 1)
            return refuse(why, "TD2: T=1 must be followed by T=1");
    }
    return OK;
}

static int check_t1_group(const struct atr *a, const char **why)
{
    unsigned n_plus_1 = has(a->has_c, 1) ? (a->tc[1] + 1u) & 0xFF : 1; /* N = FF counts as -1 */
    if (has(a->has_a, 3) && (a->ta[3] < 0x10 || a->ta[3] > 0xFE))
        return refuse(why, "TA3: IFSC outside 10..FE");
    if (!has(a->has_b, 3))
        return refuse(why, "TB3: missing for T=1");
    if (a->bwi > 4 || a->cwi > 5)
        return refuse(why, "TB3: BWI over 4 or CWI over 5");
    if (1u << a->cwi <= n_plus_1)
        return refuse(why, "TB3: CWT not longer than the guard time");
    if (has(a->has_c, 3) && a->tc[3] != 0x00)
        return refuse(why, "TC3: not LRC");
    return OK;
}

int atr_check_emv(const struct atr *atr, bool warm, const char **why)
{
    *why = "";
    int status = check_first_group(atr, warm, why);
    if (status == OK)
        status = check_second_group(atr, why);
    if (status == OK && atr->protocol == 1)
        status = check_t1_group(atr, why);
    return status;
}

static unsigned bits(uint8_t nibble)
{
    return (nibble & 1u) + (nibble >> 1 & 1u) + (nibble >> 2 & 1u) + (nibble >> 3 & 1u);
}

size_t atr_missing(const uint8_t *bytes, size_t len)
{
    if (len < 2)
        return 2 - len;
    size_t end = 2, historical = bytes[1] & 0x0F;
    bool tck = false;
    uint8_t announce = bytes[1] >> 4;
    while (announce) {
        size_t td = end + bits(announce) - 1; /* where TDi stands, if it is announced */
        end = td + 1;
        if (!(announce & 8))
            break;
        if (td >= len)
            return end + historical + tck - len;
        tck = tck || (bytes[td] & 0x0F);
        announce = bytes[td] >> 4;
    }
    end += historical + tck;
    return end > len ? end - len : 0;
}

unsigned atr_rate(const struct atr *atr)
{
    bool specific = has(atr->has_a, 2) && has(atr->has_a, 1);
    return !specific ? 1 : atr->ta[1] == 0x12 ? 2 : atr->ta[1] == 0x13 ? 4 : 1;
}

int atr_extra_guard(const struct atr *atr)
{
    if (!has(atr->has_c, 1))
        return 0;
    return atr->tc[1] != 0xFF ? atr->tc[1] : atr->protocol == 1 ? -1 : 0;
}
