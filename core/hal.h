/*
 * hal.h: the only door from the transaction core to hardware.
 *
 * `struct hal` holds one device per line, each a pair of an ops table and a context. The core calls the
 * inline wrappers below (hal_keypad_read, ...); a device or an op that is not there answers
 * HAL_E_UNSUPPORTED. Simulated devices (sim/), real ones (hw/) and the pass-through layers between them
 * (sim/chain/) all fill the same tables.
 *
 * Rules that hold for every call:
 *   - Returns OK or a negative code of status.h. Outputs are written only on OK unless said otherwise.
 *   - Once power is lost every call returns HAL_E_POWER and has no effect: unwind and return from entry.
 *     A core that goes on calling is reported as ignoring the power loss, and abandoned.
 *   - "Blocks" means: virtual or real time passes until the call's condition or deadline is met. Any call
 *     that blocks can return HAL_E_POWER. All others return at once, but cost at least one microsecond.
 *   - Times are absolute microseconds of hal_clock_now; HAL_FOREVER means no deadline.
 *   - "Volatile" state is gone after a power loss; "durable" state is not.
 *   - Pointers passed in are read during the call only; pointers passed out are the caller's buffers.
 *   - Text is UTF-8.
 */
#ifndef POSBENCH_CORE_HAL_H
#define POSBENCH_CORE_HAL_H

#include "core/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HAL_FOREVER UINT64_MAX

/* ---- waiting ------------------------------------------------------------------------------------ */

/* Sources are level-triggered: ready as long as there is something to read or a change not yet read. */
enum hal_source {
    HAL_SRC_KEYPAD = 1u << 0,      /* hal_keypad_read has a key */
    HAL_SRC_TOUCH = 1u << 1,       /* hal_touch_read has a point */
    HAL_SRC_READER = 1u << 2,      /* card presence changed since the last hal_reader_status */
    HAL_SRC_MAGSTRIPE = 1u << 3,   /* hal_magstripe_read has a swipe */
    HAL_SRC_CONTACTLESS = 1u << 4, /* field state changed since the last hal_contactless_status */
    HAL_SRC_SCANNER = 1u << 5,     /* hal_scanner_read has a code */
    HAL_SRC_MODEM = 1u << 6,       /* bytes to receive, or the connection changed */
    HAL_SRC_PRINTER = 1u << 7,     /* printer state (paper) changed since the last hal_printer_status */
    HAL_SRC_POWER = 1u << 8,       /* supply state changed since the last hal_power_status */
    HAL_SRC_TEMPERATURE = 1u << 9, /* crossed a limit since the last hal_temperature_read */
    HAL_SRC_TAMPER = 1u << 10,     /* tamper state changed since the last hal_tamper_status */
};

enum hal_wait_flag {
    HAL_WAIT_IDLE = 1u << 0, /* the core is at rest and has no work of its own pending before the deadline */
};

struct hal_wait_ops {
    /* Blocks until one of `sources` is ready or `deadline_us` is reached. *ready = the ready subset (0 with
     * HAL_E_TIMEOUT). A deadline in the past polls. Unknown sources: HAL_E_UNSUPPORTED. */
    int (*wait)(void *ctx, uint32_t sources, uint64_t deadline_us, unsigned flags, uint32_t *ready);
};

/* ---- people: keypad, touch, display, buzzer, LEDs, printer ---------------------------------------- */

enum hal_key {
    HAL_KEY_0 = '0', HAL_KEY_9 = '9', /* digits are their ASCII codes */
    HAL_KEY_ENTER = '\r', HAL_KEY_CANCEL = 0x1B, HAL_KEY_CLEAR = '\b',
    HAL_KEY_UP = 0x80, HAL_KEY_DOWN, HAL_KEY_MENU, HAL_KEY_FUNC,
    HAL_KEY_MASKED = '*', /* a digit typed in PIN mode; its value stays in the secure element */
};

