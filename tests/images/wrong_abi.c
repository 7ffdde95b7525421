/* Built against an interface that this bench does not have. */
#include "tests/images/image.h"

static int no_entry(const struct hal *hal)
{
    (void)hal;
    return E_STATE;
}

__attribute__((visibility("default"))) extern const struct firmware posbench_firmware;
const struct firmware posbench_firmware = {.abi = FIRMWARE_ABI + 7,
                                           .name = "test-wrong-abi",
                                           .version = IMAGE_VERSION,
                                           .entry = no_entry,
                                           .screens = image_screens};
