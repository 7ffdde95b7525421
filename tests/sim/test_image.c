/* Loading images: refusals by name, the same path with new content, statics that a reset clears. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/codec/manifest.h"
#include "sim/image_elf.h"
#include "sim/image_memory.h"
#include "tests/sim/bench.h"

#include <dlfcn.h>
#include <unistd.h>

static void refused(const char *name, const char *reason)
{
    struct image *image = NULL;
    char why[256] = "";
    assert_int_equal(bench_try_load(name, &image, why, sizeof why), HAL_E_IMAGE);
    assert_null(image);
    if (!strstr(why, reason))
        fail_msg("%s: \"%s\" does not say \"%s\"", name, why, reason);
    assert_null(strstr(why, "/dev/shm"));
}

static void strangers_are_refused_by_name(void **state)
{
    (void)state;
    refused("test-wrong_abi", "ABI 10");
    refused("test-no_symbol", "does not export posbench_firmware");
    refused("test-two_symbols", "exports somebody_elses_function");
    refused("test-needs_bench", "undefined symbol: world_now");
    assert_null(dlsym(RTLD_DEFAULT, "world_now"));
}

static void address_sanitizer_must_fit(void **state)
{
    (void)state;
    if (IMAGE_UNDER_ASAN)
        assert_string_equal(image_firmware(bench_load("test-counter-asan"))->version, "1.0.0-asan");
    else
        refused("test-counter-asan", "AddressSanitizer");
}

static void garbage_is_refused(void **state)
{
    struct image_elf elf;
    uint8_t *bytes;
    size_t len;
    char why[256];
    (void)state;
    bench_image("test-counter", &bytes, &len);
    assert_int_equal(image_elf_check(bytes, len, &elf, why, sizeof why), OK);
    assert_int_equal(image_elf_check((const uint8_t *)"hello", 5, &elf, why, sizeof why), HAL_E_IMAGE);
    assert_string_equal(why, "not an ELF file");
    assert_int_equal(image_elf_check(bytes, 0, &elf, why, sizeof why), HAL_E_IMAGE);
    /* cut anywhere: in a copy of its exact size, so that AddressSanitizer sees a byte too far */
    for (size_t cut = 1; cut < len; cut += cut < 4096 ? 7 : 509) {
        uint8_t *copy = malloc(cut);
        memcpy(copy, bytes, cut);
        assert_int_equal(image_elf_check(copy, cut, &elf, why, sizeof why), HAL_E_IMAGE);
        free(copy);
    }
    /* damaged anywhere in its tables: refused or not, but nothing is read outside */
    for (size_t at = 0; at < 1024; at++) {
        uint8_t kept = bytes[at];
        bytes[at] ^= 0xFF;
        image_elf_check(bytes, len, &elf, why, sizeof why);
        bytes[at] = kept;
    }
    bytes[18] = 0x28; /* e_machine: ARM */
    assert_int_equal(image_elf_check(bytes, len, &elf, why, sizeof why), HAL_E_IMAGE);
    assert_non_null(strstr(why, "built for another machine"));
    free(bytes);
}

