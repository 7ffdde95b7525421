/*
 * The window from its opening to its end: what it is open on, the loop, and the files that a script or --dump and
 * --shot leave. A frame is drawn when something came or was done, never otherwise. Callers: cli/cmd_gui.c.
 */
#include "gui/window.h"

#include "reports/output.h"
#include "scenarios/engine/live.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    WIDTH = 1280,
    HEIGHT = 800,
    LOOK_MS = 500,      /* a worker that stands still is found by being asked */
    FIRST_SCREEN_S = 20 /* how long --dump and --shot wait for one */
};

/* ---- what is open ---- */

static void renew(struct window *w)
{
    timeline_reset(w);
    w->roll = (struct ui_list_state){.follow = true};
    w->detail.first = 0;
    w->roll_of = 0;
}

int window_hand(struct window *w, char *why, size_t why_cap)
{
    if (w->scenarios.running)
        w->scenarios.outcomes[w->scenarios.running - 1] = OUTCOME_NONE;
    w->scenarios.running = 0;
    int rc = session_hand(&w->session, why, why_cap);
    renew(w);
    return rc;
}

int window_again(struct window *w, char *why, size_t why_cap)
{
    if (w->session.kind != SESSION_SCENARIO)
        return window_hand(w, why, why_cap);
    int rc = scenarios_start(w, w->scenarios.last, why, why_cap);
    renew(w);
    return rc;
}

static int open_first(struct window *w, char *why, size_t why_cap)
{
    const char *given = w->o->scenario;
    if (w->o->record) {
        int rc = session_record(&w->session, w->o->record, why, why_cap);
        renew(w);
        return rc;
    }
    if (!given)
        return window_hand(w, why, why_cap);
    size_t place = scenarios_find(w, given);
    if (!place) {
        snprintf(why, why_cap, "%s: no such scenario; ./posbench list shows what there is", given);
        return EXIT_USAGE;
    }
    int rc = scenarios_start(w, place, why, why_cap);
    renew(w);
    w->scenarios.list.chosen = place; /* all topics: places are rows */
    w->scenarios.list.first = place > 3 ? place - 3 : 0;
    return rc;
}

/* The card that pays when nothing is wrong lies on top. */
static void choose_card(struct tray *tray)
{
    const cJSON *card;
    size_t index = 0;
    cJSON_ArrayForEach(card, tray->cards)
    {
        index++;
        if (strcmp(report_string(card, "name"), "unionpay-credit") == 0) {
            tray->chosen = index;
            tray->first = index - 1;
        }
    }
}

/* ---- a frame ---- */

static void look(struct window *w)
{
    uint64_t dropped = model_dropped(w->model), chosen = w->timeline.chosen;
    timeline_update(w);
    w->is_past = chosen > dropped && chosen - dropped < model_count(w->model);
    w->seen = w->is_past ? model_at(w->model, (size_t)(chosen - dropped - 1)) : model_now(w->model);
}

static void draw(struct window *w)
{
    int width, height;
    look(w);
    ui_begin(w->ui);
    ui_size(w->ui, &width, &height);
    layout_window(width, height, &w->at);
    top_draw(w);
    face_draw(w);
    tray_draw(w);
    scenarios_draw(w);
    view_draw(w);
    status_draw(w);
    ui_end(w->ui);
}

/* ---- the files it leaves ---- */

static int write_dump(struct window *w, char *why, size_t why_cap)
{
    cJSON *tree = ui_tree(w->ui);
    char *text = tree ? cJSON_Print(tree) : NULL;
    FILE *out = text ? report_open(w->o->dump, why, why_cap) : NULL;
    int rc = EXIT_BENCH;
    if (!text)
        snprintf(why, why_cap, "%s: out of memory", w->o->dump);
    else if (out) {
        fprintf(out, "%s\n", text);
        rc = report_close(out, w->o->dump, why, why_cap) == 0 ? EXIT_PASS : EXIT_USAGE;
    } else {
        rc = EXIT_USAGE;
    }
    cJSON_free(text);
    cJSON_Delete(tree);
    return rc;
}