struct hal_keypad_ops {
    /* Next key of the volatile 32-key queue (overflow drops the newest, with a beep); HAL_E_EMPTY. */
    int (*read)(void *ctx, enum hal_key *key);
    /* Drops what is queued. */
    int (*flush)(void *ctx);
    /* PIN mode (ISO 9564): digits go to the secure element's PIN buffer, read() shows HAL_KEY_MASKED for each;
     * CLEAR empties the buffer, ENTER and CANCEL pass. `max_len` 4..12. on=false leaves the mode, keeps the buffer. */
    int (*pin_mode)(void *ctx, bool on, uint8_t max_len);
};

struct hal_point { uint16_t x, y; bool down; };
struct hal_touch_ops {
    int (*read)(void *ctx, struct hal_point *point); /* next point of the volatile queue; HAL_E_EMPTY */
};

struct hal_display_geometry { uint8_t columns, rows; }; /* in narrow cells; a Chinese character takes two */
#define HAL_DISPLAY_ROWS 8
struct hal_display_ops {
    int (*geometry)(void *ctx, struct hal_display_geometry *out);
    /* Shows a whole screen at once. `screen` is an id of the firmware's catalogue (firmware.h), 0 for free text;
     * rows beyond `count` are blank; text wider than a row is cut. Volatile: dark after a power loss. */
    int (*show)(void *ctx, uint16_t screen, const char *const *rows, size_t count);
    int (*backlight)(void *ctx, bool on);
};

struct hal_buzzer_ops {
    int (*beep)(void *ctx, uint16_t hz, uint16_t ms); /* returns at once */
    int (*led)(void *ctx, uint8_t mask);              /* bit 0..3: blue, yellow, green, red */
};

enum hal_print_style { HAL_PRINT_NORMAL = 0, HAL_PRINT_DOUBLE = 1, HAL_PRINT_CENTRE = 2 };
struct hal_printer_state { bool paper, hot; };
struct hal_printer_ops {
    int (*status)(void *ctx, struct hal_printer_state *out);
    /* Blocks for the line's printing time. HAL_E_PAPER: this line was not printed. What was printed stays
     * printed over a power loss; a line cut by it is half there. */
    int (*line)(void *ctx, const char *text, unsigned style);
    int (*cut)(void *ctx); /* ends the slip; blocks */
};

/* ---- cards ------------------------------------------------------------------------------------------ */

#define HAL_ATR_MAX 33
#define HAL_TPDU_MAX 261 /* CLA INS P1 P2 Lc data(255) Le */
#define HAL_RPDU_MAX 258 /* data(256) SW1 SW2 */

enum hal_reader_level {
    HAL_READER_TPDU = 1,  /* T=0: header(5)[+data] in, procedure bytes handled, 61xx and 6Cxx come back; T=1: whole APDU */
    HAL_READER_CHARACTER, /* raw bytes: send/receive; core/icc speaks the protocol */
};
struct hal_reader_status { bool present; };
struct hal_reader_ops {
    /* Presence now; reading it clears HAL_SRC_READER. */
    int (*status)(void *ctx, struct hal_reader_status *out);
    int (*level)(void *ctx, enum hal_reader_level *out);
    /* Blocks. Powers the card (warm: reset without power off) and returns its ATR. HAL_E_ABSENT, HAL_E_MUTE,
     * HAL_E_PROTOCOL (an ATR that never ends), HAL_E_IO (reader broken). Volatile. */
    int (*power_on)(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len);
    int (*power_off)(void *ctx);
    /* Blocks. One TPDU/APDU exchange with the powered card at HAL_READER_TPDU, by the protocol of `protocol`
     * (0 or 1). `cap` at least HAL_RPDU_MAX. HAL_E_MUTE, HAL_E_REMOVED, HAL_E_PROTOCOL, HAL_E_IO,
     * HAL_E_LIMIT (the answer is longer than any answer may be). */
    int (*exchange)(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap, size_t *answer_len);
    /* Character level only. `send` blocks until the last bit left; `receive` blocks until one byte or the deadline. */
    int (*send)(void *ctx, const uint8_t *bytes, size_t len);
    int (*receive)(void *ctx, uint64_t deadline_us, uint8_t *byte);
};

