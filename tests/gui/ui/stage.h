/*
 * A window without a screen and small frames, for the tests of the layer. Events go in through SDL where a real one
 * would come from, unless a test is about edges.
 */
#ifndef POSBENCH_TESTS_GUI_STAGE_H
#define POSBENCH_TESTS_GUI_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "gui/ui/ui_private.h"

static inline int stage_open(void **state)
{
    char why[256];
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    struct ui_config config = {.title = "stage", .width = 400, .height = 300, .scale = 1};
    struct ui *ui = ui_create(&config, why, sizeof why);
    if (!ui)
        fprintf(stderr, "%s\n", why);
    *state = ui;
    return ui ? 0 : -1;
}

static inline int stage_close(void **state)
{
    ui_destroy(*state);
    return 0;
}

static inline void stage_button(int x, int y, bool down)
{
    SDL_Event e = {.button = {.type = down ? SDL_MOUSEBUTTONDOWN : SDL_MOUSEBUTTONUP,
                              .button = SDL_BUTTON_LEFT,
                              .clicks = 1,
                              .x = x,
                              .y = y}};
    assert_int_equal(SDL_PushEvent(&e), 1);
}

static inline void stage_move(int x, int y)
{
    SDL_Event e = {.motion = {.type = SDL_MOUSEMOTION, .x = x, .y = y}};
    assert_int_equal(SDL_PushEvent(&e), 1);
}

static inline void stage_key(SDL_Keycode key, uint16_t mod)
{
    SDL_Event e = {.key = {.type = SDL_KEYDOWN, .keysym = {.sym = key, .mod = mod}}};
    assert_int_equal(SDL_PushEvent(&e), 1);
}

#endif
