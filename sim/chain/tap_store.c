/* The tap on files and flash. What changes or syncs storage leaves a line; reads do not, they would drown the rest. */
#include "sim/chain/tap_ops.h"

#include <stdio.h>
#include <string.h>

/* ---- names of open files ---- */

static const char *file_name(const struct tap *tap, int file)
{
    for (size_t i = 0; i < TAP_FILES; i++)
        if (tap->files[i].used && tap->files[i].file == file)
            return tap->files[i].name;
    return NULL;
}

static void file_forget(struct tap *tap, int file)
{
    for (size_t i = 0; i < TAP_FILES; i++)
        if (tap->files[i].file == file)
            tap->files[i].used = false;
}

static void file_remember(struct tap *tap, int file, const char *name)
{
    file_forget(tap, file);
    for (size_t i = 0; i < TAP_FILES; i++)
        if (!tap->files[i].used) {
            tap->files[i].used = true;
            tap->files[i].file = file;
            snprintf(tap->files[i].name, sizeof tap->files[i].name, "%s", name);
            return;
        }
}

/* ---- lines ---- */

static bool begin_op(struct tap *tap, const char *kind, const char *op, const char *name)
{
    if (!tap_begin(tap, kind))
        return false;
    record_text(tap->port->record, "op", op);
    if (tap->storage_ops)
        record_number(tap->port->record, "no", (int64_t)tap->storage_ops(tap->storage_ctx));
    record_text(tap->port->record, "name", name);
    return true;
}

static void record_op(struct tap *tap, const char *kind, const char *op, const char *name, int rc)
{
    if (begin_op(tap, kind, op, name))
        tap_end(tap, rc);
}

static void record_range(struct tap *tap, const char *kind, const char *op, const char *name, uint64_t offset,
                         uint64_t len, int rc)
{
    if (!begin_op(tap, kind, op, name))
        return;
    record_number(tap->port->record, "off", (int64_t)offset);
    record_number(tap->port->record, "len", (int64_t)len);
    tap_end(tap, rc);
}

/* ---- files ---- */

static int fs_open(void *ctx, const char *name, unsigned flags, int *file)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    rc = HAL_CALL(&tap->under, fs, open, name, flags, file);
    if (rc == OK)
        file_remember(tap, *file, name);
    record_op(tap, "fs", "open", name, rc);
    return tap_leave(tap, rc);
}

static int fs_close(void *ctx, int file)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    rc = HAL_CALL(&tap->under, fs, close, file);
    record_op(tap, "fs", "close", file_name(tap, file), rc);
    if (rc == OK)
        file_forget(tap, file);
    return tap_leave(tap, rc);
}

static int fs_write(void *ctx, int file, uint64_t offset, const void *data, size_t len)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    rc = HAL_CALL(&tap->under, fs, write, file, offset, data, len);
    record_range(tap, "fs", "write", file_name(tap, file), offset, len, rc);
    return tap_leave(tap, rc);
}

static int fs_truncate(void *ctx, int file, uint64_t size)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    rc = HAL_CALL(&tap->under, fs, truncate, file, size);
    record_range(tap, "fs", "truncate", file_name(tap, file), size, 0, rc);
    return tap_leave(tap, rc);
}

static int fs_sync(void *ctx, int file)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    rc = HAL_CALL(&tap->under, fs, sync, file);
    record_op(tap, "fs", "sync", file_name(tap, file), rc);
    return tap_leave(tap, rc);
}

static int fs_sync_dir(void *ctx)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    rc = HAL_CALL0(&tap->under, fs, sync_dir);
    record_op(tap, "fs", "sync_dir", NULL, rc);
    return tap_leave(tap, rc);
}

static int fs_remove(void *ctx, const char *name)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    rc = HAL_CALL(&tap->under, fs, remove, name);
    record_op(tap, "fs", "remove", name, rc);
    return tap_leave(tap, rc);
}

static int fs_rename(void *ctx, const char *from, const char *to)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    rc = HAL_CALL(&tap->under, fs, rename, from, to);
    if (begin_op(tap, "fs", "rename", from)) {
        record_text(tap->port->record, "to", to);
        tap_end(tap, rc);
    }
    return tap_leave(tap, rc);
}

TAP_THROUGH(fs, read, (void *ctx, int file, uint64_t offset, void *data, size_t len, size_t *got), file, offset, data,
            len, got)
TAP_THROUGH(fs, size, (void *ctx, int file, uint64_t *size), file, size)
TAP_THROUGH(fs, list, (void *ctx, size_t index, char name[HAL_NAME_MAX + 1], uint64_t *size), index, name, size)
TAP_THROUGH(fs, space, (void *ctx, uint64_t *total, uint64_t *unused), total, unused)

const struct hal_fs_ops tap_fs_ops = {
    .open = fs_open,
    .close = fs_close,
    .read = fs_read,
    .write = fs_write,
    .truncate = fs_truncate,
    .size = fs_size,
    .sync = fs_sync,
    .sync_dir = fs_sync_dir,
    .remove = fs_remove,
    .rename = fs_rename,
    .list = fs_list,
    .space = fs_space,
};

/* ---- flash ---- */

static const char *area_name(enum hal_area area)
{
    static const char *const NAMES[HAL_AREA_COUNT] = {"boot", "slot-a", "slot-b"};
    return (unsigned)area < HAL_AREA_COUNT ? NAMES[area] : "?";
}

static int flash_erase(void *ctx, enum hal_area area, uint64_t offset)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    rc = HAL_CALL(&tap->under, flash, erase, area, offset);
    record_range(tap, "flash", "erase", area_name(area), offset, 0, rc);
    return tap_leave(tap, rc);
}

static int flash_program(void *ctx, enum hal_area area, uint64_t offset, const void *data, size_t len)
{
    struct tap *tap = ctx;
    int rc = tap_enter(tap);
    if (rc != OK)
        return rc;
    rc = HAL_CALL(&tap->under, flash, program, area, offset, data, len);
    record_range(tap, "flash", "program", area_name(area), offset, len, rc);
    return tap_leave(tap, rc);
}

TAP_THROUGH(flash, geometry, (void *ctx, enum hal_area area, struct hal_flash_geometry *out), area, out)
TAP_THROUGH(flash, read, (void *ctx, enum hal_area area, uint64_t offset, void *data, size_t len), area, offset, data,
            len)
TAP_THROUGH(flash, digest, (void *ctx, enum hal_area area, uint64_t offset, uint64_t len, uint8_t sha256[32]), area,
            offset, len, sha256)

const struct hal_flash_ops tap_flash_ops = {
    .geometry = flash_geometry,
    .read = flash_read,
    .erase = flash_erase,
    .program = flash_program,
    .digest = flash_digest,
};
