/* The bench's own reading of electronic cash and of a tap (DOMAIN 3.9): what may be offered, which cryptogram is due,
 * and what may be said through the air. Expected values are worked out by hand. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "scenarios/engine/emv_watch.h"

#include "core/codec/hex.h"

#include <stdlib.h>
#include <string.h>

static const char config_text[] =
    "{\"terminal_type\":\"%s\",\"aids\":[{\"aid\":\"A000000333\",\"ec_limit\":\"200.00\","
    "\"contactless_floor_limit\":\"100.00\"},{\"aid\":\"A000000003\",\"contactless_floor_limit\":\"50.00\"}]}";

static struct bench_case bench;
static struct bench_terminal terminal;

static struct emv_watch *watch_new(const char *type)
{
    static const uint8_t aid[] = {0xA0, 0x00, 0x00, 0x03, 0x33};
    struct emv_watch *w = calloc(1, sizeof *w);
    char text[sizeof config_text + 8];
    assert_non_null(w);
    snprintf(text, sizeof text, config_text, type);
    w->config = cJSON_Parse(text);
    assert_non_null(w->config);
    terminal.bench = &bench;
    w->terminal = &terminal;
    memcpy(w->session.aid, aid, sizeof aid);
    w->session.aid_len = sizeof aid;
    return w;
}

static void watch_free(struct emv_watch *w)
{
    cJSON_Delete(w->config);
    free(w);
}

static void put(struct emv_watch *w, uint32_t tag, const char *hex)
{
    struct watch_session *s = &w->session;
    size_t len = 0;
    assert_int_equal(hex_decode(hex, strlen(hex), s->bytes + s->bytes_used, sizeof s->bytes - s->bytes_used, &len), OK);
    s->object[s->objects++] = (struct watch_object){tag, s->bytes_used, len};
    s->bytes_used += len;
}

/* -- electronic cash on the contacts -- */

static void offer(struct emv_watch *w, const char *sent)
{
    uint8_t bytes[16];
    size_t len = 0;
    assert_int_equal(hex_decode(sent, strlen(sent), bytes, sizeof bytes, &len), OK);
    purse_offered(w, bytes, len);
}