#define HAL_TRACK_MAX 104
struct hal_swipe { /* digits and '=' of tracks 2 and 3, 6-bit text of track 1; without sentinels and LRC */
    char track[3][HAL_TRACK_MAX + 1]; /* [0] = track 1 */
    bool ok[3];                       /* false: parity or LRC wrong, or nothing there */
};
struct hal_magstripe_ops {
    int (*enable)(void *ctx, bool on); /* off: a swipe is not read. Volatile, off after reset */
    int (*read)(void *ctx, struct hal_swipe *out); /* the last swipe, once; HAL_E_EMPTY */
};

struct hal_contactless_status { bool card, collision; };
struct hal_contactless_ops {
    int (*status)(void *ctx, struct hal_contactless_status *out);
    int (*field)(void *ctx, bool on);
    int (*exchange)(void *ctx, const uint8_t *command, size_t len, uint8_t *answer, size_t cap, size_t *answer_len);
};

struct hal_scanner_ops {
    int (*enable)(void *ctx, bool on);
    int (*read)(void *ctx, char *text, size_t cap); /* HAL_E_EMPTY */
};

/* ---- line -------------------------------------------------------------------------------------------- */

enum hal_link { HAL_LINK_DOWN = 0, HAL_LINK_UP, HAL_LINK_CONNECTED };
struct hal_modem_status { enum hal_link link; uint8_t signal; /* 0..31, 99 unknown */ };
struct hal_modem_ops {
    int (*status)(void *ctx, struct hal_modem_status *out); /* reading it clears the "changed" part of HAL_SRC_MODEM */
    /* Blocks. Opens the byte stream to `peer` ("host"). HAL_E_DOWN, HAL_E_TIMEOUT: nothing was ever sent. */
    int (*connect)(void *ctx, const char *peer, uint64_t deadline_us);
    /* Queues bytes; returns at once. After OK or any error other than HAL_E_DOWN the outcome is "maybe sent". */
    int (*send)(void *ctx, const uint8_t *bytes, size_t len);
    /* What has arrived, up to cap; HAL_E_EMPTY, HAL_E_CLOSED once the peer closed and all was read. Does not block. */
    int (*receive)(void *ctx, uint8_t *bytes, size_t cap, size_t *len);
    int (*disconnect)(void *ctx);
};

/* ---- storage ------------------------------------------------------------------------------------------ */

#define HAL_NAME_MAX 47
enum hal_open { HAL_OPEN_CREATE = 1, HAL_OPEN_EXCLUSIVE = 2, HAL_OPEN_TRUNCATE = 4 };
struct hal_fs_ops {
    /* Flat name space. After OK data is readable at once; it is durable only after sync of the file, and a name
     * (create, remove, rename) only after sync_dir. What was not synced may survive a power loss wholly, partly,
     * in any order across files and sectors, or torn inside a sector. Handles follow the file, not its name. */
    int (*open)(void *ctx, const char *name, unsigned flags, int *file); /* HAL_E_NOENT, HAL_E_EXISTS, HAL_E_FULL, E_LIMIT (64 open) */
    int (*close)(void *ctx, int file); /* does not sync */
    int (*read)(void *ctx, int file, uint64_t offset, void *data, size_t len, size_t *got); /* short at the end */
    int (*write)(void *ctx, int file, uint64_t offset, const void *data, size_t len); /* a gap reads as zeros; HAL_E_FULL, HAL_E_IO */
    int (*truncate)(void *ctx, int file, uint64_t size);
    int (*size)(void *ctx, int file, uint64_t *size);
    int (*sync)(void *ctx, int file);
    int (*sync_dir)(void *ctx);
    int (*remove)(void *ctx, const char *name); /* HAL_E_NOENT; an open file lives on until closed */
    int (*rename)(void *ctx, const char *from, const char *to); /* replaces `to` */
    int (*list)(void *ctx, size_t index, char name[HAL_NAME_MAX + 1], uint64_t *size); /* sorted by name; HAL_E_NOENT ends */
    int (*space)(void *ctx, uint64_t *total, uint64_t *unused);
    uint32_t sector_size; /* unit of tearing */
};

