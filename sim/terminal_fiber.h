/*
 * Stack switches as AddressSanitizer must be told of them (sanitizer/common_interface_defs.h): announced before,
 * confirmed after on the other side. Without it these are nothing.
 */
#ifndef POSBENCH_SIM_TERMINAL_FIBER_H
#define POSBENCH_SIM_TERMINAL_FIBER_H

#include "sim/image_memory.h"
#include "sim/terminal_internal.h"

#if IMAGE_UNDER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define FIBER_STACK_BYTES (2u * 1024u * 1024u) /* instrumented frames are several times as large */

/* `from` NULL: the stack that is left will not be entered again. */
static inline void fiber_leave(struct fiber_mark *from, const struct fiber_mark *to)
{
    __sanitizer_start_switch_fiber(from ? &from->fake_stack : NULL, to->bottom, to->size);
}

/* `origin` NULL: where we came from is known. */
static inline void fiber_arrive(struct fiber_mark *here, struct fiber_mark *origin)
{
    __sanitizer_finish_switch_fiber(here->fake_stack, origin ? &origin->bottom : NULL, origin ? &origin->size : NULL);
}

static inline void fiber_fresh(struct fiber_mark *mark)
{
    mark->fake_stack = NULL;
    __asan_unpoison_memory_region(mark->bottom, mark->size); /* frames that were abandoned left their red zones */
}

#else
#define FIBER_STACK_BYTES (512u * 1024u)

static inline void fiber_leave(struct fiber_mark *from, const struct fiber_mark *to)
{
    (void)from, (void)to;
}

static inline void fiber_arrive(struct fiber_mark *here, struct fiber_mark *origin)
{
    (void)here, (void)origin;
}

static inline void fiber_fresh(struct fiber_mark *mark)
{
    (void)mark;
}
#endif

#endif
