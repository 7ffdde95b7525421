/*
 * A thin immediate-mode layer over SDL2 and SDL2_ttf: a frame is a row of calls, one a widget, each of which draws it,
 * records it and says what was done to it. Every widget has a stable id ("key.5", "tray.unionpay-credit",
 * "timeline.row.17") and is recorded each frame with role, label, value and rectangle: tests dump that list, click by
 * id, and everything can be done from the keyboard (Tab and arrows move the focus, Enter or Space presses, a widget's
 * shortcut presses it from anywhere).
 *
 * Files: ui.c window and frame, ui_input.c events -> one edge a frame, ui_widgets.c, ui_list.c, ui_font.c (runs by
 * glyph: text font, then Chinese), ui_dump.c JSON and PNG, ui_script.c. Callers: gui/.
 *
 * Coordinates are logical pixels; `scale` (1.0 to 2.0) turns them into real ones. Redraws only what is asked for:
 * ui_wait sleeps until there is input, a timer, or a descriptor to read.
 */
#ifndef POSBENCH_GUI_UI_UI_H
#define POSBENCH_GUI_UI_UI_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ui;

struct ui_config {
    const char *title;
    int width, height;                            /* logical; the window can be resized, ui_size tells */
    float scale;                                  /* 0: from the display, else 1.0 to 2.0 */
    const char *text_font, *mono_font, *cjk_font; /* files; NULL: found among Debian's places */
    int least_width, least_height;                /* the window gets no smaller; 0: four fifths of the above */
};

/* One line in `why` and NULL: no display ("no display: set DISPLAY, or SDL_VIDEODRIVER=dummy ..."), a font missing ("no
 * font: DejaVuSans.ttf not found; apt-get install fonts-dejavu-core, or --font FILE"), out of memory. */
struct ui *ui_create(const struct ui_config *config, char *why, size_t why_cap);
void ui_destroy(struct ui *ui);
void ui_size(const struct ui *ui, int *width, int *height);
/* The first of these files (NULL-terminated) in the places where Debian keeps fonts; false: none. */
bool ui_font_find(const char *const *names, char *path, size_t cap);

/* ---- the frame ---- */

/* Sleeps until input, `timeout_ms`, or something to read on `fd` (-1: none). false: the window was closed. */
bool ui_wait(struct ui *ui, int fd, unsigned timeout_ms);
void ui_begin(struct ui *ui);       /* takes the next input edge; clears the window */
void ui_end(struct ui *ui);         /* shows the frame; drops focus from widgets that are gone */
bool ui_again(const struct ui *ui); /* another input edge waits, or the frame changed something: draw at once */

/* ---- widgets ---- */

struct ui_rect {
    int x, y, w, h;
};
/* One measure for all panels, in logical pixels. */
enum {
    UI_GAP = 8,    /* between neighbours */
    UI_PAD = 12,   /* inside a panel */
    UI_HEAD = 36,  /* height of a panel's title; its content starts below */
    UI_ROW = 26,   /* a row of a list */
    UI_TALL = 32,  /* a button, a switch */
    UI_RADIUS = 6, /* of corners */
    UI_BAR = 10    /* width of a scroll bar */
};
enum ui_font { UI_TEXT, UI_SMALL, UI_BOLD, UI_TITLE, UI_MONO, UI_LCD /* pixel text, 8 x 16 cells, Chinese 16 x 16 */ };
enum ui_tone { /* colours by meaning; ui_theme.c has the one table */
               UI_INK,
               UI_QUIET,
               UI_PAPER,
               UI_PANEL,
               UI_RAISED,
               UI_LINE,
               UI_ACCENT,
               UI_GOOD,
               UI_WARN,
               UI_BAD,
               UI_BLUE,
               UI_YELLOW,
               UI_GREEN,
               UI_RED,
               UI_LCD_BACK,
               UI_LCD_INK,
               UI_DARK,
               UI_WHITE,
               UI_TONES
};
enum ui_align { UI_LEFT, UI_CENTRE, UI_RIGHT };

/* What most widgets are made of. */
struct ui_item {
    const char *id;    /* stable, unique in the frame */
    const char *role;  /* "button", "key", "switch", "slot", "card", "lamp", "label", "row", "display", "panel" */
    const char *label; /* what it says */
    const char *value; /* how it is now ("on", "3 of 8", a screen's text); NULL: none */
    struct ui_rect at;
    const char *shortcut; /* SDL key name ("F5", "P", "Ctrl+R"); NULL: none */
    bool disabled;
    bool chosen;       /* selected, switched on */
    enum ui_tone tone; /* of its face; UI_PANEL is plain */
};

