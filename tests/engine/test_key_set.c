/* The keys a worker has told of, and the scenes it keeps. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/engine/explore_support.h"

#define MANY 100000

/* splitmix64: different numbers, different keys, all first bytes spread out. */
static void make_key(uint64_t number, uint8_t key[EXPLORE_KEY])
{
    for (unsigned half = 0; half < 2; half++) {
        uint64_t z = (number * 2 + half + 1) * 0x9E3779B97F4A7C15u;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
        z = (z ^ z >> 27) * 0x94D049BB133111EBu;
        z ^= z >> 31;
        memcpy(key + 8 * half, &z, 8);
    }
}

static void every_key_is_new_once(void **state)
{
    uint8_t key[EXPLORE_KEY];
    struct key_set *s = key_set_create();
    (void)state;
    assert_non_null(s);
    for (uint64_t i = 0; i < MANY; i++) {
        make_key(i, key);
        assert_int_equal(key_set_add(s, key, 1, 0), 1);
        make_key(i / 2, key); /* one that is there, while it grows */
        assert_int_equal(key_set_add(s, key, 1, 0), 0);
    }
    for (uint64_t i = MANY; i-- > 0;) {
        make_key(i, key);
        assert_int_equal(key_set_add(s, key, 1, 0), 0);
    }
    make_key(MANY, key);
    assert_int_equal(key_set_add(s, key, 1, 0), 1);
    key_set_destroy(s);
    key_set_destroy(NULL);
}

/* Keys that share the bytes by which they are found, and keys that differ in one bit. */
static void keys_that_collide_are_told_apart(void **state)
{
    uint8_t key[EXPLORE_KEY] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    struct key_set *s = key_set_create();
    (void)state;
    assert_non_null(s);
    for (unsigned i = 0; i < 3000; i++) {
        key[14] = (uint8_t)(i >> 8);
        key[15] = (uint8_t)i;
        assert_int_equal(key_set_add(s, key, 1, 0), 1);
    }
    for (unsigned bit = 0; bit < 8 * EXPLORE_KEY - 16; bit++) {
        key[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(key_set_add(s, key, 1, 0), 1);
        assert_int_equal(key_set_add(s, key, 1, 0), 0);
        key[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(key_set_add(s, key, 1, 0), 0);
    key_set_destroy(s);
}

#define SCRIPT                                                                                                         \
    "local t = bench.terminal { profile = 'unionpay-intl' }\n"                                                         \
    "scenario 'x' { run = function() t:power_on() t:wait_idle() end }"

/* Scenes that are not kept, taken or left in the map are freed by somebody, once: the sanitizer watches. */
static void a_map_keeps_so_many_and_gives_each_once(void **state)
{
    enum { MOST = 10, TRIED = 40 };
    const struct explore_options none = {0};
    struct explored x;
    struct scene *scene[TRIED];
    uint8_t key[EXPLORE_KEY];
    struct key_map *m = key_map_create(MOST);
    (void)state;
    assert_non_null(m);
    explored_open(&x, SCRIPT, &none);
    for (unsigned i = 0; i < TRIED; i++) {
        make_key(i, key);
        scene[i] = explored_take(&x);
        key_map_put(m, key, scene[i]);
    }
    make_key(3, key);
    key_map_put(m, key, explored_take(&x)); /* is there already */
    for (unsigned i = 0; i < MOST; i += 2) {
        make_key(i, key);
        struct scene *taken = key_map_take(m, key);
        assert_ptr_equal(taken, scene[i]);
        scene_destroy(taken);
        assert_null(key_map_take(m, key));
    }
    make_key(3, key); /* the others are still found past those that were taken */
    struct scene *third = key_map_take(m, key);
    assert_ptr_equal(third, scene[3]);
    scene_destroy(third);
    for (unsigned i = MOST; i < TRIED + 5; i++) {
        make_key(i, key);
        assert_null(key_map_take(m, key));
    }
    key_map_destroy(m);
    key_map_destroy(NULL);
    explored_close(&x);
}

/* All in one row of slots, and one that keeps nothing. */
static void colliding_scenes_are_told_apart(void **state)
{
    enum { KEPT = 8 };
    const struct explore_options none = {0};
    struct explored x;
    struct scene *scene[KEPT];
    uint8_t key[EXPLORE_KEY] = {1};
    struct key_map *m = key_map_create(KEPT), *empty = key_map_create(0);
    (void)state;
    assert_non_null(m);
    assert_non_null(empty);
    explored_open(&x, SCRIPT, &none);
    for (uint8_t i = 0; i < KEPT; i++) {
        key[15] = i;
        scene[i] = explored_take(&x);
        key_map_put(m, key, scene[i]);
        key_map_put(empty, key, explored_take(&x));
        assert_null(key_map_take(empty, key));
    }
    for (uint8_t i = KEPT; i-- > 0;) {
        key[15] = i;
        struct scene *taken = key_map_take(m, key);
        assert_ptr_equal(taken, scene[i]);
        scene_destroy(taken);
    }
    key_map_destroy(m);
    key_map_destroy(empty);
    explored_close(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_new_once),
        cmocka_unit_test(keys_that_collide_are_told_apart),
        cmocka_unit_test(a_map_keeps_so_many_and_gives_each_once),
        cmocka_unit_test(colliding_scenes_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
