/* A world with one terminal in it, for tests of the machine: made from the test images, recorded into memory. */
#ifndef POSBENCH_TESTS_SIM_BENCH_H
#define POSBENCH_TESTS_SIM_BENCH_H

#include "core/codec/hex.h"
#include "sim/terminal.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench {
    struct world *world;
    struct record *record;
    struct network *network;
    struct profile profile;
    struct terminal_watch watch;
    struct terminal *terminal;
    char text[65536]; /* the record so far */
    size_t len;
};

static void bench_line(void *ctx, const char *text, size_t len)
{
    struct bench *b = ctx;
    assert_true(b->len + len < sizeof b->text);
    memcpy(b->text + b->len, text, len);
    b->len += len;
    b->text[b->len] = '\0';
}

static uint64_t bench_now(void *world)
{
    return world_now(world);
}

static inline void bench_image(const char *name, uint8_t **bytes, size_t *len)
{
    char path[512], why[256] = "";
    snprintf(path, sizeof path, TEST_IMAGES "/%s.so", name);
    if (image_read_file(path, bytes, len, why, sizeof why) != OK)
        fail_msg("%s", why);
}

static inline int bench_try_load(const char *name, struct image **out, char *why, size_t why_cap)
{
    uint8_t *bytes, digest[32];
    size_t len;
    bench_image(name, &bytes, &len);
    EVP_Digest(bytes, len, digest, NULL, EVP_sha256(), NULL);
    int status = image_load(bytes, len, digest, out, why, why_cap);
    free(bytes);
    return status;
}

static inline struct image *bench_load(const char *name)
{
    struct image *image = NULL;
    char why[256] = "";
    if (bench_try_load(name, &image, why, sizeof why) != OK)
        fail_msg("%s: %s", name, why);
    return image;
}

static inline void bench_open(struct bench *b, uint64_t seed, const char *core, const struct terminal_config *limits)
{
    char why[256] = "";
    uint8_t *so, *slot;
    size_t so_len, slot_len;
    memset(b, 0, sizeof *b);
    b->world = world_create(seed);
    b->record = record_create(seed);
    assert_non_null(b->world);
    assert_non_null(b->record);
    record_clock(b->record, bench_now, b->world);
    assert_int_equal(record_sink(b->record, bench_line, b), OK);
    b->network = network_create(b->world, b->record);
    assert_non_null(b->network);
    if (profile_load(TEST_ROOT "/sim/profiles/unionpay-intl.json", &b->profile, why, sizeof why) != OK)
        fail_msg("%s", why);
    bench_image(core, &so, &so_len);
    if (image_pack(so, so_len, &slot, &slot_len, why, sizeof why) != OK)
        fail_msg("%s: %s", core, why);
    struct terminal_config config = limits ? *limits : (struct terminal_config){0};
    config.number = 1;
    config.profile = &b->profile;
    config.boot = bench_load("test-rom");
    config.core_slot = slot;
    config.core_slot_len = slot_len;
    config.watch = &b->watch;
    b->terminal = terminal_create(b->world, b->record, b->network, &config);
    assert_non_null(b->terminal);
    free(so);
    free(slot);
}

static inline void bench_close(struct bench *b)
{
    terminal_destroy(b->terminal);
    network_destroy(b->network);
    record_destroy(b->record);
    world_destroy(b->world);
    profile_clear(&b->profile);
}

/* Until the core is idle or nothing is left to happen. */
static inline void bench_run(struct bench *b)
{
    for (unsigned steps = 0; steps < 100000; steps++)
        if (terminal_idle(b->terminal) || !world_step(b->world))
            return;
    fail_msg("the terminal does not come to rest");
}

static inline const char *bench_row(const struct bench *b)
{
    static struct terminal_screen screen;
    terminal_screen(b->terminal, &screen);
    return screen.rows[0];
}

#endif
