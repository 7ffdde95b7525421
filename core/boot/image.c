/* The boot ROM as an image: the one symbol that a loader looks for (core/firmware.h). */
#include "core/boot/rom.h"

__attribute__((visibility("default"))) const struct firmware posbench_firmware = {
    .abi = FIRMWARE_ABI,
    .name = "posbench-boot",
    .version = "1.0.0",
    .sequence = 1,
    .schema = 0, /* keeps no data */
    .entry = rom_entry,
    .inspect = NULL,
    .screens = rom_screens,
    .slips = NULL,
};
