/* What the html_*.c files share: the page being written. Text of any origin goes through html_text; tags are ours
 * alone. */
#ifndef POSBENCH_REPORTS_HTML_H
#define POSBENCH_REPORTS_HTML_H

#include "reports/output.h"
#include "reports/report.h"

#define HTML_CASE_EVENTS 20000u     /* of one record that are shown */
#define HTML_FOLD_ROWS 100u         /* of one folded row */
#define HTML_PAGE_BYTES (24l << 20) /* from here on cases that pass get no timeline */
#define HTML_PAGE_LIMIT (96l << 20) /* from here on none does */

struct html_payloads; /* html_payload.c */
struct html {
    FILE *out;
    const char *folder; /* where the records named in the run lie */
    struct html_payloads *payloads;
};

extern const char *const html_style[], *const html_script[]; /* html_assets.c: pieces, NULL at the end */

/* A page's beginning and end, with these styles (NULL at the end) and this script (html_head.c). */
void html_head(const struct html *h, const char *title, const char *const *const *styles, const char *const *script);
void html_end(const struct html *h, const char *const *script);
void html_fact(const struct html *h, const char *name, const char *value); /* of a list of facts; "" is left out */

void html_text(const struct html *h, const char *text);
/* Own markup around foreign text: <tag class="cls">text</tag>; cls may be NULL. */
void html_element(const struct html *h, const char *tag, const char *cls, const char *text);
void html_time(const struct html *h, double us); /* s.mmm */
/* A class name for a verdict: "pass", "na", .. */
const char *html_verdict_class(enum report_verdict verdict);

void html_case(const struct html *h, const cJSON *one, bool open);
void html_timeline(const struct html *h, const cJSON *events);
void html_screen(const struct html *h, const cJSON *rows);
/* Screens and slips; the host's bookings. Nothing when there are none. */
void html_side(const struct html *h, const cJSON *events);
void html_ledger(const struct html *h, const cJSON *events);

/* -- one event (html_event.c) -- */

enum html_fold { FOLD_NEVER, FOLD_STORAGE, FOLD_RANDOM, FOLD_LOG, FOLD_PRINT };
struct html_kind {
    const char *lane;
    enum html_fold fold;
};
struct html_kind html_kind(const cJSON *event);
/* One line in words; `tree` is the decoded payload or NULL. */
void html_summary(const struct html *h, const cJSON *event, const cJSON *tree);
/* The last events of a result as objects; to be deleted. Lines of a record are parsed. */
cJSON *html_last_events(const cJSON *result);
/* Decodes apdu, atr, send, recv and swipe; NULL for the others. */
cJSON *html_decode(const cJSON *event, struct decode_state *state);
void html_tree(const struct html *h, const cJSON *tree);
/* "bad" for a failed expectation, "fault" for what the bench did to the terminal, "" else. */
const char *html_mark(const cJSON *event);

/* -- what rows open to, each once (html_payload.c) -- */

struct html_payloads *html_payloads_create(void); /* NULL: no memory */
void html_payloads_destroy(struct html_payloads *payloads);
/* Takes markup on the heap (NULL: no memory). The number, from 1, by which a row names it; 0: not kept. */
size_t html_payload_keep(const struct html *h, char *text);
size_t html_payloads_bytes(const struct html_payloads *payloads);
void html_payloads_put(const struct html *h);

#endif
