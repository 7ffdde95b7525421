/* What the tap's files share: entering and leaving, lines of the record, and the ops tables, one file a topic. For
 * these files only. */
#ifndef POSBENCH_SIM_CHAIN_TAP_OPS_H
#define POSBENCH_SIM_CHAIN_TAP_OPS_H

#include "sim/chain/tap.h"

/* OK: the call may happen, and tap_leave must follow. HAL_E_POWER: return it. */
int tap_enter(struct tap *tap);
int tap_leave(struct tap *tap, int rc); /* returns rc */

/* false: nobody records, spare the fields. tap_end adds "err" for a call that failed. */
bool tap_begin(struct tap *tap, const char *kind);
void tap_end(struct tap *tap, int rc);

/* An op that leaves no line. `params` names its context ctx. */
#define TAP_THROUGH(device, op, params, ...)                                                                           \
    static int device##_##op params                                                                                    \
    {                                                                                                                  \
        struct tap *tap = ctx;                                                                                         \
        int rc = tap_enter(tap);                                                                                       \
        return rc != OK ? rc : tap_leave(tap, HAL_CALL(&tap->under, device, op, __VA_ARGS__));                         \
    }
#define TAP_THROUGH0(device, op)                                                                                       \
    static int device##_##op(void *ctx)                                                                                \
    {                                                                                                                  \
        struct tap *tap = ctx;                                                                                         \
        int rc = tap_enter(tap);                                                                                       \
        return rc != OK ? rc : tap_leave(tap, HAL_CALL0(&tap->under, device, op));                                     \
    }

/* tap_l1.c: what the calls of a reader at character level leave in the record. */
void tap_l1_reset(struct tap *tap, const uint8_t *atr, size_t len);
void tap_l1_sent(struct tap *tap, const uint8_t *bytes, size_t len, int rc, uint64_t start_us);
void tap_l1_got(struct tap *tap, uint8_t byte, int rc);

extern const struct hal_keypad_ops tap_keypad_ops; /* tap_people.c */
extern const struct hal_touch_ops tap_touch_ops;
extern const struct hal_display_ops tap_display_ops;
extern const struct hal_buzzer_ops tap_buzzer_ops;
extern const struct hal_printer_ops tap_printer_ops;
extern const struct hal_reader_ops tap_reader_ops; /* tap_card.c */
extern const struct hal_magstripe_ops tap_magstripe_ops;
extern const struct hal_contactless_ops tap_contactless_ops;
extern const struct hal_scanner_ops tap_scanner_ops;
extern const struct hal_modem_ops tap_modem_ops; /* tap_line.c */
extern const struct hal_fs_ops tap_fs_ops;       /* tap_store.c; the sector size is filled in by tap_init */
extern const struct hal_flash_ops tap_flash_ops;
extern const struct hal_wait_ops tap_wait_ops; /* tap_board.c */
extern const struct hal_clock_ops tap_clock_ops;
extern const struct hal_rng_ops tap_rng_ops;
extern const struct hal_se_ops tap_se_ops;
extern const struct hal_power_ops tap_power_ops;
extern const struct hal_cpu_ops tap_cpu_ops;
extern const struct hal_temperature_ops tap_temperature_ops;
extern const struct hal_tamper_ops tap_tamper_ops;
extern const struct hal_log_ops tap_log_ops;

#endif
