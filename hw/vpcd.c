#include "hw/vpcd.h"

#include <string.h>

#define LENGTH_BYTES 2

static const struct control_row {
    uint8_t byte;
    enum vpcd_kind kind;
} controls[] = {{0, VPCD_OFF}, {1, VPCD_ON}, {2, VPCD_RESET}, {4, VPCD_ATR}};

int vpcd_receive(struct peer *p, struct vpcd_message *out)
{
    uint8_t length[LENGTH_BYTES];
    int rc = peer_read(p, length, sizeof length, true);
    if (rc != OK)
        return rc;
    out->kind = VPCD_COMMAND;
    out->len = (size_t)length[0] << 8 | length[1];
    if (!out->len)
        return HAL_E_PROTOCOL;
    rc = peer_read(p, out->len <= sizeof out->bytes ? out->bytes : NULL, out->len, false);
    for (size_t i = 0; rc == OK && out->len == 1 && i < sizeof controls / sizeof *controls; i++)
        if (controls[i].byte == out->bytes[0])
            out->kind = controls[i].kind;
    return rc;
}

int vpcd_send(struct peer *p, const uint8_t *bytes, size_t len)
{
    uint8_t message[LENGTH_BYTES + HAL_RPDU_MAX];
    if (len > HAL_RPDU_MAX)
        return E_LIMIT;
    message[0] = (uint8_t)(len >> 8);
    message[1] = (uint8_t)len;
    if (len)
        memcpy(message + LENGTH_BYTES, bytes, len);
    return peer_write(p, message, LENGTH_BYTES + len);
}
