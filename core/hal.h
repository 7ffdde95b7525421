/*
 * hal.h: the only door from the transaction core to hardware.
 *
 * `struct hal` holds one device per line, each a pair of an ops table and a context. The core calls them through
 * HAL_CALL, hal_wait and hal_now at the end of this file; a device or an op that is not there answers
 * HAL_E_UNSUPPORTED. Simulated devices (sim/), real ones (hw/) and the pass-through layers between them
 * (sim/chain/) all fill the same tables.
 *
 * Rules that hold for every call:
 *   - Returns OK or a negative code of status.h. Outputs are written only on OK unless said otherwise.
 *   - Once power is lost every call returns HAL_E_POWER and has no effect: unwind and return from entry.
 *     A core that goes on calling is reported as ignoring the power loss, and abandoned.
 *   - "Blocks" means: virtual or real time passes until the call's condition or deadline is met. Any call
 *     that blocks can return HAL_E_POWER. All others return at once, but cost at least one microsecond.
 *   - Times are absolute microseconds of clock.now (hal_now); HAL_FOREVER means no deadline.
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
    HAL_SRC_KEYPAD = 1u << 0,      /* keypad.read has a key */
    HAL_SRC_TOUCH = 1u << 1,       /* touch.read has a point */
    HAL_SRC_READER = 1u << 2,      /* card presence changed since the last reader.status */
    HAL_SRC_MAGSTRIPE = 1u << 3,   /* magstripe.read has a swipe */
    HAL_SRC_CONTACTLESS = 1u << 4, /* field state changed since the last contactless.status */
    HAL_SRC_SCANNER = 1u << 5,     /* scanner.read has a code */
    HAL_SRC_MODEM = 1u << 6,       /* bytes to receive, or the connection changed */
    HAL_SRC_PRINTER = 1u << 7,     /* printer state (paper) changed since the last printer.status */
    HAL_SRC_POWER = 1u << 8,       /* supply state changed since the last power.status */
    HAL_SRC_TEMPERATURE = 1u << 9, /* crossed a limit since the last temperature.read */
    HAL_SRC_TAMPER = 1u << 10,     /* tamper state changed since the last tamper.status */
};

enum hal_wait_flag {
    HAL_WAIT_IDLE = 1u << 0, /* the core is at rest and has no work of its own pending before the deadline */
};

/* The one way to let time pass. */
struct hal_wait_ops {
    /* Blocks until one of `sources` is ready or `deadline_us` is reached. *ready = the ready subset (0 with
     * HAL_E_TIMEOUT). A deadline in the past polls. Unknown sources: HAL_E_UNSUPPORTED. */
    int (*wait)(void *ctx, uint32_t sources, uint64_t deadline_us, unsigned flags, uint32_t *ready);
};

/* ---- people: keypad, touch, display, buzzer, LEDs, printer ---------------------------------------- */

enum hal_key { /* digits are their ASCII codes, '0' to '9' */
               HAL_KEY_0 = '0',
               HAL_KEY_9 = '9',
               HAL_KEY_ENTER = '\r',
               HAL_KEY_CANCEL = 0x1B,
               HAL_KEY_CLEAR = '\b',
               HAL_KEY_UP = 0x80,
               HAL_KEY_DOWN,
               HAL_KEY_MENU,
               HAL_KEY_FUNC,
               HAL_KEY_MASKED = '*', /* a digit typed in PIN mode; its value stays in the secure element */
};

/* Keypad. The queue holds 32 keys and is volatile; a key that finds it full is lost, with a beep. */
struct hal_keypad_ops {
    /* Takes the next key. HAL_E_EMPTY. */
    int (*read)(void *ctx, enum hal_key *key);
    /* Drops what is queued. */
    int (*flush)(void *ctx);
    /* PIN mode (ISO 9564): digits go to the secure element's PIN buffer, at most `max_len` (4..12, else E_INVAL), and
     * read() shows HAL_KEY_MASKED for each; CLEAR empties the buffer and is passed on, as are ENTER and CANCEL.
     * Switching it on empties the buffer, switching it off keeps it. Volatile, off after reset. */
    int (*pin_mode)(void *ctx, bool on, uint8_t max_len);
};

