/* libFuzzer: TLV and DOL readers. What tlv_check accepts, every reader must walk to its end. */
#include "core/codec/dol.h"
#include "core/codec/tlv.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int always(void *ctx, uint32_t tag, const uint8_t **value, size_t *len)
{
    static const uint8_t bytes[] = {0x12, 0x34, 0x56};
    (void)ctx;
    (void)tag;
    *value = bytes;
    *len = sizeof bytes;
    return OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tlv object;
    struct dol_entry entry;
    uint8_t out[255];
    size_t at = 0, len, offset;
    int status;
    while ((status = tlv_next(data, size, &at, &object)) == OK)
        if (object.len > size || object.value < data || object.value + object.len > data + size)
            abort();
    if (tlv_check(data, size) == OK && (status != E_NOTFOUND || tlv_find_deep(data, size, 0, &object) != E_NOTFOUND))
        abort();
    tlv_find_deep(data, size, 0x9F36, &object);
    for (at = 0; dol_next(data, size, &at, &entry) == OK;)
        ;
    if (dol_build(data, size, always, NULL, out, sizeof out, &len) == OK &&
        dol_locate(data, size, 0x9F37, &offset, &at) == OK && offset + at > len)
        abort();
    return 0;
}
