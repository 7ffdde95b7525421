/*
 * From reset to the core: the ROM's image runs first, and its hal.cpu.start maps what lies in a flash slot and runs
 * that. The image comes from the slot's bytes, not from a file: what an upgrade wrote there is what starts.
 */
#include "sim/terminal_internal.h"

#include "core/codec/hex.h"
#include "core/codec/manifest.h"

#include <stdio.h>
#include <stdlib.h>

#define COPY_BYTES_PER_US 20 /* flash to RAM */
#define WHY_MAX 160

static const char *area_name(enum hal_area area)
{
    static const char *const names[HAL_AREA_COUNT] = {
        [HAL_AREA_BOOT] = "boot", [HAL_AREA_SLOT_A] = "slot-a", [HAL_AREA_SLOT_B] = "slot-b"};
    return area < HAL_AREA_COUNT ? names[area] : "?";
}

static void record_boot(struct terminal *t, const char *area, const struct image *image)
{
    const struct firmware *f = image_firmware(image);
    char digest[65];
    hex_encode(image_digest(image), 32, digest, sizeof digest);
    record_begin(t->record, t->number, "boot");
    record_text(t->record, "area", area);
    record_text(t->record, "name", f->name);
    record_text(t->record, "version", f->version);
    record_number(t->record, "sequence", f->sequence);
    record_number(t->record, "schema", f->schema);
    record_text(t->record, "digest", digest);
    record_end(t->record);
}

static void record_refused(struct terminal *t, const char *area, const char *why)
{
    record_begin(t->record, t->number, "boot");
    record_text(t->record, "area", area);
    record_text(t->record, "err", why);
    record_end(t->record);
}

void boot_select(struct terminal *t, struct image *image)
{
    t->running = image;
    tap_catalogue(&t->tap, image ? image_firmware(image)->screens : NULL);
}

static int run(struct terminal *t, struct image *image, const char *area)
{
    int status = image_claim(image, t);
    if (status)
        return status;
    image_reset(image);
    boot_select(t, image);
    record_boot(t, area, image);
    uint32_t in_call = t->watch->in_call; /* set when a ROM's jump brought us here */
    t->watch->in_call = 0;
    t->watch->in_core = t->number;
    int result = image_firmware(image)->entry(&t->hal);
    t->watch->in_core = 0;
    t->watch->in_call = in_call;
    return result;
}

int boot_entry(struct terminal *t)
{
    return run(t, t->boot, "rom");
}

static int load_from_flash(struct terminal *t, enum hal_area area, uint64_t offset, uint64_t len, struct image **out,
                           char *why)
{
    struct hal_flash flash = storage_flash(t->storage);
    struct hal_flash_geometry geometry;
    uint8_t digest[32];
    if (flash.ops->geometry(flash.ctx, area, &geometry) != OK || offset > geometry.size ||
        len > geometry.size - offset || !len) {
        snprintf(why, WHY_MAX, "no such range of flash");
        return HAL_E_IMAGE;
    }
    int status = flash.ops->digest(flash.ctx, area, offset, len, digest);
    if (status || (*out = image_find(digest)))
        return status;
    uint8_t *bytes = malloc(len);
    if (!bytes)
        return E_NOMEM;
    status = flash.ops->read(flash.ctx, area, offset, bytes, len);
    if (status == OK)
        status = image_load(bytes, len, digest, out, why, WHY_MAX);
    free(bytes);
    return status;
}

static int cpu_start(void *ctx, enum hal_area area, uint64_t offset, uint64_t len, int *result)
{
    struct terminal *t = ctx;
    struct image *image = NULL;
    char why[WHY_MAX] = "";
    if (t->running != t->boot)
        return HAL_E_DENIED; /* only the ROM jumps */
    int status = load_from_flash(t, area, offset, len, &image, why);
    if (status == OK && image == t->boot) {
        snprintf(why, sizeof why, "the boot ROM cannot start itself");
        status = HAL_E_IMAGE;
    }
    if (status) {
        record_refused(t, area_name(area), *why ? why : status_name(status));
        return status;
    }
    status = core_block(t, world_now(t->world) + len / COPY_BYTES_PER_US, NULL, NULL);
    if (status)
        return status;
    t->core_image = image;
    *result = run(t, image, area_name(area));
    boot_select(t, t->boot);
    return OK;
}

struct image *boot_image_of_slot(const uint8_t *slot, size_t len)
{
    struct manifest_layout layout;
    struct manifest manifest;
    struct image *image = NULL;
    const char *reason;
    char why[WHY_MAX];
    if (len < MANIFEST_HEADER_LEN || manifest_layout(slot, len, &layout, &reason) != OK ||
        manifest_parse(slot, layout.signed_len, &manifest, &reason) != OK)
        return NULL;
    if (image_load(slot + layout.image_offset, layout.image_len, manifest.digest, &image, why, sizeof why) != OK)
        return NULL;
    return image;
}

struct hal_cpu boot_cpu_hal(struct terminal *t)
{
    static const struct hal_cpu_ops ops = {.start = cpu_start};
    return (struct hal_cpu){.ops = &ops, .ctx = t};
}
