/* What mask.c (cards) and mask_iso.c (messages) share: stars over hex text, by byte position. */
#ifndef POSBENCH_SIM_MASK_INTERNAL_H
#define POSBENCH_SIM_MASK_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mask {
    const uint8_t *bytes; /* the payload */
    char *hex;            /* its hex text */
    bool masked;
};

void mask_all(struct mask *m, size_t offset, size_t len);
/* `digits` nibbles of a PAN or of a track that begins with one: first 6 and last 4 of the PAN stay, what follows it
 * is starred. */
void mask_pan(struct mask *m, size_t offset, size_t digits);
/* Objects of DOMAIN's sensitive tags in TLV bytes, in templates too; bytes cut off or malformed are masked as far as
 * they can be read. */
void mask_tlv(struct mask *m, size_t offset, size_t len);
/* A frame of DOMAIN 4.1. What cannot be read as one is starred whole. */
void mask_frame(struct mask *m, size_t len);

#endif
