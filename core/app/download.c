/* When to download, what to show, what to keep: see download.h. */
#include "core/app/download.h"

#include "core/app/download_objects.h"
#include "core/app/online.h"
#include "core/app/ui.h"
#include "core/codec/hex.h"
#include "core/emv/capk.h"
#include "core/net/download.h"

#include <stdio.h>
#include <stdlib.h>

#define DUE "download_due" /* a bit for each kind */

static const struct download_kind {
    uint8_t requirement; /* DOMAIN 4.1 */
    const char *name_en, *name_zh;
} kinds[PARAMETER_KINDS] = {
    [PARAMETER_KEYS] = {4, "CA keys", "公钥"},
    [PARAMETER_APPLICATIONS] = {5, "Card parameters", "IC卡参数"},
};

static const char *kind_name(const struct app *app, enum parameter_kind kind)
{
    return ui_text(app, kinds[kind].name_en, kinds[kind].name_zh);
}

/* ---- the duty ---- */

static int due_kinds(struct app *app, int64_t *kinds_due)
{
    return setting_get(app->store, DUE, 0, kinds_due);
}

int download_ask_for(struct app *app, enum parameter_kind kind)
{
    int64_t due;
    int r = due_kinds(app, &due);
    return r == OK ? setting_set(app->store, DUE, due | INT64_C(1) << kind) : r;
}

int download_note(struct app *app, uint8_t requirement, bool *noted)
{
    *noted = false;
    for (size_t i = 0; i < PARAMETER_KINDS; i++) {
        if (kinds[i].requirement != requirement)
            continue;
        *noted = true;
        return download_ask_for(app, (enum parameter_kind)i);
    }
    return OK;
}

int download_due(struct app *app, bool *due)
{
    int64_t found = 0;
    int r = due_kinds(app, &found);
    *due = found != 0;
    return r;
}

/* ---- what is in force ---- */

/* Over the factory's settings in `config`; a failure leaves them as they are. */
static int put_over(struct app *app, struct config *config)
{
    struct parameter_set *set = calloc(PARAMETER_KINDS, sizeof *set);
    size_t left_out = 0;
    int r = set ? OK : E_NOMEM;
    for (size_t i = 0; r == OK && i < PARAMETER_KINDS; i++)
        r = parameters_get(app->store, (enum parameter_kind)i, &set[i]);
    if (r == OK)
        download_apply(config, &set[PARAMETER_KEYS], &set[PARAMETER_APPLICATIONS], &left_out);
    if (left_out)
        app_log(app, HAL_LOG_WARN, "download", "an object that was kept is not in force");
    free(set);
    return r;
}

int download_load(struct app *app)
{
    return put_over(app, &app->config);
}

/* What has just come, over the factory's settings from the file: those in force have the last download in them. */
static int take_over(struct app *app)
{
    char why[CONFIG_WHY];
    struct config *config = malloc(sizeof *config);
    int r = config ? config_load(app->hal, config, why) : E_NOMEM;
    if (r == OK)
        r = put_over(app, config);
    if (r == OK)
        app->config = *config;
    free(config);
    return r;
}

/* ---- one download ---- */

/* A key whose last day is over; without a clock that can be believed, the question stays until it is used. */
static int judge_date(struct app *app, const struct emv_capk *key)
{
    struct hal_datetime now;
    uint8_t today[3];
    int r = HAL_CALL(app->hal, clock, get, &now);
    if (r)
        return r == HAL_E_POWER ? r : OK;
    r = bcd_from_value(now.year % 100u * 10000u + now.month * 100u + now.day, today, sizeof today);
    return r == OK && capk_expired(key, today) ? DOWNLOAD_EXPIRED : r;
}

struct downloading {
    struct app *app;
    enum parameter_kind kind;
};

static int show_progress(void *ctx, size_t at, size_t total)
{
    char text[16];
    const struct downloading *d = ctx;
    snprintf(text, sizeof text, "%u / %u", (unsigned)at % 100u, (unsigned)total % 100u);
    return ui_show(d->app, SCREEN_downloading, kind_name(d->app, d->kind), text);
}

static void log_refused(const struct app *app, const struct parameter *object, int outcome)
{
    char name[2 * PARAMETER_NAME_MAX + 1], line[80];
    hex_encode(object->name, object->name_len, name, sizeof name);
    snprintf(line, sizeof line, "%s refused, %s", name, download_text(outcome, false));
    app_log(app, HAL_LOG_WARN, "download", line);
}

