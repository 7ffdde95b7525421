/*
 * Scripted misbehaviour of the host (DOMAIN 5.7): which rule a request meets, and what each does to an answer. The
 * path around the answer (silence, delay, twice, hang-up) is host_process.c.
 */
#include "sim/host/state.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
    [HOST_ANSWER_CODE] = "answer-code",
    [HOST_SILENT_BEFORE] = "silent-before",
    [HOST_SILENT_AFTER] = "silent-after",
    [HOST_LATE] = "late",
    [HOST_WRONG_MAC] = "wrong-mac",
    [HOST_NO_MAC] = "no-mac",
    [HOST_WRONG_TRACE] = "wrong-trace",
    [HOST_WRONG_AMOUNT] = "wrong-amount",
    [HOST_BAD_ARPC] = "bad-arpc",
    [HOST_NO_ARPC] = "no-arpc",
    [HOST_SCRIPT] = "script",
    [HOST_ISSUER_SCRIPT] = "issuer-script",
    [HOST_DUPLICATE] = "duplicate",
    [HOST_HANG_UP] = "hang-up",
    [HOST_GARBAGE] = "garbage",
    [HOST_FIELD] = "field",
};
#define ACTIONS (sizeof names / sizeof *names)

const char *rules_name(enum host_action action)
{
    return (size_t)action < ACTIONS ? names[action] : "?";
}

int host_add_rule(struct host *h, const struct host_rule *r)
{
    if ((size_t)r->action >= ACTIONS || r->script_len > sizeof r->script || r->value_len > sizeof r->value ||
        (r->action == HOST_FIELD && r->field == 0 && r->value_len != 4) ||
        (r->action == HOST_ANSWER_CODE && strnlen(r->code, sizeof r->code) != 2))
        return E_INVAL;
    int status = host_grow((void **)&h->rules, h->rule_count, &h->rule_room, sizeof *h->rules, HOST_RULES);
    if (status)
        return status;
    h->rules[h->rule_count++] = (struct rule_state){.is = *r};
    host_changed(h, r, sizeof *r);
    return OK;
}

void host_clear_rules(struct host *h)
{
    host_wipe_array(h->rules, h->rule_room * sizeof *h->rules);
    h->rules = NULL;
    h->rule_count = h->rule_room = 0;
    host_changed(h, NULL, 0);
}

const struct host_rule *rules_match(struct host *h, const char *mti)
{
    const struct host_rule *first = NULL;
    for (size_t i = 0; i < h->rule_count; i++) {
        struct rule_state *r = &h->rules[i];
        if (*r->is.mti && strcmp(r->is.mti, mti) != 0)
            continue;
        r->matched++; /* every rule counts every request it matches, whichever applies */
        if (!first && (r->is.nth == 0 || r->is.nth == r->matched))
            first = &r->is;
    }
    return first;
}

bool rules_is_code(const struct exchange *x)
{
    return x->rule && x->rule->action == HOST_ANSWER_CODE;
}

static void add_one(struct iso_message *m, uint8_t de, uint64_t modulus)
{
    char digits[13];
    if (iso_has(m, de) && iso_text(m, de, digits, sizeof digits) == OK)
        iso_set_number(m, de, (strtoull(digits, NULL, 10) + 1) % modulus);
}

static void wrong_trace(const struct exchange *x, struct iso_message *answer)
{
    (void)x;
    add_one(answer, 11, 1000000);
}

static void wrong_amount(const struct exchange *x, struct iso_message *answer)
{
    (void)x;
    add_one(answer, 4, 1000000000000);
}

/* The host wrote DE55 itself and put 91 first. */
static void bad_arpc(const struct exchange *x, struct iso_message *answer)
{
    size_t len;
    uint8_t bytes[HOST_FIELD55];
    const uint8_t *field = iso_get(answer, 55, &len);
    (void)x;
    if (!field || len < 2 || len > sizeof bytes || field[0] != 0x91)
        return;
    memcpy(bytes, field, len);
    for (size_t i = 0; i < bytes[1] && 2 + i < len; i++)
        bytes[2 + i] ^= 0xFF;
    iso_set(answer, 55, bytes, len);
}

static void no_arpc(const struct exchange *x, struct iso_message *answer)
{
    (void)x;
    iso_clear(answer, 55);
}

static void add_script(const struct exchange *x, struct iso_message *answer)
{
    size_t len;
    uint8_t bytes[HOST_FIELD55];
    const uint8_t *field = iso_get(answer, 55, &len);
    if (len > sizeof bytes - x->rule->script_len)
        return;
    if (len)
        memcpy(bytes, field, len);
    memcpy(bytes + len, x->rule->script, x->rule->script_len);
    iso_set(answer, 55, bytes, len + x->rule->script_len);
}

static void one_field(const struct exchange *x, struct iso_message *answer)
{
    if (x->rule->field == 0)
        memcpy(answer->mti, x->rule->value, 4);
    else if (x->rule->value_len)
        iso_set(answer, x->rule->field, x->rule->value, x->rule->value_len);
    else
        iso_clear(answer, x->rule->field);
}

/* A scripted answer with chip data of its own, e.g. from a recording. */
static void own_chip_data(const struct exchange *x, struct iso_message *answer)
{
    if (x->rule->script_len)
        iso_set(answer, 55, x->rule->script, x->rule->script_len);
}

static void wrong_mac(const struct exchange *x, struct iso_message *answer)
{
    size_t len;
    uint8_t mac[8];
    const uint8_t *field = iso_get(answer, 64, &len);
    (void)x;
    for (size_t i = 0; field && i < sizeof mac; i++)
        mac[i] = field[i] ^ 0xFF;
    if (field)
        iso_set(answer, 64, mac, sizeof mac);
}

static void no_mac(const struct exchange *x, struct iso_message *answer)
{
    (void)x;
    iso_clear(answer, 64);
}

typedef void change(const struct exchange *x, struct iso_message *answer);
static change *const before_mac[ACTIONS] = {
    [HOST_WRONG_TRACE] = wrong_trace, [HOST_WRONG_AMOUNT] = wrong_amount,
    [HOST_BAD_ARPC] = bad_arpc,       [HOST_NO_ARPC] = no_arpc,
    [HOST_SCRIPT] = add_script,       [HOST_ANSWER_CODE] = own_chip_data,
    [HOST_FIELD] = one_field,         [HOST_ISSUER_SCRIPT] = issuer_script_add,
};
static change *const after_mac[ACTIONS] = {[HOST_WRONG_MAC] = wrong_mac, [HOST_NO_MAC] = no_mac};

void rules_alter(const struct exchange *x, struct iso_message *answer)
{
    if (x->rule && before_mac[x->rule->action])
        before_mac[x->rule->action](x, answer);
}

void rules_distort(const struct exchange *x, struct iso_message *answer)
{
    if (x->rule && after_mac[x->rule->action])
        after_mac[x->rule->action](x, answer);
}
