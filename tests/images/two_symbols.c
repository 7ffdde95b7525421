/* Exports more than an image may. */
#include "tests/images/image.h"

static int no_entry(const struct hal *hal)
{
    (void)hal;
    return E_STATE;
}

__attribute__((visibility("default"))) int somebody_elses_function(void);

int somebody_elses_function(void)
{
    return OK;
}

IMAGE("test-two-symbols", no_entry, NULL);
