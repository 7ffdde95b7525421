/*
 * The contactless reader: a field that can be on, and up to two cards in it. ISO 14443 lies below: a card that comes
 * into a field that is on is reset (activated), loses its session when it leaves or the field goes off, and answers
 * whole APDUs. With two cards there is a collision and none of them hears. A card's time passes in virtual time, during
 * which it can be taken away. Outside: tap and leave, recorded here as "card".
 */
#ifndef POSBENCH_SIM_DEVICES_CONTACTLESS_H
#define POSBENCH_SIM_DEVICES_CONTACTLESS_H

#include "sim/port.h"
#include "sim/slot.h"

#define SIM_CONTACTLESS_CARDS 2
#define SIM_CONTACTLESS_MUTE_US 100000u      /* a frame waiting time and its repeats: no answer (ISO 14443-4) */
#define SIM_CONTACTLESS_PATIENCE_US 5000000u /* waiting time extensions: what asks for more is mute */

struct sim_contactless {
    const struct sim_port *port;
    bool fitted; /* this terminal has one */
    bool on, changed;
    struct slot_card card[SIM_CONTACTLESS_CARDS];
    unsigned cards;
    uint64_t moves; /* cards that came or went: one during a call shows here */
};

extern const struct sim_device_class sim_contactless_class; /* reset: the field is off; cards stay where they are */

void sim_contactless_init(struct sim_contactless *d, const struct sim_port *port, bool fitted);
/* No ops (HAL_E_UNSUPPORTED) when it is not fitted. */
struct hal_contactless sim_contactless_hal(struct sim_contactless *d);

/* `card` is copied; what it points to must live until it leaves. HAL_E_UNSUPPORTED: no reader. E_LIMIT: no room in the
 * field. E_STATE: this card is in it already. E_INVAL: it has no ops. */
int sim_contactless_tap(struct sim_contactless *d, const struct slot_card *card);
/* The card of this context leaves the field, all of them with NULL. E_STATE: it is not there. */
int sim_contactless_leave(struct sim_contactless *d, const void *card_ctx);

#endif
