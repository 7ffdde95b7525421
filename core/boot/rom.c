/*
 * The boot ROM: finds a core that may run, and runs it. Entry of an image of its own (image.c), started at each reset.
 *
 * A slot may run when, in this order, its head is one (core/codec/manifest.h), the signature over the head verifies
 * with the key burnt into the secure element, the image has the digest that was signed, its ABI is ours, and its
 * sequence is not below the rollback floor. JSON is read only after the signature holds.
 *
 * Of the slots that may run the one with the higher sequence is started, A if they are equal; the other one only if
 * that turns out to be no image. There is no boot control area: attempts are not counted and a core that starts and
 * then fails is not rolled back. A core that returns while there is power halts the terminal.
 */
#include "core/boot/rom.h"

#include "core/codec/manifest.h"

#include <stdio.h>
#include <string.h>

struct slot {
    enum hal_area area;
    const char *name;
    int status;         /* OK: may run */
    const char *reason; /* why not */
    struct manifest manifest;
    struct manifest_layout layout;
};

#define SLOTS 2

const struct firmware_screen rom_screens[] = {
    {ROM_SCREEN_BOOT_FAILED, "boot_failed", FIRMWARE_HALT},
    {0, NULL, FIRMWARE_NEUTRAL},
};

static void say(const struct hal *hal, enum hal_log_level level, const char *slot, const char *what)
{
    char line[96];
    snprintf(line, sizeof line, "boot: %s%s%s", slot, slot[0] ? ": " : "", what);
    (void)HAL_CALL(hal, log, write, level, line); /* a terminal without a log boots all the same */
}

/* ---- may it run? ------------------------------------------------------------------------------------------ */

/* Keeps `why` for a failure that has no reason of its own. */
static int because(struct slot *slot, int status, const char *why)
{
    if (status != OK && !slot->reason)
        slot->reason = why;
    return status;
}

static int verify_head(const struct hal *hal, struct slot *slot)
{
    uint8_t head[MANIFEST_HEAD_MAX];
    struct hal_flash_geometry geometry;
    int status = HAL_CALL(hal, flash, geometry, slot->area, &geometry);
    if (status == OK)
        status = HAL_CALL(hal, flash, read, slot->area, 0, head, MANIFEST_HEADER_LEN);
    if (status != OK)
        return because(slot, status, "flash not readable");
    status = manifest_layout(head, geometry.size, &slot->layout, &slot->reason);
    if (status != OK)
        return status;
    size_t signed_len = slot->layout.signed_len;
    status = HAL_CALL(hal, flash, read, slot->area, MANIFEST_HEADER_LEN, head + MANIFEST_HEADER_LEN,
                      signed_len - MANIFEST_HEADER_LEN + MANIFEST_SIGNATURE_LEN);
    if (status != OK)
        return because(slot, status, "flash not readable");
    status = HAL_CALL(hal, se, verify, head, signed_len, head + signed_len);
    if (status != OK)
        return because(slot, status, "signature");
    return manifest_parse(head, signed_len, &slot->manifest, &slot->reason);
}

static int verify_image(const struct hal *hal, struct slot *slot)
{
    uint8_t digest[32];
    int status = HAL_CALL(hal, flash, digest, slot->area, slot->layout.image_offset, slot->layout.image_len, digest);
    if (status != OK)
        return because(slot, status, "flash not readable");
    if (memcmp(digest, slot->manifest.digest, sizeof digest) != 0)
        return because(slot, E_VERIFY, "image digest");
    return OK;
}

static int verify_version(const struct hal *hal, struct slot *slot)
{
    uint32_t floor = 0;
    if (slot->manifest.abi != FIRMWARE_ABI)
        return because(slot, HAL_E_IMAGE, "wrong ABI");
    int status = HAL_CALL(hal, se, floor_get, &floor);
    if (status != OK) /* an image that cannot be shown to be above the floor does not run */
        return because(slot, status, "rollback floor");
    if (slot->manifest.sequence < floor)
        return because(slot, E_VERIFY, "older than allowed");
    return OK;
}

static void examine(const struct hal *hal, struct slot *slot)
{
    slot->status = verify_head(hal, slot);
    if (slot->status == OK)
        slot->status = verify_image(hal, slot);
    if (slot->status == OK)
        slot->status = verify_version(hal, slot);
    if (slot->status == E_NOTFOUND)
        say(hal, HAL_LOG_INFO, slot->name, slot->reason);
    else if (slot->status != OK && slot->status != HAL_E_POWER)
        say(hal, HAL_LOG_WARN, slot->name, slot->reason);
}

/* ---- run --------------------------------------------------------------------------------------------------- */

static struct slot *choose(struct slot slots[SLOTS])
{
    struct slot *best = NULL;
    for (int i = 0; i < SLOTS; i++)
        if (slots[i].status == OK && (!best || slots[i].manifest.sequence > best->manifest.sequence))
            best = &slots[i];
    return best;
}

/* HAL_E_POWER, or why the terminal has to halt, in *reason. HAL_E_IMAGE: nothing was started. */
static int start(const struct hal *hal, struct slot *slot, const char **reason)
{
    char line[64];
    int result = OK;
    snprintf(line, sizeof line, "%s %s", slot->manifest.name, slot->manifest.version);
    say(hal, HAL_LOG_INFO, slot->name, line);
    int status = HAL_CALL(hal, cpu, start, slot->area, slot->layout.image_offset, slot->layout.image_len, &result);
    if (status == OK && result == HAL_E_POWER)
        return HAL_E_POWER;
    if (status == OK) {
        snprintf(line, sizeof line, "core returned %s", status_name(result));
        say(hal, HAL_LOG_ERROR, slot->name, line);
        *reason = "core stopped";
        return E_STATE;
    }
    *reason = slot->reason = "image cannot start";
    slot->status = status;
    if (status != HAL_E_POWER)
        say(hal, HAL_LOG_ERROR, slot->name, slot->reason);
    return status;
}

static int halt(const struct hal *hal, const char *reason)
{
    const char *rows[] = {"Boot failed 启动失败", reason, "Call service", "请联系服务"};
    uint32_t ready;
    say(hal, HAL_LOG_ERROR, "", reason);
    (void)HAL_CALL(hal, display, show, ROM_SCREEN_BOOT_FAILED, rows, sizeof rows / sizeof *rows);
    return hal_wait(hal, 0, HAL_FOREVER, HAL_WAIT_IDLE, &ready);
}

int rom_entry(const struct hal *hal)
{
    struct slot slots[SLOTS] = {
        {.area = HAL_AREA_SLOT_A, .name = "slot A"},
        {.area = HAL_AREA_SLOT_B, .name = "slot B"},
    };
    struct slot *slot;
    const char *reason;
    for (int i = 0; i < SLOTS; i++) {
        examine(hal, &slots[i]);
        if (slots[i].status == HAL_E_POWER)
            return HAL_E_POWER;
    }
    /* an empty slot explains nothing if the other one was refused */
    reason = slots[0].status == E_NOTFOUND ? slots[1].reason : slots[0].reason;
    while ((slot = choose(slots)) != NULL) {
        int status = start(hal, slot, &reason);
        if (status == HAL_E_POWER)
            return HAL_E_POWER;
        if (status != HAL_E_IMAGE)
            break;
    }
    return halt(hal, reason);
}
