/*
 * What the issuer sends to its card: authentication data and scripts (EMV Book 3 10.9 and 10.10, Book 4 6.3.8 and
 * 6.3.9, script results by Book 4 annex A5; DOMAIN 2.11). Called by complete.c with the response's DE55, which it has
 * checked to be well-formed.
 */
#include "core/emv/emv_internal.h"

#include <string.h>

#define AUTH_DATA_MIN 8
#define AUTH_DATA_MAX 16
#define RESULT_LEN 5 /* one script in DF31: result, script id (4) */

enum script_result { SCRIPT_NOT_PERFORMED = 0x00, SCRIPT_COMMAND_FAILED = 0x10, SCRIPT_SUCCESSFUL = 0x20 };

int emv_issuer_authenticate(struct emv *e, const uint8_t *field55, size_t len)
{
    struct tlv data;
    struct emv_answer answer;
    if (tlv_find(field55, len, 0x91, &data) != OK || data.len < AUTH_DATA_MIN || data.len > AUTH_DATA_MAX)
        return OK;
    int rc = emv_set(e, 0x91, data.value, data.len);
    if (rc != OK || !emv_profile_has(e, AIP_ISSUER_AUTH))
        return rc; /* the card takes it with CDOL2, if at all */
    const struct capdu authenticate = {.ins = 0x82, .lc = (uint8_t)data.len, .data = data.value};
    rc = emv_command(e, &authenticate, &answer);
    if (rc != OK)
        return rc;
    tsi_set(e->tsi, TSI_ISSUER_AUTH_PERFORMED);
    if (answer.sw != 0x9000)
        tvr_set(e->tvr, TVR_ISSUER_AUTH_FAILED);
    return OK;
}

/* Book 3 10.10: a warning does not stop a script. */
static bool goes_on_after(uint16_t sw)
{
    uint8_t sw1 = (uint8_t)(sw >> 8);
    return sw1 == 0x90 || sw1 == 0x62 || sw1 == 0x63;
}

static int run_command(struct emv *e, const struct tlv *bytes, bool *success)
{
    struct capdu command;
    struct emv_answer answer;
    *success = false;
    if (capdu_parse(bytes->value, bytes->len, &command) != OK)
        return OK;
    int rc = emv_command(e, &command, &answer);
    if (rc == OK)
        *success = goes_on_after(answer.sw);
    return rc;
}

static uint8_t failed_at(unsigned number)
{
    return (uint8_t)(SCRIPT_COMMAND_FAILED | (number < 15 ? number : 15));
}

/* Runs the 86 commands of one script in order; result[0] as in DF31. */
static int run_script(struct emv *e, const struct tlv *script, uint8_t result[RESULT_LEN])
{
    struct tlv object;
    size_t at = 0;
    unsigned number = 0;
    bool success = true;
    while (success && tlv_next(script->value, script->len, &at, &object) == OK) {
        if (object.tag == 0x9F18 && object.len == 4)
            memcpy(result + 1, object.value, 4);
        if (object.tag != 0x86)
            continue;
        number++;
        int rc = run_command(e, &object, &success);
        if (rc != OK) { /* no answer: the command counts as failed, and the outcome ends the transaction */
            result[0] = failed_at(number);
            return rc;
        }
    }
    if (!success)
        result[0] = failed_at(number);
    else
        result[0] = number > 0 ? SCRIPT_SUCCESSFUL : SCRIPT_NOT_PERFORMED;
    return OK;
}

int emv_issuer_scripts(struct emv *e, uint32_t template_tag, const uint8_t *field55, size_t len)
{
    struct tlv script;
    size_t at = 0;
    int rc = OK;
    while (rc == OK && tlv_next(field55, len, &at, &script) == OK) {
        uint8_t result[RESULT_LEN] = {SCRIPT_NOT_PERFORMED};
        if (script.tag != template_tag)
            continue;
        bool room = e->script_results_len + RESULT_LEN <= sizeof e->script_results;
        if (room) { /* a script whose result could not be reported is not run */
            rc = run_script(e, &script, result);
            memcpy(e->script_results + e->script_results_len, result, RESULT_LEN);
            e->script_results_len += RESULT_LEN;
            (void)emv_set(e, 0x9F5B, e->script_results, e->script_results_len); /* EMV's name; DF31 is the scheme's */
        }
        if ((result[0] & 0xF0) != SCRIPT_SUCCESSFUL)
            tvr_set(e->tvr, template_tag == 0x71 ? TVR_SCRIPT_71_FAILED : TVR_SCRIPT_72_FAILED);
        tsi_set(e->tsi, TSI_SCRIPT_PERFORMED);
    }
    return rc;
}
