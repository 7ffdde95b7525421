/* The tag dictionary (DOMAIN appendix A; EMV Book 3 Annex A): names, formats, sources. One table in tag.c. */
#ifndef POSBENCH_CORE_CODEC_TAG_H
#define POSBENCH_CORE_CODEC_TAG_H

#include <stddef.h>
#include <stdint.h>

enum tag_format { TAG_B, TAG_N, TAG_CN, TAG_A, TAG_AN, TAG_ANS, TAG_TEMPLATE };

struct tag_info {
    uint32_t tag;
    const char *name;
    enum tag_format format;
    uint8_t min, max; /* bytes; max 0: no limit stated */
    char source;      /* 'C' card, 'T' terminal, 'I' issuer */
};

/* NULL for an unknown tag. */
const struct tag_info *tag_lookup(uint32_t tag);
/* Whole table, for reference pages. */
const struct tag_info *tag_table(size_t *count);

/* The bits of a bit-coded tag (95 TVR, 9B TSI, 82 AIP, 9F33, 9F40, 9F27 CID, 9F07): name of bit `mask` (80..01) of byte
 * `byte` (0-based), NULL when it has none. */
const char *tag_bit_name(uint32_t tag, size_t byte, uint8_t mask);

#endif
