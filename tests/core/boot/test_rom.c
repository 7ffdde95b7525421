/* The boot ROM on a flash and a secure element of this file's own, with real Ed25519 and SHA-256. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/boot/rom.h"
#include "core/codec/manifest.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AREA_SIZE = 16384, IMAGE_LEN = 5000 };

struct board {
    struct hal hal;
    uint8_t flash[HAL_AREA_COUNT][AREA_SIZE];
    EVP_PKEY *key;
    uint32_t floor;
    int floor_status, flash_status;
    int start_status[HAL_AREA_COUNT], start_result;
    char story[512]; /* what the ROM did: "start A; show 1 ...; wait" */
    char logs[1024];
};

static void tell(char *text, size_t cap, const char *format, ...)
{
    va_list args;
    size_t len = strlen(text);
    va_start(args, format);
    vsnprintf(text + len, cap - len, format, args);
    va_end(args);
}

static int flash_geometry(void *ctx, enum hal_area area, struct hal_flash_geometry *out)
{
    (void)ctx, (void)area;
    *out = (struct hal_flash_geometry){.page_size = 256, .block_size = 4096, .size = AREA_SIZE};
    return OK;
}

static int flash_read(void *ctx, enum hal_area area, uint64_t offset, void *data, size_t len)
{
    struct board *b = ctx;
    if (b->flash_status != OK)
        return b->flash_status;
    assert_true(offset + len <= AREA_SIZE);
    memcpy(data, b->flash[area] + offset, len);
    return OK;
}

static int flash_digest(void *ctx, enum hal_area area, uint64_t offset, uint64_t len, uint8_t sha256[32])
{
    struct board *b = ctx;
    assert_true(offset + len <= AREA_SIZE);
    assert_int_equal(EVP_Digest(b->flash[area] + offset, len, sha256, NULL, EVP_sha256(), NULL), 1);
    return OK;
}

static int se_verify(void *ctx, const uint8_t *data, size_t len, const uint8_t signature[64])
{
    struct board *b = ctx;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool good = EVP_DigestVerifyInit(md, NULL, NULL, NULL, b->key) == 1 &&
                EVP_DigestVerify(md, signature, 64, data, len) == 1;
    EVP_MD_CTX_free(md);
    return good ? OK : E_VERIFY;
}

static int se_floor_get(void *ctx, uint32_t *version)
{
    struct board *b = ctx;
    *version = b->floor;
    return b->floor_status;
}

static int cpu_start(void *ctx, enum hal_area area, uint64_t offset, uint64_t len, int *result)
{
    struct board *b = ctx;
    tell(b->story, sizeof b->story, "start %c %u+%u; ", area == HAL_AREA_SLOT_A ? 'A' : 'B', (unsigned)offset,
         (unsigned)len);
    *result = b->start_result;
    return b->start_status[area];
}

static int display_show(void *ctx, uint16_t screen, const char *const *rows, size_t count)
{
    struct board *b = ctx;
    assert_true(count >= 2);
    tell(b->story, sizeof b->story, "show %u %s; ", screen, rows[1]);
    return OK;
}

static int board_wait(void *ctx, uint32_t sources, uint64_t deadline_us, unsigned flags, uint32_t *ready)
{
    struct board *b = ctx;
    (void)ready;
    assert_int_equal(sources, 0);
    assert_true(deadline_us == HAL_FOREVER);
    assert_int_equal(flags, HAL_WAIT_IDLE);
    tell(b->story, sizeof b->story, "wait");
    return HAL_E_POWER;
}

static int log_write(void *ctx, enum hal_log_level level, const char *text)
{
    struct board *b = ctx;
    tell(b->logs, sizeof b->logs, "%d %s\n", level, text);
    return OK;
}

static int set_up(void **state)
{
    static const struct hal_flash_ops flash = {.geometry = flash_geometry, .read = flash_read, .digest = flash_digest};
    static const struct hal_se_ops se = {.verify = se_verify, .floor_get = se_floor_get};
    static const struct hal_cpu_ops cpu = {.start = cpu_start};
    static const struct hal_display_ops display = {.show = display_show};
    static const struct hal_wait_ops waiter = {.wait = board_wait};
    static const struct hal_log_ops log = {.write = log_write};
    static const uint8_t seed[32] = {42};
    struct board *b = calloc(1, sizeof *b);
    b->hal = (struct hal){.flash = {&flash, b}, .se = {&se, b}, .cpu = {&cpu, b}, .display = {&display, b},
                          .wait = {&waiter, b}, .log = {&log, b}};
    b->key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
    b->floor = 1;
    b->start_result = HAL_E_POWER;
    memset(b->flash, 0xFF, sizeof b->flash);
    *state = b;
    return b->key ? 0 : -1;
}

static int tear_down(void **state)
{
    struct board *b = *state;
    EVP_PKEY_free(b->key);
    free(b);
    return 0;
}

static void fill(struct board *b, enum hal_area area, uint32_t sequence, uint32_t abi)
{
    struct manifest m = {.name = "posbench-core", .version = "1.0.0", .sequence = sequence, .schema = 1, .abi = abi,
                         .image_len = IMAGE_LEN};
    struct manifest_layout layout;
    uint8_t digest[32], *slot = b->flash[area];
    size_t signature_len = 64;
    memset(slot + 4096, (int)sequence, IMAGE_LEN);
    assert_int_equal(EVP_Digest(slot + 4096, IMAGE_LEN, digest, NULL, EVP_sha256(), NULL), 1);
    assert_int_equal(manifest_build(&m, digest, slot, AREA_SIZE, &layout), OK);
    assert_int_equal(layout.image_offset, 4096);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(md, NULL, NULL, NULL, b->key), 1);
    assert_int_equal(EVP_DigestSign(md, slot + layout.signed_len, &signature_len, slot, layout.signed_len), 1);
    EVP_MD_CTX_free(md);
}