/* Records without drawing or input: for what is drawn by hand (LCD, paper). */
void ui_note(struct ui *ui, const struct ui_item *item);
void ui_label(struct ui *ui, const struct ui_item *item, enum ui_font font, enum ui_align align, enum ui_tone tone);
void ui_panel(struct ui *ui, const struct ui_item *item); /* frame and title */
/* true: pressed in this frame. A button, key, switch or row is the same to the hand and differs in its looks. */
bool ui_press(struct ui *ui, const struct ui_item *item);
void ui_lamp(struct ui *ui, const struct ui_item *item, enum ui_tone lit); /* chosen: lit */
/* A thing that can be dragged as well as pressed. true: pressed. While it is dragged a ghost follows the mouse. */
bool ui_drag(struct ui *ui, const struct ui_item *item);
/* Was something let go over this rectangle in this frame? Its id (of ui_drag), or NULL. */
const char *ui_dropped(struct ui *ui, struct ui_rect at);
/* What is being dragged over this rectangle now (its id), or NULL: for showing where it may be let go. */
const char *ui_hovers(struct ui *ui, struct ui_rect at);

/* A list of `count` rows of equal height that scrolls (wheel, Page keys, bar) and has one chosen row (arrows, click).
 * `row` is called for the rows that are seen; it may draw with the functions below. true: the chosen row changed or was
 * pressed again (Enter, double click: *opened). */
struct ui_list {
    const char *id, *label;
    struct ui_rect at;
    size_t count;
    int row_height;
    /* `item` is to be filled with id, label, value; strings live until the call's end (the list copies). */
    void (*row)(void *ctx, size_t index, struct ui_item *item, char *text, size_t text_cap);
    void (*draw)(void *ctx, struct ui *ui, size_t index, struct ui_rect at, bool chosen); /* NULL: the label */
    void *ctx;
};
struct ui_list_state { /* the caller's, zeroed at first */
    size_t chosen;     /* from 1; 0: none */
    size_t first;      /* row at the top */
    bool follow;       /* stays at the end as rows come */
};
bool ui_list(struct ui *ui, const struct ui_list *list, struct ui_list_state *state, bool *opened);
/* Text of several lines that wraps and scrolls; `first` is the caller's. */
void ui_text_box(struct ui *ui, const struct ui_item *item, enum ui_font font, size_t *first);

/* ---- drawing, inside a widget or beside one ---- */

void ui_fill(struct ui *ui, struct ui_rect at, enum ui_tone tone);
void ui_round(struct ui *ui, struct ui_rect at, int radius, enum ui_tone tone);
void ui_frame(struct ui *ui, struct ui_rect at, enum ui_tone tone);
void ui_clip(struct ui *ui, const struct ui_rect *at); /* NULL: none */
/* One line; what does not fit into at.w ends with an ellipsis. Returns the width drawn. */
int ui_text(struct ui *ui, struct ui_rect at, enum ui_font font, enum ui_align align, enum ui_tone tone,
            const char *text);
int ui_text_width(struct ui *ui, enum ui_font font, const char *text);
/* Pixel text as a display has it: cells of 8 x 16 (Chinese 16 x 16) times `zoom`, from the upper left of `at`; only
 * cells that fit whole. Returns the width drawn. */
int ui_pixel_text(struct ui *ui, struct ui_rect at, int zoom, enum ui_tone tone, const char *text);
int ui_line_height(struct ui *ui, enum ui_font font);

/* ---- looking at it from outside ---- */

/* The widgets of the last frame: {width, height, scale, focus, widgets:[{id, role, label, value, rect:[x,y,w,h],
 * disabled, chosen}]}. The caller deletes. */
cJSON *ui_tree(const struct ui *ui);
/* The last frame as it was drawn. 0, or -1 with a line. */
int ui_shot(struct ui *ui, const char *png, char *why, size_t why_cap);

/* A script that does what a person would, one command a line, "#" comments:
 *   press ID            key NAME (SDL key name)      type TEXT
 *   drag ID ID          click X Y
 *   wait ID [value TEXT | label TEXT | chosen | gone] [within SECONDS]     20 s unless told, then the script fails
 *   expect ID [value TEXT | label TEXT | disabled | chosen]
 *   dump FILE           shot FILE                    quit
 *   hand                from here on the real mouse and keys act too; before it, only the script does
 * TEXT: the rest of the line; "*" before or behind it: any. Fed by ui_begin; a failed line ends the program. */
struct ui_script;
/* NULL with "FILE:LINE: what was expected". */
struct ui_script *ui_script_load(const char *path, char *why, size_t why_cap);
void ui_script_destroy(struct ui_script *s);
void ui_script_use(struct ui *ui, struct ui_script *s); /* from the next frame on; not owned */
/* 0: goes on; 1: ended well (its last line, or quit); -1: failed, with one line "FILE:LINE: ..." */
int ui_script_state(const struct ui_script *s, const char **why);

#endif
