/* See image_memory.h for why these are not memcpy and memcmp. */
#include "sim/image_memory.h"

#include <string.h>

#if IMAGE_UNDER_ASAN

/* volatile: the compiler must not recognise the loop and call memcpy after all */
__attribute__((no_sanitize("address"))) void image_memory_copy(void *to, const void *from, size_t len)
{
    volatile uint8_t *out = to;
    const volatile uint8_t *in = from;
    for (size_t i = 0; i < len; i++)
        out[i] = in[i];
}

__attribute__((no_sanitize("address"))) bool image_memory_equal(const void *a, const void *b, size_t len)
{
    const volatile uint8_t *x = a, *y = b;
    for (size_t i = 0; i < len; i++)
        if (x[i] != y[i])
            return false;
    return true;
}

#else

void image_memory_copy(void *to, const void *from, size_t len)
{
    memcpy(to, from, len);
}

bool image_memory_equal(const void *a, const void *b, size_t len)
{
    return memcmp(a, b, len) == 0;
}

#endif
