/* The tap on what people touch and see: keypad, touch, display, buzzer, printer. */
#include "sim/chain/tap_ops.h"

/* ---- keypad ---- */

static const char *key_name(enum hal_key key, char digit[2])
{
    static const struct {
        enum hal_key key;
        const char *name;
    } NAMES[] = {
        {HAL_KEY_ENTER, "enter"}, {HAL_KEY_CANCEL, "cancel"}, {HAL_KEY_CLEAR, "clear"}, {HAL_KEY_UP, "up"},
        {HAL_KEY_DOWN, "down"},   {HAL_KEY_MENU, "menu"},     {HAL_KEY_FUNC, "func"},   {HAL_KEY_MASKED, "*"},
    };
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (NAMES[i].key == key)
            return NAMES[i].name;
    digit[0] = key >= HAL_KEY_0 && key <= HAL_KEY_9 ? (char)key : '?';
    digit[1] = '\0';
    return digit;
}

static int keypad_read(void *ctx, enum hal_key *key)
{
    struct tap *tap = ctx;
    char digit[2];
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    rc = HAL_CALL(&tap->under, keypad, read, key);
    if (rc == OK && tap_begin(tap, "key")) {
        record_text(tap->port->record, "key", key_name(*key, digit));
        tap_end(tap, rc);
    }
    return tap_leave(tap, rc);
}

TAP_THROUGH0(keypad, flush)
TAP_THROUGH(keypad, pin_mode, (void *ctx, bool on, uint8_t max_len), on, max_len)

const struct hal_keypad_ops tap_keypad_ops = {.read = keypad_read, .flush = keypad_flush, .pin_mode = keypad_pin_mode};

/* ---- touch ---- */

TAP_THROUGH(touch, read, (void *ctx, struct hal_point *point), point)

const struct hal_touch_ops tap_touch_ops = {.read = touch_read};

/* ---- display ---- */

static const char *role_name(enum firmware_role role)
{
    static const char *const NAMES[] = {
        [FIRMWARE_NEUTRAL] = "neutral", [FIRMWARE_IDLE] = "idle",         [FIRMWARE_BUSY] = "busy",
        [FIRMWARE_ASK] = "ask",         [FIRMWARE_APPROVED] = "approved", [FIRMWARE_DECLINED] = "declined",
        [FIRMWARE_FAILED] = "failed",   [FIRMWARE_UNKNOWN] = "unknown",   [FIRMWARE_HALT] = "halt",
        [FIRMWARE_DISCLOSE] = "disclose",
    };
    return (unsigned)role < sizeof NAMES / sizeof *NAMES ? NAMES[role] : "?";
}

/* NULL: free text, or an id that the image does not list. */
static const struct firmware_screen *find_screen(const struct tap *tap, uint16_t id)
{
    for (const struct firmware_screen *s = tap->screens; id && s && s->id; s++)
        if (s->id == id)
            return s;
    return NULL;
}

static int display_show(void *ctx, uint16_t screen, const char *const *rows, size_t count)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    rc = HAL_CALL(&tap->under, display, show, screen, rows, count);
    if (tap_begin(tap, "screen")) {
        const struct firmware_screen *known = find_screen(tap, screen);
        const char *shown[HAL_DISPLAY_ROWS] = {NULL};
        size_t n = !rows ? 0 : count < HAL_DISPLAY_ROWS ? count : HAL_DISPLAY_ROWS;
        for (size_t i = 0; i < n; i++)
            shown[i] = rows[i] ? rows[i] : "";
        record_number(tap->port->record, "id", screen);
        record_text(tap->port->record, "name", known ? known->name : screen ? "?" : "");
        record_text(tap->port->record, "role", role_name(known ? known->role : FIRMWARE_NEUTRAL));
        record_texts(tap->port->record, "rows", shown, n);
        tap_end(tap, rc);
    }
    return tap_leave(tap, rc);
}

TAP_THROUGH(display, geometry, (void *ctx, struct hal_display_geometry *out), out)
TAP_THROUGH(display, backlight, (void *ctx, bool on), on)

const struct hal_display_ops tap_display_ops = {
    .geometry = display_geometry,
    .show = display_show,
    .backlight = display_backlight,
};

/* ---- buzzer ---- */

static int buzzer_beep(void *ctx, uint16_t hz, uint16_t ms)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    rc = HAL_CALL(&tap->under, buzzer, beep, hz, ms);
    if (tap_begin(tap, "beep")) {
        record_number(tap->port->record, "hz", hz);
        record_number(tap->port->record, "ms", ms);
        tap_end(tap, rc);
    }
    return tap_leave(tap, rc);
}

static int buzzer_led(void *ctx, uint8_t mask)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    rc = HAL_CALL(&tap->under, buzzer, led, mask);
    if (tap_begin(tap, "led")) {
        record_number(tap->port->record, "mask", mask);
        tap_end(tap, rc);
    }
    return tap_leave(tap, rc);
}

const struct hal_buzzer_ops tap_buzzer_ops = {.beep = buzzer_beep, .led = buzzer_led};

/* ---- printer ---- */

static int printer_line(void *ctx, const char *text, unsigned style)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    rc = HAL_CALL(&tap->under, printer, line, text, style);
    if (tap_begin(tap, "print")) {
        record_text(tap->port->record, "text", text);
        record_number(tap->port->record, "style", style);
        tap_end(tap, rc);
    }
    return tap_leave(tap, rc);
}

static int printer_cut(void *ctx)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    rc = HAL_CALL0(&tap->under, printer, cut);
    if (tap_begin(tap, "cut"))
        tap_end(tap, rc);
    return tap_leave(tap, rc);
}

TAP_THROUGH(printer, status, (void *ctx, struct hal_printer_state *out), out)

const struct hal_printer_ops tap_printer_ops = {.status = printer_status, .line = printer_line, .cut = printer_cut};
