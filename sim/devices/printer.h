/*
 * The receipt printer and its roll. What was printed stays printed: the roll outlives every power loss, and a line that
 * one cut through is half there, marked with CAN (18).
 *
 * The roll as text: lines end with '\n', slips with '\f', a half line with "\x18\n". It holds 1 MB; then the paper is
 * out for good.
 */
#ifndef POSBENCH_SIM_DEVICES_PRINTER_H
#define POSBENCH_SIM_DEVICES_PRINTER_H

#include "sim/port.h"

#define SIM_PRINTER_ROLL_MAX (1024u * 1024u)
#define SIM_PRINTER_LINE_BYTES 256u /* longer text is cut there */
#define SIM_PRINTER_LINE_US 40000u
#define SIM_PRINTER_CUT_US 120000u

struct sim_printer {
    const struct sim_port *port;
    bool paper;
    bool changed; /* since the last status */
    char *roll;   /* NUL-terminated once there is one */
    size_t len, cap;
};

extern const struct sim_device_class sim_printer_class;

void sim_printer_init(struct sim_printer *d, const struct sim_port *port);
void sim_printer_clear(struct sim_printer *d); /* frees the roll */
struct hal_printer sim_printer_hal(struct sim_printer *d);

/* Paper out, paper in (in the record as "paper"). */
void sim_printer_paper(struct sim_printer *d, bool there);
/* All that was printed since init; never NULL; valid until the next line. */
const char *sim_printer_roll(const struct sim_printer *d);
/* For snapshots: the roll and the paper as they were. E_LIMIT, E_NOMEM. */
int sim_printer_restore(struct sim_printer *d, const char *roll, bool paper);

#endif
