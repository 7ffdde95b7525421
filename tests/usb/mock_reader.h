/* What the files of the reader model share (mock_reader.c, mock_fault.c); nobody else includes it. */
#ifndef POSBENCH_TESTS_USB_MOCK_READER_H
#define POSBENCH_TESTS_USB_MOCK_READER_H

#include "mock.h"

enum { POWER_ON = 0x62, POWER_OFF, SLOT_STATUS = 0x65, GET_PARAMETERS = 0x6C, RESET_PARAMETERS, XFR = 0x6F };
enum { SET_PARAMETERS = 0x61, ABORT = 0x72, DATA_BLOCK = 0x80, STATUS = 0x81, PARAMETERS = 0x82 };
enum { ICC_ACTIVE, ICC_INACTIVE, ICC_NONE };
enum { ERROR_MUTE = 0xFE, ERROR_PARITY = 0xFD, ERROR_HARDWARE = 0xFB, ERROR_PROTOCOL = 0xF4, ERROR_BUSY = 0xE0 };

struct mock_reader {
    const struct mock_profile *p;
    struct card_profile *card_profile;
    struct card *card;
    uint8_t atr[33];
    size_t atr_len;
    int protocol; /* the card's */
    bool present, told, abort_asked, unplug;
    int icc;
    int set_protocol; /* by SetParameters; -1: never */
    struct mock_t1 t1;
    uint8_t in[MOCK_MESSAGE];
    size_t in_len;
    uint8_t chained[RAPDU_MAX + 300]; /* a command that comes in pieces */
    size_t chained_len;
    uint8_t answer[3 * RAPDU_MAX]; /* what is left of an answer that goes in pieces */
    size_t answer_len, answer_at;
    struct mock_message *first, *last;
    const struct fault *fault;
    unsigned fault_count, spoilt, apdus, changes;
};

struct reply { /* one, before it is spoilt */
    uint8_t type, slot, sequence, status, error, third;
    uint8_t data[RAPDU_MAX + 16];
    size_t len;
    uint32_t told; /* dwLength */
};

void mock_queue(struct mock_reader *r, const uint8_t *bytes, size_t len, int status);
void mock_send_reply(struct mock_reader *r, const struct reply *a);
bool mock_fail(struct reply *a, uint8_t error); /* true */

enum fault_target { ON_XFR, ON_POWER };
struct fault {
    const char *name;
    enum fault_target target;
    bool (*spoil)(struct mock_reader *r, struct reply *a); /* true: the answer goes out after all, as it now is */
};

#endif
