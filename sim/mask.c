/*
 * Masking of APDUs and of the TLV objects in them. The reader of objects is more patient than tlv.h: a fault may have
 * cut or bent the bytes, and what is left of a PAN is still a PAN.
 */
#include "sim/mask.h"

#include "core/codec/hex.h"
#include "core/codec/tlv.h"
#include "sim/mask_internal.h"

#include <string.h>

#define INS_VERIFY 0x20
#define INS_CHANGE_PIN 0x24
#define INS_GET_CHALLENGE 0x84
#define HEADER 5 /* CLA INS P1 P2 Lc */
#define PAN_MIN 13

enum cover { COVER_ALL, COVER_PAN };
static const struct {
    uint32_t tag;
    enum cover cover;
} sensitive[] = {
    {0x57, COVER_PAN},   /* track 2 equivalent data */
    {0x5A, COVER_PAN},   /* PAN */
    {0x56, COVER_ALL},   /* track 1 data (contactless) */
    {0x9F6B, COVER_PAN}, /* track 2 data (contactless) */
    {0x5F20, COVER_ALL}, /* cardholder name */
    {0x9F0B, COVER_ALL}, /* cardholder name, extended */
    {0x9F1F, COVER_ALL}, /* track 1 discretionary data */
    {0x9F20, COVER_ALL}, /* track 2 discretionary data */
    {0x9F61, COVER_ALL}, /* cardholder's identity document number (PBOC) */
};

static char *nibble_at(struct mask *m, size_t offset, size_t digit)
{
    return &m->hex[2 * offset + digit];
}

void mask_all(struct mask *m, size_t offset, size_t len)
{
    if (len)
        memset(&m->hex[2 * offset], '*', 2 * len);
    m->masked |= len > 0;
}

void mask_pan(struct mask *m, size_t offset, size_t digits)
{
    size_t pan = 0;
    while (pan < digits && *nibble_at(m, offset, pan) >= '0' && *nibble_at(m, offset, pan) <= '9')
        pan++;
    size_t end = digits;
    while (end > pan && *nibble_at(m, offset, end - 1) == 'F') /* the filler tells nothing */
        end--;
    for (size_t i = 0; i < end; i++) {
        bool shown = pan >= PAN_MIN ? i < 6 || (i >= pan - 4 && i < pan) : pan >= 4 && i >= pan - 4 && i < pan;
        if (!shown) {
            *nibble_at(m, offset, i) = '*';
            m->masked = true;
        }
    }
}

/* Length field at *at; more than is left counts as all that is left. False: no length can be read. */
static bool patient_len(const struct mask *m, size_t end, size_t *at, size_t *len)
{
    if (*at >= end)
        return false;
    size_t value = m->bytes[(*at)++];
    if (value > 0x80) {
        size_t count = value - 0x80;
        if (count > 2 || end - *at < count)
            return false;
        for (value = 0; count; count--)
            value = value << 8 | m->bytes[(*at)++];
    }
    *len = value < end - *at ? value : end - *at;
    return true;
}

static void mask_object(struct mask *m, uint32_t tag, size_t offset, size_t len)
{
    for (size_t i = 0; i < sizeof sensitive / sizeof *sensitive; i++) {
        if (sensitive[i].tag != tag)
            continue;
        if (sensitive[i].cover == COVER_PAN)
            mask_pan(m, offset, 2 * len);
        else
            mask_all(m, offset, len);
    }
}

static void mask_objects(struct mask *m, size_t at, size_t end, unsigned depth)
{
    while (at < end) {
        uint32_t tag;
        size_t len;
        if (m->bytes[at] == 0x00) {
            at++;
            continue;
        }
        if (tlv_read_tag(m->bytes, end, &at, &tag) || !patient_len(m, end, &at, &len))
            return;
        if (tlv_is_template(tag) && depth < TLV_MAX_DEPTH)
            mask_objects(m, at, at + len, depth + 1);
        else
            mask_object(m, tag, at, len);
        at += len;
    }
}

void mask_tlv(struct mask *m, size_t offset, size_t len)
{
    mask_objects(m, offset, offset + len, 1);
}

static void mask_command(struct mask *m, size_t len)
{
    if (len > HEADER && (m->bytes[1] == INS_VERIFY || m->bytes[1] == INS_CHANGE_PIN))
        mask_all(m, HEADER, len - HEADER);
}

static void mask_answer(struct mask *m, size_t len, const uint8_t *command, size_t command_len)
{
    if (command && command_len > 1 && command[1] == INS_GET_CHALLENGE)
        return;          /* random bytes hold no objects */
    mask_tlv(m, 0, len); /* with the status word: of an answer that was cut short, the last two bytes are data */
}

bool mask_hex(const uint8_t *bytes, size_t len, enum record_bytes_kind kind, const uint8_t *command, size_t command_len,
              char *out)
{
    struct mask m = {.bytes = bytes, .hex = out};
    hex_encode(bytes, len, out, 2 * len + 1);
    if (kind == RECORD_COMMAND)
        mask_command(&m, len);
    else if (kind == RECORD_ANSWER)
        mask_answer(&m, len, command, command_len);
    else if (kind == RECORD_FRAME)
        mask_frame(&m, len);
    return m.masked;
}
