/* What an oracle gets and gives. */
#ifndef POSBENCH_SCENARIOS_ENGINE_JUDGE_H
#define POSBENCH_SCENARIOS_ENGINE_JUDGE_H

#include "scenarios/engine/case_internal.h"

#include <stdarg.h>

struct evidence {
    struct bench_case *bench;
    struct bench_terminal *terminal;
    cJSON *journal; /* case_inspect, NULL: not offered or not readable */
};
struct verdict {
    char name[20], text[300];
}; /* pass, fail, not applicable */

struct oracle {
    const char *name, *meaning;
    void (*judge)(const struct evidence *e, struct verdict *v);
};
const struct oracle *oracle_table(size_t *count);

/* Sets verdict and text; after a "fail" nothing is overwritten. */
void judge_say(struct verdict *v, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));

void oracle_money(const struct evidence *e, struct verdict *v);   /* oracle_money.c */
void oracle_journal(const struct evidence *e, struct verdict *v); /* oracle_journal.c */
void oracle_reversal(const struct evidence *e, struct verdict *v);
void oracle_messages(const struct evidence *e, struct verdict *v); /* oracle_messages.c */
void oracle_emv(const struct evidence *e, struct verdict *v);      /* oracle_emv.c */
void oracle_secrets(const struct evidence *e, struct verdict *v);  /* oracle_secrets.c */
void oracle_liveness(const struct evidence *e, struct verdict *v); /* oracle_liveness.c */

#endif
