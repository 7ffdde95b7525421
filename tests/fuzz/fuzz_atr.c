/* libFuzzer: answers to reset, and the APDU parser, which is as small. */
#include "core/codec/apdu.h"
#include "core/codec/atr.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct atr atr;
    struct capdu command;
    uint8_t out[APDU_MAX];
    const char *why = NULL;
    size_t len;
    int status = atr_parse(data, size, &atr, &why);
    if (!why || (status != OK && !*why))
        abort();
    if (status == OK && atr_check_emv(&atr, false, &why) == OK && atr_check_emv(&atr, true, &why) != OK)
        abort(); /* warm reset asks for less than cold */
    if (capdu_parse(data, size, &command) == OK &&
        (capdu_encode(&command, out, sizeof out, &len) != OK || len != size || memcmp(out, data, size) != 0))
        abort();
    return 0;
}
