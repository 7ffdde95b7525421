/*
 * Consistency checks on an answer (DOMAIN 5.5). What must agree is one table; a new field is one more row.
 * The MAC is checked over the bytes as they came, so that no packing of ours can make a foreign message fit.
 */
#include "core/net/check.h"

#include <openssl/crypto.h>
#include <string.h>

#define MAC_LEN 8

enum need {
    ALWAYS,     /* in every answer */
    IF_APPROVED /* in an approval; a decline may leave it out, but not contradict */
};

static bool amount_differs_rightly(const struct iso_message *answer)
{
    char code[3];
    iso_text(answer, 39, code, sizeof code);
    return strcmp(code, "10") == 0; /* partial approval: DE4 is what was approved */
}

static const struct echo_rule {
    uint8_t de;
    enum need need;
    bool (*may_differ)(const struct iso_message *answer);
} echo_rules[] = {
    {3, IF_APPROVED, NULL},  {4, IF_APPROVED, amount_differs_rightly},
    {11, ALWAYS, NULL},      {25, IF_APPROVED, NULL},
    {41, ALWAYS, NULL},      {42, ALWAYS, NULL},
    {49, IF_APPROVED, NULL},
};

bool check_is_financial(const struct iso_message *m)
{
    return m->mti[0] == '0' && (m->mti[1] == '1' || m->mti[1] == '2' || m->mti[1] == '4');
}

static bool approves(const struct iso_message *answer)
{
    char code[3];
    iso_text(answer, 39, code, sizeof code);
    return iso_response(code)->kind == ISO_APPROVE;
}

/* Request 0200 is answered by 0210, 0800 by 0810. */
static bool mti_answers(const struct iso_message *request, const struct iso_message *answer)
{
    return memcmp(request->mti, answer->mti, 2) == 0 && answer->mti[2] == request->mti[2] + 1 &&
           answer->mti[3] == request->mti[3];
}

static bool code_present(const struct iso_message *answer)
{
    size_t len = 0;
    const uint8_t *code = iso_get(answer, 39, &len);
    return code && len == 2 && code[0] > ' ' && code[1] > ' ';
}

static unsigned two_digits(const char *text)
{
    return (unsigned)(text[0] - '0') * 10u + (unsigned)(text[1] - '0');
}

/* DE12 and DE13, when there, are a time and a date. */
static bool clock_plausible(const struct iso_message *answer)
{
    char hms[7], md[5];
    iso_text(answer, 12, hms, sizeof hms);
    iso_text(answer, 13, md, sizeof md);
    if (hms[0] && (two_digits(hms) > 23 || two_digits(hms + 2) > 59 || two_digits(hms + 4) > 59))
        return false;
    return !md[0] ||
           (two_digits(md) >= 1 && two_digits(md) <= 12 && two_digits(md + 2) >= 1 && two_digits(md + 2) <= 31);
}

static bool same_batch(const struct iso_message *request, const struct iso_message *answer)
{
    char text[18];
    struct iso_de60 asked, answered;
    if (iso_text(request, 60, text, sizeof text) || !text[0] || iso_de60_parse(text, &asked))
        return true;
    if (iso_text(answer, 60, text, sizeof text) || !text[0] || iso_de60_parse(text, &answered))
        return true;
    return strcmp(asked.batch, answered.batch) == 0;
}

bool check_identity(const struct iso_message *request, const struct iso_message *answer, bool *batch_differs)
{
    *batch_differs = false;
    if (!mti_answers(request, answer) || !code_present(answer) || !clock_plausible(answer))
        return false;
    bool approved = approves(answer);
    for (size_t i = 0; i < sizeof echo_rules / sizeof *echo_rules; i++) {
        const struct echo_rule *rule = &echo_rules[i];
        if (!iso_has(request, rule->de))
            continue;
        if (!iso_has(answer, rule->de)) {
            if (rule->need == ALWAYS || approved)
                return false;
        } else if (!iso_equal(request, answer, rule->de) && !(rule->may_differ && rule->may_differ(answer))) {
            return false;
        }
    }
    if (approved && check_is_financial(request) && !iso_has(answer, 37))
        return false;
    /* A sign-in is how a new batch number is announced; anywhere else it means that the two sides are out of step. */
    if (check_is_financial(request) && !same_batch(request, answer)) {
        *batch_differs = true;
        return false;
    }
    return true;
}

/* A decline that the profile believes without a MAC. */
static bool listed_mac_less(const struct net *n, const struct iso_message *answer)
{
    char code[3];
    iso_text(answer, 39, code, sizeof code);
    if (iso_response(code)->kind == ISO_APPROVE)
        return false;
    for (size_t i = 0; i < sizeof n->config->mac_less_declines / sizeof *n->config->mac_less_declines; i++)
        if (n->config->mac_less_declines[i][0] && strcmp(code, n->config->mac_less_declines[i]) == 0)
            return true;
    return false;
}

int check_mac(const struct net *n, const struct iso_message *answer, const uint8_t *body, size_t len)
{
    if (!iso_has(answer, 64))
        return !check_is_financial(answer) || listed_mac_less(n, answer) ? OK : NET_BAD_MAC;
    size_t mac_len = 0;
    const uint8_t *mac = iso_get(answer, 64, &mac_len);
    if (mac_len != MAC_LEN || len < MAC_LEN)
        return NET_BAD_MAC;
    uint8_t expected[MAC_LEN];
    int r = HAL_CALL(n->hal, se, mac, NET_SLOT_MAK, HAL_MAC_CUP_ECB, body, len - MAC_LEN, expected);
    if (r)
        return r;
    return CRYPTO_memcmp(mac, expected, MAC_LEN) == 0 ? OK : NET_BAD_MAC;
}
