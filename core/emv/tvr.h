/*
 * The bits of TVR (tag 95) and TSI (tag 9B) that this kernel sets, each with the clause of EMV Book 3 that says when.
 * Layout: Book 3 annexes C5 and C6. A bit is named by 0-based byte and mask, as one number.
 */
#ifndef POSBENCH_CORE_EMV_TVR_H
#define POSBENCH_CORE_EMV_TVR_H

#include <stdbool.h>
#include <stdint.h>

/* X(name, byte, mask) */
#define TVR_TABLE(X) \
    X(TVR_ODA_NOT_PERFORMED, 0, 0x80)     /* 10.3 */ \
    X(TVR_SDA_FAILED, 0, 0x40)            /* 10.3 */ \
    X(TVR_ICC_DATA_MISSING, 0, 0x20)      /* 10.5: no CVM list; 10.3 */ \
    X(TVR_ON_EXCEPTION_FILE, 0, 0x10)     /* Book 4 6.3.5: the terminal's list of lost cards */ \
    X(TVR_DDA_FAILED, 0, 0x08)            /* 10.3 */ \
    X(TVR_CDA_FAILED, 0, 0x04)            /* 10.3, Book 2 6.6.2 */ \
    X(TVR_SDA_SELECTED, 0, 0x02)          /* 10.3 */ \
    X(TVR_VERSION_MISMATCH, 1, 0x80)      /* 10.4.1 */ \
    X(TVR_EXPIRED, 1, 0x40)               /* 10.4.3 */ \
    X(TVR_NOT_YET_EFFECTIVE, 1, 0x20)     /* 10.4.3 */ \
    X(TVR_SERVICE_NOT_ALLOWED, 1, 0x10)   /* 10.4.2 */ \
    X(TVR_NEW_CARD, 1, 0x08)              /* 10.6.3 */ \
    X(TVR_CV_FAILED, 2, 0x80)             /* 10.5 */ \
    X(TVR_CVM_UNRECOGNISED, 2, 0x40)      /* 10.5 */ \
    X(TVR_PIN_TRIES_EXCEEDED, 2, 0x20)    /* 10.5.1 */ \
    X(TVR_PIN_PAD_ABSENT, 2, 0x10)        /* 10.5.1, 10.5.2 */ \
    X(TVR_PIN_NOT_ENTERED, 2, 0x08)       /* 10.5.1, 10.5.2 */ \
    X(TVR_ONLINE_PIN_ENTERED, 2, 0x04)    /* 10.5.2 */ \
    X(TVR_OVER_FLOOR_LIMIT, 3, 0x80)      /* 10.6.1 */ \
    X(TVR_LCOL_EXCEEDED, 3, 0x40)         /* 10.6.3 */ \
    X(TVR_UCOL_EXCEEDED, 3, 0x20)         /* 10.6.3 */ \
    X(TVR_RANDOMLY_SELECTED, 3, 0x10)     /* 10.6.2 */ \
    X(TVR_MERCHANT_FORCED, 3, 0x08)       /* Book 4: merchant forced online */ \
    X(TVR_DEFAULT_TDOL, 4, 0x80)          /* 9.2.2 */ \
    X(TVR_ISSUER_AUTH_FAILED, 4, 0x40)    /* 10.9 */ \
    X(TVR_SCRIPT_71_FAILED, 4, 0x20)      /* 10.10, before the final GENERATE AC */ \
    X(TVR_SCRIPT_72_FAILED, 4, 0x10)      /* 10.10, after it */

/* X(name, byte, mask) */
#define TSI_TABLE(X) \
    X(TSI_ODA_PERFORMED, 0, 0x80)         /* 10.3 */ \
    X(TSI_CV_PERFORMED, 0, 0x40)          /* 10.5 */ \
    X(TSI_CARD_RISK_PERFORMED, 0, 0x20)   /* 10.8 */ \
    X(TSI_ISSUER_AUTH_PERFORMED, 0, 0x10) /* 10.9 */ \
    X(TSI_TRM_PERFORMED, 0, 0x08)         /* 10.6 */ \
    X(TSI_SCRIPT_PERFORMED, 0, 0x04)      /* 10.10 */

#define VERIFICATION_BIT(name, byte, mask) name = (byte) << 8 | (mask),
enum tvr_bit { TVR_TABLE(VERIFICATION_BIT) };
enum tsi_bit { TSI_TABLE(VERIFICATION_BIT) };
#undef VERIFICATION_BIT

static inline void tvr_set(uint8_t tvr[5], enum tvr_bit bit)
{
    tvr[bit >> 8] |= (uint8_t)(bit & 0xFF);
}

static inline bool tvr_is_set(const uint8_t tvr[5], enum tvr_bit bit)
{
    return tvr[bit >> 8] & (bit & 0xFF);
}

static inline void tsi_set(uint8_t tsi[2], enum tsi_bit bit)
{
    tsi[bit >> 8] |= (uint8_t)(bit & 0xFF);
}

#endif
