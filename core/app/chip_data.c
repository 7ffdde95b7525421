/* Copies between the kernel's objects and the sale (DOMAIN 1.6, 4.5a). */
#include "core/app/chip_data.h"

#include "core/codec/hex.h"
#include "core/net/messages.h"

/* Slip data by tag, as hex text; what does not fit is left out. */
static void as_hex(const struct emv *e, uint32_t tag, char *out, size_t cap)
{
    const uint8_t *value;
    size_t len;
    out[0] = '\0';
    if (emv_get(e, tag, &value, &len) == OK)
        (void)hex_encode(value, len, out, cap);
}

/* Application label: printable characters only, it comes from the card. */
static void application_name(const struct emv *e, char *out, size_t cap)
{
    const uint8_t *value;
    size_t len = 0, used = 0;
    if (emv_get(e, 0x50, &value, &len))
        len = 0;
    for (size_t i = 0; i < len && used + 1 < cap; i++)
        if (value[i] >= ' ' && value[i] < 0x7F)
            out[used++] = (char)value[i];
    out[used] = '\0';
}

void chip_data_advice(const struct emv *e, struct journal_entry *entry)
{
    entry->advice[0] = e->advice ? (char)('0' + (e->advice & 0x07)) : '\0';
}

static void slip_data(const struct emv *e, struct journal_entry *entry)
{
    as_hex(e, 0x84, entry->aid, sizeof entry->aid);
    as_hex(e, 0x9F26, entry->ac, sizeof entry->ac);
    as_hex(e, 0x95, entry->tvr, sizeof entry->tvr);
    as_hex(e, 0x9B, entry->tsi, sizeof entry->tsi);
    as_hex(e, 0x9F36, entry->atc, sizeof entry->atc);
    as_hex(e, 0x9F34, entry->cvm, sizeof entry->cvm);
    application_name(e, entry->app_name, sizeof entry->app_name);
    chip_data_advice(e, entry);
}

int chip_data_request(const struct emv *e, struct sale *sale)
{
    struct journal_entry *entry = &sale->entry;
    size_t len = 0;
    int r = emv_pan(e, entry->pan, entry->psn, entry->expiry, sale->track2);
    if (r == OK)
        r = emv_field55(e, message_tags_online, sale->field55, sizeof sale->field55, &sale->field55_len);
    if (r == OK)
        r = emv_field55(e, message_tags_reversal, entry->field55, sizeof entry->field55, &len);
    entry->field55_len = (uint16_t)len;
    if (r == OK)
        r = emv_field55(e, message_tags_reversal_answered, sale->answered55, sizeof sale->answered55,
                        &sale->answered55_len);
    if (r == OK)
        slip_data(e, entry);
    return r;
}

void chip_data_final(struct emv *e, struct sale *sale)
{
    struct journal_entry *entry = &sale->entry;
    uint8_t bytes[sizeof entry->field55];
    size_t len = 0;
    slip_data(e, entry);
    if (e->script_results_len && emv_set(e, 0xDF31, e->script_results, e->script_results_len))
        return;
    if (emv_field55(e, message_tags_reversal_answered, bytes, sizeof bytes, &len) == OK) {
        memcpy(entry->field55, bytes, len);
        entry->field55_len = (uint16_t)len;
    }
}
