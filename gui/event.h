/*
 * One line of the record in words: kind, colour, a short text, and what its payload decodes to. The words and the
 * decoders are those of the HTML page (reports/html_event.c), so that window and page say the same.
 * Callers: gui/model.c, gui/detail.c.
 */
#ifndef POSBENCH_GUI_EVENT_H
#define POSBENCH_GUI_EVENT_H

#include "reports/report.h"

#include <stdint.h>

enum event_group { /* by which the timeline is coloured and filtered */
                   EVENT_PERSON,
                   EVENT_SCREEN,
                   EVENT_PAPER,
                   EVENT_CARD,
                   EVENT_LINE,
                   EVENT_HOST,
                   EVENT_STORAGE,
                   EVENT_BOARD,
                   EVENT_BENCH,
                   EVENT_GROUPS
};
enum event_mark { EVENT_PLAIN, EVENT_FAULT /* what the bench did, or a call that failed */, EVENT_BAD };

#define EVENT_TEXT 400u /* bytes of a short text, NUL included */

enum event_group event_group(const cJSON *event);
enum event_mark event_mark(const cJSON *event);
/* Storage, random numbers, debug lines: left out of the short list. */
bool event_is_noise(const cJSON *event);
/* `tree`: what event_decode gave, or NULL. */
void event_text(const cJSON *event, const cJSON *tree, char out[EVENT_TEXT]);
/* The payload as a tree of reports/decode.h, for the caller to delete; NULL: it has none. `state` goes on. */
cJSON *event_decode(const cJSON *event, struct decode_state *state);
/* The tree, or the fields of an event without one, as indented lines on the heap; NULL: no memory. */
char *event_details(const cJSON *event, const cJSON *tree);

#endif
