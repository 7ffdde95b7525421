/*
 * The window and the frame: opening, resizing, scaling, waiting without spinning, and showing what was drawn.
 */
#include "gui/ui/ui_private.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SLICE_BUSY_MS = 5,  /* how long input may lie while a hand is at work */
    SLICE_IDLE_MS = 20, /* and when nothing was touched for a second; 50 wake-ups a second cost far below 1 % */
    BUSY_FOR_MS = 1000
};

static bool is_driver(const char *name)
{
    const char *driver = SDL_GetCurrentVideoDriver();
    return driver && strcmp(driver, name) == 0;
}

static int no_display(char *why, size_t why_cap)
{
    const char *driver = SDL_getenv("SDL_VIDEODRIVER"), *display = SDL_getenv("DISPLAY");
    if (driver && *driver)
        snprintf(why, why_cap, "no display: SDL_VIDEODRIVER=%s: %s", driver, SDL_GetError());
    else if (display && *display)
        snprintf(why, why_cap, "no display: DISPLAY=%s: %s", display, SDL_GetError());
    else
        snprintf(why, why_cap, "no display: set DISPLAY or WAYLAND_DISPLAY, or SDL_VIDEODRIVER=dummy to run unseen");
    return -1;
}

static int open_display(char *why, size_t why_cap)
{
    const char *driver = SDL_getenv("SDL_VIDEODRIVER"), *wayland = SDL_getenv("WAYLAND_DISPLAY");
    if (!driver && !SDL_getenv("DISPLAY") && !wayland)
        return no_display(why, why_cap); /* SDL would look further, and find a driver that shows nothing */
    if (!driver && !wayland)
        SDL_SetHintWithPriority(SDL_HINT_VIDEODRIVER, "x11", SDL_HINT_DEFAULT); /* else libwayland complains aloud */
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1");
    SDL_SetHint(SDL_HINT_MOUSE_FOCUS_CLICKTHROUGH, "1"); /* the click that raises the window counts */
    SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
    if (SDL_InitSubSystem(SDL_INIT_VIDEO) != 0)
        return no_display(why, why_cap);
    if (is_driver("x11"))
        SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0"); /* pixels go by shared memory; no GPU is woken */
    SDL_StopTextInput(); /* there is nothing to type into, and an input method would swallow keys */
    return 0;
}

/* Real pixels for each of the window system's own; more than 1 where it scales windows by itself. */
static float density(const struct ui *ui)
{
    int w, h, real_w, real_h;
    SDL_GetWindowSize(ui->window, &w, &h);
    SDL_GetWindowSizeInPixels(ui->window, &real_w, &real_h);
    return w > 0 && real_w > w ? (float)real_w / (float)w : 1;
}

/* From the dots of the first display, in quarters, and only as far as the window still has room there. */
static float display_scale(int width, int height)
{
    float dpi, scale = 1;
    SDL_Rect most;
    if (is_driver("dummy") || is_driver("offscreen") || SDL_GetDisplayDPI(0, NULL, &dpi, NULL) != 0 ||
        SDL_GetDisplayUsableBounds(0, &most) != 0)
        return 1;
    while (scale < 2 && dpi >= 96 * (scale + 0.25f) && (float)width * (scale + 0.25f) <= (float)most.w &&
           (float)height * (scale + 0.25f) <= (float)most.h)
        scale += 0.25f;
    return scale;
}

static int set_canvas(struct ui *ui)
{
    int w, h;
    SDL_GetWindowSizeInPixels(ui->window, &w, &h);
    if (w != ui->canvas.w || h != ui->canvas.h || !ui->canvas.pixels) {
        uint32_t *pixels = w > 0 && h > 0 && w <= 16384 && h <= 16384 ? calloc((size_t)w * (size_t)h, 4) : NULL;
        if (!pixels)
            return -1;
        free(ui->canvas.pixels);
        ui->canvas.pixels = pixels;
        ui->canvas.w = w;
        ui->canvas.h = h;
    }
    ui->width = (int)SDL_floorf((float)ui->canvas.w / ui->scale + 0.001f);
    ui->height = (int)SDL_floorf((float)ui->canvas.h / ui->scale + 0.001f);
    return 0;
}

/* Real pixels that are there for a window; a window without a screen may be of any size. */
static void fit(const struct ui *ui, int *w, int *h)
{
    SDL_Rect most;
    int display = ui->window ? SDL_GetWindowDisplayIndex(ui->window) : 0;
    if (is_driver("dummy") || is_driver("offscreen") || SDL_GetDisplayUsableBounds(display, &most) != 0)
        return;
    *w = *w < most.w ? *w : most.w;
    *h = *h < most.h ? *h : most.h;
}

static void set_least(struct ui *ui)
{
    float to_window = ui->scale / density(ui);
    int w = (int)((float)ui->least_width * to_window), h = (int)((float)ui->least_height * to_window);
    fit(ui, &w, &h); /* a screen may be smaller */
    SDL_SetWindowMinimumSize(ui->window, w, h);
}

void ui_set_scale(struct ui *ui, float scale)
{
    scale = scale < 1 ? 1 : scale > 2 ? 2 : scale;
    if (SDL_fabsf(scale - ui->scale) < 0.001f)
        return;
    float to_window = scale / density(ui);
    int w = (int)((float)ui->width * to_window + 0.5f), h = (int)((float)ui->height * to_window + 0.5f);
    if (ui_fonts_scale(ui->fonts, scale) != 0) { /* the files were there a moment ago; stay as it was */
        ui_fonts_scale(ui->fonts, ui->scale);
        return;
    }
    ui->scale = scale;
    set_least(ui);
    fit(ui, &w, &h);
    SDL_SetWindowSize(ui->window, w, h);
    ui->redraw = ui->changed = true;
}

