/* What a replay fixes about the terminal (replay_pins.c, replay_inputs.c), and what it concludes or assumes
 * (replay_infer.c). */
#ifndef POSBENCH_SCENARIOS_ENGINE_REPLAY_PINS_H
#define POSBENCH_SCENARIOS_ENGINE_REPLAY_PINS_H

#include "scenarios/engine/replay.h"

struct pinning { /* of one run */
    const struct replay_facts *f;
    struct replay_pins *pins;
    cJSON *config;               /* the terminal's, being changed */
    cJSON *pinned, *assumptions; /* what is told */
    uint8_t aid[16];             /* assumed where the recording selects none */
    size_t aid_len;
    const struct replay_keys *keys; /* of certification authorities; NULL: none are given */
};

void pins_say(cJSON *list, const char *format, ...) __attribute__((format(printf, 2, 3)));
void pins_refuse(struct pinning *p, uint32_t tag, const char *name, const char *why);
void pins_text(cJSON *object, const char *key, const char *text); /* sets or replaces */

/* The inputs that are members of the configuration: `of_aid` of each application's entry; `text`, else hex. */
void pins_each_input(void (*row)(void *ctx, uint32_t tag, const char *key, bool text, bool of_aid), void *ctx);
/* Changes the profile's configuration; false: out of memory. */
bool pins_configure(struct pinning *p, struct profile *profile);
/* Fills in date and time; those that no DOL tells, or that are none, stay what `when` holds. False: leave the clock. */
bool pins_clock(struct pinning *p, struct hal_datetime *when);
uint64_t pins_amount(struct pinning *p);
/* Chip transactions that must come before this one, for its counter. */
unsigned pins_counter(struct pinning *p);
void pins_numbers(struct pinning *p, struct terminal *t);

/* replay_infer.c: after the pins, into the same configuration. */
void infer_configure(struct pinning *p);
/* replay_tap.c: qualifiers and limits of a tap, after the pins; what of the card's directory and application is not
 * recorded; unpredictable numbers. */
void tap_configure(struct pinning *p);
int tap_assume(const struct pinning *p, struct trace_card *card);
void tap_numbers(const struct pinning *p, struct terminal *t);
/* replay_core_key.c: the CA key of the recorded card goes into the configuration, when it is given. */
void core_key_give(struct pinning *p);
/* Which of the card's keys the core can recover from the recorded certificates: into p->pins. */
void core_key_reaches(struct pinning *p, const struct profile *profile);
/* The recorded TVR says that the cardholder was asked for a PIN and gave none. */
bool infer_pin_bypassed(const struct replay_facts *f);

/* replay_person.c: keys the amount, inserts or taps the card, chooses, types the PIN, takes the card back. `last` tells
 * how the sale ended. */
void person_pay(struct bench_case *b, const struct replay_facts *f, const struct slot_card *card, uint64_t cents,
                const struct hal_datetime *when, struct terminal_screen *last);

/* Sales that end at once, with a card that says nothing: a terminal counts them all the same. */
void person_practise(struct bench_case *b, const struct replay_facts *f, unsigned times);

#endif
