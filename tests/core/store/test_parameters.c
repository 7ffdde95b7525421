/* Sets that the host has handed out: replaced whole, with the settings, in one commit. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/store/parameters.h"
#include "tests/core/store/fake_fs.h"

struct fixture {
    struct fake_fs fs;
    struct hal hal;
    struct store *s;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    fake_init(&f->fs);
    f->hal = fake_hal(&f->fs);
    *state = f;
    return store_open(&f->hal, &f->s);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    store_close(f->s);
    fake_clear(&f->fs);
    free(f);
    return 0;
}

static struct parameter_set made, found;

/* Objects named 1, 2, ... of `name_len` and `len` bytes, the last one first. */
static void make(size_t count, uint8_t name_len, uint16_t len)
{
    memset(&made, 0, sizeof made);
    made.count = count;
    for (size_t i = 0; i < count; i++) {
        struct parameter *p = &made.item[count - 1 - i];
        p->name_len = name_len;
        p->len = len;
        memset(p->name, (int)i + 1, name_len);
        memset(p->bytes, (int)i + 0x40, len);
    }
}

static void expect_stored(struct store *s, enum parameter_kind kind, size_t count)
{
    assert_int_equal(parameters_get(s, kind, &found), OK);
    assert_int_equal(found.count, count);
    for (size_t i = 0; i < count; i++) { /* in the order of their names */
        const struct parameter *p = &made.item[count - 1 - i];
        assert_int_equal(found.item[i].name_len, p->name_len);
        assert_int_equal(found.item[i].len, p->len);
        assert_memory_equal(found.item[i].name, p->name, p->name_len);
        assert_memory_equal(found.item[i].bytes, p->bytes, p->len);
    }
}

static void a_set_takes_the_place_of_the_old_one(void **state)
{
    struct fixture *f = *state;
    const struct setting setting = {"download_due", 2};
    int64_t value = 0;
    expect_stored(f->s, PARAMETER_KEYS, 0);
    make(PARAMETERS_MAX, PARAMETER_NAME_MAX, PARAMETER_BYTES_MAX);
    assert_int_equal(parameters_replace(f->s, PARAMETER_KEYS, &made, &setting, 1), OK);
    expect_stored(f->s, PARAMETER_KEYS, PARAMETERS_MAX);
    assert_int_equal(setting_get(f->s, "download_due", 0, &value), OK);
    assert_int_equal(value, 2);
    make(2, 6, 300);
    assert_int_equal(parameters_replace(f->s, PARAMETER_KEYS, &made, NULL, 0), OK);
    store_close(f->s);
    assert_int_equal(store_open(&f->hal, &f->s), OK);
    expect_stored(f->s, PARAMETER_KEYS, 2);
    expect_stored(f->s, PARAMETER_APPLICATIONS, 0); /* the other kind is another set */
}

static void a_name_twice_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct parameter_set twice;
    const struct setting setting = {"download_due", 2};
    int64_t value = 0;
    make(3, 6, 20);
    assert_int_equal(parameters_replace(f->s, PARAMETER_APPLICATIONS, &made, NULL, 0), OK);
    twice = made;
    twice.item[0] = twice.item[2];
    assert_int_equal(parameters_replace(f->s, PARAMETER_APPLICATIONS, &twice, &setting, 1), E_INVAL);
    expect_stored(f->s, PARAMETER_APPLICATIONS, 3);
    assert_int_equal(setting_get(f->s, "download_due", 0, &value), OK);
    assert_int_equal(value, 0);
}

/* Two keys give way to three others, and the power goes at one storage operation after the other. */
static void cut_once(const struct fake_fs *start, long at, enum fake_survival how, bool *finished)
{
    const struct setting done = {"download_due", 0};
    struct fake_fs fs;
    struct hal hal = fake_hal(&fs);
    struct store *s = NULL;
    int64_t due = 9;
    fake_clone(&fs, start);
    fs.cut_at = at;
    fs.random = 7;
    if (store_open(&hal, &s) == OK) {
        make(3, 6, 280);
        (void)parameters_replace(s, PARAMETER_KEYS, &made, &done, 1);
        store_close(s);
    }
    *finished = !fs.off;
    fake_reboot(&fs, how);
    s = NULL;
    assert_int_equal(store_open(&hal, &s), OK);
    assert_int_equal(setting_get(s, "download_due", 0, &due), OK);
    make(due ? 2 : 3, 6, due ? 300 : 280);
    expect_stored(s, PARAMETER_KEYS, due ? 2 : 3); /* the old set with its duty, or the new one without */
    assert_true(!*finished || due == 0);
    store_close(s);
    fake_clear(&fs);
}

static void a_cut_leaves_one_set_or_the_other(void **state)
{
    const struct setting duty = {"download_due", 1};
    struct fake_fs start;
    struct hal hal = fake_hal(&start);
    struct store *s = NULL;
    (void)state;
    fake_init(&start);
    assert_int_equal(store_open(&hal, &s), OK);
    make(2, 6, 300);
    assert_int_equal(parameters_replace(s, PARAMETER_KEYS, &made, &duty, 1), OK);
    store_close(s);
    fake_reboot(&start, FAKE_ALL);
    bool finished = false;
    for (long at = 1; !finished; at++) {
        assert_true(at < 1000);
        for (int how = 0; how < FAKE_SURVIVALS; how++)
            cut_once(&start, at, (enum fake_survival)how, &finished);
    }
    fake_clear(&start);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_set_takes_the_place_of_the_old_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_name_twice_changes_nothing, set_up, tear_down),
        cmocka_unit_test(a_cut_leaves_one_set_or_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