enum hal_area { HAL_AREA_BOOT, HAL_AREA_SLOT_A, HAL_AREA_SLOT_B, HAL_AREA_COUNT };
struct hal_flash_geometry { uint32_t page_size, block_size; uint64_t size; };
struct hal_flash_ops {
    int (*geometry)(void *ctx, enum hal_area area, struct hal_flash_geometry *out);
    int (*read)(void *ctx, enum hal_area area, uint64_t offset, void *data, size_t len);
    /* Whole block to FF. Cut inside: the block is undefined until erased again. Durable on return. */
    int (*erase)(void *ctx, enum hal_area area, uint64_t offset);
    /* Whole pages of an erased range, bits 1->0 only. Cut inside: the page is undefined. Durable on return. */
    int (*program)(void *ctx, enum hal_area area, uint64_t offset, const void *data, size_t len);
    /* SHA-256 over a range, as flash controllers compute it in hardware. */
    int (*digest)(void *ctx, enum hal_area area, uint64_t offset, uint64_t len, uint8_t sha256[32]);
};

/* ---- clock, random, keys -------------------------------------------------------------------------------- */

struct hal_datetime { uint16_t year; uint8_t month, day, hour, minute, second; };
struct hal_clock_ops {
    uint64_t (*now)(void *ctx); /* microseconds since reset, never backwards; HAL_FOREVER after power loss */
    int (*get)(void *ctx, struct hal_datetime *out); /* battery-backed; HAL_E_CLOCK when lost */
    int (*set)(void *ctx, const struct hal_datetime *in); /* E_INVAL for no such date */
};

enum hal_rng_purpose { HAL_RNG_UNPREDICTABLE_NUMBER, HAL_RNG_NONCE, HAL_RNG_RISK, HAL_RNG_STORE, HAL_RNG_PURPOSES };
struct hal_rng_ops {
    /* Each purpose is a stream of its own, so that pinning one (a replayed unpredictable number) moves no other. */
    int (*bytes)(void *ctx, enum hal_rng_purpose purpose, void *data, size_t len);
};

/* The secure element: keys never leave it, each has one use. Key slots are durable and change atomically. */
enum hal_key_use { HAL_USE_NONE, HAL_USE_TMK, HAL_USE_PIK, HAL_USE_MAK, HAL_USE_TDK };
enum hal_key_algorithm { HAL_ALG_NONE, HAL_ALG_TDES, HAL_ALG_SM4 };
struct hal_key_info { enum hal_key_use use; enum hal_key_algorithm algorithm; uint8_t len, kcv[4]; };
enum hal_mac { HAL_MAC_CUP_ECB, HAL_MAC_X9_9, HAL_MAC_X9_19 };
enum hal_pin_format { HAL_PIN_ISO0, HAL_PIN_ISO0_NO_PAN };
#define HAL_SE_SLOTS 16
struct hal_se_ops {
    int (*key_info)(void *ctx, unsigned slot, struct hal_key_info *out); /* HAL_E_NOENT: empty */
    /* Unwraps `wrapped` (ECB under the TMK in `under`) into `slot`, replacing it, if the check value (first 4
     * bytes of encrypting zeros) agrees; else E_VERIFY and the old key stays. len 8, 16 or 24. */
    int (*key_load)(void *ctx, unsigned slot, enum hal_key_use use, unsigned under, const uint8_t *wrapped, size_t len, const uint8_t kcv[4]);
    /* DE64-style MAC under a MAK; for HAL_MAC_CUP_ECB the first 8 of the 16 hex characters. HAL_E_DENIED: not a MAK. */
    int (*mac)(void *ctx, unsigned slot, enum hal_mac kind, const uint8_t *data, size_t len, uint8_t mac[8]);
    /* Digits in the PIN buffer now. */
    int (*pin_len)(void *ctx, uint8_t *len);
    /* PIN block of the buffer under a PIK; `pan12` = the 12 rightmost PAN digits without the check digit. The buffer is
     * wiped. E_STATE: fewer than 4 digits. */
    int (*pin_block)(void *ctx, unsigned slot, enum hal_pin_format format, const char pan12[13], uint8_t block[8]);
    int (*pin_wipe)(void *ctx);
    /* Offline PIN: builds VERIFY from the buffer and exchanges it with the powered card (P2 80 plain; 88 enciphered with
     * the RSA key and card challenge given). `sw` is the card's answer. The buffer is wiped. */
    int (*pin_verify)(void *ctx, uint8_t p2, const uint8_t *modulus, size_t modulus_len, uint32_t exponent, const uint8_t challenge[8], uint16_t *sw);
    /* Ed25519 over `data` with the firmware key that was burnt in; E_VERIFY. Durable rollback floor beside it. */
    int (*verify)(void *ctx, const uint8_t *data, size_t len, const uint8_t signature[64]);
    int (*floor_get)(void *ctx, uint32_t *version);
    int (*floor_raise)(void *ctx, uint32_t version); /* never lowers: E_STATE */
};

