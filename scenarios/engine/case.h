/*
 * One case: the world, its terminals, host, line and cards, and the scenario script that plays them. Made and judged in
 * a worker process (worker.c); internal to scenarios/engine.
 *
 * The script's functions are coroutines ("actors"). A blocking API call parks its actor on a `struct wait` and yields;
 * case_play runs world events until some actor's wait is over. No Lua function ever runs on the core's stack.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_CASE_H
#define POSBENCH_SCENARIOS_ENGINE_CASE_H

#include "cards/card.h"
#include "cards/line.h"
#include "scenarios/engine/engine.h"
#include "scenarios/engine/real_reader.h"
#include "scenarios/engine/sandbox.h"
#include "sim/host/server.h"
#include "sim/terminal.h"

#define CASE_TERMINALS 4
#define CASE_CARDS 320
#define CASE_CARDS_MADE 400 /* over all lives that are played in one process */
#define CASE_ACTORS 8
#define CASE_TRIGGERS 8
#define CASE_DISCLOSED 16 /* transactions told of, and more are counted as the last */
#define CASE_SCREENS                                                                                                   \
    256 /* shown screens kept per terminal for the oracles; more: the oldest are dropped and counted                   \
         */
#define SECOND_US 1000000ull

struct bench_case;

struct bench_card { /* a card in somebody's hand */
    struct bench_case *bench;
    struct card_profile *profile;
    struct card *card;
    uint64_t version; /* of its state: another number whenever it was reset or asked */
    char name[48];    /* of its profile's file */
    struct card_facts facts;
    struct reader_fault faults[8]; /* go to whatever reader it is put into */
    size_t fault_count;
    struct card_line line; /* its contacts, for a reader at character level; its faults are told here */
    struct slot_card slot;
    bool dealt; /* since the script began once more */
};

struct shown {
    uint64_t number, time_us, boot;
    char name[32];
    enum firmware_role role;
    char text[160];
};

struct bench_terminal {
    struct bench_case *bench;
    unsigned number;
    struct profile profile;
    struct terminal *terminal;
    struct bench_card *card; /* in the slot */
    uint64_t acted;          /* screens up to this number were there before the last action */
    struct shown shown[CASE_SCREENS];
    uint64_t shown_count;
    uint64_t approvals; /* as a merchant counts them: the first approval screen after an idle screen or a boot */
    uint64_t approval_boot;
    bool approval_stands;       /* what follows until then belongs to it */
    void (*on_idle)(void *ctx); /* told of every idle screen, on the core's stack; NULL: nobody */
    void *on_idle_ctx;
    uint64_t disclosed[CASE_DISCLOSED]; /* digests of the screens that said: nobody knows whether this card paid */
    unsigned disclosures;
    bool halt_expected; /* the scenario expected an out-of-service screen: idle is not asked for */
    bool recovered;     /* the epilogue brought it to idle with nothing left to reverse */
};

/* The halt screen with which the core stopped by itself, its rows parted by " | ", when the ROM's screen stands behind
 * it; NULL otherwise. */
const char *case_core_stopped(const struct bench_terminal *t);

enum wait_kind {
    WAIT_NONE,
    WAIT_TIME,
    WAIT_SCREEN,
    WAIT_IDLE,
    WAIT_SETTLED,
    WAIT_TURN,
    WAIT_OFF,
    WAIT_HOST,
    WAIT_PRINTED,
    WAIT_CARD /* in the real reader */
};
struct wait {
    enum wait_kind kind;
    struct bench_terminal *terminal;
    char text[64];   /* screen name, MTI, words on paper */
    uint64_t number; /* only screens after this one count; host: this many messages */
    uint64_t until_us;
    bool met; /* false: the deadline came first */
};

struct actor {
    lua_State *L;
    int ref;
    struct wait wait;
    bool live;
};

/* "After the n-th record line of this kind (and `what`): do it." Runs as a world event right after the line. */
enum trigger_action { TRIGGER_CUT, TRIGGER_STORAGE_CUT, TRIGGER_NET_DOWN, TRIGGER_REMOVE };
struct trigger {
    bool armed;
    char kind[16], what[16];
    unsigned term, nth, seen;
    enum trigger_action action;
    struct bench_terminal *terminal;
    struct cut_plan plan;
};

struct note {
    char key[32];
    char *json;
};

struct case_paths {
    const char *root, *core, *boot;
};
struct case_request { /* what to run */
    const char *file; /* relative to root or absolute */
    unsigned index;   /* which scenario of the file, from 1 */
    uint64_t seed;
    const char *record;             /* file to write, NULL none */
    const char *fault;              /* fault_play: its id */
    const char *reader;             /* a real chip reader; NULL: simulated */
    const struct replay_keys *capk; /* replay: CA keys; NULL: none */
    struct case_paths paths;
    struct worker_shared *shared; /* watch and tail; may be NULL in tests */
};

