/*
 * Messages of the bulk pipes as bytes (CCID 6.1 and 6.2): the ten bytes of the header, and the checks that each answer
 * passes before anybody looks at it. No bus, no state: also the fuzzer's door.
 */
#include "hw/ccid/ccid_internal.h"

#include <stdio.h>
#include <string.h>

#define STATUS_RESERVED 0x3C
#define COMMAND_STATUS(status) ((status) >> 6)
#define COMMAND_FAILED 1
#define COMMAND_EXTENSION 2
#define STALE_SPAN 128 /* sequence numbers behind ours are old ones, the others come from nowhere */

void ccid_message_build(const struct ccid_request *request, uint8_t slot, uint8_t sequence, uint8_t *out)
{
    out[0] = request->type;
    for (int i = 0; i < 4; i++)
        out[1 + i] = (uint8_t)(request->len >> 8 * i);
    out[5] = slot;
    out[6] = sequence;
    memcpy(out + 7, request->specific, sizeof request->specific);
    if (request->len)
        memcpy(out + CCID_HEADER, request->data, request->len);
}

static enum ccid_fit check_length(const uint8_t *in, size_t len, char *why, size_t cap)
{
    if (len < CCID_HEADER) {
        snprintf(why, cap, "answer of %zu bytes, its header has %d", len, CCID_HEADER);
        return CCID_BROKEN;
    }
    uint64_t claimed = (uint64_t)in[1] | (uint64_t)in[2] << 8 | (uint64_t)in[3] << 16 | (uint64_t)in[4] << 24;
    /* Parameters are not read, so what stands behind them may stay: QEMU's reader says 0 and sends 7. */
    if (claimed == len - CCID_HEADER || (in[0] == CCID_PARAMETERS && claimed < len - CCID_HEADER))
        return CCID_FITS;
    snprintf(why, cap, "answer claims %llu bytes, %zu came", (unsigned long long)claimed, len - CCID_HEADER);
    return CCID_BROKEN;
}

static enum ccid_fit check_address(const uint8_t *in, uint8_t sequence, bool in_step, char *why, size_t cap)
{
    if (in[5] != CCID_SLOT) {
        snprintf(why, cap, "answer for slot %u, not for slot %u", in[5], CCID_SLOT);
        return CCID_BROKEN;
    }
    if (in[6] == sequence)
        return CCID_FITS;
    /* Whoever had the reader before us may have left any number behind. */
    if (!in_step || (uint8_t)(sequence - in[6]) < STALE_SPAN)
        return CCID_STALE;
    snprintf(why, cap, "answer with sequence number %u, the command had %u", in[6], sequence);
    return CCID_BROKEN;
}

static enum ccid_fit check_status(const uint8_t *in, struct ccid_answer *out, char *why, size_t cap)
{
    unsigned command = COMMAND_STATUS(in[7]);
    out->icc = in[7] & 3;
    out->failed = command == COMMAND_FAILED;
    out->extension = command == COMMAND_EXTENSION;
    if (!(in[7] & STATUS_RESERVED) && out->icc <= CCID_ICC_ABSENT && command <= COMMAND_EXTENSION)
        return CCID_FITS;
    snprintf(why, cap, "status 0x%02X uses reserved values", in[7]);
    return CCID_BROKEN;
}

enum ccid_fit ccid_message_check(const uint8_t *in, size_t len, const struct ccid_request *request, uint8_t sequence,
                                 bool in_step, struct ccid_answer *out, char *why, size_t why_cap)
{
    memset(out, 0, sizeof *out);
    enum ccid_fit fit = check_length(in, len, why, why_cap);
    if (fit == CCID_FITS)
        fit = check_address(in, sequence, in_step, why, why_cap);
    if (fit == CCID_FITS)
        fit = check_status(in, out, why, why_cap);
    if (fit != CCID_FITS)
        return fit;
    out->type = in[0];
    out->error = in[8];
    out->specific = in[9];
    out->data = in + CCID_HEADER;
    out->len = len - CCID_HEADER;
    /* A failed command may be answered by a mere slot status: readers do so for what they do not know. */
    if (out->type == request->answer || (out->failed && out->type == CCID_SLOT_STATUS))
        return CCID_FITS;
    snprintf(why, why_cap, "answer of type 0x%02X to %s, which asks for 0x%02X", in[0], ccid_type_name(request->type),
             request->answer);
    return CCID_BROKEN;
}