/* ---- the board -------------------------------------------------------------------------------------------- */

struct hal_power_state { bool mains; uint8_t battery_percent; bool charging; };
struct hal_power_ops {
    int (*status)(void *ctx, struct hal_power_state *out);
    int (*reset)(void *ctx); /* like a power loss of no length with everything unsynced surviving; then HAL_E_POWER */
    int (*off)(void *ctx);   /* then HAL_E_POWER */
};
struct hal_cpu_ops {
    /* The boot ROM's jump: maps the image of `len` bytes at `offset` of a flash area and runs its entry with the same
     * hal; returns only when that entry does (its value in *result). HAL_E_IMAGE: no entry, wrong ABI. */
    int (*start)(void *ctx, enum hal_area area, uint64_t offset, uint64_t len, int *result);
};
struct hal_temperature_ops { int (*read)(void *ctx, int16_t *tenths_celsius); };
struct hal_tamper_ops { int (*status)(void *ctx, bool *tampered); };
enum hal_log_level { HAL_LOG_DEBUG, HAL_LOG_INFO, HAL_LOG_WARN, HAL_LOG_ERROR };
struct hal_log_ops {
    /* A trace line for the developer: "module: what". Never a PAN, PIN, track or key. Volatile. */
    int (*write)(void *ctx, enum hal_log_level level, const char *text);
};

/* ---- the terminal ------------------------------------------------------------------------------------------ */

/* X(name): the devices. Chains, tables and tests walk this list. */
#define HAL_DEVICES(X) \
    X(wait) X(keypad) X(touch) X(display) X(buzzer) X(printer) X(reader) X(magstripe) X(contactless) X(scanner) \
    X(modem) X(fs) X(flash) X(clock) X(rng) X(se) X(power) X(cpu) X(temperature) X(tamper) X(log)

#define HAL_DEVICE(name) struct hal_##name { const struct hal_##name##_ops *ops; void *ctx; };
HAL_DEVICES(HAL_DEVICE)
#undef HAL_DEVICE

struct hal {
#define HAL_MEMBER(name) struct hal_##name name;
    HAL_DEVICES(HAL_MEMBER)
#undef HAL_MEMBER
};

/* HAL_CALL(h, keypad, read, &key): the op if it is there, else HAL_E_UNSUPPORTED. Use it for any call below that has no
 * wrapper of its own. */
#define HAL_CALL(h, device, op, ...) \
    ((h)->device.ops && (h)->device.ops->op ? (h)->device.ops->op((h)->device.ctx, __VA_ARGS__) : HAL_E_UNSUPPORTED)
#define HAL_CALL0(h, device, op) \
    ((h)->device.ops && (h)->device.ops->op ? (h)->device.ops->op((h)->device.ctx) : HAL_E_UNSUPPORTED)

static inline uint64_t hal_now(const struct hal *h)
{
    return h->clock.ops && h->clock.ops->now ? h->clock.ops->now(h->clock.ctx) : 0;
}

static inline int hal_wait(const struct hal *h, uint32_t sources, uint64_t deadline_us, unsigned flags, uint32_t *ready)
{
    return HAL_CALL(h, wait, wait, sources, deadline_us, flags, ready);
}

#endif
