/* What the loader must know about a shared object before it is handed to dlopen. Used by image.c; formats: System V
 * gABI, ELF-64. */
#ifndef POSBENCH_SIM_IMAGE_ELF_H
#define POSBENCH_SIM_IMAGE_ELF_H

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_SEGMENTS 16
#define IMAGE_MEMORY_MAX (256u * 1024u * 1024u)

struct image_segment {
    uint64_t offset, file_size, address, memory_size;
    bool writable;
};

struct image_elf {
    struct image_segment loads[IMAGE_SEGMENTS];
    size_t load_count;
    struct image_segment relro, tls; /* memory_size 0: none */
    bool needs_asan, links_libasan;
};

/* OK, or HAL_E_IMAGE with one line in `why`: no ELF-64 shared object for this machine, damaged, exports anything but
 * the firmware symbol, or leans on a library whose state would outlive a reboot. Bounds are checked for every byte
 * that is looked at. */
int image_elf_check(const uint8_t *bytes, size_t len, struct image_elf *out, char *why, size_t why_cap);

#endif
