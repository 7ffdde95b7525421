/*
 * Reads a script (the commands are told in ui.h): every line is checked before the first is done, and an error names
 * the line and what stands there otherwise.
 */
#include "gui/ui/ui_script.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 20, LINE_BYTES = 1024, COMMANDS_MAX = 10000 };

struct reader {
    struct ui_script *script;
    unsigned line;
    char *at; /* the rest of the line */
    char *why;
    size_t why_cap;
};

static int wrong(const struct reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int wrong(const struct reader *r, const char *format, ...)
{
    va_list args;
    int used = snprintf(r->why, r->why_cap, "%s:%u: ", r->script->path, r->line);
    va_start(args, format);
    if (used > 0 && (size_t)used < r->why_cap)
        vsnprintf(r->why + used, r->why_cap - (size_t)used, format, args);
    va_end(args);
    return -1;
}

/* The next word, ended in place; NULL: there is none. */
static char *word(struct reader *r)
{
    r->at += strspn(r->at, " \t");
    if (!*r->at)
        return NULL;
    char *begin = r->at;
    r->at += strcspn(r->at, " \t");
    if (*r->at)
        *r->at++ = 0;
    return begin;
}

static char *rest(struct reader *r)
{
    r->at += strspn(r->at, " \t");
    char *begin = r->at;
    r->at += strlen(r->at);
    return *begin ? begin : NULL;
}

static bool number(const char *s, int *value)
{
    char *end;
    errno = 0;
    long v = s ? strtol(s, &end, 10) : -1;
    if (!s || end == s || *end || errno || v < 0 || v > 32767)
        return false;
    *value = (int)v;
    return true;
}

/* Takes " within N" off the end of the line. */
static int within(struct reader *r, struct ui_command *c)
{
    static const char key[] = "within";
    char *found = NULL;
    for (char *s = r->at; (s = strstr(s, key)) != NULL; s++)
        if ((s == r->at || s[-1] == ' ') && s[sizeof key - 1] == ' ')
            found = s;
    c->within_s = UI_WITHIN_S;
    if (!found)
        return 0;
    int seconds;
    if (!number(found + sizeof key, &seconds) || seconds < 1 || seconds > UI_WITHIN_MAX_S)
        return wrong(r, "within takes seconds, 1 to %d, and ends the line", UI_WITHIN_MAX_S);
    c->within_s = (unsigned)seconds;
    while (found > r->at && found[-1] == ' ')
        found--;
    *found = 0;
    return 0;
}

static int about(struct reader *r, struct ui_command *c)
{
    static const struct {
        const char *name;
        enum ui_about about;
        bool text, wait, expect;
    } abouts[] = {
        {"value", UI_IS_VALUE, true, true, true},    {"label", UI_IS_LABEL, true, true, true},
        {"gone", UI_IS_GONE, false, true, false},    {"disabled", UI_IS_DISABLED, false, false, true},
        {"chosen", UI_IS_CHOSEN, false, true, true},
    };
    const char *name = word(r);
    c->about = UI_IS_THERE;
    if (!name)
        return 0;
    for (size_t i = 0; i < sizeof abouts / sizeof abouts[0]; i++) {
        if (strcmp(name, abouts[i].name) != 0 || !(c->verb == UI_DO_WAIT ? abouts[i].wait : abouts[i].expect))
            continue;
        c->about = abouts[i].about;
        if (abouts[i].text)
            c->other = (c->other = rest(r)) ? c->other : ""; /* an empty value is a value */
        return 0;
    }
    return wrong(r, "'%s': %s", name,
                 c->verb == UI_DO_WAIT ? "after the id: value TEXT, label TEXT, chosen, gone or nothing"
                                       : "after the id: value TEXT, label TEXT, disabled, chosen or nothing");
}

static int read_name(struct reader *r, struct ui_command *c)
{
    c->name = c->verb == UI_DO_DUMP || c->verb == UI_DO_SHOT || c->verb == UI_DO_TYPE || c->verb == UI_DO_KEY ? rest(r)
                                                                                                              : word(r);
    return c->name ? 0 : wrong(r, "something is missing behind the command");
}

static int read_key(struct reader *r, struct ui_command *c)
{
    SDL_Keycode key;
    uint16_t mods;
    if (read_name(r, c) != 0)
        return -1;
    if (!ui_key_parse(c->name, &key, &mods))
        return wrong(r, "'%s' is not a key; keys are named as SDL names them: Return, F5, P, Ctrl+R", c->name);
    return 0;
}

static int read_type(struct reader *r, struct ui_command *c)
{
    SDL_Keycode key;
    uint16_t mods;
    if (read_name(r, c) != 0)
        return -1;
    if (strlen(c->name) > UI_TYPE_MAX)
        return wrong(r, "more than %d characters to type", UI_TYPE_MAX);
    for (const char *s = c->name; *s; s++)
        if (!ui_key_of_char(*s, &key, &mods))
            return wrong(r, "type takes ASCII only: it presses keys");
    return 0;
}

static int read_drag(struct reader *r, struct ui_command *c)
{
    if (read_name(r, c) != 0)
        return -1;
    c->other = word(r);
    return c->other ? 0 : wrong(r, "drag ID ID: the second is missing");
}

static int read_click(struct reader *r, struct ui_command *c)
{
    const char *x = word(r), *y = word(r);
    return number(x, &c->x) && number(y, &c->y) ? 0 : wrong(r, "click X Y: two numbers");
}

static int read_about(struct reader *r, struct ui_command *c)
{
    if (c->verb == UI_DO_WAIT && within(r, c) != 0)
        return -1;
    return read_name(r, c) != 0 ? -1 : about(r, c);
}

static int read_nothing(struct reader *r, struct ui_command *c)
{
    (void)r, (void)c;
    return 0;
}

static const struct {
    const char *name;
    enum ui_verb verb;
    int (*read)(struct reader *r, struct ui_command *c);
} verbs[] = {
    {"press", UI_DO_PRESS, read_name},    {"key", UI_DO_KEY, read_key},       {"type", UI_DO_TYPE, read_type},
    {"drag", UI_DO_DRAG, read_drag},      {"click", UI_DO_CLICK, read_click}, {"wait", UI_DO_WAIT, read_about},
    {"expect", UI_DO_EXPECT, read_about}, {"dump", UI_DO_DUMP, read_name},    {"shot", UI_DO_SHOT, read_name},
    {"hand", UI_DO_HAND, read_nothing},   {"quit", UI_DO_QUIT, read_nothing},
};
enum { VERBS = sizeof verbs / sizeof verbs[0] };

static int unknown(const struct reader *r, const char *name)
{
    unsigned best = 3;
    const char *near = NULL;
    for (size_t i = 0; i < VERBS; i++) {
        unsigned far = ui_near(name, verbs[i].name, best);
        if (far < best) {
            best = far;
            near = verbs[i].name;
        }
    }
    if (near)
        return wrong(r, "there is no command '%.40s'; is it '%s'?", name, near);
    return wrong(
        r, "there is no command '%.40s'; there are press, key, type, drag, click, wait, expect, dump, shot, hand, quit",
        name);
}

static int read_line(struct reader *r)
{
    struct ui_script *s = r->script;
    if (strlen(r->at) >= LINE_BYTES)
        return wrong(r, "more than %d bytes in a line", LINE_BYTES - 1);
    for (char *end = r->at + strlen(r->at); end > r->at && strchr(" \t\r", end[-1]); end--)
        end[-1] = 0;
    const char *name = word(r);
    if (!name || *name == '#')
        return 0;
    if (s->count == COMMANDS_MAX)
        return wrong(r, "more than %d commands", COMMANDS_MAX);
    for (size_t i = 0; i < VERBS; i++) {
        if (strcmp(verbs[i].name, name) != 0)
            continue;
        struct ui_command *c = &s->commands[s->count++];
        *c = (struct ui_command){.verb = verbs[i].verb, .line = r->line};
        if (verbs[i].read(r, c) != 0)
            return -1;
        const char *more = word(r);
        return more ? wrong(r, "'%.40s' is one word too many", more) : 0;
    }
    return unknown(r, name);
}

static char *read_file(const char *path, char *why, size_t why_cap)
{
    FILE *file = fopen(path, "rb");
    char *text = file ? malloc(FILE_MAX + 1) : NULL;
    size_t len = text ? fread(text, 1, FILE_MAX + 1, file) : 0;
    const char *trouble = NULL;
    if (!file || (text && ferror(file)))
        trouble = strerror(errno); /* also a folder */
    else if (!text)
        trouble = "out of memory";
    else if (len > FILE_MAX)
        trouble = "more than 1 MB; not a script";
    else if (memchr(text, 0, len))
        trouble = "has zero bytes; not a script";
    if (file)
        fclose(file);
    if (trouble) {
        snprintf(why, why_cap, "%s: %s", path, trouble);
        free(text);
        return NULL;
    }
    text[len] = 0;
    return text;
}

static size_t count_lines(const char *text)
{
    size_t n = 1;
    for (; *text && n < COMMANDS_MAX; text++)
        n += *text == '\n';
    return n;
}

struct ui_script *ui_script_load(const char *path, char *why, size_t why_cap)
{
    struct ui_script *s = calloc(1, sizeof *s);
    struct reader r = {.script = s, .why = why, .why_cap = why_cap};
    if (!s || !(s->path = strdup(path))) {
        snprintf(why, why_cap, "out of memory");
        goto cleanup;
    }
    s->text = read_file(path, why, why_cap);
    if (!s->text)
        goto cleanup;
    s->commands = calloc(count_lines(s->text), sizeof *s->commands);
    if (!s->commands) {
        snprintf(why, why_cap, "out of memory");
        goto cleanup;
    }
    for (char *line = s->text, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = 0;
        r.line++;
        r.at = line;
        if (read_line(&r) != 0)
            goto cleanup;
    }
    if (s->count == 0)
        s->state = 1; /* nothing to do is done */
    return s;
cleanup:
    ui_script_destroy(s);
    return NULL;
}

void ui_script_destroy(struct ui_script *s)
{
    if (!s)
        return;
    free(s->path);
    free(s->text);
    free(s->commands);
    free(s);
}
