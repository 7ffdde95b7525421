/*
 * An image's own read-only look at its data, for the oracles. It gets a clone of the storage and nothing else. When the
 * same image is running at the moment, blocked in some call, its variables are those of that run (SQLite's among them):
 * they are put aside, inspect runs on fresh ones, and they are put back.
 */
#include "sim/terminal_internal.h"

#include <stdlib.h>

static int run_inspect(struct terminal *t, const struct firmware *firmware, const struct firmware_sink *sink)
{
    struct storage *clone = storage_clone(t->storage);
    struct rng stream;
    if (!clone)
        return E_NOMEM;
    struct hal hal = {.fs = storage_fs(clone)};
    rng_init(&stream, world_seed(t->world), "inspect");
    rng_route_openssl(&stream);
    t->watch->in_core = t->number;
    int status = firmware->inspect(&hal, sink);
    t->watch->in_core = 0;
    rng_route_openssl(NULL);
    storage_destroy(clone);
    return status;
}

int terminal_inspect(struct terminal *t, const struct firmware_sink *sink)
{
    struct image *image = t->core_image;
    uint8_t *state = NULL;
    if (t->core.running)
        return E_STATE;
    if (!image || !image_firmware(image)->inspect)
        return HAL_E_UNSUPPORTED;
    if (image_claim(image, t) != OK)
        return E_NOMEM;
    if (t->core.alive && !(state = image_save(image)))
        return E_NOMEM;
    image_reset(image);
    int status = run_inspect(t, image_firmware(image), sink);
    if (state)
        image_put_back(image, state);
    else
        image_reset(image);
    free(state);
    return status;
}