struct hal_point {
    uint16_t x, y; /* pixels from the top left corner */
    bool down;
};

/* Touch panel. The queue is volatile. */
struct hal_touch_ops {
    /* Takes the next point. HAL_E_EMPTY. */
    int (*read)(void *ctx, struct hal_point *point);
};

#define HAL_DISPLAY_ROWS 8

/* Size in narrow cells; a Chinese character takes two. */
struct hal_display_geometry {
    uint8_t columns, rows;
};

/* Display. What it shows is volatile: dark after a power loss. */
struct hal_display_ops {
    int (*geometry)(void *ctx, struct hal_display_geometry *out);
    /* Shows a whole screen at once. `screen` is an id of the firmware's catalogue (firmware.h), 0 for free text. Rows
     * beyond `count` are blank; text wider than a row is cut. */
    int (*show)(void *ctx, uint16_t screen, const char *const *rows, size_t count);
    int (*backlight)(void *ctx, bool on);
};

/* Buzzer and LEDs. */
struct hal_buzzer_ops {
    /* Starts a tone and returns at once. */
    int (*beep)(void *ctx, uint16_t hz, uint16_t ms);
    /* Bit 0 to 3: blue, yellow, green, red. Volatile, dark after reset. */
    int (*led)(void *ctx, uint8_t mask);
};

enum hal_print_style { HAL_PRINT_NORMAL = 0, HAL_PRINT_DOUBLE = 1, HAL_PRINT_CENTRE = 2 }; /* may be combined */

struct hal_printer_state {
    bool paper, hot;
};

/* Printer. What is on paper stays there over a power loss; a line that the loss interrupts is half there. */
struct hal_printer_ops {
    /* State now; reading it clears HAL_SRC_PRINTER. */
    int (*status)(void *ctx, struct hal_printer_state *out);
    /* Blocks for the line's printing time. HAL_E_PAPER: this line was not printed. */
    int (*line)(void *ctx, const char *text, unsigned style);
    /* Ends the slip. Blocks. HAL_E_PAPER. */
    int (*cut)(void *ctx);
};

/* ---- cards ------------------------------------------------------------------------------------------ */

#define HAL_ATR_MAX 33
#define HAL_TPDU_MAX 261 /* CLA INS P1 P2 Lc data(255) Le */
#define HAL_RPDU_MAX 258 /* data(256) SW1 SW2 */

enum hal_reader_level {
    /* T=0: header(5)[+data] in, procedure bytes handled by the reader, 61xx and 6Cxx come back. T=1: the whole APDU. */
    HAL_READER_TPDU = 1,
    /* Raw bytes by send and receive; core/icc speaks the protocol. The reader reads the ATR, takes its speed (TA1 in
     * specific mode) and guard time (TC1) from it, and repeats characters whose parity was wrong in T=0. */
    HAL_READER_CHARACTER,
};
#define HAL_READER_CLOCK_HZ 3571200u /* at HAL_READER_CHARACTER: an etu of 372 clocks is 1/9600 s */

struct hal_reader_status {
    bool present;
};

/* Chip reader. A card loses its session with its power, so nothing of an exchange survives a power loss; what the card
 * itself has stored does. Errors of every exchange: HAL_E_ABSENT (no card), HAL_E_MUTE (no answer in time),
 * HAL_E_REMOVED, HAL_E_PROTOCOL, HAL_E_IO (the reader is broken), E_STATE (not powered). */
