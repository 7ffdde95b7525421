/*
 * The tap: every op of hal.h goes through it exactly once, none without power, and what happened is in the record.
 * The ops tables are walked as arrays of pointers, so that an op added to hal.h and forgotten in the tap fails here.
 */
#include "tests/sim/fake_port.h"

#include "sim/chain/tap.h"
#include "sim/devices/clock.h"
#include "sim/devices/display.h"
#include "sim/devices/keypad.h"
#include "sim/devices/log.h"
#include "sim/devices/magstripe.h"
#include "sim/devices/modem.h"
#include "sim/devices/printer.h"
#include "sim/devices/reader.h"
#include "sim/devices/se.h"
#include "sim/storage/storage.h"

struct bench {
    struct fake fake;
    struct tap tap;
    struct hal under, hal;
};

static int setup(void **state)
{
    static struct bench b;
    memset(&b, 0, sizeof b);
    fake_init(&b.fake);
    *state = &b;
    return 0;
}

static int teardown(void **state)
{
    fake_clear(&((struct bench *)*state)->fake);
    return 0;
}

static void tap_it(struct bench *b)
{
    tap_init(&b->tap, &b->fake.port, &b->under, &b->hal);
}

static void no_op_is_forgotten(void **state)
{
    struct bench *b = *state;
    tap_it(b);
    /* The table of files ends with a number. */
#define OPS_BYTES(name)                                                                                                \
    (sizeof(struct hal_##name##_ops) -                                                                                 \
     (strcmp(#name, "fs") ? 0 : sizeof(struct hal_fs_ops) - offsetof(struct hal_fs_ops, sector_size)))
#define CHECK(name)                                                                                                    \
    {                                                                                                                  \
        void (*op)(void);                                                                                              \
        const unsigned char *table = (const unsigned char *)b->hal.name.ops;                                           \
        assert_non_null(table);                                                                                        \
        for (size_t at = 0; at + sizeof op <= OPS_BYTES(name); at += sizeof op) {                                      \
            memcpy(&op, table + at, sizeof op);                                                                        \
            if (!op)                                                                                                   \
                fail_msg("%s: op %zu is not tapped", #name, at / sizeof op);                                           \
        }                                                                                                              \
        assert_ptr_equal(b->hal.name.ctx, &b->tap);                                                                    \
    }
    HAL_DEVICES(CHECK)
#undef CHECK
}

/* Calls every op; devices that are not there must answer so, and a lost power must be told, each with one entry. */
static void call_all(struct bench *b, int expected)
{
    const struct hal *h = &b->hal;
    uint8_t bytes[300] = {0};
    size_t len = 0;
    uint32_t u32 = 0;
    uint64_t u64 = 0;
    int file = 0, calls = 0;
    bool flag = false;
    int16_t tenths = 0;
    uint16_t sw = 0;
    uint8_t u8 = 0;
    char name[HAL_NAME_MAX + 1];
    const char *rows[] = {"x"};
    enum hal_key key;
    enum hal_reader_level level;
    struct hal_point point;
    struct hal_display_geometry geometry;
    struct hal_printer_state printer;
    struct hal_reader_status reader;
    struct hal_swipe swipe;
    struct hal_contactless_status contactless;
    struct hal_modem_status modem;
    struct hal_flash_geometry flash;
    struct hal_datetime date = {2024, 1, 1, 0, 0, 0};
    struct hal_key_info info;
    struct hal_power_state power;
    b->fake.enters = b->fake.leaves = 0;
#define CALL(device, op, ...)                                                                                          \
    do {                                                                                                               \
        assert_int_equal(HAL_CALL(h, device, op, __VA_ARGS__), expected);                                              \
        calls++;                                                                                                       \
    } while (0)
#define CALL0(device, op)                                                                                              \
    do {                                                                                                               \
        assert_int_equal(HAL_CALL0(h, device, op), expected);                                                          \
        calls++;                                                                                                       \
    } while (0)
    CALL(wait, wait, HAL_SRC_KEYPAD, 0, 0, &u32);
    CALL(keypad, read, &key);
    CALL0(keypad, flush);
    CALL(keypad, pin_mode, true, 4);
    CALL(touch, read, &point);
    CALL(display, geometry, &geometry);
    CALL(display, show, 1, rows, 1);
    CALL(display, backlight, true);
    CALL(buzzer, beep, 1, 1);
    CALL(buzzer, led, 1);
    CALL(printer, status, &printer);
    CALL(printer, line, "x", 0);
    CALL0(printer, cut);
    CALL(reader, status, &reader);
    CALL(reader, level, &level);
    CALL(reader, power_on, false, bytes, &len);
    CALL0(reader, power_off);
    CALL(reader, exchange, 0, bytes, 5, bytes, sizeof bytes, &len);
    CALL(reader, send, bytes, 1);
    CALL(reader, receive, 0, bytes);
    CALL(magstripe, enable, true);
    CALL(magstripe, read, &swipe);
    CALL(contactless, status, &contactless);
    CALL(contactless, field, true);
    CALL(contactless, exchange, bytes, 5, bytes, sizeof bytes, &len);
    CALL(scanner, enable, true);
    CALL(scanner, read, name, sizeof name);
    CALL(modem, status, &modem);
    CALL(modem, connect, "host", 0);
    CALL(modem, send, bytes, 1);
    CALL(modem, receive, bytes, sizeof bytes, &len);
    CALL0(modem, disconnect);
    CALL(fs, open, "f", 0, &file);
    CALL(fs, close, 0);
    CALL(fs, read, 0, 0, bytes, 1, &len);
    CALL(fs, write, 0, 0, bytes, 1);
    CALL(fs, truncate, 0, 0);
    CALL(fs, size, 0, &u64);
    CALL(fs, sync, 0);
    CALL0(fs, sync_dir);
    CALL(fs, remove, "f");
    CALL(fs, rename, "f", "g");
    CALL(fs, list, 0, name, &u64);
    CALL(fs, space, &u64, &u64);
    CALL(flash, geometry, HAL_AREA_BOOT, &flash);
    CALL(flash, read, HAL_AREA_BOOT, 0, bytes, 1);
    CALL(flash, erase, HAL_AREA_BOOT, 0);
    CALL(flash, program, HAL_AREA_BOOT, 0, bytes, 1);
    CALL(flash, digest, HAL_AREA_BOOT, 0, 1, bytes);
    CALL(clock, get, &date);
    CALL(clock, set, &date);
    CALL(rng, bytes, HAL_RNG_NONCE, bytes, 1);
    CALL(se, key_info, 0, &info);
    CALL(se, key_load, 0, HAL_USE_MAK, 1, bytes, 8, bytes);
    CALL(se, mac, 0, HAL_MAC_CUP_ECB, bytes, 1, bytes);
    CALL(se, pin_len, &u8);
    CALL(se, pin_block, 0, HAL_PIN_ISO0, "000000000000", bytes);
    CALL0(se, pin_wipe);
    CALL(se, pin_verify, 0x80, NULL, 0, 0, NULL, &sw);
    CALL(se, verify, bytes, 1, bytes);
    CALL(se, floor_get, &u32);
    CALL(se, floor_raise, 1);
    CALL(power, status, &power);
    CALL0(power, reset);
    CALL0(power, off);
    CALL(temperature, read, &tenths);
    CALL(tamper, status, &flag);
    CALL(log, write, HAL_LOG_INFO, "x");
    if (expected == HAL_E_POWER)
        assert_int_equal(b->fake.enters, 0);
    else
        assert_int_equal(b->fake.enters, calls);
    assert_int_equal(b->fake.leaves, b->fake.enters);
    CALL(cpu, start, HAL_AREA_BOOT, 0, 0, &file); /* enters twice: around the image, not during it */
#undef CALL
#undef CALL0
}

static void what_is_not_there_is_unsupported(void **state)
{
    struct bench *b = *state;
    tap_it(b);
    uint64_t start = world_now(b->fake.world);
    call_all(b, HAL_E_UNSUPPORTED);
    assert_true(world_now(b->fake.world) > start + 60); /* and not for nothing: a spinning core gets on in time */
}

static int never(void *ctx, int16_t *tenths)
{
    (void)ctx, (void)tenths;
    fail_msg("a call without power reached the device");
    return OK;
}

static void without_power_nothing_happens(void **state)
{
    struct bench *b = *state;
    static const struct hal_temperature_ops NEVER = {never};
    b->under.temperature.ops = &NEVER;
    tap_it(b);
    b->fake.lost = true;
    call_all(b, HAL_E_POWER);
    assert_true(hal_now(&b->hal) == HAL_FOREVER);
    assert_int_equal(b->fake.len, 0); /* nor is anything recorded */
}

static void the_record_tells_what_people_did(void **state)
{
    struct bench *b = *state;
    struct sim_se se;
    struct sim_keypad keypad;
    struct sim_display display;
    struct sim_printer printer;
    static const struct firmware_screen SCREENS[] = {{7, "enter_pin", FIRMWARE_ASK}, {0, NULL, FIRMWARE_NEUTRAL}};
    const uint8_t key[32] = {0};
    const char *rows[] = {"PIN:", NULL};
    enum hal_key pressed;
    sim_se_init(&se, &b->fake.port, NULL, key);
    sim_keypad_init(&keypad, &b->fake.port, &se);
    sim_display_init(&display, &b->fake.port, &(struct hal_display_geometry){20, 4});
    sim_printer_init(&printer, &b->fake.port);
    b->under.se = sim_se_hal(&se);
    b->under.keypad = sim_keypad_hal(&keypad);
    b->under.display = sim_display_hal(&display);
    b->under.printer = sim_printer_hal(&printer);
    tap_it(b);
    tap_catalogue(&b->tap, SCREENS);
    assert_int_equal(HAL_CALL(&b->hal, display, show, 7, rows, 2), OK);
    assert_int_equal(HAL_CALL(&b->hal, display, show, 8, rows, 1), OK);
    assert_int_equal(HAL_CALL(&b->hal, display, show, 0, NULL, 0), OK);
    assert_int_equal(
        fake_count(&b->fake,
                   "\"ev\":\"screen\",\"id\":7,\"name\":\"enter_pin\",\"role\":\"ask\",\"rows\":[\"PIN:\",\"\"]"),
        1);
    assert_int_equal(fake_count(&b->fake, "\"id\":8,\"name\":\"?\",\"role\":\"neutral\""), 1);
    assert_int_equal(fake_count(&b->fake, "\"id\":0,\"name\":\"\",\"role\":\"neutral\""), 1);
    HAL_CALL(&b->hal, keypad, pin_mode, true, 4);
    sim_keypad_press(&keypad, '7');
    sim_keypad_press(&keypad, HAL_KEY_ENTER);
    assert_int_equal(fake_count(&b->fake, "\"ev\":\"key\""), 0); /* not read yet */
    while (HAL_CALL(&b->hal, keypad, read, &pressed) == OK)
        ;
    assert_int_equal(fake_count(&b->fake, "\"ev\":\"key\",\"key\":\"*\""), 1);
    assert_int_equal(fake_count(&b->fake, "\"key\":\"enter\""), 1);
    assert_int_equal(fake_count(&b->fake, "\"ev\":\"key\""), 2);
    assert_int_equal(HAL_CALL(&b->hal, printer, line, "SALE", HAL_PRINT_CENTRE), OK);
    sim_printer_paper(&printer, false);
    assert_int_equal(HAL_CALL0(&b->hal, printer, cut), HAL_E_PAPER);
    assert_int_equal(fake_count(&b->fake, "\"ev\":\"print\",\"text\":\"SALE\",\"style\":2}"), 1);
    assert_int_equal(fake_count(&b->fake, "\"ev\":\"cut\",\"err\":\"HAL_E_PAPER\""), 1);
    sim_printer_clear(&printer);
}

static void cards_are_recorded_masked(void **state)
{
    struct bench *b = *state;
    struct sim_reader reader;
    struct sim_magstripe stripe;
    struct fake_card card;
    struct hal_swipe swipe;
    const uint8_t command[] = {0x00, 0x84, 0x00, 0x00, 0x08};
    uint8_t answer[HAL_RPDU_MAX];
    size_t len = 0;
    fake_card_init(&card);
    card.track2 = "6225880000000007=30121010000012345";
    sim_reader_init(&reader, &b->fake.port);
    sim_magstripe_init(&stripe, &b->fake.port);
    b->under.reader = sim_reader_hal(&reader);
    b->under.magstripe = sim_magstripe_hal(&stripe);
    tap_it(b);
    assert_int_equal(HAL_CALL(&b->hal, reader, power_on, false, answer, &len), HAL_E_ABSENT);
    sim_reader_insert(&reader, &card.slot);
    assert_int_equal(HAL_CALL(&b->hal, reader, power_on, false, answer, &len), OK);
    assert_int_equal(HAL_CALL(&b->hal, reader, exchange, 0, command, 5, answer, sizeof answer, &len), OK);
    assert_int_equal(fake_count(&b->fake, "\"ev\":\"atr\",\"warm\":false,\"err\":\"HAL_E_ABSENT\""), 1);
    assert_int_equal(fake_count(&b->fake, "\"ev\":\"atr\",\"hex\":\"3B00\",\"warm\":false}"), 1);
    assert_int_equal(fake_count(&b->fake, "\"ev\":\"apdu\",\"c\":\"0084000008\",\"r\":\"9000\",\"us\":1000}"), 1);
    HAL_CALL(&b->hal, magstripe, enable, true);
    sim_magstripe_swipe(&stripe, &card.slot);
    assert_int_equal(HAL_CALL(&b->hal, magstripe, read, &swipe), OK);
    assert_string_equal(swipe.track[1], card.track2); /* the core gets it all */
    assert_int_equal(fake_count(&b->fake, "\"ev\":\"swipe\",\"t2\":\"622588******0007=*****************\",\"ok\":2"),
                     1);
}

static void the_line_is_recorded(void **state)
{
    struct bench *b = *state;
    struct sim_clock clock;
    struct sim_modem modem;
    struct network *n = network_create(b->fake.world, b->fake.record);
    sim_clock_init(&clock, &b->fake.port);
    assert_int_equal(sim_modem_init(&modem, &b->fake.port, n, &clock), OK);
    b->under.modem = sim_modem_hal(&modem);
    tap_it(b);
    assert_int_equal(HAL_CALL(&b->hal, modem, connect, "host", 100), HAL_E_DOWN);
    assert_int_equal(HAL_CALL0(&b->hal, modem, disconnect), OK); /* nothing was open: no line */
    assert_int_equal(network_listen(n, "host", &(struct network_server){0}), OK);
    assert_int_equal(HAL_CALL(&b->hal, modem, connect, "host", HAL_FOREVER), OK);
    assert_int_equal(HAL_CALL0(&b->hal, modem, disconnect), OK);
    assert_int_equal(HAL_CALL(&b->hal, modem, send, (const uint8_t *)"x", 1), HAL_E_DOWN);
    assert_int_equal(fake_count(&b->fake, "\"what\":\"connect\",\"peer\":\"host\"}"), 2);
    assert_int_equal(fake_count(&b->fake, "\"what\":\"failed\",\"peer\":\"host\",\"err\":\"HAL_E_DOWN\"}"), 1);
    assert_int_equal(fake_count(&b->fake, "\"what\":\"connected\",\"peer\":\"host\"}"), 1);
    assert_int_equal(fake_count(&b->fake, "\"what\":\"closed\""), 1);
    assert_int_equal(fake_count(&b->fake, "\"ev\":\"send\",\"hex\":\""), 1);
    sim_modem_clear(&modem);
    network_destroy(n);
}

static uint64_t count_ops(const void *ctx)
{
    return storage_ops(ctx);
}

static void storage_lines_name_file_and_operation(void **state)
{
    struct bench *b = *state;
    const struct storage_config config = {
        .fs_bytes = 1 << 20,
        .sector_size = 512,
        .page_size = 256,
        .block_size = 4096,
        .area_bytes = {4096, 8192, 8192},
    };
    struct storage *s = storage_create(&config);
    int file = -1;
    uint64_t size = 0;
    assert_non_null(s);
    b->under.fs = storage_fs(s);
    b->under.flash = storage_flash(s);
    tap_it(b);
    tap_storage_ops(&b->tap, count_ops, s);
    assert_int_equal(b->hal.fs.ops->sector_size, 512);
    assert_int_equal(HAL_CALL(&b->hal, fs, open, "journal", 0, &file), HAL_E_NOENT);
    assert_int_equal(HAL_CALL(&b->hal, fs, open, "journal", HAL_OPEN_CREATE, &file), OK);
    assert_int_equal(HAL_CALL(&b->hal, fs, write, file, 10, "abc", 3), OK);
    assert_int_equal(HAL_CALL(&b->hal, fs, size, file, &size), OK);
    assert_int_equal(size, 13);
    assert_int_equal(HAL_CALL(&b->hal, fs, sync, file), OK);
    assert_int_equal(HAL_CALL(&b->hal, fs, close, file), OK);
    assert_int_equal(HAL_CALL(&b->hal, flash, erase, HAL_AREA_SLOT_B, 4096), OK);
    assert_int_equal(fake_count(&b->fake, "\"op\":\"open\",\"no\":0,\"name\":\"journal\",\"err\":\"HAL_E_NOENT\""), 1);
    assert_int_equal(
        fake_count(&b->fake, "\"ev\":\"fs\",\"op\":\"write\",\"no\":2,\"name\":\"journal\",\"off\":10,\"len\":3}"), 1);
    assert_int_equal(fake_count(&b->fake, "\"op\":\"sync\",\"no\":3,\"name\":\"journal\"}"), 1);
    assert_int_equal(
        fake_count(&b->fake, "\"ev\":\"flash\",\"op\":\"erase\",\"no\":4,\"name\":\"slot-b\",\"off\":4096,\"len\":0}"),
        1);
    tap_reset(&b->tap);
    storage_destroy(s);
}

static int image(void *ctx, enum hal_area area, uint64_t offset, uint64_t len, int *result)
{
    struct bench *b = ctx;
    (void)area, (void)offset, (void)len;
    assert_int_equal(b->fake.enters, b->fake.leaves); /* in the core */
    assert_int_equal(HAL_CALL(&b->hal, log, write, HAL_LOG_INFO, "image: up"), OK);
    *result = 5;
    return OK;
}

static void an_image_runs_inside_the_call(void **state)
{
    struct bench *b = *state;
    static const struct hal_cpu_ops CPU = {image};
    struct sim_log log;
    int result = 0;
    sim_log_init(&log, &b->fake.port);
    b->under.log = sim_log_hal(&log);
    b->under.cpu = (struct hal_cpu){&CPU, b};
    tap_it(b);
    assert_int_equal(HAL_CALL(&b->hal, cpu, start, HAL_AREA_SLOT_A, 0, 1, &result), OK);
    assert_int_equal(result, 5);
    assert_int_equal(b->fake.enters, 3);
    assert_int_equal(b->fake.leaves, 3);
    assert_int_equal(fake_count(&b->fake, "\"ev\":\"log\",\"level\":\"info\",\"text\":\"image: up\"}"), 1);
}

static int sevens(void *ctx, enum hal_rng_purpose purpose, void *data, size_t len)
{
    (void)ctx, (void)purpose;
    memset(data, 7, len);
    return OK;
}

static void a_call_costs_a_microsecond(void **state)
{
    struct bench *b = *state;
    static const struct hal_rng_ops RNG = {sevens};
    struct sim_clock clock;
    uint8_t un[4];
    sim_clock_init(&clock, &b->fake.port);
    b->under.clock = sim_clock_hal(&clock);
    b->under.rng.ops = &RNG;
    tap_it(b);
    assert_int_equal(hal_now(&b->hal), 1);
    assert_int_equal(hal_now(&b->hal), 2);
    assert_int_equal(HAL_CALL(&b->hal, rng, bytes, HAL_RNG_UNPREDICTABLE_NUMBER, un, 4), OK);
    assert_int_equal(fake_count(&b->fake, "\"ev\":\"rng\",\"purpose\":\"unpredictable_number\",\"len\":4}"), 1);
    assert_int_equal(hal_now(&b->hal), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_op_is_forgotten, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_there_is_unsupported, setup, teardown),
        cmocka_unit_test_setup_teardown(without_power_nothing_happens, setup, teardown),
        cmocka_unit_test_setup_teardown(the_record_tells_what_people_did, setup, teardown),
        cmocka_unit_test_setup_teardown(cards_are_recorded_masked, setup, teardown),
        cmocka_unit_test_setup_teardown(the_line_is_recorded, setup, teardown),
        cmocka_unit_test_setup_teardown(storage_lines_name_file_and_operation, setup, teardown),
        cmocka_unit_test_setup_teardown(an_image_runs_inside_the_call, setup, teardown),
        cmocka_unit_test_setup_teardown(a_call_costs_a_microsecond, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
