/* A shared object, but no image. */
#include "core/hal.h"

__attribute__((visibility("hidden"))) int not_exported(void);

int not_exported(void)
{
    return OK;
}
