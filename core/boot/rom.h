/* The boot ROM's one function and its screen. Callers: image.c, tests. */
#ifndef POSBENCH_CORE_BOOT_ROM_H
#define POSBENCH_CORE_BOOT_ROM_H

#include "core/firmware.h"

enum { ROM_SCREEN_BOOT_FAILED = 1 };

extern const struct firmware_screen rom_screens[];

/* Verifies and starts a core. HAL_E_POWER when power was lost, in the core or while waiting after a failure; a
 * negative code when even waiting failed. */
int rom_entry(const struct hal *hal);

#endif
