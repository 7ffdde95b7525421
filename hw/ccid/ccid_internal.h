/* What the files of hw/ccid share; nobody else includes it. */
#ifndef POSBENCH_HW_CCID_CCID_INTERNAL_H
#define POSBENCH_HW_CCID_CCID_INTERNAL_H

#include "core/icc/t1.h"
#include "hw/ccid/ccid.h"

#define CCID_SLOT 0             /* the only one that is used */
#define CCID_COMMAND_MS 3000u   /* a command of the reader's own */
#define CCID_EXCHANGE_MS 25000u /* everything about one exchange with the card, but the recovery after it */
#define CCID_POLL_MS 200u

/* bMessageType, CCID 6.1 to 6.3. */
enum ccid_type {
    CCID_SET_PARAMETERS = 0x61,
    CCID_POWER_ON = 0x62,
    CCID_POWER_OFF = 0x63,
    CCID_GET_SLOT_STATUS = 0x65,
    CCID_XFR_BLOCK = 0x6F,
    CCID_ABORT = 0x72,
    CCID_DATA_BLOCK = 0x80,
    CCID_SLOT_STATUS = 0x81,
    CCID_PARAMETERS = 0x82,
    CCID_NOTIFY_SLOT_CHANGE = 0x50,
    CCID_HARDWARE_ERROR = 0x51,
};

enum ccid_icc { CCID_ICC_ACTIVE, CCID_ICC_INACTIVE, CCID_ICC_ABSENT }; /* bmICCStatus */

/* bError that the driver itself looks at; ccid_error.c names them all. */
enum ccid_slot_error {
    CCID_ERROR_UNSUPPORTED = 0x00,
    CCID_ERROR_BUSY = 0xE0,
    CCID_ERROR_CLASS = 0xF5,
    CCID_ERROR_HARDWARE = 0xFB,
    CCID_ERROR_OVERRUN = 0xFC,
    CCID_ERROR_PARITY = 0xFD,
    CCID_ERROR_MUTE = 0xFE,
};

struct ccid {
    struct ccid_bus bus;
    struct ccid_descriptor d;
    uint8_t sequence;
    bool in_step;      /* an answer to a command of ours was seen: older ones are recognised from here on */
    bool out_of_step;  /* the next command is preceded by the abort sequence */
    bool late_answer;  /* the abort sequence met an answer to the command before it */
    bool no_interrupt; /* presence is polled */

    bool powered, negotiate;
    uint8_t power_select; /* bPowerSelect that the card answered to */
    int protocol;         /* parameters are set for this one; -1: the card's ATR is of no use */
    struct atr atr;
    uint8_t rate; /* Fi/Di as in TA1 */
    struct t1 t1;
    bool reader_silent;   /* it was the reader that did not answer, not the card */
    uint64_t deadline_ms; /* of the exchange */

    uint8_t *out, *in;
    size_t out_room, in_room;
    char trouble[160];
};

struct ccid_request {
    uint8_t type, answer; /* the type expected back */
    uint8_t specific[3];  /* bytes 7 to 9 */
    const uint8_t *data;
    size_t len;
    unsigned timeout_ms;
    bool card; /* the card may have acted on it: never sent again unless the reader refused it */
};

struct ccid_answer {
    uint8_t type, icc, error, specific;
    bool failed, extension; /* bmCommandStatus */
    const uint8_t *data;    /* in the reader's buffer, until the next command */
    size_t len;
};

/* ---- ccid_message.c: bytes, no bus ---- */

/* What became of a message that came. */
enum ccid_fit { CCID_FITS, CCID_STALE, CCID_BROKEN };
void ccid_message_build(const struct ccid_request *request, uint8_t slot, uint8_t sequence, uint8_t *out);
enum ccid_fit ccid_message_check(const uint8_t *in, size_t len, const struct ccid_request *request, uint8_t sequence,
                                 bool in_step, struct ccid_answer *out, char *why, size_t why_cap);

/* ---- ccid_command.c ---- */

#define CCID_FAILED 1 /* the reader answered that the command failed; answer->error says why */
/* Blocks. OK, CCID_FAILED, or negative with trouble told: HAL_E_TIMEOUT the reader is silent, HAL_E_IO, HAL_E_PROTOCOL.
 */
int ccid_command(struct ccid *c, const struct ccid_request *request, struct ccid_answer *answer);
uint64_t ccid_now(const struct ccid *c);
void ccid_rest(const struct ccid *c, unsigned ms);

/* ---- ccid_error.c ---- */

__attribute__((format(printf, 2, 3))) void ccid_tell(struct ccid *c, const char *format, ...);
const char *ccid_type_name(uint8_t type);
/* The HAL code of a command that failed; tells "slot error 0xFE (ICC_MUTE)" in answer to `command`. */
int ccid_slot_error(struct ccid *c, uint8_t command, const struct ccid_answer *answer);
/* A command of the reader's own: silence means that the reader is broken. */
int ccid_own_result(struct ccid *c, const struct ccid_request *request, const struct ccid_answer *answer, int rc);

/* ---- ccid_timing.c, ccid_parameters.c, ccid_slot.c ---- */

unsigned ccid_t0_ms(const struct ccid *c, size_t command_len);
unsigned ccid_t1_block_ms(const struct ccid *c, size_t block_len, unsigned wtx);
unsigned ccid_t1_apdu_ms(const struct ccid *c, size_t command_len);
/* Time for one answer: `wanted`, but no longer than the exchange has left. 0: it has none, and that is told. */
unsigned ccid_time_left(struct ccid *c, unsigned wanted);

/* After an ATR: rate, parameters, T=1's state. OK; negative with trouble told. */
int ccid_parameters_set(struct ccid *c);

int ccid_slot_status(struct ccid *c, enum ccid_icc *out);

/* ---- ccid_exchange.c ---- */

/* One block of T=1 through the reader; as struct t1_carrier. */
int ccid_block(struct ccid *c, const uint8_t *block, size_t len, unsigned wtx, uint8_t *answer, size_t cap,
               size_t *answer_len);

#endif
