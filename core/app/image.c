/* What the transaction core's image exports: the one symbol that the boot ROM and the bench look for (firmware.h). */
#include "core/app/app.h"
#include "core/app/receipt.h"

extern const struct firmware posbench_firmware;

__attribute__((visibility("default"))) const struct firmware posbench_firmware = {
    .abi = FIRMWARE_ABI,
    .name = "posbench-core",
    .version = "1.0.0",
    .sequence = 1,
    .schema = STORE_SCHEMA,
    .entry = app_entry,
    .inspect = store_inspect,
    .screens = screen_catalogue,
    .slips = receipt_slips,
};
