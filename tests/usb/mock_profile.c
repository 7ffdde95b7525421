/* The kinds of reader there are, and how each describes itself (USB 2.0, 9.6; CCID rev 1.1, 5.1). */
#include "mock.h"

#include <string.h>

#define MESSAGE_SHORT 271
#define MESSAGE_EXTENDED 65554

static const struct mock_profile profiles[] = {
    /* name, level, class, interrupts, automatic, zlp, in_zlp, max_message, piece, damage */
    {"character", MOCK_CHARACTER, 0x0B, true, false, MOCK_ZLP_TAKEN, true, MESSAGE_SHORT, 0, 0},
    {"tpdu", MOCK_TPDU, 0x0B, true, false, MOCK_ZLP_TAKEN, true, MESSAGE_SHORT, 0, 0},
    {"tpdu-polled", MOCK_TPDU, 0x0B, false, false, MOCK_ZLP_REFUSED, false, MESSAGE_SHORT, 0, 0},
    {"short", MOCK_SHORT, 0x0B, true, true, MOCK_ZLP_TAKEN, true, MESSAGE_SHORT, 0, 0},
    {"short-zlp", MOCK_SHORT, 0xFF, false, true, MOCK_ZLP_WANTED, false, MESSAGE_SHORT, 0, 0},
    {"extended", MOCK_EXTENDED, 0x0B, true, true, MOCK_ZLP_TAKEN, true, MESSAGE_EXTENDED, 0, 0},
    {"extended-chain", MOCK_EXTENDED, 0x0B, true, true, MOCK_ZLP_TAKEN, true, MESSAGE_EXTENDED, 48, 0},
    {"no-end-points", MOCK_TPDU, 0x0B, false, false, MOCK_ZLP_TAKEN, true, MESSAGE_SHORT, 0, 1},
    {"cut-descriptor", MOCK_TPDU, 0x0B, true, false, MOCK_ZLP_TAKEN, true, MESSAGE_SHORT, 0, 2},
    {"no-reader", MOCK_TPDU, 0x03, true, false, MOCK_ZLP_TAKEN, true, MESSAGE_SHORT, 0, 0},
};

const struct mock_profile *mock_profile_find(const char *name)
{
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++)
        if (strcmp(profiles[i].name, name) == 0)
            return &profiles[i];
    return NULL;
}

static void put32(uint8_t *out, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(v >> (8 * i));
}

static size_t class_descriptor(const struct mock_profile *p, uint8_t *out)
{
    static const uint32_t level[] = {0, 0x10000, 0x20000, 0x40000};
    uint32_t features = level[p->level] | (p->automatic ? 0x000000BA : 0x00000030); /* clock and rate by itself */
    memset(out, 0, 54);
    out[0] = 54;
    out[1] = 0x21;
    out[2] = 0x10;
    out[3] = 0x01; /* 1.10 */
    out[5] = 0x07; /* 5, 3 and 1.8 V */
    put32(out + 6, 3);
    put32(out + 10, 4000);
    put32(out + 14, 4000);
    put32(out + 19, 10752);
    put32(out + 23, 344086);
    put32(out + 28, 254);
    put32(out + 40, features);
    put32(out + 44, p->max_message);
    out[48] = out[49] = 0xFF;
    out[53] = 1; /* slots busy at once */
    if (p->damage == 2)
        out[0] = 10;
    return p->damage == 2 ? 10 : 54;
}

size_t mock_descriptors(const struct mock_profile *p, uint8_t *out)
{
    static const uint8_t device[18] = {18, 1, 0, 2, 0, 0, 0, 8, 0x8F, 0x05, 0x40, 0x95, 0, 1, 1, 2, 0, 1};
    uint8_t ends = p->damage == 1 ? 0 : p->interrupts ? 3 : 2;
    size_t n = sizeof device + 9;
    memcpy(out, device, sizeof device);
    memcpy(out + n, (uint8_t[]){9, 4, 0, 0, ends, p->interface_class, 0, 0, 0}, 9);
    n += 9;
    n += class_descriptor(p, out + n);
    static const uint8_t end[3][7] = {
        {7, 5, 0x02, 2, MOCK_PACKET, 0, 0}, {7, 5, 0x81, 2, MOCK_PACKET, 0, 0}, {7, 5, 0x83, 3, 8, 0, 16}};
    for (uint8_t i = 0; i < ends; i++, n += 7)
        memcpy(out + n, end[i], 7);
    uint8_t total = (uint8_t)(n - sizeof device);
    memcpy(out + sizeof device, (uint8_t[]){9, 2, total, 0, 1, 1, 0, 0x80, 50}, 9);
    return n;
}
