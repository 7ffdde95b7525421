/*
 * Does a script's commands, as a hand would: edges of mouse and keys go the way of real ones, so a widget that is
 * covered or disabled is out of reach for a script too. A command begins when the one before has been drawn.
 */
#include "gui/ui/ui_script.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(struct ui_script *s, const struct ui_command *c, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int fail(struct ui_script *s, const struct ui_command *c, const char *format, ...)
{
    va_list args;
    int used = snprintf(s->why, sizeof s->why, "%s:%u: ", s->path, c->line);
    va_start(args, format);
    if (used > 0 && (size_t)used < sizeof s->why)
        vsnprintf(s->why + used, sizeof s->why - (size_t)used, format, args);
    va_end(args);
    s->state = -1;
    return -1;
}

static int no_widget(const struct ui *ui, const struct ui_command *c, const char *id)
{
    const char *near = ui_records_nearest(&ui->last, id);
    return near ? fail(ui->script, c, "there is no widget '%s' now; is it '%s'?", id, near)
                : fail(ui->script, c, "there is no widget '%s' now; dump FILE lists them", id);
}

static void put(struct ui *ui, enum ui_edge_kind kind, int x, int y)
{
    ui_input_put(ui, &(struct ui_edge){.kind = kind, .x = x, .y = y, .clicks = 1});
}

/* The middle of what can be seen of a widget; -1: it cannot be reached there, and `why` says so. */
static int middle(const struct ui *ui, const struct ui_command *c, const char *id, int *x, int *y)
{
    const struct ui_record *r = ui_records_find(&ui->last, id);
    if (!r)
        return no_widget(ui, c, id);
    if (r->hit.w <= 0 || r->hit.h <= 0)
        return fail(ui->script, c, "'%s' is not to be seen now", id);
    *x = r->hit.x + r->hit.w / 2;
    *y = r->hit.y + r->hit.h / 2;
    return 0;
}

static int reach(const struct ui *ui, const struct ui_command *c, const char *id, int *x, int *y)
{
    if (middle(ui, c, id, x, y) != 0)
        return -1;
    const struct ui_record *r = ui_records_find(&ui->last, id), *top = ui_records_at(&ui->last, *x, *y, false);
    if (!r->takes)
        return fail(ui->script, c, "'%s' is a %s and cannot be pressed", id, r->role);
    if (r->disabled)
        return fail(ui->script, c, "'%s' is disabled", id);
    if (top != r)
        return fail(ui->script, c, "'%s' is covered by '%s'", id, top ? top->id : "?");
    return 0;
}

static int do_press(struct ui *ui, const struct ui_command *c)
{
    int x, y;
    if (reach(ui, c, c->name, &x, &y) != 0)
        return -1;
    put(ui, UI_EDGE_DOWN, x, y);
    put(ui, UI_EDGE_UP, x, y);
    put(ui, UI_EDGE_LEAVE, 0, 0); /* pictures show no hover */
    return 0;
}

static int do_drag(struct ui *ui, const struct ui_command *c)
{
    int x, y, to_x, to_y;
    if (reach(ui, c, c->name, &x, &y) != 0 || middle(ui, c, c->other, &to_x, &to_y) != 0)
        return -1;
    if (!ui_records_find(&ui->last, c->name)->drags)
        return fail(ui->script, c, "'%s' is not a thing that can be dragged", c->name);
    put(ui, UI_EDGE_DOWN, x, y);
    put(ui, UI_EDGE_MOVE, to_x, to_y);
    put(ui, UI_EDGE_UP, to_x, to_y);
    put(ui, UI_EDGE_LEAVE, 0, 0);
    return 0;
}

static int do_click(struct ui *ui, const struct ui_command *c)
{
    put(ui, UI_EDGE_DOWN, c->x, c->y);
    put(ui, UI_EDGE_UP, c->x, c->y);
    put(ui, UI_EDGE_LEAVE, 0, 0);
    return 0;
}

static int do_key(struct ui *ui, const struct ui_command *c)
{
    struct ui_edge edge = {.kind = UI_EDGE_KEY};
    ui_key_parse(c->name, &edge.key, &edge.mods);
    ui_input_put(ui, &edge);
    return 0;
}

static int do_type(struct ui *ui, const struct ui_command *c)
{
    for (const char *s = c->name; *s; s++) {
        struct ui_edge edge = {.kind = UI_EDGE_KEY};
        ui_key_of_char(*s, &edge.key, &edge.mods);
        ui_input_put(ui, &edge); /* UI_TYPE_MAX is less than there is room for */
    }
    return 0;
}

/* "*" before or behind stands for anything. */
static bool fits(const char *want, const char *is)
{
    size_t len = strlen(want), have = strlen(is);
    bool before = len > 0 && want[0] == '*', behind = len > before && want[len - 1] == '*';
    size_t core = len - before - behind;
    want += before;
    if (have < core)
        return false;
    if (before && behind) {
        for (size_t i = 0; i + core <= have; i++)
            if (strncmp(is + i, want, core) == 0)
                return true;
        return false;
    }
    return behind   ? strncmp(is, want, core) == 0
           : before ? strncmp(is + have - core, want, core) == 0
                    : have == core && strncmp(is, want, core) == 0;
}

static bool holds(const struct ui *ui, const struct ui_command *c)
{
    const struct ui_record *r = ui_records_find(&ui->last, c->name);
    if (!r)
        return c->about == UI_IS_GONE;
    switch (c->about) {
    case UI_IS_VALUE:
        return fits(c->other, r->value ? r->value : "");
    case UI_IS_LABEL:
        return fits(c->other, r->label);
    case UI_IS_DISABLED:
        return r->disabled;
    case UI_IS_CHOSEN:
        return r->chosen;
    default:
        return c->about == UI_IS_THERE;
    }
}