struct hal_reader_ops {
    /* Presence now; reading it clears HAL_SRC_READER. */
    int (*status)(void *ctx, struct hal_reader_status *out);
    int (*level)(void *ctx, enum hal_reader_level *out);
    /* Blocks. Powers the card (warm: reset without power off) and returns its ATR. HAL_E_PROTOCOL: an ATR that never
     * ends. */
    int (*power_on)(void *ctx, bool warm, uint8_t atr[HAL_ATR_MAX], size_t *atr_len);
    int (*power_off)(void *ctx);
    /* Blocks. One exchange with the powered card at HAL_READER_TPDU by `protocol` 0 or 1. `cap` is at least
     * HAL_RPDU_MAX. E_LIMIT: the answer is longer than any answer may be. */
    int (*exchange)(void *ctx, int protocol, const uint8_t *command, size_t len, uint8_t *answer, size_t cap,
                    size_t *answer_len);
    /* HAL_READER_CHARACTER. Blocks until the last bit has left. */
    int (*send)(void *ctx, const uint8_t *bytes, size_t len);
    /* HAL_READER_CHARACTER. Blocks until one byte or the deadline: HAL_E_TIMEOUT. HAL_E_PROTOCOL: its parity stayed wrong
     * over all repetitions. */
    int (*receive)(void *ctx, uint64_t deadline_us, uint8_t *byte);
};

#define HAL_TRACK_MAX 104

/* Tracks without sentinels and LRC: 6-bit text of track 1, digits and '=' of tracks 2 and 3; [0] is track 1. */
struct hal_swipe {
    char track[3][HAL_TRACK_MAX + 1];
    bool ok[3]; /* false: parity or LRC wrong, or nothing there */
};

/* Magnetic stripe reader. */
struct hal_magstripe_ops {
    /* Off: a swipe is not read. Volatile, off after reset. */
    int (*enable)(void *ctx, bool on);
    /* Takes the last swipe. Volatile. HAL_E_EMPTY. */
    int (*read)(void *ctx, struct hal_swipe *out);
};

struct hal_contactless_status {
    bool card, collision; /* collision: more than one card in the field */
};

/* Contactless reader, ISO 14443 handled below. A card out of the field: HAL_E_REMOVED. */
struct hal_contactless_ops {
    /* State of the field now; reading it clears HAL_SRC_CONTACTLESS. */
    int (*status)(void *ctx, struct hal_contactless_status *out);
    /* Volatile, off after reset. */
    int (*field)(void *ctx, bool on);
    /* Blocks. One APDU. */
    int (*exchange)(void *ctx, const uint8_t *command, size_t len, uint8_t *answer, size_t cap, size_t *answer_len);
};

/* Bar and QR code scanner. */
struct hal_scanner_ops {
    /* Volatile, off after reset. */
    int (*enable)(void *ctx, bool on);
    /* Takes the last code as text. HAL_E_EMPTY; E_LIMIT: longer than `cap`, and dropped. */
    int (*read)(void *ctx, char *text, size_t cap);
};

/* ---- line -------------------------------------------------------------------------------------------- */

enum hal_link { HAL_LINK_DOWN = 0, HAL_LINK_UP, HAL_LINK_CONNECTED };

struct hal_modem_status {
    enum hal_link link;
    uint8_t signal; /* 0..31, 99 unknown */
};

/* Modem: one byte stream at a time. A connection does not survive a power loss; what was sent before may arrive. */
struct hal_modem_ops {
    /* State now; reading it clears the "changed" part of HAL_SRC_MODEM. */
    int (*status)(void *ctx, struct hal_modem_status *out);
    /* Blocks. Opens the stream to `peer` ("host"). HAL_E_DOWN, HAL_E_TIMEOUT, HAL_E_NOENT: nothing was ever sent. */
    int (*connect)(void *ctx, const char *peer, uint64_t deadline_us);
    /* Queues bytes and returns at once. HAL_E_DOWN: none of them left. After OK or any other error the outcome is
     * "maybe sent". */
    int (*send)(void *ctx, const uint8_t *bytes, size_t len);
    /* What has arrived, up to `cap`; does not block. HAL_E_EMPTY; HAL_E_CLOSED once the peer closed and all was read.
     */
    int (*receive)(void *ctx, uint8_t *bytes, size_t cap, size_t *len);
    int (*disconnect)(void *ctx);
};

