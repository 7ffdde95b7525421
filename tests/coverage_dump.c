/*
 * Counters of a core that runs inside the bench (POSBENCH_COVERAGE): they lie in the image's writable memory, which the
 * bench restores at each reset, and workers end without exit handlers. So they are added to the .gcda files whenever
 * the core's entry returns: at each power-off, reset and power loss. The linker puts this around app_entry; a core that
 * has to be abandoned on its stack, or that crashes, leaves nothing. Built into core-image alone, run by
 * tests/coverage.
 */
#include "core/hal.h"

int __real_app_entry(const struct hal *hal);
int __wrap_app_entry(const struct hal *hal);
void __gcov_dump(void);

int __wrap_app_entry(const struct hal *hal)
{
    int result = __real_app_entry(hal);
    __gcov_dump();
    return result;
}
