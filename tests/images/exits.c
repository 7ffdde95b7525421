/* Ends the process it runs in. */
#include "tests/images/image.h"

#include <stdlib.h>

static int exits_entry(const struct hal *hal)
{
    (void)hal;
    exit(0);
}

IMAGE("test-exits", exits_entry, NULL);
