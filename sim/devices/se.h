/*
 * The secure element: key slots, the PIN buffer, the firmware key and the rollback floor. Keys come in wrapped or at
 * manufacture and never go out. `durable` is all that survives a power loss: copy it for a snapshot. PIN entry and its
 * limits: ISO 9564-1.
 */
#ifndef POSBENCH_SIM_DEVICES_SE_H
#define POSBENCH_SIM_DEVICES_SE_H

#include "sim/port.h"

#define SIM_SE_PIN_MAX 12
#define SIM_SE_MEMO 4
#define SIM_SE_DATA_MAX (16u * 1024u * 1024u) /* one mac or verify; more is E_LIMIT */

struct sim_se_key {
    uint8_t use, algorithm, len;
    uint8_t kcv[4], key[24];
}; /* enum hal_key_use, enum hal_key_algorithm */
struct sim_se_durable {
    struct sim_se_key slots[HAL_SE_SLOTS];
    uint8_t firmware_key[32]; /* Ed25519, public */
    uint32_t floor;
};

struct sim_se {
    const struct sim_port *port;
    struct hal_reader reader; /* for VERIFY; ops NULL: none */
    struct sim_se_durable durable;
    char pin[SIM_SE_PIN_MAX + 1];
    size_t pin_len;
    /* Verifications done, so that a boot does not repeat them: a digest of key, signature and data, and the outcome. */
    struct {
        uint8_t digest[32];
        int result;
        bool used;
    } memo[SIM_SE_MEMO];
    size_t memo_next;
};

extern const struct sim_device_class sim_se_class; /* reset wipes the PIN buffer */

/* `reader` is copied (NULL: offline PIN is HAL_E_UNSUPPORTED); give it fault_reader_se_hal(), which knows the protocol
 * in use. */
void sim_se_init(struct sim_se *d, const struct sim_port *port, const struct hal_reader *reader,
                 const uint8_t firmware_key[32]);
struct hal_se sim_se_hal(struct sim_se *d);

/* Manufacture: a key in clear. len 8, 16 or 24 (SM4: 16). E_INVAL. */
int sim_se_burn(struct sim_se *d, unsigned slot, enum hal_key_use use, enum hal_key_algorithm algorithm,
                const uint8_t *key, size_t len);
void sim_se_clear(struct sim_se *d); /* wipes keys, PIN and memo; floor and firmware key stay */

/* The keypad's side. Digit: E_LIMIT when `max` are in. */
int sim_se_pin_digit(struct sim_se *d, char digit, uint8_t max);
void sim_se_pin_clear(struct sim_se *d);

#endif
