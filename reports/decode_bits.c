/* Bit-coded objects: TVR, TSI, AIP and the others of tag_bits.c, the CID, and the AFL (EMV Book 3 annex C;
 * DOMAIN 2.1, 2.4). */
#include "reports/decode.h"

/* The action codes of issuer and acquirer have the bits of the TVR. */
static uint32_t bits_of(uint32_t tag)
{
    static const uint32_t action_codes[] = {0x9F0D, 0x9F0E, 0x9F0F, 0xDF11, 0xDF12, 0xDF13};
    for (size_t i = 0; i < sizeof action_codes / sizeof *action_codes; i++)
        if (action_codes[i] == tag)
            return 0x95;
    return tag;
}

void decode_bits(cJSON *node, uint32_t tag, struct decode_span value)
{
    unsigned set = 0;
    for (size_t i = 0; i < value.len && i < 8; i++)
        for (unsigned bit = 8; bit; bit--) {
            uint8_t mask = (uint8_t)(1u << (bit - 1));
            if (!(value.bytes[i] & mask))
                continue;
            char where[24];
            const char *meaning = tag_bit_name(bits_of(tag), i, mask);
            snprintf(where, sizeof where, "B%zub%u", i + 1, bit);
            decode_add(node, where, NULL, meaning ? meaning : "reserved");
            set++;
        }
    if (!set)
        decode_note(node, "no bit set");
}

void decode_cid(cJSON *node, uint32_t tag, struct decode_span value)
{
    static const char *const kinds[] = {"AAC: declined", "TC: approved offline", "ARQC: go online", "reserved"};
    static const char *const reasons[] = {"", "service not allowed", "PIN try limit exceeded",
                                          "issuer authentication failed"};
    uint8_t cid = value.len ? value.bytes[0] : 0;
    (void)tag;
    if (value.len != 1)
        return;
    decode_note(node, "%s", kinds[cid >> 6]);
    if (cid & 0x08)
        decode_note(node, "advice required");
    if (cid & 0x07)
        decode_note(node, "reason: %s", (cid & 0x07) < 4 ? reasons[cid & 0x07] : "reserved");
}

void decode_afl(cJSON *node, uint32_t tag, struct decode_span value)
{
    (void)tag;
    if (value.len % 4 || !value.len)
        decode_note(node, "not a multiple of 4 bytes");
    for (size_t i = 0; i + 4 <= value.len; i += 4) {
        const uint8_t *e = value.bytes + i;
        char sfi[16], records[32], note[64] = "";
        snprintf(sfi, sizeof sfi, "SFI %u", e[0] >> 3);
        snprintf(records, sizeof records, e[1] == e[2] ? "record %u" : "records %u to %u", e[1], e[2]);
        if (e[1] == 0 || e[2] < e[1] || e[3] > e[2] - e[1] + 1)
            snprintf(note, sizeof note, "invalid entry");
        else if (e[3])
            snprintf(note, sizeof note, "first %u in offline data authentication", e[3]);
        decode_add(node, sfi, records, note);
    }
}
