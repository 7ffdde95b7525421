/* Slips: what is on them, that firmware_slip finds its words, and printing over the end of the paper and power cuts. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/app/receipt.h"
#include "core/store/store.h"
#include "tests/core/app/app_fixture.h"

static const char PAN[] = "6210676862310000067";

static struct journal_entry chip_sale(void)
{
    struct journal_entry e = {.batch = 1,
                              .trace = 12,
                              .kind = FIRMWARE_SALE,
                              .amount_cents = 1200,
                              .entry = "051",
                              .processing = "000000",
                              .condition = "00",
                              .de60 = "2200000100050",
                              .rrn = "000000012345",
                              .auth = "A1B2C3",
                              .response = "00",
                              .date = "0615",
                              .time = "101500",
                              .aid = "A000000333010102",
                              .ac = "0123456789ABCDEF",
                              .app_name = "PBOC CREDIT",
                              .tvr = "0000048000",
                              .tsi = "E800",
                              .atc = "0007",
                              .pin = true};
    memcpy(e.pan, PAN, sizeof PAN);
    pan_mask(PAN, e.masked_pan, sizeof e.masked_pan);
    return e;
}

static const char *slip_text(const struct config *config, const struct journal_entry *e, bool reprint)
{
    static char text[RECEIPT_LINES * RECEIPT_LINE_MAX];
    static struct receipt receipt;
    receipt_format(config, e, reprint, &receipt);
    text[0] = '\0';
    for (size_t i = 0; i < receipt.count; i++) {
        strcat(text, receipt.line[i].text);
        strcat(text, "\n");
    }
    return text;
}

static void has(const char *text, const char *part)
{
    if (!strstr(text, part))
        print_message("no \"%s\" in\n%s", part, text);
    assert_non_null(strstr(text, part));
}

static void a_chip_slip_has_its_data(void **state)
{
    static const char *const parts[] = {"POSBENCH TEST SHOP",
                                        "MERCHANT: 104100050450001",
                                        "TERMINAL: 10000001",
                                        "OPERATOR: 01",
                                        "BATCH: 000001",
                                        "TRACE: 000012",
                                        "AMOUNT: 12.00 CNY",
                                        "AUTH: A1B2C3",
                                        "REF NO: 000000012345",
                                        "06/15 10:15:00",
                                        "/I\n",
                                        "AID: A000000333010102",
                                        "ATC: 0007",
                                        "TVR: 0000048000",
                                        "TSI: E800",
                                        "TC: 0123456789ABCDEF",
                                        "PBOC CREDIT",
                                        "APPROVED",
                                        "NO SIGNATURE NEEDED"};
    (void)state;
    struct config config;
    struct journal_entry e = chip_sale();
    load_profile("unionpay-intl", &config);
    const char *text = slip_text(&config, &e, false);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        has(text, parts[i]);
    assert_null(strstr(text, PAN));
    assert_null(strstr(text, "SIGNATURE:"));
    assert_null(strstr(text, "COPY"));
    has(slip_text(&config, &e, true), "** COPY **");
}

static void the_entry_letter_tells_how_the_card_was_read(void **state)
{
    static const struct {
        const char *entry, *de60, *letter;
    } cases[] = {{"051", "2200000100050", "/I\n"},
                 {"052", "2200000100050", "/I\n"},
                 {"021", "2200000100051", "/S\n"},
                 {"022", "2200000100052", "/F\n"}};
    (void)state;
    struct config config;
    load_profile("unionpay-intl", &config);
    for (size_t i = 0; i < 4; i++) {
        struct journal_entry e = chip_sale();
        strcpy(e.entry, cases[i].entry);
        strcpy(e.de60, cases[i].de60);
        has(slip_text(&config, &e, false), cases[i].letter);
    }
}

static void a_stripe_slip_asks_for_a_signature_and_has_no_cryptogram(void **state)
{
    (void)state;
    struct config config;
    struct journal_entry e = chip_sale();
    load_profile("unionpay-intl", &config);
    e.aid[0] = e.ac[0] = e.tvr[0] = e.tsi[0] = e.atc[0] = e.app_name[0] = '\0';
    e.signature = true;
    const char *text = slip_text(&config, &e, false);
    has(text, "SIGNATURE:");
    assert_null(strstr(text, "AID:"));
    assert_null(strstr(text, "TVR:"));
    assert_null(strstr(text, "TC:"));
}

static void the_oracle_finds_its_words(void **state)
{
    static const char *const profiles[] = {"unionpay-intl", "unionpay-cn"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct config config;
        struct journal_entry e = chip_sale();
        load_profile(profiles[i], &config);
        const struct firmware_slip *words = &receipt_slips[i];
        const char *text = slip_text(&config, &e, false);
        const char *trace = strstr(text, words->trace), *amount = strstr(text, words->amount);
        assert_non_null(trace);
        assert_non_null(amount);
        assert_memory_equal(trace + strlen(words->trace), " 000012", 7);
        assert_memory_equal(amount + strlen(words->amount), " 12.00", 6);
        has(text, words->approved);
    }
    assert_null(receipt_slips[2].trace);
}

/* ---- printing ---- */

