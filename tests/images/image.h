/* What the test images share: a catalogue of screens and the one exported symbol. Each image defines `image_entry`. */
#ifndef POSBENCH_TESTS_IMAGES_IMAGE_H
#define POSBENCH_TESTS_IMAGES_IMAGE_H

#include "core/firmware.h"

#ifndef IMAGE_VERSION
#define IMAGE_VERSION "1.0.0"
#endif
#ifndef IMAGE_SEQUENCE
#define IMAGE_SEQUENCE 1
#endif

enum { SCREEN_IDLE = 1, SCREEN_KEY = 2 };

static const struct firmware_screen image_screens[] = {
    {SCREEN_IDLE, "idle", FIRMWARE_IDLE},
    {SCREEN_KEY, "key", FIRMWARE_ASK},
    {0, NULL, FIRMWARE_NEUTRAL},
};

#define IMAGE(image_name, entry_function, inspect_function)                                                            \
    __attribute__((visibility("default"))) extern const struct firmware posbench_firmware;                             \
    const struct firmware posbench_firmware = {                                                                        \
        .abi = FIRMWARE_ABI,                                                                                           \
        .name = image_name,                                                                                            \
        .version = IMAGE_VERSION,                                                                                      \
        .sequence = IMAGE_SEQUENCE,                                                                                    \
        .schema = 1,                                                                                                   \
        .entry = entry_function,                                                                                       \
        .inspect = inspect_function,                                                                                   \
        .screens = image_screens,                                                                                      \
    }

#endif
