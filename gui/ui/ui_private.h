/*
 * What the files of the layer share. Nothing outside gui/ui includes this (its unit tests do).
 *
 * A frame draws into a canvas of our own, pixel by pixel in integers, and the window gets a copy: the same calls make
 * the same pixels under every video driver and on every processor, so that pictures can be compared exactly.
 */
#ifndef POSBENCH_GUI_UI_PRIVATE_H
#define POSBENCH_GUI_UI_PRIVATE_H

#include <SDL2/SDL.h>

#include "gui/ui/ui.h"

enum { UI_ID_CAP = 128, UI_EDGES = 256 };

typedef char ui_id[UI_ID_CAP];

/* ---- colours (ui_theme.c), 0xRRGGBB ---- */

uint32_t ui_theme_colour(enum ui_tone tone);
const char *ui_theme_name(enum ui_tone tone);
uint32_t ui_theme_mix(uint32_t from, uint32_t to, int percent);
uint32_t ui_theme_ink_on(uint32_t face);          /* dark or white, whichever is read better */
double ui_theme_contrast(uint32_t a, uint32_t b); /* WCAG 2.1, 1 to 21 */

/* ---- what a frame records (ui_record.c) ---- */

struct ui_record {
    const char *id, *role, *label, *value, *shortcut; /* never NULL but value and shortcut */
    const char *owner;                                /* a row's list; else NULL */
    size_t row;                                       /* of its list, from 1 */
    struct ui_rect at, hit;                           /* hit: what of it is not clipped */
    bool disabled, chosen;
    bool takes;   /* the mouse */
    bool stops;   /* the focus */
    bool drags;   /* follows the mouse */
    bool scrolls; /* takes the wheel, and list keys while it has the focus */
};

struct ui_block;
struct ui_records {
    struct ui_record *items;
    size_t count, cap;
    uint16_t *slots; /* hash of ids -> index from 1 */
    struct ui_block *blocks, *block;
    char fault[160]; /* a duplicate id and its like: a programming error, told in the tree and by scripts */
};

void ui_records_clear(struct ui_records *r); /* keeps the memory */
void ui_records_free(struct ui_records *r);
/* Copies the item's strings. NULL: too many widgets or no memory, or the id is taken (fault says so). */
struct ui_record *ui_records_add(struct ui_records *r, const struct ui_item *item, struct ui_rect hit);
const struct ui_record *ui_records_find(const struct ui_records *r, const char *id);
/* The record on top at a point that takes the mouse, or (scrolls) the wheel; NULL. */
const struct ui_record *ui_records_at(const struct ui_records *r, int x, int y, bool scrolls);
/* The id most like `id`; NULL when none is. */
const char *ui_records_nearest(const struct ui_records *r, const char *id);
/* Letters to change, add or drop to make b of a; at most `limit`. (ui_near.c) */
unsigned ui_near(const char *a, const char *b, unsigned limit);

/* ---- input (ui_input.c, ui_focus.c, ui_key.c) ---- */

enum ui_edge_kind { UI_EDGE_MOVE, UI_EDGE_LEAVE, UI_EDGE_DOWN, UI_EDGE_UP, UI_EDGE_WHEEL, UI_EDGE_KEY };
struct ui_edge {
    enum ui_edge_kind kind;
    int x, y; /* logical */
    int clicks, wheel;
    SDL_Keycode key;
    uint16_t mods; /* KMOD_CTRL, KMOD_SHIFT, KMOD_ALT or'ed; nothing else */
    bool repeat;
};

struct ui_input {
    struct ui_edge edges[UI_EDGES];
    size_t first, count;
    int x, y;           /* the mouse; -1: not in the window */
    int down_x, down_y; /* where the button went down */
    ui_id hot, active, focus;
    bool focus_shown; /* moved by keyboard: the ring is drawn, and Enter and arrows belong to it */
    bool dragging;
    /* what the edge of this frame did */
    ui_id fired, fired_owner;
    size_t fired_row;
    int fired_clicks;
    ui_id dropped;
    int drop_x, drop_y;
    ui_id wheel_owner;
    int wheel;
    SDL_Keycode key; /* for what has the focus and scrolls */
};

void ui_input_pump(struct ui *ui); /* SDL's events into edges */
bool ui_input_put(struct ui *ui, const struct ui_edge *edge);
void ui_input_take(struct ui *ui);   /* one edge, resolved against the frame that was seen */
void ui_input_settle(struct ui *ui); /* after a frame: lets go of what is gone */
void ui_focus_set(struct ui *ui, const struct ui_record *r, bool shown);
bool ui_focus_key(struct ui *ui, const struct ui_edge *edge); /* Tab and arrows */

/* "Ctrl+R" -> key and mods. false: no such name. */
bool ui_key_parse(const char *name, SDL_Keycode *key, uint16_t *mods);
/* A character as a key press; false: no key types it. */
bool ui_key_of_char(char c, SDL_Keycode *key, uint16_t *mods);
bool ui_key_matches(const char *shortcut, SDL_Keycode key, uint16_t mods);