/* ---- storage ------------------------------------------------------------------------------------------ */

#define HAL_NAME_MAX 47

enum hal_open { HAL_OPEN_CREATE = 1, HAL_OPEN_EXCLUSIVE = 2, HAL_OPEN_TRUNCATE = 4 };

/* Files in one flat name space. Written data can be read at once; it is durable only after sync of the file, and a name
 * (create, remove, rename) only after sync_dir. What was not synced may survive a power loss wholly, partly, in any
 * order across files and sectors, or torn inside a sector. Handles follow the file, not its name. */
struct hal_fs_ops {
    /* Flags of enum hal_open. HAL_E_NOENT, HAL_E_EXISTS, HAL_E_FULL, E_INVAL (name), E_LIMIT (64 are open). */
    int (*open)(void *ctx, const char *name, unsigned flags, int *file);
    /* Does not sync. */
    int (*close)(void *ctx, int file);
    /* *got is short at the end of the file. HAL_E_IO. */
    int (*read)(void *ctx, int file, uint64_t offset, void *data, size_t len, size_t *got);
    /* A gap reads as zeros. HAL_E_FULL, HAL_E_IO: nothing or a part was written. */
    int (*write)(void *ctx, int file, uint64_t offset, const void *data, size_t len);
    int (*truncate)(void *ctx, int file, uint64_t size);
    int (*size)(void *ctx, int file, uint64_t *size);
    /* On OK all data and the size of this file are durable. HAL_E_IO. */
    int (*sync)(void *ctx, int file);
    /* On OK all names are durable. HAL_E_IO. */
    int (*sync_dir)(void *ctx);
    /* An open file lives on until it is closed. HAL_E_NOENT. */
    int (*remove)(void *ctx, const char *name);
    /* Replaces `to`. HAL_E_NOENT. */
    int (*rename)(void *ctx, const char *from, const char *to);
    /* The index-th name in order. HAL_E_NOENT: no more. */
    int (*list)(void *ctx, size_t index, char name[HAL_NAME_MAX + 1], uint64_t *size);
    int (*space)(void *ctx, uint64_t *total, uint64_t *unused);
    /* Bytes that are written together or not at all, unless torn. */
    uint32_t sector_size;
};

enum hal_area { HAL_AREA_BOOT, HAL_AREA_SLOT_A, HAL_AREA_SLOT_B, HAL_AREA_COUNT };

struct hal_flash_geometry {
    uint32_t page_size, block_size; /* units of program and erase */
    uint64_t size;
};

/* Raw flash in areas. HAL_E_NOENT (area), E_INVAL (beyond it, or not whole units). */
struct hal_flash_ops {
    int (*geometry)(void *ctx, enum hal_area area, struct hal_flash_geometry *out);
    int (*read)(void *ctx, enum hal_area area, uint64_t offset, void *data, size_t len);
    /* One whole block to FF, durable on return. A cut inside leaves the block undefined until it is erased again. */
    int (*erase)(void *ctx, enum hal_area area, uint64_t offset);
    /* Whole pages, bits 1 -> 0 only, durable on return. A cut inside leaves the page undefined. */
    int (*program)(void *ctx, enum hal_area area, uint64_t offset, const void *data, size_t len);
    /* SHA-256 over a range, as flash controllers compute it in hardware. */
    int (*digest)(void *ctx, enum hal_area area, uint64_t offset, uint64_t len, uint8_t sha256[32]);
};

/* ---- clock, random, keys -------------------------------------------------------------------------------- */

struct hal_datetime {
    uint16_t year;
    uint8_t month, day, hour, minute, second;
};

