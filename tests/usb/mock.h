/*
 * A CCID reader that is not there: umockdev shows a device on USB to unmodified programs, this one plays it. Four
 * parts: mock_usb.c     the device node: usbfs requests, packets, plugging and unplugging (umockdev) mock_reader.c  the
 * reader: CCID messages, slot, faults mock_t1.c      the card's side of T=1 mock_main.c    options, the program that is
 * run against it, and its control socket The card is the card engine (cards/card.h). Nothing here includes hw/ or
 * core/icc: what drives it is to be wrong alone.
 */
#ifndef POSBENCH_TESTS_USB_MOCK_H
#define POSBENCH_TESTS_USB_MOCK_H

#include "cards/card.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOCK_PACKET 64
#define MOCK_MESSAGE 70000

/* ---- what kind of reader: mock_reader.c ---- */

enum mock_level { MOCK_CHARACTER, MOCK_TPDU, MOCK_SHORT, MOCK_EXTENDED };
enum mock_zlp { MOCK_ZLP_TAKEN, MOCK_ZLP_WANTED, MOCK_ZLP_REFUSED }; /* behind a full packet from the host */

struct mock_profile {
    const char *name;
    enum mock_level level;
    uint8_t interface_class;
    bool interrupts;   /* slot changes are told */
    bool automatic;    /* parameters, PPS and voltage by itself */
    enum mock_zlp zlp; /* of messages to the reader */
    bool in_zlp;       /* an empty packet behind full ones to the host */
    uint32_t max_message;
    size_t piece;    /* extended APDU level: bytes of an answer in one message; 0: as many as it may hold */
    unsigned damage; /* a descriptor that is wrong: 1 no bulk end points, 2 a slotted class descriptor of 10 bytes */
};
const struct mock_profile *mock_profile_find(const char *name);      /* NULL: no such one */
size_t mock_descriptors(const struct mock_profile *p, uint8_t *out); /* device, configuration, ... as sysfs has them */

/* ---- the reader ---- */

struct mock_reader;
struct mock_reader *mock_reader_create(const struct mock_profile *p, const char *card_path, int protocol);
void mock_reader_destroy(struct mock_reader *r);
void mock_reader_plug(struct mock_reader *r); /* power on USB: the state after a reset */
void mock_reader_card(struct mock_reader *r, bool present);
/* The next `count` messages of this kind are spoilt. false: no such fault. */
bool mock_reader_fault(struct mock_reader *r, const char *name, unsigned count);
unsigned mock_reader_spoilt(const struct mock_reader *r);  /* how many were, since the last fault was set */
unsigned mock_reader_apdus(const struct mock_reader *r);   /* commands that reached the card */
unsigned mock_reader_changes(const struct mock_reader *r); /* of the slot that were told; ~0: it cannot tell any */

/* A transfer from the host. false: the end point stalls. */
bool mock_reader_out(struct mock_reader *r, const uint8_t *bytes, size_t len, bool *pend);
/* The message to the host that is next; NULL: none yet. */
struct mock_message {
    uint8_t bytes[MOCK_MESSAGE];
    size_t len, taken;
    int status; /* of the transfer when not 0: -EPIPE, -EPROTO, -EOVERFLOW */
    struct mock_message *next;
};
struct mock_message *mock_reader_in(struct mock_reader *r);
void mock_reader_in_done(struct mock_reader *r);
/* A slot change to tell. */
bool mock_reader_interrupt(struct mock_reader *r, uint8_t out[2], int *status);
void mock_reader_control_abort(struct mock_reader *r, uint8_t slot, uint8_t sequence);
bool mock_reader_wants_unplug(struct mock_reader *r); /* a fault pulled the plug */

/* ---- the card's side of T=1: mock_t1.c ---- */

struct mock_t1 {
    struct card *card;
    uint8_t send_sequence, want_sequence; /* 0 or 1 */
    uint8_t ifsd, ifsc;
    uint8_t command[300], answer[RAPDU_MAX], last[260];
    size_t command_len, answer_len, answer_at, last_len;
    unsigned waits;   /* S(WTX) requests before the next answer */
    unsigned garbled; /* blocks to the host with a wrong check byte */
};
void mock_t1_reset(struct mock_t1 *t, struct card *card, uint8_t ifsc);
size_t mock_t1_block(struct mock_t1 *t, const uint8_t *in, size_t len, uint8_t out[260]); /* 0: silent */

/* ---- the device node: mock_usb.c ---- */

void mock_usb_start(struct mock_reader *r, const struct mock_profile *p, const char *vid_pid);
void mock_usb_unplug(void);
void mock_usb_plug(unsigned port);
void mock_usb_serve(void); /* after the reader's state changed from outside */
void mock_usb_busy(bool busy);
void mock_usb_forbid(void);
void mock_usb_lock(void);
void mock_usb_unlock(void);
void mock_usb_stop(void);

#endif
