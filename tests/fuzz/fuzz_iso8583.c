/* libFuzzer: frames and messages. What is accepted must pack to the very bytes it came from. */
#include "core/codec/iso8583.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void body(const uint8_t *data, size_t size)
{
    struct iso_message m;
    struct iso_de60 de60;
    uint8_t out[ISO_MESSAGE_MAX], bad_de;
    char digits[32];
    size_t len;
    if (iso_unpack(data, size, &m, &bad_de) != OK)
        return;
    if (iso_pack(&m, false, out, sizeof out, &len) != OK || len != size || memcmp(out, data, len) != 0)
        abort();
    if (iso_text(&m, 60, digits, sizeof digits) == OK)
        iso_de60_parse(digits, &de60);
    iso_text(&m, 39, digits, sizeof digits);
    iso_response(digits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct iso_frame frame;
    body(data, size);
    if (iso_frame_unpack(data, size, &frame) == OK)
        body(frame.body, frame.body_len);
    return 0;
}
