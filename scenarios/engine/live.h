/*
 * A session in front of a person: one worker with one terminal, paced to real time, played by hand or by a scenario
 * that is watched. Callers: gui/. A core that crashes or hangs takes the worker along, not the caller.
 *
 * Commands, one object each:
 *   {"do":"power","on":true}        boots it and runs it to where it first waits
 *   {"do":"power","on":false}       the plug is pulled (survival mode "all" unless "mode" names another)
 *   {"do":"key","key":"5"}          a digit, enter, cancel, clear, up, down, menu, func
 *   {"do":"insert","card":NAME}     a profile of cards/profiles; with a real reader without "card": whatever is in it
 *   {"do":"pull"}                   the card out of the chip slot
 *   {"do":"swipe","card":NAME}
 *   {"do":"paper","there":false}
 *   {"do":"network","up":false}
 *   {"do":"speed","value":V}        pause: nothing in the world moves, commands are taken and what they wake waits; 1x;
 *                                   fast: time does not wait until the terminal waits for people (idle, a screen that
 *                                   asks, halted, off), there as 1x. While a scenario plays its script is the people:
 *                                   fast to its end, but where it asks for a card in a real reader
 *   {"do":"step"}                   while paused: shows the next line of the record, exactly one. The world goes to the
 *                                   end of the event that wrote it: what else that event wrote is shown by further
 *                                   steps, or before the next command of another kind
 *
 * Commands other than speed and step are a person's at the first terminal, and go while a scenario plays, too: a tester
 * may interfere, and the verdict is of what came of it. After its end nothing moves; only speed is not refused then.
 *
 * Messages:
 *   {"line":{...}}                  a line of the run record (sim/record.h), in order, none left out. The same lines as
 *                                   engine_run writes for the scenario, byte for byte, if nobody interferes
 *   {"state":{...}}                 at first and after every change: virtual_us (of that instant), powered, running
 *                                   ("off", "running", "returned", "ignored", "busy"), idle, card ("" none), network,
 *                                   paper, speed, reader (name of the real one, "" simulated), reader_card, trouble (of
 *                                   the real one), asks (what a scenario asks a person for), ended. Several changes
 *                                   between two moments at which time waits are one message
 *   {"refused":TEXT,"do":NAME}      a command could not be done, with the reason; it has changed nothing
 *   {"end":{...}}                   the scenario ended and was judged: a case as in engine.h, with its id, name, seed
 *   {"died":{"text":..., "bench_fault":bool, "events":[...]}}  the last message of all: the worker is gone
 *
 * A real reader is the chip slot: by hand, a card that is put into it is in the terminal, and one that is pulled is
 * out. "pull" takes its power and leaves it there; "insert" without "card" takes it again.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_LIVE_H
#define POSBENCH_SCENARIOS_ENGINE_LIVE_H

#include "scenarios/engine/engine.h"

struct live;

struct live_options {
    const char *file;    /* a scenario that plays itself; NULL: by hand */
    unsigned index;      /* which of the file, from 1 */
    const char *profile; /* by hand: sim/profiles; NULL: "unionpay-intl" */
    const char *reader;  /* real chip reader (hw/reader.h); NULL or "sim": the simulated one */
    const char *speed;   /* at first; NULL: "1x" */
};

/* Starts the worker and waits until its terminal is made (by hand it is still off). EXIT_PASS; EXIT_USAGE (image,
 * profile, scenario, reader) or EXIT_BENCH with one line in `why`. */
int live_open(const struct engine_options *o, const struct live_options *l, struct live **out, char *why,
              size_t why_cap);
void live_close(struct live *l); /* NULL is nothing */

int live_fd(const struct live *l);                    /* readable: take messages until there is none */
bool live_send(struct live *l, const cJSON *command); /* false: it has died */
/* The next message, NULL: none is there now (then poll live_fd). To be asked at least once a second: a worker that
 * stands still is found out here, ended, and told as "died". */
cJSON *live_next(struct live *l);

/* Names of cards/profiles under the root as an array of {name, description, chip, stripe, contactless}, sorted. */
cJSON *live_cards(const struct engine_options *o);

#endif