/* Clocks: one that counts from reset, and a battery-backed calendar. */
struct hal_clock_ops {
    /* Microseconds since reset, never backwards; HAL_FOREVER after power loss. */
    uint64_t (*now)(void *ctx);
    /* Local date and time. HAL_E_CLOCK: lost. */
    int (*get)(void *ctx, struct hal_datetime *out);
    /* Durable. E_INVAL: no such date. */
    int (*set)(void *ctx, const struct hal_datetime *in);
};

enum hal_rng_purpose { HAL_RNG_UNPREDICTABLE_NUMBER, HAL_RNG_NONCE, HAL_RNG_RISK, HAL_RNG_STORE, HAL_RNG_PURPOSES };

/* Random numbers. Each purpose is a stream of its own, so that pinning one (a replayed unpredictable number) moves no
 * other. */
struct hal_rng_ops {
    int (*bytes)(void *ctx, enum hal_rng_purpose purpose, void *data, size_t len);
};

enum hal_key_use { HAL_USE_NONE, HAL_USE_TMK, HAL_USE_PIK, HAL_USE_MAK, HAL_USE_TDK };
enum hal_key_algorithm { HAL_ALG_NONE, HAL_ALG_TDES, HAL_ALG_SM4 };
enum hal_mac { HAL_MAC_CUP_ECB, HAL_MAC_X9_9, HAL_MAC_X9_19 };
enum hal_pin_format { HAL_PIN_ISO0, HAL_PIN_ISO0_NO_PAN };

#define HAL_SE_SLOTS 16
#define HAL_SEAL_MAX 256  /* bytes that seal takes */
#define HAL_SEAL_EXTRA 28 /* and what it adds: nonce and tag */

struct hal_key_info {
    enum hal_key_use use;
    enum hal_key_algorithm algorithm;
    uint8_t len, kcv[4];
};

/* Secure element. Keys never leave it and each has one use: HAL_E_DENIED otherwise, HAL_E_NOENT for an empty slot. Key
 * slots and the rollback floor are durable and change atomically; the PIN buffer is volatile. */
struct hal_se_ops {
    int (*key_info)(void *ctx, unsigned slot, struct hal_key_info *out);
    /* Unwraps `wrapped` (ECB under the TMK in slot `under`; 8, 16 or 24 bytes) into `slot`, replacing what is there, if
     * the check value agrees (first 4 bytes of encrypting zeros). E_VERIFY: it does not, and the old key stays. */
    int (*key_load)(void *ctx, unsigned slot, enum hal_key_use use, unsigned under, const uint8_t *wrapped, size_t len,
                    const uint8_t kcv[4]);
    /* MAC under a MAK; for HAL_MAC_CUP_ECB the first 8 of the 16 hex characters (DE64). */
    int (*mac)(void *ctx, unsigned slot, enum hal_mac kind, const uint8_t *data, size_t len, uint8_t mac[8]);
    /* Digits in the PIN buffer now. */
    int (*pin_len)(void *ctx, uint8_t *len);
    /* The buffer as a PIN block under a PIK, then wiped. `pan12`: the 12 rightmost PAN digits without the check digit.
     * E_STATE: fewer than 4 digits. */
    int (*pin_block)(void *ctx, unsigned slot, enum hal_pin_format format, const char pan12[13], uint8_t block[8]);
    int (*pin_wipe)(void *ctx);
    /* Offline PIN: builds VERIFY from the buffer and exchanges it with the powered card (P2 80 plain; 88 enciphered
     * with the RSA key and card challenge given). Blocks. `sw` is the card's answer. The buffer is wiped. */
    int (*pin_verify)(void *ctx, uint8_t p2, const uint8_t *modulus, size_t modulus_len, uint32_t exponent,
                      const uint8_t challenge[8], uint16_t *sw);
    /* Ed25519 over `data` with the firmware key that was burnt in. E_VERIFY. */
    int (*verify)(void *ctx, const uint8_t *data, size_t len, const uint8_t signature[64]);
    /* Seals what must rest in storage and not in clear: AES-256-GCM under a key that was made in here. `sealed` holds
     * len + HAL_SEAL_EXTRA; the same input gives the same output. `context` says what it is: it is not kept, and only
     * with the same one it opens again. E_LIMIT: over HAL_SEAL_MAX. */
    int (*seal)(void *ctx, const char *context, const uint8_t *data, size_t len, uint8_t *sealed);
    /* `data` holds len - HAL_SEAL_EXTRA. E_VERIFY: not sealed in here, or not in this context. */
    int (*unseal)(void *ctx, const char *context, const uint8_t *sealed, size_t len, uint8_t *data);
    /* Lowest security counter an image may have. */
    int (*floor_get)(void *ctx, uint32_t *version);
    /* Never lowers: E_STATE. */
    int (*floor_raise)(void *ctx, uint32_t version);
};