static void copy_file(const char *from, const char *to)
{
    uint8_t *bytes;
    size_t len;
    bench_image(from, &bytes, &len);
    FILE *file = fopen(to, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    fclose(file);
    free(bytes);
}

static struct image *load_path(const char *path)
{
    struct image *image = NULL;
    uint8_t *bytes, digest[32];
    size_t len;
    char why[256];
    assert_int_equal(image_read_file(path, &bytes, &len, why, sizeof why), OK);
    EVP_Digest(bytes, len, digest, NULL, EVP_sha256(), NULL);
    assert_int_equal(image_load(bytes, len, digest, &image, why, sizeof why), OK);
    assert_ptr_equal(image_find(digest), image);
    assert_memory_equal(image_digest(image), digest, 32);
    free(bytes);
    return image;
}

static void the_same_path_with_new_content_is_new(void **state)
{
    const char *path = TEST_IMAGES "/changing.so";
    (void)state;
    copy_file("test-counter", path);
    struct image *one = load_path(path);
    copy_file("test-counter-2", path);
    struct image *two = load_path(path);
    copy_file("test-counter", path);
    struct image *again = load_path(path);
    unlink(path);
    assert_string_equal(image_firmware(one)->version, "1.0.0");
    assert_string_equal(image_firmware(two)->version, "2.0.0");
    assert_int_equal(image_firmware(two)->sequence, 2);
    assert_ptr_not_equal(one, two);
    assert_ptr_equal(one, again);
    assert_true(image_owns(one, image_firmware(one)));
    assert_false(image_owns(one, image_firmware(two)));
    assert_false(image_owns(one, path));
    assert_false(image_owns(one, NULL));
}

static void take_schema(void *ctx, const struct firmware_state *found)
{
    *(uint32_t *)ctx = found->schema;
}

/* inspect of the counter reports its variable, then raises it. */
static uint32_t touch(struct image *image)
{
    struct storage_config config = {.fs_bytes = 65536, .sector_size = 512, .page_size = 512, .block_size = 4096};
    struct storage *storage = storage_create(&config);
    uint32_t seen = UINT32_MAX, count = 1;
    struct firmware_sink sink = {.ctx = &seen, .state = take_schema};
    assert_non_null(storage);
    assert_int_equal(storage_put_file(storage, "boots", &count, sizeof count), OK);
    struct hal hal = {.fs = storage_fs(storage)};
    assert_int_equal(image_firmware(image)->inspect(&hal, &sink), OK);
    storage_destroy(storage);
    return seen;
}

static void reset_and_put_back(void **state)
{
    struct image *image = bench_load("test-counter");
    (void)state;
    image_reset(image);
    assert_int_equal(touch(image), 0);
    assert_int_equal(touch(image), 1);
    uint8_t *kept = image_save(image);
    assert_non_null(kept);
    image_reset(image);
    assert_int_equal(touch(image), 0);
    image_put_back(image, kept);
    assert_int_equal(touch(image), 2);
    image_reset(image);
    assert_int_equal(touch(image), 0);
    free(kept);
}

static void a_packed_slot_verifies(void **state)
{
    uint8_t *so, *slot, *again;
    size_t so_len, slot_len, again_len;
    char why[256] = "";
    struct manifest_layout layout;
    struct manifest manifest;
    const char *reason;
    uint8_t digest[32];
    (void)state;
    bench_image("test-counter-2", &so, &so_len);
    assert_int_equal(image_pack(so, so_len, &slot, &slot_len, why, sizeof why), OK);
    assert_int_equal(image_pack(so, so_len, &again, &again_len, why, sizeof why), OK);
    assert_int_equal(slot_len, again_len);
    assert_memory_equal(slot, again, slot_len);
    assert_int_equal(manifest_layout(slot, slot_len, &layout, &reason), OK);
    assert_int_equal(manifest_parse(slot, layout.signed_len, &manifest, &reason), OK);
    assert_string_equal(manifest.name, "test-counter");
    assert_string_equal(manifest.version, "2.0.0");
    assert_int_equal(manifest.sequence, 2);
    assert_int_equal(layout.image_len, so_len);
    assert_memory_equal(slot + layout.image_offset, so, so_len);
    EVP_Digest(so, so_len, digest, NULL, EVP_sha256(), NULL);
    assert_memory_equal(manifest.digest, digest, 32);

    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, image_test_public_key(), 32);
    for (unsigned damage = 0; damage < 2; damage++) {
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key), 1);
        slot[20] ^= (uint8_t)damage;
        int good = EVP_DigestVerify(ctx, slot + layout.signed_len, MANIFEST_SIGNATURE_LEN, slot, layout.signed_len);
        assert_int_equal(good == 1, damage == 0);
        EVP_MD_CTX_free(ctx);
    }
    EVP_PKEY_free(key);
    assert_int_equal(image_pack((const uint8_t *)"no", 2, &again, &again_len, why, sizeof why), HAL_E_IMAGE);
    free(again);
    free(so);
    free(slot);
}

static void files_that_are_not_there(void **state)
{
    uint8_t *bytes;
    size_t len;
    char why[256];
    (void)state;
    assert_int_equal(image_read_file(TEST_IMAGES "/none.so", &bytes, &len, why, sizeof why), HAL_E_NOENT);
    assert_non_null(strstr(why, "none.so: No such file"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strangers_are_refused_by_name),
        cmocka_unit_test(address_sanitizer_must_fit),
        cmocka_unit_test(garbage_is_refused),
        cmocka_unit_test(the_same_path_with_new_content_is_new),
        cmocka_unit_test(reset_and_put_back),
        cmocka_unit_test(a_packed_slot_verifies),
        cmocka_unit_test(files_that_are_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