static void boots(struct board *b, const char *story)
{
    b->story[0] = b->logs[0] = '\0';
    assert_int_equal(rom_entry(&b->hal), HAL_E_POWER);
    assert_string_equal(b->story, story);
}

static void the_higher_sequence_is_started(void **state)
{
    struct board *b = *state;
    fill(b, HAL_AREA_SLOT_A, 3, FIRMWARE_ABI);
    boots(b, "start A 4096+5000; ");
    assert_string_equal(b->logs, "1 boot: slot B: empty\n1 boot: slot A: posbench-core 1.0.0\n");
    fill(b, HAL_AREA_SLOT_B, 4, FIRMWARE_ABI);
    boots(b, "start B 4096+5000; ");
    fill(b, HAL_AREA_SLOT_A, 4, FIRMWARE_ABI);
    boots(b, "start A 4096+5000; ");
}

/* Not a bit of head or image can change unnoticed; what lies between them is nobody's. */
static void every_flipped_bit_is_noticed(void **state)
{
    struct board *b = *state;
    fill(b, HAL_AREA_SLOT_A, 3, FIRMWARE_ABI);
    fill(b, HAL_AREA_SLOT_B, 2, FIRMWARE_ABI);
    size_t head_len = 16 + (b->flash[HAL_AREA_SLOT_A][4] | b->flash[HAL_AREA_SLOT_A][5] << 8) + 64;
    for (size_t at = 0; at < 4096 + IMAGE_LEN; at += at < head_len ? 1 : 97) {
        b->flash[HAL_AREA_SLOT_A][at] ^= (uint8_t)(1u << at % 8);
        bool nobodys = at >= head_len && at < 4096;
        boots(b, nobodys ? "start A 4096+5000; " : "start B 4096+5000; ");
        b->flash[HAL_AREA_SLOT_A][at] ^= (uint8_t)(1u << at % 8);
    }
}

static void nothing_below_the_floor_runs(void **state)
{
    struct board *b = *state;
    fill(b, HAL_AREA_SLOT_A, 3, FIRMWARE_ABI);
    fill(b, HAL_AREA_SLOT_B, 2, FIRMWARE_ABI);
    b->floor = 3;
    boots(b, "start A 4096+5000; ");
    assert_non_null(strstr(b->logs, "2 boot: slot B: older than allowed\n"));
    b->floor = 4;
    boots(b, "show 1 older than allowed; wait");
    b->floor = 0;
    b->floor_status = HAL_E_IO;
    boots(b, "show 1 rollback floor; wait");
}

static void nothing_to_start(void **state)
{
    struct board *b = *state;
    boots(b, "show 1 empty; wait");
    fill(b, HAL_AREA_SLOT_B, 1, FIRMWARE_ABI + 1);
    boots(b, "show 1 wrong ABI; wait");
    assert_string_equal(b->logs, "1 boot: slot A: empty\n2 boot: slot B: wrong ABI\n3 boot: wrong ABI\n");
    b->flash_status = HAL_E_IO;
    boots(b, "show 1 flash not readable; wait");
}

static void the_other_slot_is_tried_once(void **state)
{
    struct board *b = *state;
    fill(b, HAL_AREA_SLOT_A, 2, FIRMWARE_ABI);
    fill(b, HAL_AREA_SLOT_B, 3, FIRMWARE_ABI);
    b->start_status[HAL_AREA_SLOT_B] = HAL_E_IMAGE;
    boots(b, "start B 4096+5000; start A 4096+5000; ");
    b->start_status[HAL_AREA_SLOT_A] = HAL_E_IMAGE;
    boots(b, "start B 4096+5000; start A 4096+5000; show 1 image cannot start; wait");
}

static void a_core_that_returns_halts_the_terminal(void **state)
{
    struct board *b = *state;
    fill(b, HAL_AREA_SLOT_A, 2, FIRMWARE_ABI);
    fill(b, HAL_AREA_SLOT_B, 1, FIRMWARE_ABI);
    b->start_result = E_STORE;
    boots(b, "start A 4096+5000; show 1 core stopped; wait");
    assert_non_null(strstr(b->logs, "3 boot: slot A: core returned E_STORE\n"));
}

static void power_loss_ends_it_at_once(void **state)
{
    struct board *b = *state;
    fill(b, HAL_AREA_SLOT_A, 2, FIRMWARE_ABI);
    b->start_status[HAL_AREA_SLOT_A] = HAL_E_POWER;
    boots(b, "start A 4096+5000; ");
    b->floor_status = HAL_E_POWER;
    boots(b, "");
    assert_string_equal(b->logs, "");
    b->flash_status = HAL_E_POWER;
    boots(b, "");
}

static void a_bare_board_does_not_loop(void **state)
{
    (void)state;
    struct hal nothing = {0};
    assert_int_equal(rom_entry(&nothing), HAL_E_UNSUPPORTED);
}

#define WITH_BOARD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BOARD(the_higher_sequence_is_started),
        WITH_BOARD(every_flipped_bit_is_noticed),
        WITH_BOARD(nothing_below_the_floor_runs),
        WITH_BOARD(nothing_to_start),
        WITH_BOARD(the_other_slot_is_tried_once),
        WITH_BOARD(a_core_that_returns_halts_the_terminal),
        WITH_BOARD(power_loss_ends_it_at_once),
        cmocka_unit_test(a_bare_board_does_not_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
