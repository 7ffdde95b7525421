/* What image.c (loading) and image_state.c (what a loaded image has in its variables) share. */
#ifndef POSBENCH_SIM_IMAGE_INTERNAL_H
#define POSBENCH_SIM_IMAGE_INTERNAL_H

#include "sim/image.h"
#include "sim/image_elf.h"

#define IMAGE_PIECES (2 * IMAGE_SEGMENTS)

struct image_piece { /* writable memory that a reset restores */
    uint8_t *memory;
    size_t len;
    uint8_t *copy;
};

struct image_bank { /* the variables of one terminal while another runs the same image */
    struct image_bank *next;
    const void *owner;
    uint8_t *state;
};

struct image {
    struct image *next;
    uint8_t sha256[32];
    void *handle;
    const struct firmware *firmware;
    const uint8_t *base;
    struct image_elf elf;
    struct image_piece pieces[IMAGE_PIECES];
    size_t piece_count;
    struct image_bank *banks, *current; /* current: whose variables are in place now; NULL: nobody's */
};

int image_state_keep(struct image *image); /* after loading: copies what a reset brings back. E_NOMEM */
void image_state_clear(struct image *image);
void image_state_release(struct image *image, const void *owner);

#endif
