#include "hw/vscard.h"

#include <string.h>

#define HEADER 12
#define VERSION 2

static const uint8_t magic[4] = {'V', 'S', 'C', 'D'};

static uint32_t get32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void put32(uint8_t *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

int vscard_receive(struct peer *p, struct vscard_message *out)
{
    uint8_t header[HEADER];
    memset(out, 0, sizeof *out);
    int rc = peer_read(p, header, sizeof header, true);
    if (rc != OK)
        return rc;
    out->type = get32(header);
    out->reader = get32(header + 4);
    out->len = get32(header + 8);
    if (out->len > VSCARD_LENGTH_MAX)
        return HAL_E_PROTOCOL;
    rc = peer_read(p, out->len <= sizeof out->bytes ? out->bytes : NULL, out->len, false);
    if (rc != OK)
        return rc;
    if (out->type == VSCARD_INIT && (out->len < sizeof magic || memcmp(out->bytes, magic, sizeof magic) != 0))
        return HAL_E_PROTOCOL;
    if (out->type == VSCARD_ERROR && out->len < 4)
        return HAL_E_PROTOCOL;
    out->error = out->type == VSCARD_ERROR ? get32(out->bytes) : 0;
    return OK;
}

int vscard_send(struct peer *p, enum vscard_type type, uint32_t reader, const uint8_t *bytes, size_t len)
{
    uint8_t message[HEADER + HAL_RPDU_MAX];
    if (len > HAL_RPDU_MAX)
        return E_LIMIT;
    put32(message, (uint32_t)type);
    put32(message + 4, reader);
    put32(message + 8, (uint32_t)len);
    if (len)
        memcpy(message + HEADER, bytes, len);
    return peer_write(p, message, HEADER + len);
}

int vscard_send_init(struct peer *p)
{
    uint8_t init[12] = {0}; /* the word, the version, and no capabilities: none are defined */
    memcpy(init, magic, sizeof magic);
    put32(init + 4, VERSION);
    return vscard_send(p, VSCARD_INIT, VSCARD_NO_READER, init, sizeof init);
}

int vscard_send_error(struct peer *p, uint32_t reader, uint32_t code)
{
    uint8_t bytes[4];
    put32(bytes, code);
    return vscard_send(p, VSCARD_ERROR, reader, bytes, sizeof bytes);
}
