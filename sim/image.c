/*
 * Loading images and putting them back to the state after load.
 *
 * The list of loaded images is the one mutable variable with the life of the process in sim/. It has to be: the dynamic
 * linker's own list is process-wide, an object that was once loaded is never unloaded (an abandoned core's stack may
 * still point into it), and the same content loaded twice would be two copies that share nothing but their addresses in
 * a crash report.
 */
#include "sim/image.h"

#include "sim/image_internal.h"
#include "sim/image_memory.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
    struct image *list;
    unsigned opened; /* paths given to dlopen so far, also those that were refused: none is used twice */
} cache;

struct image *image_find(const uint8_t sha256[32])
{
    for (struct image *i = cache.list; i; i = i->next)
        if (memcmp(i->sha256, sha256, sizeof i->sha256) == 0)
            return i;
    return NULL;
}

static int write_all(int file, const uint8_t *bytes, size_t len)
{
    while (len) {
        ssize_t n = write(file, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return HAL_E_IO;
        bytes += n;
        len -= (size_t)n;
    }
    return OK;
}

/* dlopen knows objects by path and by inode, so the path is one that this process never used: its number, and how
 * many copies it opened. The file goes at once; the mapping keeps the inode, and so nobody can get its number. */
static void *open_copy(const char *directory, const uint8_t *bytes, size_t len, char *why, size_t why_cap)
{
    char path[512];
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        snprintf(path, sizeof path, "%s/posbench-%ld-%u.so", directory, (long)getpid(), ++cache.opened);
        int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
        if (file < 0 && errno == EEXIST)
            continue; /* left behind by a process that had our number */
        if (file < 0) {
            snprintf(why, why_cap, "no place for a copy to load: %s: %s", directory, strerror(errno));
            return NULL;
        }
        int status = write_all(file, bytes, len);
        void *handle = NULL;
        if (close(file) == 0 && status == OK)
            handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        else
            snprintf(why, why_cap, "no room for a copy to load in %s", directory);
        const char *error = handle || status ? NULL : dlerror();
        if (error) /* without the path, which is another in each process */
            snprintf(why, why_cap, "%s", strncmp(error, path, strlen(path)) == 0 ? error + strlen(path) + 2 : error);
        unlink(path);
        return handle;
    }
    return NULL;
}

/* /dev/shm first, as memory; where it is mounted noexec, a directory for temporary files will do. */
static void *open_somewhere(const uint8_t *bytes, size_t len, char *why, size_t why_cap)
{
    const char *places[] = {"/dev/shm", getenv("TMPDIR"), "/tmp"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        void *handle = places[i] ? open_copy(places[i], bytes, len, why, why_cap) : NULL;
        if (handle)
            return handle;
    }
    return NULL;
}

static bool maps_file(const struct image *image, const uint8_t *bytes)
{
    for (size_t i = 0; i < image->elf.load_count; i++) {
        const struct image_segment *s = &image->elf.loads[i];
        if (!s->writable && !image_memory_equal(image->base + s->address, bytes + s->offset, s->file_size))
            return false;
    }
    return true;
}

static void forget(struct image *image)
{
    image_state_clear(image);
    if (image->handle)
        dlclose(image->handle);
    free(image);
}

static bool holds(const struct image *image, const void *address)
{
    return address && image_owns(image, address);
}

static int take_firmware(struct image *image, char *why, size_t why_cap)
{
    struct link_map *map;
    image->firmware = dlsym(image->handle, FIRMWARE_SYMBOL);
    if (dlinfo(image->handle, RTLD_DI_LINKMAP, &map) != 0 || !image->firmware) {
        snprintf(why, why_cap, FIRMWARE_SYMBOL " cannot be found after loading");
        return HAL_E_IMAGE;
    }
    image->base = (const uint8_t *)(uintptr_t)map->l_addr;
    const struct firmware *f = image->firmware;
    if (!holds(image, f) || f->abi != FIRMWARE_ABI) {
        snprintf(why, why_cap, "built for ABI %u, this bench has %u", holds(image, f) ? f->abi : 0, FIRMWARE_ABI);
        return HAL_E_IMAGE;
    }
    bool complete =
        holds(image, f->name) && holds(image, f->version) && holds(image, (const void *)(uintptr_t)f->entry);
    if (!complete || (f->screens && !holds(image, f->screens)) || (f->slips && !holds(image, f->slips))) {
        snprintf(why, why_cap, FIRMWARE_SYMBOL " lacks a name, a version or an entry");
        return HAL_E_IMAGE;
    }
    return OK;
}

/* Either mistake would end in the sanitizer's own abort, and take the process along. */
static int check_sanitizer(const struct image_elf *elf, char *why, size_t why_cap)
{
#if IMAGE_UNDER_ASAN && defined(__clang__)
    if (elf->links_libasan) {
        snprintf(why, why_cap, "needs gcc's AddressSanitizer, this bench has clang's");
        return HAL_E_IMAGE;
    }
#endif
    if (!elf->needs_asan || IMAGE_UNDER_ASAN)
        return OK;
    snprintf(
        why, why_cap,
        "needs AddressSanitizer, which this bench was not built with: use the dev preset's bench, or a plain image");
    return HAL_E_IMAGE;
}

int image_load(const uint8_t *bytes, size_t len, const uint8_t sha256[32], struct image **out, char *why,
               size_t why_cap)
{
    struct image *image = image_find(sha256);
    if (image) {
        *out = image;
        return OK;
    }
    if (!(image = calloc(1, sizeof *image)))
        return E_NOMEM;
    memcpy(image->sha256, sha256, sizeof image->sha256);
    int status = image_elf_check(bytes, len, &image->elf, why, why_cap);
    if (status == OK)
        status = check_sanitizer(&image->elf, why, why_cap);
    if (status == OK && !(image->handle = open_somewhere(bytes, len, why, why_cap)))
        status = HAL_E_IMAGE;
    if (status == OK)
        status = take_firmware(image, why, why_cap);
    if (status == OK && !maps_file(image, bytes)) {
        snprintf(why, why_cap, "the code in memory is not that of the file");
        status = HAL_E_IMAGE;
    }
    if (status == OK)
        status = image_state_keep(image);
    if (status) {
        forget(image);
        return status;
    }
    image->next = cache.list;
    cache.list = image;
    *out = image;
    return OK;
}

const struct firmware *image_firmware(const struct image *image)
{
    return image->firmware;
}

void image_release(const void *owner)
{
    for (struct image *i = cache.list; i; i = i->next)
        image_state_release(i, owner);
}

const uint8_t *image_digest(const struct image *image)
{
    return image->sha256;
}

bool image_owns(const struct image *image, const void *address)
{
    uintptr_t at = (uintptr_t)address - (uintptr_t)image->base;
    for (size_t i = 0; i < image->elf.load_count; i++)
        if (at >= image->elf.loads[i].address && at - image->elf.loads[i].address < image->elf.loads[i].memory_size)
            return true;
    return false;
}