struct print_fixture {
    struct fake_terminal t;
    struct app app;
};

static struct print_fixture *print_new(void)
{
    struct print_fixture *f = calloc(1, sizeof *f);
    struct journal_entry e = chip_sale();
    ft_init(&f->t);
    f->t.screens = screen_catalogue;
    f->app.hal = &f->t.hal;
    load_profile("unionpay-intl", &f->app.config);
    assert_int_equal(store_open(&f->t.hal, &f->app.store), OK);
    assert_int_equal(journal_open(f->app.store, &e), OK);
    assert_int_equal(journal_approve(f->app.store, &e), OK);
    return f;
}

static void print_free(struct print_fixture *f)
{
    store_close(f->app.store);
    ft_clear(&f->t);
    free(f);
}

static bool is_due(struct print_fixture *f)
{
    struct journal_entry e;
    return slip_due(f->app.store, &e) == OK;
}

static void a_printed_slip_is_no_longer_due(void **state)
{
    (void)state;
    struct print_fixture *f = print_new();
    assert_int_equal(receipt_print_due(&f->app, false), OK);
    assert_false(is_due(f));
    assert_int_equal(f->t.cuts, 1);
    assert_int_equal(receipt_print_due(&f->app, false), OK);
    assert_int_equal(f->t.cuts, 1);
    print_free(f);
}

static void without_paper_it_waits_or_stays_due(void **state)
{
    static const struct fake_act later = KEYS("printer_paper", "\x1B"), again = KEYS("printer_paper", "\r");
    (void)state;
    struct print_fixture *f = print_new();
    f->t.paper_for = 5;
    f->t.acts = &later;
    f->t.act_count = 1;
    assert_int_equal(receipt_print_due(&f->app, false), OK);
    assert_true(is_due(f));
    assert_int_equal(f->t.cuts, 0);

    f->t.acts = &again; /* nobody has brought paper yet, then the deadline leaves it due */
    f->t.act_at = 0;
    assert_int_equal(receipt_print_due(&f->app, false), OK);
    assert_true(is_due(f));

    f->t.paper_out = false;
    f->t.paper_for = 0;
    f->t.slip[0] = '\0';
    assert_int_equal(receipt_print_due(&f->app, true), OK);
    assert_false(is_due(f));
    has(f->t.slip, "COPY");
    print_free(f);
}

static void a_broken_printer_leaves_it_due(void **state)
{
    (void)state;
    struct print_fixture *f = print_new();
    f->t.off = true;
    assert_int_equal(receipt_print_due(&f->app, false), HAL_E_POWER);
    f->t.off = false;
    assert_true(is_due(f));
    f->t.hal.printer.ops = NULL; /* no printer at all: nothing is owed to it */
    assert_int_equal(receipt_print_due(&f->app, false), OK);
    assert_false(is_due(f));
    print_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chip_slip_has_its_data),
        cmocka_unit_test(the_entry_letter_tells_how_the_card_was_read),
        cmocka_unit_test(a_stripe_slip_asks_for_a_signature_and_has_no_cryptogram),
        cmocka_unit_test(the_oracle_finds_its_words),
        cmocka_unit_test(a_printed_slip_is_no_longer_due),
        cmocka_unit_test(without_paper_it_waits_or_stays_due),
        cmocka_unit_test(a_broken_printer_leaves_it_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