struct bench_case {
    const struct case_request *request;
    struct world *world;
    struct realtime *realtime;  /* NULL: virtual time */
    struct real_reader *reader; /* NULL: the slot takes simulated cards */
    struct record *record;
    struct network *network;
    struct host *host;
    struct host_server *server;
    struct image *boot;
    uint8_t *core_slot;
    size_t core_slot_len;
    struct bench_terminal terminal[CASE_TERMINALS];
    unsigned terminals;
    struct bench_card *card[CASE_CARDS]; /* in play */
    unsigned cards;
    struct bench_card *made[CASE_CARDS_MADE]; /* every one, until the case is closed: scenes name them */
    unsigned cards_made;
    uint64_t card_changes;
    struct trigger trigger[CASE_TRIGGERS];
    struct sandbox sandbox;
    struct actor actor[CASE_ACTORS];
    struct actor *running;
    cJSON *scenarios; /* what the file declared: [{name, tags, covers, line}] */
    int scenario_ref; /* the table of the chosen one */
    int chunk_ref;    /* the compiled file */
    bool again;       /* the chunk runs once more: terminals and cards are those that are there */
    unsigned terminals_asked;
    cJSON *failures, *oracles;
    char skipped[128]; /* reason */
    char usage[600];   /* bad input met while running (a card profile): the run ends with exit 2 */
    struct note note[32];
    unsigned notes;
    bool offers_applications; /* the host hands some out: config.json no longer says what the terminal goes by */
    bool watched;             /* triggers and the watch read the record */
    struct case_watch *watch; /* emv_watch.h: what the record told; NULL until its first line */
    bool abandoned;           /* the script that is played is left where it stands */
    const char *expecting;    /* phase for messages: "run", "recover", "check" */
};

/* The whole life of one case; the result object of engine.h (NULL: out of memory). */
cJSON *case_run(const struct case_request *request);
/* Only loads the file: array of scenarios, or NULL with `why`. */
cJSON *case_list(const struct case_request *request, char *why, size_t why_cap);

/* -- for the API files -- */
/* Asks the person at a real reader for something; "": no longer. */
void case_ask(struct bench_case *b, const char *text);
struct bench_case *case_of(lua_State *L);
struct bench_terminal *case_add_terminal(struct bench_case *b, const char *profile, char *why, size_t why_cap);
struct bench_card *case_load_card(struct bench_case *b, const char *name, char *why, size_t why_cap);
/* Parks the running actor and yields; `k` continues. Raises when called inside a callback. Ends with the C function's
 * return. */
int case_wait(lua_State *L, const struct wait *wait, lua_KFunction k, lua_KContext context);
const struct wait *case_waited(lua_State *L); /* inside `k` */
/* Runs the world for a fixed time or until the wait is met, without a script (epilogue). */
bool case_run_until(struct bench_case *b, struct wait *wait);
int case_start_actor(struct bench_case *b, lua_State *from);            /* the function on top of `from` */
bool case_trigger(struct bench_case *b, const struct trigger *trigger); /* false: too many */

/* A failed expectation: adds to failures with the screen of `t` (may be NULL) and raises nothing. */
void case_fail(struct bench_case *b, struct bench_terminal *t, const char *what, const char *expected,
               const char *found, const char *where);
/* The same, and ends the script (the rest of `run` makes no sense after an unmet expectation). */
int case_fail_here(lua_State *L, struct bench_terminal *t, const char *what, const char *expected, const char *found);

struct api_function {
    const char *name, *args, *doc;
    lua_CFunction fn;
};
struct api_module {
    const char *name;
    const struct api_function *functions;
}; /* ends with NULL name; "terminal" and "card" are methods */
const struct api_module *api_modules(void);
void api_install(lua_State *L);
void *api_self(lua_State *L, int index, const char *type); /* checked userdata -> the object */
void api_push(lua_State *L, void *object, const char *type);
void api_push_json(lua_State *L, const cJSON *json);
cJSON *api_to_json(lua_State *L, int index); /* tables, strings, numbers, booleans; NULL on anything else */
uint64_t api_cents(lua_State *L, int index); /* "12.00" or raises */
uint64_t api_seconds(lua_State *L, int index, double fallback); /* seconds to microseconds */

/* -- judging (judge.h) -- */
/* Lifts faults, restores power and links, lets reversals be delivered, within a bound of virtual time. */
void case_epilogue(struct bench_case *b);
void case_judge(struct bench_case *b, bool settled); /* settled: see judge.h */

#endif
