/*
 * The tap: the outermost layer of every device's chain, core -> tap -> fault -> device. It lets the machine in and out
 * of each HAL call (power, one microsecond, due events, "in core") and writes what happened to the run record, once for
 * simulated and real devices alike. It changes nothing.
 *
 * Lines written here, with the fields of sim/record.h: key screen beep led print cut atr apdu wire swipe line send recv
 * fs flash clock se rng log. Not here: meta, boot, power, host, fault (whoever causes them); card and paper (the
 * device, which sees the person); line with what down, up, drop (the network). Reads of storage, status calls, waiting
 * and the time leave no line. A line of fs and flash names its storage operation in "no".
 */
#ifndef POSBENCH_SIM_CHAIN_TAP_H
#define POSBENCH_SIM_CHAIN_TAP_H

#include "core/firmware.h"
#include "sim/chain/l1_watch.h"
#include "sim/port.h"

#define TAP_FILES 64

struct tap {
    const struct sim_port *port;
    struct hal under;
    struct hal_fs_ops fs_ops; /* its own, for the sector size */
    const struct firmware_screen *screens;
    uint64_t (*storage_ops)(const void *ctx);
    const void *storage_ctx;
    bool open;          /* a connection's end was not recorded yet */
    struct l1_watch l1; /* the chip reader at character level */
    uint64_t l1_start_us;
    int l1_rc; /* of the last call to it */
    struct {
        bool used;
        int file;
        char name[HAL_NAME_MAX + 1];
    } files[TAP_FILES]; /* names of open handles, for the record */
};

/* `under` is copied; ops that are NULL there answer HAL_E_UNSUPPORTED through the tap too. `tap` and `port` outlive
 * *out. */
void tap_init(struct tap *tap, const struct sim_port *port, const struct hal *under, struct hal *out);
/* After a power loss: forgets open files and connections. */
void tap_reset(struct tap *tap);
/* Names and roles of the running image's screens; NULL: none known. Kept, not copied. */
void tap_catalogue(struct tap *tap, const struct firmware_screen *screens);
/* How many storage operations there were so far; NULL: lines carry no "no". */
void tap_storage_ops(struct tap *tap, uint64_t (*count)(const void *ctx), const void *ctx);

#endif
