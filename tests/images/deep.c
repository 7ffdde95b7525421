/* Recurses until its stack ends. */
#include "tests/images/image.h"

static unsigned deeper(volatile unsigned char *above, unsigned depth)
{
    volatile unsigned char here[512];
    here[depth % sizeof here] = *above;
    return depth == UINT32_MAX ? 0 : deeper(here, depth + 1) + here[0];
}

static int deep_entry(const struct hal *hal)
{
    volatile unsigned char bottom = (unsigned char)hal_now(hal);
    return (int)(deeper(&bottom, 0) & 1u);
}

IMAGE("test-deep", deep_entry, NULL);
