/*
 * A profile looked at from outside: what a personalisation validator would object to, and the tree of its objects in
 * words. For posbench card check and card show.
 */
#ifndef POSBENCH_CARDS_INSPECT_H
#define POSBENCH_CARDS_INSPECT_H

#include "cards/card.h"

enum card_severity { CARD_WARNING, CARD_ERROR };
/* `place`: "stripe", "A000000333010102: 57 (record 1.1)". */
typedef void card_finding(void *ctx, enum card_severity severity, const char *place, const char *text);
void card_profile_check(const struct card_profile *p, card_finding *report, void *ctx);

/* One line of the tree, without a line end; the PAN masked, tracks and name not shown. */
typedef void card_tree_line(void *ctx, const char *text);
void card_profile_tree(const struct card_profile *p, card_tree_line *line, void *ctx);

#endif
