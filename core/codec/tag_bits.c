/*
 * Names of the bits in bit-coded objects (EMV Book 3 annex C, Book 4 annex A; DOMAIN 2.1, 3.9). Decoders print them,
 * and tests speak of "TVR: floor limit exceeded" instead of B4 80. Values that are numbers rather than bits (the reason
 * in the CID) have no row.
 */
#include "core/codec/tag.h"

static const struct bit_row {
    uint32_t tag;
    uint8_t byte, mask;
    const char *name;
} bits[] = {
    {0x95, 0, 0x80, "offline data authentication not performed"},
    {0x95, 0, 0x40, "SDA failed"},
    {0x95, 0, 0x20, "ICC data missing"},
    {0x95, 0, 0x10, "card on exception file"},
    {0x95, 0, 0x08, "DDA failed"},
    {0x95, 0, 0x04, "CDA failed"},
    {0x95, 0, 0x02, "SDA selected"},
    {0x95, 0, 0x01, "XDA selected"},
    {0x95, 1, 0x80, "application versions differ"},
    {0x95, 1, 0x40, "application expired"},
    {0x95, 1, 0x20, "application not yet effective"},
    {0x95, 1, 0x10, "service not allowed"},
    {0x95, 1, 0x08, "new card"},
    {0x95, 1, 0x02, "biometric performed and successful"},
    {0x95, 1, 0x01, "biometric template format not supported"},
    {0x95, 2, 0x80, "cardholder verification not successful"},
    {0x95, 2, 0x40, "unrecognised CVM"},
    {0x95, 2, 0x20, "PIN try limit exceeded"},
    {0x95, 2, 0x10, "PIN required, PIN pad absent or broken"},
    {0x95, 2, 0x08, "PIN required, PIN pad present, PIN not entered"},
    {0x95, 2, 0x04, "online PIN entered"},
    {0x95, 3, 0x80, "floor limit exceeded"},
    {0x95, 3, 0x40, "lower consecutive offline limit exceeded"},
    {0x95, 3, 0x20, "upper consecutive offline limit exceeded"},
    {0x95, 3, 0x10, "selected at random for online"},
    {0x95, 3, 0x08, "merchant forced online"},
    {0x95, 3, 0x01, "XDA signature failed"},
    {0x95, 4, 0x80, "default TDOL used"},
    {0x95, 4, 0x40, "issuer authentication failed"},
    {0x95, 4, 0x20, "script failed before final GENERATE AC"},
    {0x95, 4, 0x10, "script failed after final GENERATE AC"},
    {0x95, 4, 0x04, "CA ECC key missing"},
    {0x95, 4, 0x02, "ECC key recovery failed"},

    {0x9B, 0, 0x80, "offline data authentication performed"},
    {0x9B, 0, 0x40, "cardholder verification performed"},
    {0x9B, 0, 0x20, "card risk management performed"},
    {0x9B, 0, 0x10, "issuer authentication performed"},
    {0x9B, 0, 0x08, "terminal risk management performed"},
    {0x9B, 0, 0x04, "script processing performed"},

    {0x82, 0, 0x40, "SDA supported"},
    {0x82, 0, 0x20, "DDA supported"},
    {0x82, 0, 0x10, "cardholder verification supported"},
    {0x82, 0, 0x08, "terminal risk management to be performed"},
    {0x82, 0, 0x04, "issuer authentication by EXTERNAL AUTHENTICATE"},
    {0x82, 0, 0x02, "on-device cardholder verification supported"},
    {0x82, 0, 0x01, "CDA supported"},
    {0x82, 1, 0x80, "contactless EMV mode supported"},

    {0x9F27, 0, 0x80, "ARQC"},
    {0x9F27, 0, 0x40, "TC"},
    {0x9F27, 0, 0x08, "advice required"},

    {0x9F07, 0, 0x80, "domestic cash"},
    {0x9F07, 0, 0x40, "international cash"},
    {0x9F07, 0, 0x20, "domestic goods"},
    {0x9F07, 0, 0x10, "international goods"},
    {0x9F07, 0, 0x08, "domestic services"},
    {0x9F07, 0, 0x04, "international services"},
    {0x9F07, 0, 0x02, "ATMs"},
    {0x9F07, 0, 0x01, "terminals other than ATMs"},
    {0x9F07, 1, 0x80, "domestic cashback"},
    {0x9F07, 1, 0x40, "international cashback"},

    {0x9F33, 0, 0x80, "manual key entry"},
    {0x9F33, 0, 0x40, "magnetic stripe"},
    {0x9F33, 0, 0x20, "contact chip"},
    {0x9F33, 1, 0x80, "plaintext offline PIN"},
    {0x9F33, 1, 0x40, "enciphered online PIN"},
    {0x9F33, 1, 0x20, "signature"},
    {0x9F33, 1, 0x10, "enciphered offline PIN (RSA)"},
    {0x9F33, 1, 0x08, "no CVM"},
    {0x9F33, 2, 0x80, "SDA"},
    {0x9F33, 2, 0x40, "DDA"},
    {0x9F33, 2, 0x20, "card capture"},
    {0x9F33, 2, 0x08, "CDA"},

    {0x9F40, 0, 0x80, "cash"},
    {0x9F40, 0, 0x40, "goods"},
    {0x9F40, 0, 0x20, "services"},
    {0x9F40, 0, 0x10, "cashback"},
    {0x9F40, 0, 0x08, "inquiry"},
    {0x9F40, 0, 0x04, "transfer"},
    {0x9F40, 0, 0x02, "payment"},
    {0x9F40, 0, 0x01, "administrative"},
    {0x9F40, 1, 0x80, "cash deposit"},
    {0x9F40, 2, 0x80, "numeric keys"},
    {0x9F40, 2, 0x40, "alphabetic and special keys"},
    {0x9F40, 2, 0x20, "command keys"},
    {0x9F40, 2, 0x10, "function keys"},
    {0x9F40, 3, 0x80, "print, attendant"},
    {0x9F40, 3, 0x40, "print, cardholder"},
    {0x9F40, 3, 0x20, "display, attendant"},
    {0x9F40, 3, 0x10, "display, cardholder"},
    {0x9F40, 3, 0x02, "code table 10"},
    {0x9F40, 3, 0x01, "code table 9"},
    {0x9F40, 4, 0x80, "code table 8"},
    {0x9F40, 4, 0x40, "code table 7"},
    {0x9F40, 4, 0x20, "code table 6"},
    {0x9F40, 4, 0x10, "code table 5"},
    {0x9F40, 4, 0x08, "code table 4"},
    {0x9F40, 4, 0x04, "code table 3"},
    {0x9F40, 4, 0x02, "code table 2"},
    {0x9F40, 4, 0x01, "code table 1"},

    {0x9F66, 0, 0x80, "contactless stripe mode (MSD)"},
    {0x9F66, 0, 0x40, "contactless PBOC"},
    {0x9F66, 0, 0x20, "qPBOC"},
    {0x9F66, 0, 0x10, "contact PBOC"},
    {0x9F66, 0, 0x08, "offline only"},
    {0x9F66, 0, 0x04, "online PIN"},
    {0x9F66, 0, 0x02, "signature"},
    {0x9F66, 1, 0x80, "online cryptogram required"},
    {0x9F66, 1, 0x40, "CVM required"},

    {0x9F6C, 0, 0x80, "online PIN required"},
    {0x9F6C, 0, 0x40, "signature required"},
};

const char *tag_bit_name(uint32_t tag, size_t byte, uint8_t mask)
{
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
        if (bits[i].tag == tag && bits[i].byte == byte && bits[i].mask == mask)
            return bits[i].name;
    return NULL;
}
