/*
 * The modem: one byte stream at a time over sim/network.h. Receives into 8 KB; a peer that sends more before the core
 * reads has its connection dropped (recorded as "line", what "drop"), since a stream with a hole is worse than none.
 */
#ifndef POSBENCH_SIM_DEVICES_MODEM_H
#define POSBENCH_SIM_DEVICES_MODEM_H

#include "sim/devices/clock.h"
#include "sim/network.h"
#include "sim/port.h"

#define SIM_MODEM_BUFFER 8192u

enum sim_modem_state { SIM_MODEM_IDLE, SIM_MODEM_CONNECTING, SIM_MODEM_OPEN, SIM_MODEM_CLOSED };

struct sim_modem {
    const struct sim_port *port;
    struct network *network;
    const struct sim_clock *clock; /* connect's deadline is in the terminal's time */
    enum sim_modem_state state;    /* CLOSED: the other end or the line ended it, bytes may be left to read */
    int result;                    /* of the last connect */
    unsigned connection;
    bool line_changed; /* since the last status */
    bool end_unread;   /* the connection ended, and neither status nor receive has told the core */
    uint8_t signal;    /* 0..31, 99 unknown */
    uint8_t buffer[SIM_MODEM_BUFFER];
    size_t first, count;
};

extern const struct sim_device_class sim_modem_class; /* reset closes the connection */

/* E_LIMIT: the network has modems enough. */
int sim_modem_init(struct sim_modem *d, const struct sim_port *port, struct network *network,
                   const struct sim_clock *clock);
void sim_modem_clear(struct sim_modem *d); /* closes; the network must still be there */
struct hal_modem sim_modem_hal(struct sim_modem *d);

#endif
