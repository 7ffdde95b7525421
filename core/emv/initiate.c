/*
 * Initiate application processing: PDOL, GET PROCESSING OPTIONS, AIP and AFL (EMV Book 3 10.1 and 6.5.8; DOMAIN 2.4).
 * 6985 takes the application off the candidate list: EMV_RESELECT. Anything else but a good answer is EMV_CARD_ERROR.
 */
#include "core/codec/dol.h"
#include "core/emv/emv_internal.h"

#include <string.h>

#define PDOL_DATA_MAX 252 /* with 83 81 xx before it, a command's 255 bytes */

static int build_command_data(struct emv *e, uint8_t data[255], size_t *len)
{
    uint8_t values[PDOL_DATA_MAX];
    size_t values_len;
    struct tlv_out out;
    const uint8_t *pdol;
    size_t pdol_len, offset, value_len;
    int rc = OK;
    if (emv_get(e, 0x9F38, &pdol, &pdol_len) == OK && dol_locate(pdol, pdol_len, 0x9F37, &offset, &value_len) == OK)
        rc = emv_draw_number(e);
    if (rc == OK)
        rc = emv_build(e, 0x9F38, values, sizeof values, &values_len);
    if (rc != OK)
        return rc;
    memcpy(e->pdol_sent.bytes, values, values_len); /* CDA signs them later */
    e->pdol_sent.len = values_len;
    tlv_out_init(&out, data, 255);
    tlv_put(&out, 0x83, values, values_len);
    *len = out.len;
    return out.status;
}

/* Both formats of the answer: 80 (AIP, AFL) and 77 (82, 94). */
static int parse_options(const struct emv_answer *answer, struct tlv *aip, struct tlv *afl)
{
    struct tlv options;
    if (emv_sole_template(answer, 0x80, &options) == OK) {
        if (options.len < 6)
            return E_FORMAT;
        *aip = (struct tlv){0x82, 2, options.value};
        *afl = (struct tlv){0x94, options.len - 2, options.value + 2};
    } else if (emv_sole_template(answer, 0x77, &options) != OK ||
               tlv_find(options.value, options.len, 0x82, aip) != OK ||
               tlv_find(options.value, options.len, 0x94, afl) != OK) {
        return E_FORMAT;
    }
    return aip->len == 2 && afl->len >= 4 && afl->len % 4 == 0 ? OK : E_FORMAT;
}

static int store_options(struct emv *e, const struct tlv *aip, const struct tlv *afl)
{
    if (afl->len > sizeof e->afl)
        return emv_refuse(e, EMV_CARD_ERROR, "AFL too long");
    memcpy(e->afl, afl->value, afl->len);
    e->afl_len = afl->len;
    int rc = emv_store(e, aip);
    return rc == OK ? emv_store(e, afl) : rc;
}

int emv_initiate(struct emv *e)
{
    uint8_t data[255];
    size_t len;
    struct emv_answer answer;
    struct tlv aip, afl;
    if (!e->selected)
        return E_STATE;
    e->afl_len = 0;
    e->decision = EMV_NONE;
    memset(e->tvr, 0, sizeof e->tvr);
    memset(e->tsi, 0, sizeof e->tsi);
    memcpy(e->cvm_result, (const uint8_t[3]){0x3F, 0x00, 0x00}, sizeof e->cvm_result);
    int rc = build_command_data(e, data, &len);
    if (rc != OK)
        return rc;
    const struct capdu gpo = {.cla = 0x80, .ins = 0xA8, .lc = (uint8_t)len, .data = data, .has_le = true, .ne = 256};
    rc = emv_command(e, &gpo, &answer);
    if (rc != OK)
        return rc;
    if (answer.sw == 0x6985) {
        emv_candidate_remove(e, e->current);
        e->selected = false;
        return EMV_RESELECT;
    }
    if (answer.sw != 0x9000)
        return emv_refuse(e, EMV_CARD_ERROR, "GET PROCESSING OPTIONS refused");
    if (parse_options(&answer, &aip, &afl) != OK)
        return emv_refuse(e, EMV_CARD_ERROR, "processing options malformed");
    return store_options(e, &aip, &afl);
}