/* ---- fonts (ui_font.c, ui_text.c, ui_utf8.c) ---- */

struct ui_glyph {
    uint32_t code, font;
    int w, h, left, top; /* of the mask, from pen and baseline; real pixels at `zoom` 1 */
    int advance;         /* real, zoom included */
    int zoom;            /* whole factor the mask is drawn at */
    uint8_t *mask;       /* w x h; NULL: nothing to draw */
};
struct ui_fonts;
struct ui_fonts *ui_fonts_open(const struct ui_config *c, char *why, size_t why_cap);
void ui_fonts_close(struct ui_fonts *f);
int ui_fonts_scale(struct ui_fonts *f, float scale); /* 0, or -1 with SDL's error */
const struct ui_glyph *ui_fonts_glyph(struct ui_fonts *f, enum ui_font font, uint32_t code); /* never NULL */
void ui_fonts_metrics(const struct ui_fonts *f, enum ui_font font, int *ascent, int *height);
size_t ui_fonts_cached(const struct ui_fonts *f);

/* One character; malformed bytes give 0xFFFD, a byte at a time. Returns its length; 0 at the end. */
size_t ui_utf8_next(const char *s, uint32_t *code);
/* The longest whole characters within `cap` bytes. */
size_t ui_utf8_fit(const char *s, size_t cap);
/* Width in real pixels of the first `len` bytes. */
int ui_text_real_width(struct ui *ui, enum ui_font font, const char *text, size_t len);
/* How much of `text` goes into `width` real pixels, at a character border. */
size_t ui_text_fit(struct ui *ui, enum ui_font font, const char *text, int width);
/* The bytes of the next line of wrapped text, newline not included; *skip: bytes to the line after. */
size_t ui_text_wrap(struct ui *ui, enum ui_font font, const char *text, int width, size_t *skip);

/* ---- the window ---- */

struct ui_canvas {
    uint32_t *pixels;
    int w, h;
    SDL_Rect clip;
    uint8_t *corner[129]; /* quarter masks by radius, made when first asked for */
};

struct ui {
    SDL_Window *window;
    struct ui_canvas canvas;
    int width, height, least_width, least_height; /* logical */
    float scale, home_scale;
    struct ui_fonts *fonts;
    struct ui_records now, last;
    struct ui_input in;
    ui_id ghost; /* what is dragged, drawn last */
    char ghost_label[64];
    struct ui_rect ghost_at;
    enum ui_tone ghost_tone;
    struct ui_rect ring; /* the focus's, drawn over its neighbours */
    int ring_radius;
    struct ui_script *script;
    bool drawn;   /* there is a last frame */
    bool redraw;  /* the window asks for a frame */
    bool changed; /* this frame's widgets did something */
    bool closed;
    uint64_t last_input_ms;
};

void ui_set_scale(struct ui *ui, float scale);
int ui_real(const struct ui *ui, int logical);
SDL_Rect ui_real_rect(const struct ui *ui, struct ui_rect at);
struct ui_rect ui_clipped(const struct ui *ui, struct ui_rect at); /* logical */
int ui_line_px(const struct ui *ui);                               /* a hair line */

void ui_px_fill(struct ui *ui, SDL_Rect at, uint32_t rgb);
void ui_px_round(struct ui *ui, SDL_Rect at, int radius, uint32_t rgb);
void ui_px_mask(struct ui *ui, const uint8_t *mask, int w, int h, int zoom, int x, int y, uint32_t rgb);
int ui_px_text(struct ui *ui, SDL_Rect at, enum ui_font font, enum ui_align align, uint32_t rgb, const char *text);
void ui_px_ring(struct ui *ui, struct ui_rect at, int radius); /* the focus */

/* ---- what widgets share (ui_widgets.c) ---- */

struct ui_state {
    bool hover, held, focus, fired;
};
/* Records the item as something to press; its state in this frame. */
struct ui_state ui_take(struct ui *ui, const struct ui_item *item, bool drags);
void ui_row_draw(struct ui *ui, const struct ui_item *item, struct ui_state s, bool words);
void ui_ghost_draw(struct ui *ui);
void ui_ring_at(struct ui *ui, struct ui_rect at, int radius); /* shows the focus there when the frame ends */
bool ui_is_plain(enum ui_tone tone);                           /* not a colour of its own */
/* Scroll bar at the right edge of `at`; changes *first. Returns its width, 0 when all is seen. */
int ui_bar(struct ui *ui, const char *id, struct ui_rect at, size_t count, size_t seen, size_t *first);

/* ---- scripts ---- */

bool ui_script_alone(const struct ui *ui);  /* real mouse and keys are not listened to */
void ui_script_step(struct ui *ui);         /* called by ui_begin when no edge waits */
bool ui_script_ready(const struct ui *ui);  /* has something to do at once */
int ui_script_left_ms(const struct ui *ui); /* until its wait fails; -1: does not wait */

#endif
