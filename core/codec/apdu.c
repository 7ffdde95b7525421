/*
 * Short APDUs (ISO 7816-4 section 5.1) and the names of what goes by: the commands and status words of EMV Book 1 and 3
 * and of JR/T 0025 (DOMAIN 2.2). The kernel and the cards build and take apart commands here; decoders use the names.
 */
#include "core/codec/apdu.h"

#include <string.h>

#define HEADER 4

int capdu_parse(const uint8_t *bytes, size_t len, struct capdu *out)
{
    if (len < HEADER || len > APDU_MAX)
        return E_FORMAT;
    *out = (struct capdu){.cla = bytes[0], .ins = bytes[1], .p1 = bytes[2], .p2 = bytes[3]};
    if (len == HEADER)
        return OK;
    uint8_t p3 = bytes[HEADER];
    size_t body = len - HEADER - 1;
    if (body) { /* case 3 or 4; Lc 00 would begin an extended length */
        if (p3 == 0 || (body != p3 && body != p3 + 1u))
            return E_FORMAT;
        out->lc = p3;
        out->data = bytes + HEADER + 1;
    }
    if (body != out->lc || !body) {
        uint8_t le = bytes[len - 1];
        out->has_le = true;
        out->ne = le ? le : 256;
    }
    return OK;
}

int capdu_encode(const struct capdu *in, uint8_t *out, size_t cap, size_t *len)
{
    size_t n = HEADER + (in->lc ? 1u + in->lc : 0u) + (in->has_le ? 1u : 0u);
    if (in->has_le && (in->ne == 0 || in->ne > 256))
        return E_INVAL;
    if (n > cap)
        return E_LIMIT;
    const uint8_t header[HEADER] = {in->cla, in->ins, in->p1, in->p2};
    memcpy(out, header, HEADER);
    if (in->lc) {
        out[HEADER] = in->lc;
        memmove(out + HEADER + 1, in->data, in->lc);
    }
    if (in->has_le)
        out[n - 1] = (uint8_t)in->ne;
    *len = n;
    return OK;
}

uint16_t rapdu_sw(const uint8_t *bytes, size_t len)
{
    return len < 2 ? 0 : SW(bytes[len - 2], bytes[len - 1]);
}

static const struct command_row {
    uint8_t cla, ins;
    const char *name;
} commands[] = {
    {0x00, 0x20, "VERIFY"},
    {0x00, 0x82, "EXTERNAL AUTHENTICATE"},
    {0x00, 0x84, "GET CHALLENGE"},
    {0x00, 0x88, "INTERNAL AUTHENTICATE"},
    {0x00, 0xA4, "SELECT"},
    {0x00, 0xB2, "READ RECORD"},
    {0x00, 0xC0, "GET RESPONSE"},
    {0x80, 0xA8, "GET PROCESSING OPTIONS"},
    {0x80, 0xAE, "GENERATE AC"},
    {0x80, 0xCA, "GET DATA"},
    {0x04, 0xDA, "PUT DATA"},
    {0x04, 0xDC, "UPDATE RECORD"},
    {0x84, 0x16, "CARD BLOCK"},
    {0x84, 0x18, "APPLICATION UNBLOCK"},
    {0x84, 0x1E, "APPLICATION BLOCK"},
    {0x84, 0x24, "PIN CHANGE/UNBLOCK"},
    {0x84, 0xDA, "PUT DATA"},
    {0x84, 0xDC, "UPDATE RECORD"},
    {0x8C, 0x16, "CARD BLOCK"},
    {0x8C, 0x18, "APPLICATION UNBLOCK"},
    {0x8C, 0x1E, "APPLICATION BLOCK"},
    {0x8C, 0x24, "PIN CHANGE/UNBLOCK"},
};

const char *apdu_name(uint8_t cla, uint8_t ins)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (commands[i].cla == cla && commands[i].ins == ins)
            return commands[i].name;
    return NULL;
}

/* Rows for a single word come before the row of its family. */
static const struct sw_row {
    uint16_t sw, mask;
    const char *name;
} words[] = {
    {0x9000, 0xFFFF, "ok"},
    {0x6100, 0xFF00, "more data: GET RESPONSE"},
    {0x6C00, 0xFF00, "wrong Le: repeat with the stated length"},
    {0x6283, 0xFFFF, "selected file is blocked"},
    {0x6285, 0xFFFF, "selected file is terminated"},
    {0x6300, 0xFFFF, "authentication failed"},
    {0x63C0, 0xFFFF, "verification failed, no tries left"},
    {0x63C0, 0xFFF0, "verification failed, last digit: tries left"},
    {0x6400, 0xFFFF, "execution error, state unchanged"},
    {0x6581, 0xFFFF, "memory failure"},
    {0x6700, 0xFFFF, "wrong length"},
    {0x6881, 0xFFFF, "logical channel not supported"},
    {0x6882, 0xFFFF, "secure messaging not supported"},
    {0x6981, 0xFFFF, "command does not fit the file structure"},
    {0x6982, 0xFFFF, "security status not satisfied"},
    {0x6983, 0xFFFF, "authentication method blocked"},
    {0x6984, 0xFFFF, "reference data invalidated"},
    {0x6985, 0xFFFF, "conditions of use not satisfied"},
    {0x6986, 0xFFFF, "command not allowed"},
    {0x6987, 0xFFFF, "secure messaging data missing"},
    {0x6988, 0xFFFF, "secure messaging data wrong"},
    {0x6A80, 0xFFFF, "wrong data"},
    {0x6A81, 0xFFFF, "function not supported"},
    {0x6A82, 0xFFFF, "file not found"},
    {0x6A83, 0xFFFF, "record not found"},
    {0x6A84, 0xFFFF, "not enough memory"},
    {0x6A86, 0xFFFF, "wrong P1 P2"},
    {0x6A88, 0xFFFF, "referenced data not found"},
    {0x6B00, 0xFFFF, "wrong parameters"},
    {0x6D00, 0xFFFF, "instruction not supported"},
    {0x6E00, 0xFFFF, "class not supported"},
    {0x6F00, 0xFFFF, "no precise diagnosis"},
};

const char *sw_name(uint16_t sw)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if ((sw & words[i].mask) == words[i].sw)
            return words[i].name;
    return "";
}
