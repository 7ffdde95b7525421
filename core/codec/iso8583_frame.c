/*
 * The frame around a message (DOMAIN 4.1): LEN, TPDU, on dial lines perhaps LRI data from the access server, header,
 * body. The same on TCP, TLS and dial lines.
 */
#include "core/codec/iso8583.h"

#include <string.h>

#define LEN_SIZE 2
#define TPDU_SIZE 5
#define HEADER_SIZE 6
#define TPDU_ID 0x60
#define LRI_HEAD 5 /* "LRI" and a two-byte length */

int iso_frame_pack(const struct iso_frame *f, uint8_t *out, size_t cap, size_t *len)
{
    size_t n = TPDU_SIZE + HEADER_SIZE + f->body_len;
    if (f->body_len > ISO_BODY_MAX || LEN_SIZE + n > cap)
        return E_LIMIT;
    memmove(out + LEN_SIZE + TPDU_SIZE + HEADER_SIZE, f->body, f->body_len);
    out[0] = (uint8_t)(n >> 8);
    out[1] = (uint8_t)n;
    memcpy(out + LEN_SIZE, f->tpdu, TPDU_SIZE);
    memcpy(out + LEN_SIZE + TPDU_SIZE, f->header, HEADER_SIZE);
    *len = LEN_SIZE + n;
    return OK;
}

/* Bytes of LRI data at `bytes`; 0 when there is none, more than `len` when it is cut off. */
static size_t lri_size(const uint8_t *bytes, size_t len)
{
    static const uint8_t mark[] = {'L', 'R', 'I'};
    if (len < LRI_HEAD || memcmp(bytes, mark, sizeof mark) != 0)
        return 0;
    return LRI_HEAD + (size_t)(bytes[3] << 8 | bytes[4]);
}

int iso_frame_unpack(const uint8_t *bytes, size_t len, struct iso_frame *out)
{
    /* a LEN that looked like the TPDU's 60 xx would announce over 24,000 bytes: no frame is that long */
    if (len >= LEN_SIZE && bytes[0] != TPDU_ID) {
        if ((size_t)(bytes[0] << 8 | bytes[1]) != len - LEN_SIZE)
            return E_FORMAT;
        bytes += LEN_SIZE;
        len -= LEN_SIZE;
    }
    if (len < TPDU_SIZE || bytes[0] != TPDU_ID)
        return E_FORMAT;
    memcpy(out->tpdu, bytes, TPDU_SIZE);
    bytes += TPDU_SIZE;
    len -= TPDU_SIZE;
    size_t lri = lri_size(bytes, len);
    if (len < lri || len - lri <= HEADER_SIZE || len - lri - HEADER_SIZE > ISO_BODY_MAX)
        return E_FORMAT;
    memcpy(out->header, bytes + lri, HEADER_SIZE);
    out->body = bytes + lri + HEADER_SIZE;
    out->body_len = len - lri - HEADER_SIZE;
    return OK;
}
