/*
 * The frame as others see it: the widgets as JSON, the pixels as PNG. The PNG has no time in it and fixed settings, so
 * the same pixels are the same bytes.
 */
#include "gui/ui/ui_private.h"

#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* JSON is UTF-8: malformed bytes become U+FFFD, as they are drawn. */
static void add_text(cJSON *to, const char *name, const char *s)
{
    char *clean = malloc(3 * strlen(s) + 1), *out = clean;
    uint32_t code;
    for (size_t n; clean && (n = ui_utf8_next(s, &code)) > 0; s += n) {
        bool bad = n == 1 && code == 0xfffd;
        memcpy(out, bad ? "\xef\xbf\xbd" : s, bad ? 3 : n);
        out += bad ? 3 : n;
    }
    if (clean) {
        *out = 0;
        cJSON_AddStringToObject(to, name, clean);
    }
    free(clean);
}

static cJSON *widget(const struct ui_record *r)
{
    cJSON *w = cJSON_CreateObject();
    const int rect[] = {r->at.x, r->at.y, r->at.w, r->at.h};
    add_text(w, "id", r->id);
    add_text(w, "role", r->role);
    add_text(w, "label", r->label);
    if (r->value)
        add_text(w, "value", r->value);
    else
        cJSON_AddNullToObject(w, "value");
    cJSON_AddItemToObject(w, "rect", cJSON_CreateIntArray(rect, 4));
    if (r->shortcut)
        add_text(w, "shortcut", r->shortcut);
    cJSON_AddBoolToObject(w, "disabled", r->disabled);
    cJSON_AddBoolToObject(w, "chosen", r->chosen);
    return w;
}

cJSON *ui_tree(const struct ui *ui)
{
    cJSON *tree = cJSON_CreateObject();
    cJSON_AddNumberToObject(tree, "width", ui->width);
    cJSON_AddNumberToObject(tree, "height", ui->height);
    cJSON_AddNumberToObject(tree, "scale", (double)ui->scale);
    if (ui->in.focus[0])
        add_text(tree, "focus", ui->in.focus);
    else
        cJSON_AddNullToObject(tree, "focus");
    if (ui->last.fault[0])
        add_text(tree, "fault", ui->last.fault);
    cJSON *widgets = cJSON_AddArrayToObject(tree, "widgets");
    for (size_t i = 0; i < ui->last.count; i++)
        cJSON_AddItemToArray(widgets, widget(&ui->last.items[i]));
    return tree;
}

static uint8_t *as_rgb(const struct ui_canvas *c)
{
    size_t count = (size_t)c->w * (size_t)c->h;
    uint8_t *rgb = malloc(3 * count + 1);
    for (size_t i = 0; rgb && i < count; i++) {
        rgb[3 * i] = (uint8_t)(c->pixels[i] >> 16);
        rgb[3 * i + 1] = (uint8_t)(c->pixels[i] >> 8);
        rgb[3 * i + 2] = (uint8_t)c->pixels[i];
    }
    return rgb;
}

int ui_shot(struct ui *ui, const char *path, char *why, size_t why_cap)
{
    const struct ui_canvas *c = &ui->canvas;
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)c->w,
                       .height = (png_uint_32)c->h,
                       .format = PNG_FORMAT_RGB};
    uint8_t *rgb = as_rgb(c);
    FILE *file = rgb ? fopen(path, "wb") : NULL;
    if (!file) {
        snprintf(why, why_cap, "%s: %s", path, rgb ? strerror(errno) : "out of memory");
        free(rgb);
        return -1;
    }
    int good = png_image_write_to_stdio(&image, file, 0, rgb, 0, NULL);
    if (fclose(file) != 0 && good) {
        snprintf(image.message, sizeof image.message, "%s", strerror(errno));
        good = 0;
    }
    if (!good) {
        snprintf(why, why_cap, "%s: %s", path, image.message);
        unlink(path); /* half a picture is none */
    }
    png_image_free(&image);
    free(rgb);
    return good ? 0 : -1;
}
