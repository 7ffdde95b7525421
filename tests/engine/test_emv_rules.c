/* The bench's own reading of EMV Book 3, 10.4 to 10.7: what a TVR must have, which CVM results belong to a list, and
 * which cryptogram is due. Expected values are worked out by hand from the books' tables. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "scenarios/engine/emv_watch.h"

#include <stdlib.h>
#include <string.h>

static const char config_text[] =
    "{\"country\":\"0344\",\"currency\":\"0156\",\"terminal_type\":\"22\",\"capabilities\":\"E06800\",\"aids\":["
    "{\"aid\":\"A000000333\",\"version\":\"0020\",\"floor_limit\":\"0.00\"},"
    "{\"aid\":\"A000000333010102\",\"version\":\"0030\",\"floor_limit\":\"50.00\",\"tac_denial\":\"0010000000\","
    "\"tac_online\":\"DC4004F800\",\"tac_default\":\"DC4000A800\"}]}";

static void put(struct emv_watch *w, uint32_t tag, const char *hex)
{
    struct watch_session *s = &w->session;
    size_t len = 0;
    assert_int_equal(hex_decode(hex, strlen(hex), s->bytes + s->bytes_used, sizeof s->bytes - s->bytes_used, &len), OK);
    s->object[s->objects++] = (struct watch_object){tag, s->bytes_used, len};
    s->bytes_used += len;
}

/* A card without a surprise: AIP asks for verification and risk management, all dates good, no CVM list yet. */
static struct emv_watch *watch_new(void)
{
    static const uint8_t aid[] = {0xA0, 0x00, 0x00, 0x03, 0x33, 0x01, 0x01, 0x02};
    struct emv_watch *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->config = cJSON_Parse(config_text);
    assert_non_null(w->config);
    memcpy(w->session.aid, aid, sizeof aid);
    w->session.aid_len = sizeof aid;
    w->session.atc = w->session.last_online = -1;
    put(w, 0x82, "1800");
    put(w, 0x9F42, "0156");
    put(w, 0x9F0D, "0000000000");
    put(w, 0x9F0E, "0000000000");
    put(w, 0x9F0F, "0000000000");
    return w;
}

static void watch_free(struct emv_watch *w)
{
    cJSON_Delete(w->config);
    free(w);
}

static const uint8_t today[3] = {0x26, 0x06, 0x15};

static struct tvr_demand demand_of(const struct emv_watch *w, uint64_t cents, const char *seen_hex)
{
    struct tvr_demand d;
    uint8_t seen[5];
    size_t len;
    bool known = false;
    assert_int_equal(hex_decode(seen_hex, strlen(seen_hex), seen, sizeof seen, &len), OK);
    rules_tvr(w, cents, today, seen, &d, &known);
    assert_true(known);
    return d;
}

static void dates_versions_and_usage(void **state)
{
    static const struct {
        const char *expiry, *effective, *version, *usage, *issuer;
        uint8_t byte2;
    } cases[] = {
        {"260615", "260615", "0030", "FF00", "0156", 0x00}, {"260614", "200101", "0030", "FF00", "0156", 0x40},
        {"301231", "260616", "0030", "FF00", "0156", 0x20}, {"301231", "200101", "0020", "FF00", "0156", 0x80},
        {"991231", "200101", "0030", "FF00", "0156", 0x40}, /* 1999 */
        {"301231", "200101", "0030", "2900", "0344", 0x00}, /* at home: goods, and no cash machine */
        {"301231", "200101", "0030", "2900", "0156", 0x10}, /* abroad: not with these bits */
        {"301231", "200101", "0030", "FE00", "0156", 0x10}, /* cash machines only */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct emv_watch *w = watch_new();
        put(w, 0x5F24, cases[i].expiry);
        put(w, 0x5F25, cases[i].effective);
        put(w, 0x9F08, cases[i].version);
        put(w, 0x9F07, cases[i].usage);
        put(w, 0x5F28, cases[i].issuer);
        struct tvr_demand d = demand_of(w, 100, "8000000000");
        assert_int_equal(d.must[1], cases[i].byte2);
        assert_int_equal(d.may[1] & 0xF8, 0); /* nothing of byte 2 is left to taste */
        watch_free(w);
    }
}

static void floor_limit_and_velocity(void **state)
{
    (void)state;
    struct emv_watch *w = watch_new();
    assert_int_equal(demand_of(w, 4999, "8000000000").must[3], 0x00);
    assert_int_equal(demand_of(w, 4999, "8000000000").may[3] & 0x80, 0x80); /* splits may count */
    assert_int_equal(demand_of(w, 5000, "8000000000").must[3], 0x80);
    put(w, 0x9F14, "02");
    put(w, 0x9F23, "05");
    assert_int_equal(demand_of(w, 5000, "8000000000").must[3], 0xE0); /* the counters were not had */
    w->session.atc = 10;
    w->session.last_online = 7;
    assert_int_equal(demand_of(w, 5000, "8000000000").must[3], 0xC0);
    w->session.last_online = 8;
    assert_int_equal(demand_of(w, 5000, "8000000000").must[3], 0x80);
    w->session.last_online = 0;
    assert_int_equal(demand_of(w, 5000, "8000000000").must[3], 0xE0);
    assert_int_equal(demand_of(w, 5000, "8000000000").must[1] & 0x08, 0x08);
    watch_free(w);
}

