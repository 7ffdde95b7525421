/*
 * Keys and applications from the host: when, what is shown, what is kept (DOMAIN 4.1, 4.4). The duty to download is
 * remembered durably (setting "download_due") from when the host asks for it until a download has come to an end.
 * Callers: online_ready.c, triggers.c and menu.c when the terminal is idle, main.c at power-up.
 */
#ifndef POSBENCH_CORE_APP_DOWNLOAD_H
#define POSBENCH_CORE_APP_DOWNLOAD_H

#include "core/app/app.h"
#include "core/store/parameters.h"

/* A processing requirement of the host (header digit 6) is noted if it asks for a download: *noted. OK or negative. */
int download_note(struct app *app, uint8_t requirement, bool *noted);
/* The same by the operator. OK or negative. */
int download_ask_for(struct app *app, enum parameter_kind kind);
/* Some kind is due. OK or negative. */
int download_due(struct app *app, bool *due);

/* All that is due, each kind once; signed in, no sale under way. A download that the line ended is tried again at
 * app->retry_at_us; one that the host spoilt is given up, by its name on the screen, until the host asks again. Either
 * way the terminal goes on with what it had. OK or negative. */
int download_run(struct app *app);

/* At power-up: what was downloaded, over the factory's settings in app->config. */
int download_load(struct app *app);

#endif
