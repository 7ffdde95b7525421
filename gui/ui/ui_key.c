/*
 * Key names. Shortcuts match the key as the layout names it; the number pad and, on layouts whose digits need Shift,
 * the place of the digit count as the digit. Nothing is typed as text, so no input method comes between.
 */
#include "gui/ui/ui_private.h"

#include <ctype.h>
#include <string.h>

static const struct {
    const char *name;
    uint16_t mod;
} prefixes[] = {{"Ctrl+", KMOD_CTRL}, {"Shift+", KMOD_SHIFT}, {"Alt+", KMOD_ALT}};

static const struct {
    SDL_Keycode pad, key;
} pads[] = {
    {SDLK_KP_0, SDLK_0},       {SDLK_KP_1, SDLK_1},          {SDLK_KP_2, SDLK_2},
    {SDLK_KP_3, SDLK_3},       {SDLK_KP_4, SDLK_4},          {SDLK_KP_5, SDLK_5},
    {SDLK_KP_6, SDLK_6},       {SDLK_KP_7, SDLK_7},          {SDLK_KP_8, SDLK_8},
    {SDLK_KP_9, SDLK_9},       {SDLK_KP_ENTER, SDLK_RETURN}, {SDLK_KP_PERIOD, SDLK_PERIOD},
    {SDLK_KP_PLUS, SDLK_PLUS}, {SDLK_KP_MINUS, SDLK_MINUS},  {SDLK_KP_MULTIPLY, SDLK_ASTERISK},
};

/* What Shift makes of a key on the layouts in widest use. */
static const struct {
    SDL_Keycode plain, shifted;
} shifts[] = {{SDLK_3, SDLK_HASH}, {SDLK_8, SDLK_ASTERISK}, {SDLK_EQUALS, SDLK_PLUS}, {SDLK_SLASH, SDLK_QUESTION}};

bool ui_key_parse(const char *name, SDL_Keycode *key, uint16_t *mods)
{
    *mods = 0;
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        size_t len = strlen(prefixes[i].name);
        if (SDL_strncasecmp(name, prefixes[i].name, len) == 0 && name[len]) {
            *mods |= prefixes[i].mod;
            name += len;
            i = (size_t)-1; /* from the first again: they come in any order */
        }
    }
    *key = SDL_GetKeyFromName(name);
    return *key != SDLK_UNKNOWN;
}

bool ui_key_of_char(char c, SDL_Keycode *key, uint16_t *mods)
{
    if (c < 0x20 || c > 0x7e)
        return false;
    *mods = isupper((unsigned char)c) ? KMOD_SHIFT : 0;
    *key = (SDL_Keycode)tolower((unsigned char)c); /* SDL's key codes are the characters */
    return true;
}

static SDL_Keycode plain(SDL_Keycode key, uint16_t mods)
{
    for (size_t i = 0; i < sizeof pads / sizeof pads[0]; i++)
        if (pads[i].pad == key)
            return pads[i].key;
    for (size_t i = 0; mods & KMOD_SHIFT && i < sizeof shifts / sizeof shifts[0]; i++)
        if (shifts[i].plain == key)
            return shifts[i].shifted;
    return key;
}

bool ui_key_matches(const char *shortcut, SDL_Keycode key, uint16_t mods)
{
    SDL_Keycode want;
    uint16_t want_mods;
    if (!shortcut || !ui_key_parse(shortcut, &want, &want_mods))
        return false;
    if (want == key && want_mods == mods)
        return true;
    bool shift_free = !(want_mods & KMOD_SHIFT); /* "P" is p with or without Shift; "3" with Shift is "#" */
    uint16_t rest = (uint16_t)(mods & ~(shift_free ? KMOD_SHIFT : 0));
    return plain(want, 0) == plain(key, mods) && rest == want_mods;
}