static int judge(void *ctx, enum parameter_kind kind, const struct parameter *object)
{
    struct app *app = ((const struct downloading *)ctx)->app;
    struct emv_capk key;
    struct emv_aid aid = {.len = 0};
    struct contactless_limits limits = {0};
    int r = kind == PARAMETER_KEYS ? object_key(object, &key) : object_application(object, &aid, &limits);
    if (r == OK && kind == PARAMETER_KEYS)
        r = judge_date(app, &key);
    if (r > 0)
        log_refused(app, object, r);
    return r;
}

/* The set in place of the old one, the duty done, the trace numbers taken: one commit. */
static int keep(struct app *app, enum parameter_kind kind, const struct download *d)
{
    int64_t due;
    int r = due_kinds(app, &due);
    if (r)
        return r;
    const struct setting done[] = {{STORE_TRACE, d->trace}, {DUE, due & ~(INT64_C(1) << kind)}};
    if (d->none)
        return settings_set(app->store, done, sizeof done / sizeof *done);
    r = parameters_replace(app->store, kind, &d->set, done, sizeof done / sizeof *done);
    return r == OK ? take_over(app) : r;
}

static int give_up(struct app *app, enum parameter_kind kind)
{
    int64_t due;
    int r = due_kinds(app, &due);
    return r == OK ? setting_set(app->store, DUE, due & ~(INT64_C(1) << kind)) : r;
}

static int show_done(struct app *app, enum parameter_kind kind, const struct download *d)
{
    char text[16];
    snprintf(text, sizeof text, "%u", (unsigned)d->set.count % 100u);
    app_log(app, HAL_LOG_INFO, "download", d->none ? "the host has nothing" : "done");
    return ui_message(app, SCREEN_download_done, kind_name(app, kind), text, 0);
}

static const char *outcome_text(int outcome, const char *response, bool chinese)
{
    static const char *const texts[][2] = {
        [NET_NO_LINE] = {"no connection", "通讯失败"},
        [NET_NO_ANSWER] = {"no answer", "无响应"},
        [NET_BAD_MAC] = {"wrong MAC", "MAC错误"},
    };
    if (outcome == NET_REFUSED)
        return chinese ? iso_response(response)->text_zh : iso_response(response)->text_en;
    return outcome < (int)(sizeof texts / sizeof *texts) ? texts[outcome][chinese] : download_text(outcome, chinese);
}

static int show_failed(struct app *app, enum parameter_kind kind, int outcome, const char *response)
{
    app_log(app, HAL_LOG_WARN, "download", outcome_text(outcome, response, false));
    return ui_message(app, SCREEN_download_failed, kind_name(app, kind),
                      outcome_text(outcome, response, app->config.language == LANGUAGE_ZH), 0);
}

/* Not the host's word, but that it could not be heard, or was not under our keys: the same again is worth trying. */
static bool try_again(const struct app *app, int outcome)
{
    return outcome == NET_NO_LINE || outcome == NET_NO_ANSWER || outcome == NET_BAD_MAC || app->net.resign;
}

static int download(struct app *app, enum parameter_kind kind)
{
    struct downloading ctx = {app, kind};
    const struct download_client client = {&ctx, show_progress, judge};
    struct download *d = calloc(1, sizeof *d);
    int r = d ? ui_show(app, SCREEN_downloading, kind_name(app, kind), "") : E_NOMEM;
    if (r == OK)
        r = net_download(&app->net, kind, &client, d);
    if (r == OK)
        r = keep(app, kind, d);
    if (r == OK) {
        r = show_done(app, kind, d);
    } else if (r > 0) {
        int outcome = r;
        bool again = try_again(app, outcome);
        if (again)
            app->retry_at_us = hal_now(app->hal) + ONLINE_RETRY_US;
        r = again ? OK : give_up(app, kind);
        if (r == OK)
            r = show_failed(app, kind, outcome, d->response);
    }
    free(d);
    return r;
}

int download_run(struct app *app)
{
    int r = OK;
    for (size_t i = 0; r == OK && i < PARAMETER_KINDS; i++) {
        int64_t due;
        bool noted;
        r = due_kinds(app, &due);
        if (r || !(due & INT64_C(1) << i))
            continue;
        r = download(app, (enum parameter_kind)i);
        if (r == OK && app->net.requirement == kinds[i].requirement) /* said before it was done */
            app->net.requirement = 0;
        if (r == OK) /* the host may ask for the next kind right away */
            r = download_note(app, app->net.requirement, &noted);
        if (r == OK && noted)
            app->net.requirement = 0;
    }
    return r;
}
