/*
 * PIN blocks in clear (ISO 9564-1 formats 0 and 2; DOMAIN 8.1). Format 0 goes into DE52, with the PAN or, where DE53
 * says 1, without; format 2 goes to the card in VERIFY. Only the secure element and the simulated host call these.
 */
#include "core/codec/pinblock.h"

#include "core/codec/hex.h"

#include <openssl/crypto.h>
#include <string.h>

#define BLOCK 8
#define PIN_MIN 4
#define PIN_MAX 12

static size_t count_digits(const char *text, size_t limit)
{
    size_t n = 0;
    while (n < limit && text[n] >= '0' && text[n] <= '9')
        n++;
    return n;
}

/* Control nibble, length nibble, PIN, F to the end. */
static int plain_block(const char *pin, uint8_t control, uint8_t block[BLOCK])
{
    size_t n = count_digits(pin, PIN_MAX);
    if (n < PIN_MIN || pin[n] != '\0')
        return E_INVAL;
    block[0] = (uint8_t)(control << 4 | n);
    return bcd_pack(pin, n, 1, 0x0F, block + 1, BLOCK - 1);
}

static int xor_pan(const char *pan12, uint8_t block[BLOCK])
{
    uint8_t packed[6];
    if (count_digits(pan12, 12) != 12 || pan12[12] != '\0')
        return E_INVAL;
    int status = bcd_pack(pan12, 12, 1, 0, packed, sizeof packed);
    for (size_t i = 0; i < sizeof packed && status == OK; i++)
        block[2 + i] ^= packed[i];
    return status;
}

int pinblock_format0(const char *pin, const char *pan12, uint8_t block[8])
{
    int status = plain_block(pin, 0, block);
    if (status == OK && pan12)
        status = xor_pan(pan12, block);
    if (status)
        OPENSSL_cleanse(block, BLOCK);
    return status;
}

int pinblock_format2(const char *pin, uint8_t block[8])
{
    return plain_block(pin, 2, block);
}

int pinblock_read0(const uint8_t block[8], const char *pan12, char pin[13])
{
    uint8_t clear[BLOCK];
    char text[2 * BLOCK + 1];
    int status = OK;
    memcpy(clear, block, BLOCK);
    memset(pin, 0, PIN_MAX + 1);
    if (pan12)
        status = xor_pan(pan12, clear);
    size_t n = clear[0];
    bcd_unpack(clear, 0, 2 * BLOCK, text);
    if (status == OK && (n < PIN_MIN || n > PIN_MAX || count_digits(text + 2, n) != n ||
                         strspn(text + 2 + n, "F") != 2 * BLOCK - 2 - n))
        status = E_FORMAT;
    if (status == OK)
        memcpy(pin, text + 2, n);
    OPENSSL_cleanse(clear, sizeof clear);
    OPENSSL_cleanse(text, sizeof text);
    return status;
}

void pinblock_pan12(const char *pan, char pan12[13])
{
    size_t len = strlen(pan), usable = len ? len - 1 : 0;
    size_t n = usable < 12 ? usable : 12;
    memset(pan12, '0', 12);
    memcpy(pan12 + 12 - n, pan + usable - n, n);
    pan12[12] = '\0';
}
