/* Below the timeline: what the chosen line holds, decoded as the page decodes it; or how the core died. */
#include "gui/window.h"

#include "reports/output.h"

#include <stdlib.h>
#include <string.h>

/* ---- the chosen line ---- */

static char *describe(struct window *w, size_t index)
{
    const struct model_line *line = model_line(w->model, index);
    char *text = NULL, *details = NULL;
    size_t len;
    FILE *out = line ? open_memstream(&text, &len) : NULL;
    if (!out)
        return NULL;
    cJSON *event = cJSON_Parse(line->json), *tree = model_decode(w->model, index);
    details = event_details(event, tree);
    fputs(details ? details : "", out);
    if (tree) { /* what the fields alone would not say again */
        fputs("\nLine of the record\n", out);
        report_put_plain(out, line->json);
        fputc('\n', out);
    }
    fclose(out);
    free(details);
    cJSON_Delete(tree);
    cJSON_Delete(event);
    return text;
}

static void update(struct window *w)
{
    struct detail *d = &w->detail;
    uint64_t chosen = w->timeline.chosen, dropped = model_dropped(w->model);
    if (d->of == chosen && (d->text || !chosen))
        return;
    free(d->text);
    d->text = chosen > dropped ? describe(w, (size_t)(chosen - 1 - dropped)) : NULL;
    d->of = chosen;
    d->first = 0;
}

static void draw_line(struct window *w, struct ui_rect at)
{
    const struct model_line *line = model_line(w->model, (size_t)(w->timeline.chosen - 1 - model_dropped(w->model)));
    char title[96] = "";
    if (line)
        snprintf(title, sizeof title, "Line %llu: %s at %.6f s", (unsigned long long)line->number, line->kind,
                 (double)line->time_us / 1e6);
    ui_label(w->ui,
             &(struct ui_item){.id = "detail.title", .role = "label", .label = title, .at = rect_take_top(&at, 24)},
             UI_BOLD, UI_LEFT, UI_INK);
    rect_take_top(&at, 4);
    ui_text_box(w->ui,
                &(struct ui_item){.id = "detail",
                                  .role = "panel",
                                  .label = "details",
                                  .value = w->detail.text ? w->detail.text : "",
                                  .at = at},
                UI_MONO, &w->detail.first);
}

/* ---- a death ---- */

static char *death(const cJSON *died)
{
    char *text = NULL;
    size_t len;
    const cJSON *event;
    FILE *out = open_memstream(&text, &len);
    if (!out)
        return NULL;
    report_put_plain(out, report_string(died, "text"));
    fputs(cJSON_GetArraySize(report_item(died, "events")) ? "\n\nIts last events\n" : "\n", out);
    cJSON_ArrayForEach(event, report_item(died, "events"))
    {
        char line[EVENT_TEXT];
        cJSON *parsed = cJSON_IsString(event) ? cJSON_Parse(event->valuestring) : cJSON_Duplicate(event, true);
        event_text(parsed, NULL, line);
        fprintf(out, "%6.0f  %10.6f  ", report_number(parsed, "n"), report_number(parsed, "t") / 1e6);
        report_put_plain(out, line);
        fputc('\n', out);
        cJSON_Delete(parsed);
    }
    fclose(out);
    return text;
}

static void draw_death(struct window *w, struct ui_rect at)
{
    struct ui_rect head = rect_take_top(&at, UI_TALL);
    struct ui_item again = {.id = "died.again",
                            .role = "button",
                            .label = "Start again",
                            .at = rect_take_right(&head, 160),
                            .shortcut = "F10",
                            .tone = UI_PANEL};
    char why[400];
    ui_label(w->ui,
             &(struct ui_item){.id = "died",
                               .role = "label",
                               .label = session_status(&w->session),
                               .value = report_string(w->session.died, "text"),
                               .at = head},
             UI_TITLE, UI_LEFT, UI_BAD);
    rect_take_top(&at, 4);
    char *text = death(w->session.died);
    ui_text_box(
        w->ui,
        &(struct ui_item){
            .id = "died.events", .role = "panel", .label = "what happened", .value = text ? text : "", .at = at},
        UI_MONO, &w->detail.first);
    free(text);
    if (ui_press(w->ui, &again) && window_again(w, why, sizeof why) != EXIT_PASS)
        session_say(&w->session, true, "%s", why);
}

void detail_draw(struct window *w, struct ui_rect at)
{
    update(w);
    if (w->timeline.chosen)
        draw_line(w, at);
    else if (w->session.stage == SESSION_DIED)
        draw_death(w, at);
    else
        ui_label(w->ui,
                 &(struct ui_item){.id = "detail.none",
                                   .role = "label",
                                   .label = "Choose a line above to see what it holds.",
                                   .at = {at.x, at.y + 4, at.w, 24}},
                 UI_TEXT, UI_LEFT, UI_QUIET);
}