static int not_held(const struct ui *ui, const struct ui_command *c)
{
    static const char *const say[] = {"there", "value", "label", "gone", "disabled", "chosen"};
    char after[48] = "";
    const struct ui_record *r = ui_records_find(&ui->last, c->name);
    if (c->verb == UI_DO_WAIT)
        snprintf(after, sizeof after, " after %u s", c->within_s);
    if (!r && c->verb == UI_DO_WAIT)
        return fail(ui->script, c, "there is no widget '%s'%s", c->name, after);
    if (!r)
        return no_widget(ui, c, c->name);
    if (c->about == UI_IS_VALUE || c->about == UI_IS_LABEL)
        return fail(ui->script, c, "the %s of '%s' is '%s'%s, not '%s'", say[c->about], c->name,
                    c->about == UI_IS_LABEL ? r->label
                    : r->value              ? r->value
                                            : "",
                    after, c->other);
    return fail(ui->script, c, "'%s' is %s%s%s", c->name, c->about == UI_IS_GONE ? "still there" : "not ",
                c->about == UI_IS_GONE ? "" : say[c->about], after);
}

static int do_expect(struct ui *ui, const struct ui_command *c)
{
    return holds(ui, c) ? 0 : not_held(ui, c);
}

/* 1: waits on. */
static int do_wait(struct ui *ui, const struct ui_command *c)
{
    struct ui_script *s = ui->script;
    uint64_t now = SDL_GetTicks64();
    if (s->deadline_ms == 0)
        s->deadline_ms = now + 1000ull * c->within_s;
    if (holds(ui, c)) {
        s->deadline_ms = 0;
        return 0;
    }
    return now >= s->deadline_ms ? not_held(ui, c) : 1;
}

/* Renamed into its place, so that whoever waits for the file finds it whole. */
static bool write_whole(const char *path, const char *text)
{
    char part[1100];
    if (snprintf(part, sizeof part, "%s.part", path) >= (int)sizeof part)
        return false;
    FILE *file = fopen(part, "w");
    if (!file)
        return false;
    bool good = fputs(text, file) >= 0 && fputc('\n', file) != EOF;
    good = fclose(file) == 0 && good;
    return good && rename(part, path) == 0;
}

static int do_dump(struct ui *ui, const struct ui_command *c)
{
    cJSON *tree = ui_tree(ui);
    char *text = tree ? cJSON_Print(tree) : NULL;
    bool good = text && write_whole(c->name, text);
    cJSON_free(text);
    cJSON_Delete(tree);
    return good ? 0 : fail(ui->script, c, "%s cannot be written", c->name);
}

static int do_shot(struct ui *ui, const struct ui_command *c)
{
    char why[256];
    return ui_shot(ui, c->name, why, sizeof why) == 0 ? 0 : fail(ui->script, c, "%s", why);
}

static int do_hand(struct ui *ui, const struct ui_command *c)
{
    (void)c;
    ui->script->hand = true;
    return 0;
}

static int do_quit(struct ui *ui, const struct ui_command *c)
{
    (void)c;
    ui->script->state = 1;
    return 0;
}

static int (*const doers[])(struct ui *ui, const struct ui_command *c) = {
    [UI_DO_PRESS] = do_press, [UI_DO_KEY] = do_key,   [UI_DO_TYPE] = do_type,     [UI_DO_DRAG] = do_drag,
    [UI_DO_CLICK] = do_click, [UI_DO_WAIT] = do_wait, [UI_DO_EXPECT] = do_expect, [UI_DO_DUMP] = do_dump,
    [UI_DO_SHOT] = do_shot,   [UI_DO_HAND] = do_hand, [UI_DO_QUIT] = do_quit,
};

void ui_script_step(struct ui *ui)
{
    struct ui_script *s = ui->script;
    while (s->state == 0 && ui->in.count == 0) {
        if (s->next == s->count) {
            s->state = 1;
            return;
        }
        const struct ui_command *c = &s->commands[s->next];
        if (ui->last.fault[0]) { /* the frame itself is wrong */
            fail(s, c, "%s", ui->last.fault);
            return;
        }
        int more = doers[c->verb](ui, c);
        if (more > 0)
            return;
        s->next++;
    }
}

bool ui_script_ready(const struct ui *ui)
{
    const struct ui_script *s = ui->script;
    if (!s || s->state != 0 || !ui->drawn)
        return false;
    const struct ui_command *c = s->next < s->count ? &s->commands[s->next] : NULL;
    bool waits = c && c->verb == UI_DO_WAIT && s->deadline_ms != 0;
    return !waits || holds(ui, c) || SDL_GetTicks64() >= s->deadline_ms;
}

int ui_script_left_ms(const struct ui *ui)
{
    const struct ui_script *s = ui->script;
    uint64_t now = SDL_GetTicks64();
    if (!s || s->state != 0 || s->deadline_ms == 0)
        return -1;
    return s->deadline_ms > now ? (int)(s->deadline_ms - now) : 0;
}

bool ui_script_alone(const struct ui *ui)
{
    return ui->script && !ui->script->hand;
}

void ui_script_use(struct ui *ui, struct ui_script *s)
{
    ui->script = s;
    ui->redraw = true;
}

int ui_script_state(const struct ui_script *s, const char **why)
{
    if (why)
        *why = s->why;
    return s->state;
}
