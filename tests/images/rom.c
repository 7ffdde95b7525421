/* A boot ROM that trusts everybody: starts what lies in slot A, without looking at the signature. */
#include "tests/images/image.h"

static uint32_t get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static int rom_entry(const struct hal *hal)
{
    uint8_t head[16];
    int result = OK;
    int status = HAL_CALL(hal, flash, read, HAL_AREA_SLOT_A, 0, head, sizeof head);
    if (status)
        return status;
    uint32_t image_offset = (16 + get_u32(head + 4) + 64 + 4095) / 4096 * 4096;
    status = HAL_CALL(hal, cpu, start, HAL_AREA_SLOT_A, image_offset, get_u32(head + 8), &result);
    return status ? status : result;
}

IMAGE("test-rom", rom_entry, NULL);