static void it_is_offered_up_to_the_limit(void **state)
{
    static const struct {
        const char *sent;
        bool offered, told;
    } cases[] = {
        {"01000000020000", true, false},
        {"01000000020001", true, true},
        {"00000000020001", false, false},
        {"02000000020001", false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct emv_watch *w = watch_new("22");
        put(w, 0x9F38, "9F7A019F0206");
        w->session.purse.balance.known = true; /* of the card before */
        offer(w, cases[i].sent);
        assert_int_equal(w->session.purse.offered, cases[i].offered);
        assert_int_equal(w->finding[0] != '\0', cases[i].told);
        assert_false(w->session.purse.balance.known);
        watch_free(w);
    }
}

static void told(struct emv_watch *w, uint32_t tag, const char *hex)
{
    uint8_t bytes[8];
    size_t len = 0;
    if (!hex)
        return;
    assert_int_equal(hex_decode(hex, strlen(hex), bytes, sizeof bytes, &len), OK);
    purse_told(w, tag, len ? bytes : NULL, len);
}

static void the_cryptogram_follows_from_the_purse(void **state)
{
    enum { AAC = 0x00, TC = 0x40, ARQC = 0x80 };
    static const struct {
        const char *terminal, *balance, *threshold, *single; /* NULL: not asked for; "": the card has none */
        const char *agreed;
        uint8_t type, tvr1, due, expected;
        bool finding;
    } cases[] = {
        {"22", "000000010000", "000000001000", "", "112233445566", 0x00, 0x00, TC, TC, false},
        {"22", "000000001200", "000000000000", "", "112233445566", 0x00, 0x00, TC, TC, false}, /* to the last cent */
        {"22", "000000001199", "000000000000", "", "112233445566", 0x00, 0x00, TC, ARQC, false},
        {"22", "000000002200", "000000001000", "", "112233445566", 0x00, 0x00, TC, TC, false},
        {"22", "000000002199", "000000001000", "", "112233445566", 0x00, 0x00, TC, ARQC, false}, /* to be filled */
        {"23", "000000002199", "000000001000", "", "112233445566", 0x00, 0x00, TC, TC, false},   /* nobody to ask */
        {"26", "000000002199", "000000001000", "", "112233445566", 0x00, 0x00, TC, TC, false},
        {"23", "000000001199", "000000000000", "", "112233445566", 0x00, 0x00, TC, AAC, false},
        {"22", "000000010000", "000000001000", "000000001200", "112233445566", 0x00, 0x00, TC, TC, false},
        {"22", "000000010000", "000000001000", "000000001199", "112233445566", 0x00, 0x00, TC, ARQC, false},
        {"22", "", "000000001000", "", "112233445566", 0x00, 0x00, TC, ARQC, false},
        {"22", "000000010000", "", "", "112233445566", 0x00, 0x00, TC, ARQC, false},
        {"22", "000000010000", NULL, "", "112233445566", 0x00, 0x00, TC, ARQC, true}, /* nobody has asked */
        {"22", NULL, "000000001000", "", "112233445566", 0x00, 0x00, TC, ARQC, true},
        {"22", "000000001199", "000000000000", "", "112233445566", 0x00, 0x00, AAC, AAC, false},
        {"22", "000000010000", "000000001000", "", "112233445566", 0x00, 0x10, TC, AAC, false}, /* a stopped card */
        {"22", "", "", "", NULL, 0x00, 0x00, TC, TC, false}, /* the card has not agreed */
        {"22", "", "", "", NULL, 0x60, 0x00, TC, ARQC, true},
        {"22", "", "", "", NULL, 0x63, 0x00, ARQC, ARQC, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct emv_watch *w = watch_new(cases[i].terminal);
        const uint8_t tvr[5] = {cases[i].tvr1};
        w->session.purse.offered = true;
        w->session.type = cases[i].type;
        if (cases[i].agreed)
            put(w, 0x9F74, cases[i].agreed);
        told(w, 0x9F79, cases[i].balance);
        told(w, 0x9F6D, cases[i].threshold);
        told(w, 0x9F78, cases[i].single);
        print_message("case %zu\n", i);
        assert_int_equal(rules_purse_action(w, 1200, tvr, cases[i].due), cases[i].expected);
        assert_int_equal(w->finding[0] != '\0', cases[i].finding);
        watch_free(w);
    }
}

static void a_card_that_was_not_asked_has_not_agreed(void **state)
{
    static const uint8_t tvr[5];
    struct emv_watch *w = watch_new("22");
    (void)state;
    put(w, 0x9F74, "112233445566"); /* though nothing was offered */
    assert_int_equal(rules_purse_action(w, 1200, tvr, 0x40), 0x40);
    assert_string_equal(w->finding, "");
    watch_free(w);
}

/* -- through the air -- */

#define PPSE "00A404000E325041592E5359532E444446303100"
#define APPLICATION "00A4040007A000000333010100"

static void say(struct emv_watch *w, const char *command, const char *answer)
{
    uint8_t c[64], r[128];
    size_t c_len = 0, r_len = 0;
    assert_int_equal(hex_decode(command, strlen(command), c, sizeof c, &c_len), OK);
    assert_int_equal(hex_decode(answer, strlen(answer), r, sizeof r, &r_len), OK);
    watch_tap(w, c, c_len, r, r_len);
}

struct spoken {
    const char *command, *answer;
};

static void what_may_be_said_through_the_air(void **state)
{
    static const char fci[] = "6F178407A0000003330101A50C9F38099F66049F02069F37049000";
    static const char options[] = "80A8000010830E26000000000000010000A1B2C3D400";
    static const char approved[] = "771C9F260811223344556677889F100807010103900000019404080102009000";
    static const struct {
        struct spoken said[6];
        const char *finding; /* part of it; "": none */
    } cases[] = {
        {{{PPSE, "9000"}, {APPLICATION, fci}, {options, "6985"}}, ""},
        {{{APPLICATION, fci}}, "without the payment environment"},
        {{{PPSE, "6A82"}, {APPLICATION, fci}}, "without the payment environment"},
        {{{PPSE, "9000"}, {options, "6985"}}, "although no application is selected"},
        {{{PPSE, "9000"}, {APPLICATION, fci}, {APPLICATION, "6A82"}, {options, "6985"}},
         "although no application is selected"},
        {{{PPSE, "9000"}, {APPLICATION, fci}, {"80A8000002830000", "6985"}}, "carries 0 bytes"},
        {{{PPSE, "9000"}, {APPLICATION, fci}, {"80A8000011830F26000000000000010000A1B2C3D40000", "6985"}},
         "carries 15 bytes"},
        {{{PPSE, "9000"}, {APPLICATION, fci}, {options, "6985"}, {options, "6985"}}, "A1B2C3D4 was sent before"},
        {{{PPSE, "9000"}, {APPLICATION, fci}, {"80A8000010830E26000000000000010001A1B2C3D400", "6985"}},
         "requires no online cryptogram"},
        {{{PPSE, "9000"}, {APPLICATION, fci}, {"80A8000010830E26800000000000010001A1B2C3D400", "6985"}}, ""},
        {{{PPSE, "9000"}, {APPLICATION, fci}, {options, approved}, {"00B2010C00", "9000"}, {"00B2020C00", "9000"}}, ""},
        {{{PPSE, "9000"}, {APPLICATION, fci}, {options, approved}, {"00B2020C00", "9000"}}, "no AFL has it here"},
        {{{PPSE, "9000"},
          {APPLICATION, fci},
          {options, approved},
          {"00B2010C00", "9000"},
          {"00B2020C00", "9000"},
          {"00B2030C00", "9000"}},
         "no AFL has it here"},
        {{{PPSE, "9000"}, {APPLICATION, fci}, {"00B2010C00", "9000"}}, "no AFL has it here"},
        {{{"80AE800000", "9000"}}, "80AE does not belong into a tap"},
        {{{"0082000000", "9000"}}, "0082 does not belong into a tap"},
        {{{"0020008000", "9000"}}, "0020 does not belong into a tap"},
        {{{"0088000000", "9000"}}, "0088 does not belong into a tap"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct emv_watch *w = watch_new("22");
        for (size_t k = 0; k < 6 && cases[i].said[k].command; k++)
            say(w, cases[i].said[k].command, cases[i].said[k].answer);
        if (!strstr(w->finding, cases[i].finding) || !*cases[i].finding != !w->finding[0])
            fail_msg("case %zu: expected \"%s\", found \"%s\"", i, cases[i].finding, w->finding);
        watch_free(w);
    }
}

/* What the messages are held against: a TC is complete and an approval, an ARQC is complete, an AAC is nothing. */
static void its_cryptogram_is_noted(void **state)
{
    static const struct {
        const char *issuer_data;
        size_t noted;
        bool approval;
    } cases[] = {{"0701010390000001", 1, true}, {"07010103A0000001", 1, false}, {"0701010380000001", 0, false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct emv_watch *w = watch_new("22");
        char answer[100];
        snprintf(answer, sizeof answer, "77205708621067000000102A9F260811223344556677889F1008%s9000",
                 cases[i].issuer_data);
        say(w, PPSE, "9000");
        say(w, APPLICATION, "6F148407A0000003330101A5099F38069F37049F02069000");
        say(w, "80A800000C830AA1B2C3D400000000010000", answer);
        assert_int_equal(w->arqcs, cases[i].noted);
        if (cases[i].noted) {
            assert_true(w->arqc[0].completed);
            assert_int_equal(w->arqc[0].approval, cases[i].approval);
            assert_int_equal(w->arqc[0].pan_len, 8);
        }
        watch_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_offered_up_to_the_limit),
        cmocka_unit_test(the_cryptogram_follows_from_the_purse),
        cmocka_unit_test(a_card_that_was_not_asked_has_not_agreed),
        cmocka_unit_test(what_may_be_said_through_the_air),
        cmocka_unit_test(its_cryptogram_is_noted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
