/* What the window needs and finds here, for posbench doctor: a display, fonts, its libraries. */
#include "gui/bench.h"
#include "gui/ui/ui.h"

#include <SDL.h>
#include <SDL_ttf.h>
#include <stdio.h>
#include <stdlib.h>

static void say(const struct doctor *d, const char *what, bool found, const char *text, const char *way)
{
    d->row(d->ctx, &(struct doctor_row){"window", what, found ? DOCTOR_OK : DOCTOR_NONE, text, found ? "" : way});
}

static void say_version(const struct doctor *d, const char *what, const SDL_version *v)
{
    char text[40];
    snprintf(text, sizeof text, "%u.%u.%u", v->major, v->minor, v->patch);
    say(d, what, true, text, "");
}

/* Without any of these SDL draws where nobody looks. */
static bool display_named(void)
{
    return getenv("DISPLAY") || getenv("WAYLAND_DISPLAY") || getenv("SDL_VIDEODRIVER");
}

static void look_for_display(const struct doctor *d)
{
    bool found = display_named() && SDL_VideoInit(NULL) == 0;
    const char *driver = found ? SDL_GetCurrentVideoDriver() : NULL;
    say(d, "display", found, driver ? driver : "",
        "needed by gui: set DISPLAY; without a screen: SDL_VIDEODRIVER=dummy, or xvfb-run ./posbench gui");
    if (found)
        SDL_VideoQuit();
}

static void look_for_font(const struct doctor *d, const char *file, const char *package)
{
    char path[512], way[120];
    const char *const names[] = {file, NULL};
    snprintf(way, sizeof way, "needed by gui: apt-get install %s", package);
    say(d, file, ui_font_find(names, path, sizeof path), path, way);
}

void gui_doctor(const struct doctor *d)
{
    SDL_version version;
    SDL_GetVersion(&version);
    say_version(d, "SDL", &version);
    say_version(d, "SDL_ttf", TTF_Linked_Version());
    look_for_display(d);
    look_for_font(d, "DejaVuSans.ttf", "fonts-dejavu-core");
    look_for_font(d, "unifont.otf", "fonts-unifont");
}
