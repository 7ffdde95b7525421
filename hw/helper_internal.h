/*
 * Between the two sides of a helper (hw/helper.h): what goes over its sockets. Only hw/helper*.c and their tests see
 * it.
 *
 * Two sockets, both of whole messages (SOCK_SEQPACKET), because they are read by different people at different times:
 *   calls     one frame down, one frame up, never two under way
 *   presence  one message up for each change: enum helper_presence, then (gone) what is wrong; the other end is what
 *             hw_helper_fd gives out
 *
 * The child has no threads. It waits for a call on its socket; when none came for HELPER_LOOK_MS it *looks* at presence
 * (wait with time-out 0, well under a millisecond over PC/SC) and goes back. So a call is answered at once, except that
 * it may meet a look; it never waits for a time-out of the presence watch, and nothing has to be cancelled. A driver
 * that cannot find its reader is asked less often.
 */
#ifndef POSBENCH_HW_HELPER_INTERNAL_H
#define POSBENCH_HW_HELPER_INTERNAL_H

#include "hw/helper.h"

#define HELPER_LOOK_MS 50u    /* between two looks at presence */
#define HELPER_GONE_MS 500u   /* between two searches for a reader that is gone */
#define HELPER_OPEN_MS 10000u /* the bound on opening a reader for the first time */
#define HELPER_LIST_MS 5000u
#define HELPER_STOP_MS 2000u /* to power the card off and end, then it is killed */
#define HELPER_TEXT 256

enum helper_op { HELPER_HELLO = 1, HELPER_POWER_ON, HELPER_POWER_OFF, HELPER_EXCHANGE };
enum helper_presence { HELPER_EMPTY = 'e', HELPER_CARD = 'c', HELPER_GONE = 'g' };

/* A call and its answer. All of it is wiped on both sides after each: a command may hold a PIN, an answer a track. */
struct helper_frame {
    uint32_t op;
    int32_t code; /* up */
    uint32_t arg; /* HELLO: presence up; POWER_ON: warm; EXCHANGE: protocol */
    uint32_t len; /* of data */
    uint8_t data[HAL_TPDU_MAX];
    char text[HELPER_TEXT]; /* HELLO: the reader's name; else, and if that failed, what went wrong */
};

typedef int helper_open(const char *spec, struct hw_reader *out, char *why, size_t why_cap);

struct hw_helper {
    helper_open *open;
    unsigned limit_ms;
    pid_t pid; /* 0: none runs */
    int calls; /* sockets, -1: none */
    int presence;
    unsigned failures; /* helpers that died since one last answered; the next one takes its time */
    bool present;
    char spec[HW_READER_NAME + 8];
    char name[HW_READER_NAME];
    char trouble[HELPER_TEXT + HW_READER_NAME + 64];
    struct helper_frame frame;
};

/* hw_helper_start with another driver and another bound on each call. */
int hw_helper_start_with(helper_open *open, const char *spec, unsigned limit_ms, struct hw_helper **out, char *why,
                         size_t why_cap);

/* The helper's life, in the child; does not return. `greet`: tell how the opening went, and end when it failed.
 * `delay_ms` passes before the first opening. */
_Noreturn void helper_serve(helper_open *open, const char *spec, int calls, int presence, bool greet,
                            unsigned delay_ms);

/* -- helper_process.c -- */

bool helper_pair(int pair[2]); /* two ends of whole messages */
/* A fork that has put down all that was its parent's, but for two descriptors (which may be one). As fork. */
pid_t helper_child(int keep, int keep_too);
/* Waits `grace_ms` for its end, then kills it. True: it ended by itself, with *status as waitpid has it. */
bool helper_bury(pid_t pid, unsigned grace_ms, int *status);

/* Starts the helper's process. OK, HAL_E_IO. Sets pid, calls and presence. */
int helper_fork(struct hw_helper *h, bool greet);
/* Closes the sockets, so that it ends by itself; kills it after `grace_ms`. Says in `how` (may be NULL) how it ended.
 */
void helper_end(struct hw_helper *h, unsigned grace_ms, char *how, size_t how_cap);

/* -- helper_list.c -- */

typedef void helper_found(void *ctx, const char *spec, const char *name, const char *state);
typedef size_t helper_lister(helper_found *found, void *ctx, char *why, size_t why_cap);

/* Runs a driver's list in a process of its own, HELPER_LIST_MS at most. `what` names it in `why` when it does not end.
 */
size_t helper_list(helper_lister *list, const char *what, helper_found *found, void *ctx, char *why, size_t why_cap);

uint64_t helper_now_ms(void); /* of the monotonic clock */
/* Until `fd` can be read, or ended. False: not by `deadline_ms`. */
bool helper_readable(int fd, uint64_t deadline_ms);

#endif
