/* The developer's trace: takes every line. The tap in front of it writes them to the record, for real devices too. */
#ifndef POSBENCH_SIM_DEVICES_LOG_H
#define POSBENCH_SIM_DEVICES_LOG_H

#include "sim/port.h"

struct sim_log {
    const struct sim_port *port;
    uint64_t lines;
};

extern const struct sim_device_class sim_log_class;

void sim_log_init(struct sim_log *d, const struct sim_port *port);
struct hal_log sim_log_hal(struct sim_log *d);

#endif