static int write_files(struct window *w, char *why, size_t why_cap)
{
    int rc = w->o->dump ? write_dump(w, why, why_cap) : EXIT_PASS;
    if (rc == EXIT_PASS && w->o->shot && ui_shot(w->ui, w->o->shot, why, why_cap) != 0)
        rc = EXIT_USAGE;
    return rc;
}

/* The first screen stands: a record is there at once, a scenario shows something, a terminal by hand has come to rest.
 */
static bool is_ready(const struct window *w)
{
    const struct session *s = &w->session;
    if (!session_open(s))
        return true;
    if (!s->has_state || s->sent)
        return false;
    if (strcmp(s->speed, "pause") == 0 || strcmp(s->running, "returned") == 0)
        return true;
    return w->seen->screen[0] && (s->kind == SESSION_SCENARIO || s->idle);
}

/* ---- the loop ---- */

static int loop(struct window *w, const struct ui_script *script, char *why, size_t why_cap)
{
    bool once = !script && (w->o->dump || w->o->shot), more = false;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    time_t until = now.tv_sec + FIRST_SCREEN_S;
    do {
        bool came = session_poll(&w->session, &more);
        if (came)
            scenarios_note(w);
        if (came || ui_again(w->ui))
            draw(w);
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (once && !more && !ui_again(w->ui) && (is_ready(w) || now.tv_sec >= until)) {
            draw(w); /* with the list at its end */
            break;
        }
    } while (!w->quit && ui_wait(w->ui, session_fd(&w->session), more ? 0 : LOOK_MS));
    const char *failed = "";
    if (script && ui_script_state(script, &failed) < 0) {
        snprintf(why, why_cap, "%s", failed);
        return EXIT_FAILED;
    }
    return EXIT_PASS;
}

static struct ui *open_window(const struct gui_options *o, char *why, size_t why_cap)
{
    char title[] = "posbench";
    return ui_create(&(struct ui_config){.title = title,
                                         .width = WIDTH,
                                         .height = HEIGHT,
                                         .least_width = LEAST_WIDTH,
                                         .least_height = LEAST_HEIGHT,
                                         .scale = (float)o->scale,
                                         .text_font = o->font},
                     why, why_cap);
}

static void close_all(struct window *w)
{
    session_close(&w->session);
    scenarios_free(w);
    model_destroy(w->model);
    cJSON_Delete(w->tray.cards);
    free(w->timeline.rows);
    free(w->detail.text);
    ui_destroy(w->ui);
}

int gui_run(const struct gui_options *o, char *why, size_t why_cap)
{
    struct window w = {.o = o, .model = model_create()};
    struct ui_script *script = NULL;
    char later[600];
    int rc = EXIT_USAGE;
    w.session.o = o;
    w.session.model = w.model;
    if (!w.model) {
        snprintf(why, why_cap, "out of memory");
        return EXIT_BENCH;
    }
    if (o->script && !(script = ui_script_load(o->script, why, why_cap)))
        goto cleanup;
    w.ui = open_window(o, why, why_cap);
    if (!w.ui)
        goto cleanup;
    w.tray.cards = live_cards(o->engine);
    if (o->cards && !tray_keep(&w, o->cards, why, why_cap))
        goto cleanup;
    choose_card(&w.tray);
    bool listed = scenarios_load(&w, why, why_cap);
    if (!listed && (o->scenario || !w.scenarios.reasons))
        goto cleanup;
    rc = open_first(&w, listed ? why : later, listed ? why_cap : sizeof later);
    if (rc != EXIT_PASS)
        goto cleanup;
    if (!listed) /* a script of the tree that is broken is no reason not to open a window */
        session_say(&w.session, true, "%s", why);
    why[0] = '\0';
    if (script)
        ui_script_use(w.ui, script);
    rc = loop(&w, script, why, why_cap);
    if (o->dump || o->shot) {
        int written = write_files(&w, rc == EXIT_PASS ? why : later, rc == EXIT_PASS ? why_cap : sizeof later);
        rc = rc == EXIT_PASS ? written : rc;
    }
cleanup:
    close_all(&w);
    ui_script_destroy(script);
    return rc;
}
