/* An explorer for the tests of the sweep: opened with a script of the test's own, or with a file. Include cmocka
 * before. */
#ifndef POSBENCH_TESTS_ENGINE_EXPLORE_SUPPORT_H
#define POSBENCH_TESTS_ENGINE_EXPLORE_SUPPORT_H

#include "scenarios/engine/explore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPLORE_CORE TEST_IMAGES "/core-image.so"

struct explored {
    struct explorer e;
    char path[64]; /* of the script; "" when it is not ours */
};

/* Every mode but subsets. */
static inline struct explore_options explore_all(void)
{
    struct explore_options o = {.subsets = false};
    for (unsigned i = 0; i < CUT_MODES; i++)
        o.mode[i] = i != CUT_SUBSET;
    return o;
}

static inline void explored_open_file(struct explored *x, const char *file, const char *core,
                                      const struct explore_options *options)
{
    char why[600] = "";
    const struct case_request request = {
        .file = file,
        .index = 1,
        .seed = 1,
        .paths = {TEST_ROOT, core, TEST_IMAGES "/boot-image.so"},
    };
    if (explorer_open(&x->e, &request, options, why, sizeof why) != OK)
        fail_msg("%s", why);
}

static inline void explored_write(struct explored *x, const char *script)
{
    static unsigned number;
    snprintf(x->path, sizeof x->path, "/tmp/posbench-explore-%d-%u.lua", (int)getpid(), ++number);
    FILE *f = fopen(x->path, "w");
    assert_non_null(f);
    fputs(script, f);
    assert_int_equal(fclose(f), 0);
}

static inline void explored_open(struct explored *x, const char *script, const struct explore_options *options)
{
    memset(x, 0, sizeof *x);
    explored_write(x, script);
    explored_open_file(x, x->path, EXPLORE_CORE, options);
}

static inline void explored_close(struct explored *x)
{
    explorer_close(&x->e);
    if (x->path[0])
        unlink(x->path);
}

static inline struct terminal *explored_terminal(struct explored *x)
{
    return x->e.bench.terminal[0].terminal;
}

/* The key of what stands now. */
static inline void explored_key(struct explored *x, uint8_t out[EXPLORE_KEY])
{
    uint8_t rest[32];
    assert_true(scene_rest(&x->e.maker, rest));
    scene_key(terminal_storage(explored_terminal(x)), rest, out);
}

/* A scene of what stands now. */
static inline struct scene *explored_take(struct explored *x)
{
    uint8_t rest[32];
    assert_true(scene_rest(&x->e.maker, rest));
    struct scene *s = scene_take(&x->e.maker, storage_clone(terminal_storage(explored_terminal(x))));
    assert_non_null(s);
    return s;
}

#endif
