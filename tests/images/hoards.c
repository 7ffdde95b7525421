/* Takes memory and never gives it back. */
#include "tests/images/image.h"

#include <stdlib.h>
#include <string.h>

static int hoards_entry(const struct hal *hal)
{
    for (void *block; (block = malloc(1u << 20)); memset(block, 1, 1u << 20))
        hal_now(hal);
    return E_NOMEM;
}

IMAGE("test-hoards", hoards_entry, NULL);