/* ---- the board -------------------------------------------------------------------------------------------- */

struct hal_power_state {
    bool mains, charging;
    uint8_t battery_percent;
};

/* Supply. */
struct hal_power_ops {
    /* State now; reading it clears HAL_SRC_POWER. */
    int (*status)(void *ctx, struct hal_power_state *out);
    /* Like a power loss of no length after which everything unsynced survives; answers HAL_E_POWER. */
    int (*reset)(void *ctx);
    /* Off until someone switches it on; answers HAL_E_POWER. */
    int (*off)(void *ctx);
};

/* Processor. */
struct hal_cpu_ops {
    /* The boot ROM's jump: maps the image of `len` bytes at `offset` of a flash area and runs its entry with the same
     * hal; returns only when that entry does, its value in *result. HAL_E_IMAGE: no entry, or another ABI. */
    int (*start)(void *ctx, enum hal_area area, uint64_t offset, uint64_t len, int *result);
};

/* Temperature of the printer head and board; reading it clears HAL_SRC_TEMPERATURE. */
struct hal_temperature_ops {
    int (*read)(void *ctx, int16_t *tenths_celsius);
};

/* Tamper switches; reading them clears HAL_SRC_TAMPER. Durable: once tampered, always tampered. */
struct hal_tamper_ops {
    int (*status)(void *ctx, bool *tampered);
};

enum hal_log_level { HAL_LOG_DEBUG, HAL_LOG_INFO, HAL_LOG_WARN, HAL_LOG_ERROR };

/* Trace lines for the developer: "module: what". Never a PAN, PIN, track or key. Volatile. */
struct hal_log_ops {
    int (*write)(void *ctx, enum hal_log_level level, const char *text);
};

/* ---- the terminal ------------------------------------------------------------------------------------------ */

/* clang-format off */
/* X(name): the devices. Chains, tables and tests walk this list. */
#define HAL_DEVICES(X) \
    X(wait) X(keypad) X(touch) X(display) X(buzzer) X(printer) X(reader) X(magstripe) X(contactless) X(scanner) \
    X(modem) X(fs) X(flash) X(clock) X(rng) X(se) X(power) X(cpu) X(temperature) X(tamper) X(log)

#define HAL_DEVICE(name) struct hal_##name { const struct hal_##name##_ops *ops; void *ctx; };
/* clang-format on */
HAL_DEVICES(HAL_DEVICE)
#undef HAL_DEVICE

struct hal {
#define HAL_MEMBER(name) struct hal_##name name;
    HAL_DEVICES(HAL_MEMBER)
#undef HAL_MEMBER
};

/* HAL_CALL(h, keypad, read, &key): the op if it is there, else HAL_E_UNSUPPORTED. HAL_CALL0 for ops without arguments.
 */
#define HAL_CALL(h, device, op, ...)                                                                                   \
    ((h)->device.ops && (h)->device.ops->op ? (h)->device.ops->op((h)->device.ctx, __VA_ARGS__) : HAL_E_UNSUPPORTED)
#define HAL_CALL0(h, device, op)                                                                                       \
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