static void verification_by_the_list(void **state)
{
    /* X = 100.00, Y = 500.00 in the list that has amounts; the terminal knows online PIN, signature and no CVM. */
    static const struct {
        const char *list, *seen;
        uint64_t cents;
        uint8_t byte3;
        const char *cvm; /* NULL: not prescribed */
    } cases[] = {
        {"000000000000000042031E031F00", "8000048000", 100, 0x04, "420300"},
        {"000000000000000042031E031F00", "8000088000", 100, 0x08, "1E0300"}, /* declined to enter it */
        {"000000000000000042031E031F00", "8000008000", 100, 0x04, "420300"}, /* says nothing: it had to ask */
        {"00000000000000001F00", "8000008000", 100, 0x00, "1F0002"},
        {"000000000000000002001E03", "8000088000", 100, 0x88, NULL}, /* no next rule without bit 7 */
        {"00000000000000006A000200", "8000048000", 100, 0x44, "020000"},
        {"000027100000C3501F0642091E07", "8000008000", 9999, 0x00, "1F0602"},
        {"000027100000C3501F0642091E07", "8000008000", 10000, 0x80, NULL}, /* neither under nor over */
        {"000027100000C3501F0642091E07", "8000008000", 50000, 0x00, "1E0700"},
        {"000027100000C3501F0642091E07", "8000048000", 50001, 0x04, "420900"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct emv_watch *w = watch_new();
        char hex[7];
        put(w, 0x8E, cases[i].list);
        struct tvr_demand d = demand_of(w, cases[i].cents, cases[i].seen);
        assert_int_equal(d.must[2], cases[i].byte3);
        assert_int_equal(d.cvm_known, cases[i].cvm != NULL);
        if (cases[i].cvm) {
            hex_encode(d.cvm, 3, hex, sizeof hex);
            assert_string_equal(hex, cases[i].cvm);
        }
        watch_free(w);
    }
}

static void the_action_codes_decide(void **state)
{
    static const struct {
        const char *tvr;
        uint8_t first, unable;
    } cases[] = {
        {"0000000000", 0x40, 0x40},
        {"8000000000", 0x80, 0x00},
        {"0010000000", 0x00, 0x40},
        {"0000040000", 0x80, 0x40},
    };
    (void)state;
    struct emv_watch *w = watch_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t tvr[5];
        size_t len;
        bool known = false;
        assert_int_equal(hex_decode(cases[i].tvr, 10, tvr, sizeof tvr, &len), OK);
        assert_int_equal(rules_action(w, tvr, false, &known), cases[i].first);
        assert_true(known);
        assert_int_equal(rules_action(w, tvr, true, &known), cases[i].unable);
    }
    watch_free(w);
}

/* What a host that hands out applications may have changed is left open, and nothing else. */
static void handed_out_applications_leave_little_open(void **state)
{
    (void)state;
    struct bench_case *bench = calloc(1, sizeof *bench);
    struct bench_terminal *terminal = calloc(1, sizeof *terminal);
    struct emv_watch *w = watch_new();
    static const uint8_t tvr[5] = {0x80};
    bool known = true;
    assert_non_null(bench);
    assert_non_null(terminal);
    bench->offers_applications = true;
    terminal->bench = bench;
    w->terminal = terminal;
    put(w, 0x5F24, "260614");
    put(w, 0x9F08, "0020");
    put(w, 0x8E, "000000000000000042031E031F00");
    struct tvr_demand d = demand_of(w, 100000, "8000048000");
    assert_int_equal(d.must[0], 0x80);
    assert_int_equal(d.must[1], 0x40); /* the date stands, whatever the version is to be */
    assert_int_equal(d.may[1] & 0xF8, 0x80);
    assert_int_equal(d.must[2], 0x04);
    assert_memory_equal(d.cvm, "\x42\x03\x00", 3);
    assert_int_equal(d.must[3], 0x00);
    assert_int_equal(d.may[3] & 0xE0, 0x80); /* the floor limit, not the counters */
    rules_action(w, tvr, false, &known);
    assert_false(known);
    watch_free(w);
    free(terminal);
    free(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_versions_and_usage),
        cmocka_unit_test(floor_limit_and_velocity),
        cmocka_unit_test(verification_by_the_list),
        cmocka_unit_test(the_action_codes_decide),
        cmocka_unit_test(handed_out_applications_leave_little_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