struct ui *ui_create(const struct ui_config *config, char *why, size_t why_cap)
{
    struct ui *ui = calloc(1, sizeof *ui);
    if (!ui) {
        snprintf(why, why_cap, "out of memory");
        return NULL;
    }
    if (open_display(why, why_cap) != 0) {
        free(ui);
        return NULL;
    }
    ui->in.x = ui->in.y = -1;
    ui->scale =
        config->scale > 0 ? SDL_min(SDL_max(config->scale, 1), 2) : display_scale(config->width, config->height);
    ui->home_scale = ui->scale;
    int w = (int)((float)config->width * ui->scale + 0.5f), h = (int)((float)config->height * ui->scale + 0.5f);
    fit(ui, &w, &h);
    ui->fonts = ui_fonts_open(config, why, why_cap);
    if (!ui->fonts)
        goto cleanup;
    ui->window = SDL_CreateWindow(config->title ? config->title : "posbench", SDL_WINDOWPOS_CENTERED,
                                  SDL_WINDOWPOS_CENTERED, w, h, SDL_WINDOW_RESIZABLE | SDL_WINDOW_ALLOW_HIGHDPI);
    if (!ui->window) {
        snprintf(why, why_cap, "no window: %s", SDL_GetError());
        goto cleanup;
    }
    if (config->scale <= 0 && density(ui) > 1)
        ui->scale = ui->home_scale = SDL_min(density(ui), 2);
    if (ui_fonts_scale(ui->fonts, ui->scale) != 0 || set_canvas(ui) != 0) {
        snprintf(why, why_cap, "no window: %s", SDL_GetError());
        goto cleanup;
    }
    ui->least_width = config->least_width > 0 ? config->least_width : config->width * 4 / 5;
    ui->least_height = config->least_height > 0 ? config->least_height : config->height * 4 / 5;
    set_least(ui);
    ui->redraw = true;
    return ui;
cleanup:
    ui_destroy(ui);
    return NULL;
}

void ui_destroy(struct ui *ui)
{
    if (!ui)
        return;
    ui_fonts_close(ui->fonts);
    ui_records_free(&ui->now);
    ui_records_free(&ui->last);
    for (size_t i = 0; i < sizeof ui->canvas.corner / sizeof ui->canvas.corner[0]; i++)
        free(ui->canvas.corner[i]);
    free(ui->canvas.pixels);
    if (ui->window)
        SDL_DestroyWindow(ui->window);
    SDL_QuitSubSystem(SDL_INIT_VIDEO);
    SDL_Quit();
    free(ui);
}

void ui_size(const struct ui *ui, int *width, int *height)
{
    *width = ui->width;
    *height = ui->height;
}

bool ui_again(const struct ui *ui)
{
    return ui->redraw || ui->changed || (ui->in.count > 0 && ui->drawn) || ui_script_ready(ui);
}

static int slice_ms(const struct ui *ui, uint64_t now, uint64_t until)
{
    int slice = now - ui->last_input_ms < BUSY_FOR_MS ? SLICE_BUSY_MS : SLICE_IDLE_MS;
    return until - now < (uint64_t)slice ? (int)(until - now) : slice;
}

bool ui_wait(struct ui *ui, int fd, unsigned timeout_ms)
{
    uint64_t until = SDL_GetTicks64() + timeout_ms;
    int script_ms = ui_script_left_ms(ui);
    if (script_ms >= 0 && (unsigned)script_ms < timeout_ms)
        until = SDL_GetTicks64() + (unsigned)script_ms;
    for (;;) {
        const char *why;
        ui_input_pump(ui);
        if (ui->closed || (ui->script && ui_script_state(ui->script, &why) != 0))
            return false;
        uint64_t now = SDL_GetTicks64();
        if (ui_again(ui) || now >= until)
            return true;
        /* SDL has no descriptor to poll beside ours, so both are looked at in slices. */
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, slice_ms(ui, now, until)) > 0)
            return true;
    }
}

void ui_begin(struct ui *ui)
{
    int w, h;
    SDL_GetWindowSizeInPixels(ui->window, &w, &h);
    if (w != ui->canvas.w || h != ui->canvas.h || ui->redraw)
        set_canvas(ui);
    ui_input_pump(ui);
    if (ui->script && ui->drawn && !ui->in.count && !ui->changed && !ui->redraw)
        ui_script_step(ui);
    ui->redraw = ui->changed = false;
    ui_input_take(ui);
    ui_records_clear(&ui->now);
    ui->ghost[0] = 0;
    ui->ring = (struct ui_rect){0, 0, 0, 0};
    ui_clip(ui, NULL);
    ui_px_fill(ui, ui->canvas.clip, ui_theme_colour(UI_PAPER));
}

static void show(struct ui *ui)
{
    SDL_Surface *window = SDL_GetWindowSurface(ui->window);
    SDL_Surface *ours = SDL_CreateRGBSurfaceWithFormatFrom(ui->canvas.pixels, ui->canvas.w, ui->canvas.h, 32,
                                                           4 * ui->canvas.w, SDL_PIXELFORMAT_RGB888);
    if (window && ours) {
        SDL_BlitSurface(ours, NULL, window, NULL);
        SDL_UpdateWindowSurface(ui->window);
    }
    SDL_FreeSurface(ours);
}

void ui_end(struct ui *ui)
{
    ui_clip(ui, NULL);
    if (ui->ring.w > 0)
        ui_px_ring(ui, ui->ring, ui->ring_radius);
    ui_ghost_draw(ui);
    ui_input_settle(ui);
    show(ui);
    struct ui_records seen = ui->now;
    ui->now = ui->last;
    ui->last = seen;
    ui->drawn = true;
}
