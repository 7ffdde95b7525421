/*
 * The chip card reader, and the slot that a card is put into. At TPDU level the card behind it answers whole TPDUs; at
 * character level (reader_line.c) bytes go both ways, each in its time. A card's time passes in virtual time, during
 * which it can be pulled out. Outside: insert and remove, recorded here as "card".
 */
#ifndef POSBENCH_SIM_DEVICES_READER_H
#define POSBENCH_SIM_DEVICES_READER_H

#include "sim/devices/clock.h"
#include "sim/port.h"
#include "sim/slot.h"

#define SIM_READER_MUTE_RESET_US 12000u     /* 42,000 clock cycles at 3.58 MHz: no ATR (EMV Book 1, 6.1.3) */
#define SIM_READER_MUTE_COMMAND_US 1000000u /* work waiting time of WI = 10 at 3.58 MHz (ISO 7816-3, 10.2) */
#define SIM_READER_PATIENCE_US 60000000u    /* a card that asks for more is mute */

struct sim_reader {
    const struct sim_port *port;
    struct slot_card card; /* ops NULL: empty slot */
    uint64_t pulls;        /* a pull during a call shows here, even if the card is back by then */
    bool powered;
    bool changed;                  /* presence, since the last status */
    bool character;                /* HAL_READER_CHARACTER; set by sim_reader_at_characters */
    const struct sim_clock *clock; /* of the deadlines at that level; NULL: they are the world's */
    struct {                       /* at character level */
        unsigned rate;             /* D */
        uint32_t guard;            /* etu between two characters to the card */
        uint64_t edge_us;          /* leading edge of the last character, either way */
        bool t0;                   /* characters with wrong parity are repeated */
    } line;
};

extern const struct sim_device_class sim_reader_class; /* reset: the card loses power and stays in the slot */

void sim_reader_init(struct sim_reader *d, const struct sim_port *port);
/* From now on at HAL_READER_CHARACTER. */
void sim_reader_at_characters(struct sim_reader *d, const struct sim_clock *clock);
/* As made, at the level it was made for; the card leaves without being told. */
void sim_reader_renew(struct sim_reader *d);
struct hal_reader sim_reader_hal(struct sim_reader *d);

/* `card` is copied; what it points to must live until the removal. E_STATE: there is one. E_INVAL: it has no ops. */
int sim_reader_insert(struct sim_reader *d, const struct slot_card *card);
int sim_reader_remove(struct sim_reader *d); /* E_STATE: there is none */
bool sim_reader_has_card(const struct sim_reader *d);

#endif
