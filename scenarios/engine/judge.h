/*
 * Judging a terminal: what an oracle gets and gives. Callers: the end of a case (case_judge), and a sweep, which judges
 * every state after a power cut (judge_terminal).
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_JUDGE_H
#define POSBENCH_SCENARIOS_ENGINE_JUDGE_H

#include "scenarios/engine/case_internal.h"
#include "scenarios/engine/hunt.h"
#include "scenarios/engine/journal.h"

#include <stdarg.h>

/* What a judge keeps from one terminal or state to the next: memory, prepared searches, and contents that were looked
 * at before and found clean. Only saves time; for the states of one case. */
struct judge_memo;
struct judge_memo *judge_memo_create(void); /* NULL: no memory */
void judge_memo_destroy(struct judge_memo *m);

struct evidence {
    struct bench_case *bench;
    struct bench_terminal *terminal;
    const struct journal *journal; /* NULL: not offered or not readable. judge_terminal reads it if it is not given */
    struct judge_memo *memo;       /* may be NULL */
    bool settled;                  /* true: line and power are back and had time: nothing may be left to reverse.
                                      false: just recovered to idle, a reversal may still be due */
};
struct verdict {
    char name[20], text[300];
}; /* pass, fail, not applicable */

struct oracle {
    const char *name, *meaning;
    void (*judge)(const struct evidence *e, struct verdict *v);
    bool needs_record; /* judges what the record told; left out while it is off */
};
const struct oracle *oracle_table(size_t *count);

/* Every oracle of the table that can judge now, in its order. Writes nothing: neither record nor case. A terminal that
 * was never switched on is not judged. */
void judge_terminal(const struct evidence *e, void (*found)(void *ctx, const char *oracle, const struct verdict *v),
                    void *ctx);

/* Power on if it is off, then to idle within RECOVERY_S of virtual time: what a sweep plays after a cut unless the
 * scenario says otherwise. Sets t->recovered. epilogue.c
 * A host that a scenario keeps silent stays so, and a core may ask it first: a sign-in and the most tries of a
 * reversal, three (DOMAIN 5.3), each with 60 s for its answer and some for the line, then a word on the screen. */
#define RECOVERY_S 300
bool case_recover(struct bench_terminal *t);

/* Sets verdict and text; after a "fail" nothing is overwritten. */
void judge_say(struct verdict *v, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* -- for the oracles -- */
/* False: there is no journal to judge, and the verdict says so: "not applicable" when inspect is not offered, "fail"
 * when the data cannot be read. */
bool judge_has_journal(const struct evidence *e, struct verdict *v);
/* The prepared search for secrets. NULL: no memory. Without a memo the caller destroys *own. */
struct hunt *judge_hunt(const struct evidence *e, struct hunt **own);
/* The paper's part of money: what was printed since the terminal was made, against the journal. oracle_slips.c */
void judge_roll(const char *roll, const struct firmware_slip *slips, const struct journal *j, struct verdict *v);
/* What is in the cards' purses, against the host's books. oracle_purse.c */
void judge_purse(const struct evidence *e, struct verdict *v);
/* Approvals of cards without the host. oracle_offline.c */
void judge_offline(const struct evidence *e, struct verdict *v);
/* `r` is approved and nothing is booked for it: true when it waits for its upload, or was refused it. */
bool judge_unbooked(const struct evidence *e, const struct firmware_record *r, struct verdict *v);
/* Likewise its messages (DOMAIN 4.3, 4.5a): whether this is an upload; what must be in it; and whether a code is the
 * host's word for an upload that it had before. */
bool judge_is_upload(const struct iso_message *m);
void judge_upload(const struct iso_message *m, const char *trace, struct verdict *v);
bool judge_repeated(const struct evidence *e, const char *code, uint32_t trace);
/* Contents by a 32-byte key of theirs, for one use each: `memo_seen` tells whether `memo_keep` was called with it. Old
 * ones are forgotten. */
enum memo_use { MEMO_SOUND, MEMO_CLEAN };
bool memo_seen(const struct judge_memo *m, enum memo_use use, const uint8_t key[32]); /* NULL: false */
void memo_keep(struct judge_memo *m, enum memo_use use, const uint8_t key[32]);       /* NULL: nothing */
/* Key of what a reader finds in the storage (content.h). False: no memo, or no memory. */
bool memo_content(struct judge_memo *m, const struct storage *s, uint8_t key[32]);

void oracle_boot(const struct evidence *e, struct verdict *v);      /* oracle_boot.c */
void oracle_money(const struct evidence *e, struct verdict *v);     /* oracle_money.c */
void oracle_journal(const struct evidence *e, struct verdict *v);   /* oracle_journal.c */
void oracle_reversal(const struct evidence *e, struct verdict *v);  /* oracle_reversal.c */
void oracle_messages(const struct evidence *e, struct verdict *v);  /* oracle_messages.c */
void oracle_emv(const struct evidence *e, struct verdict *v);       /* oracle_emv.c */
void oracle_secrets(const struct evidence *e, struct verdict *v);   /* oracle_secrets.c */
void oracle_integrity(const struct evidence *e, struct verdict *v); /* oracle_integrity.c */
void oracle_liveness(const struct evidence *e, struct verdict *v);  /* oracle_liveness.c */

#endif
