/* A live session by hand, over the client's side: what a person at the window can do. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/engine/live_support.h"

static const struct live_options fast = {.speed = "fast"};

static void boot(struct talk *t)
{
    say(t, "{'do':'power','on':true}");
    await_screen(t, "idle");
    await_state(t, "idle", "true");
}

static void to_pin(struct talk *t, const char *card)
{
    keys(t, "1200");
    await_screen(t, "insert_card");
    say(t, "{'do':'insert','card':'%s'}", card);
    await_screen(t, "enter_pin");
}

static bool is_print(const cJSON *body, const char *key, const char *value)
{
    return strcmp(text_in(body, "ev"), "print") == 0 && strstr(text_in(body, key), value);
}

static void a_sale_from_amount_to_receipt(void **state)
{
    struct talk t;
    (void)state;
    talk_open(&t, NULL, &fast);
    assert_int_equal(told(&t, "line"), 0);
    await_state(&t, "running", "off");
    assert_true(is_flag(t.last, "powered", "false") && is_flag(t.last, "paper", "true") &&
                is_flag(t.last, "network", "true"));
    assert_string_equal(text_in(t.last, "speed"), "fast");
    assert_string_equal(text_in(t.last, "card"), "");
    boot(&t);
    to_pin(&t, "unionpay-credit");
    assert_string_equal(text_in(t.last, "card"), "unionpay-credit");
    keys(&t, "123456");
    await_screen(&t, "approved");
    await_screen(&t, "remove_card");
    say(&t, "{'do':'pull'}");
    await(&t, "line", is_print, "text", "12.00");
    await_screen(&t, "idle");
    await_state(&t, "card", "");
    check_numbers(&t);
    char *all = cJSON_PrintUnformatted(t.told);
    assert_null(strstr(all, "123456"));
    free(all);
    assert_string_equal(text_in(cJSON_GetObjectItem(cJSON_GetArrayItem(t.told, 0), "line"), "ev"), "meta");
    talk_close(&t);
}

/* In the middle of a transaction, and in every mode; then the next sale is like any other. */
static void a_power_cut_in_the_middle_and_recovery(void **state)
{
    struct talk t;
    (void)state;
    talk_open(&t, NULL, &fast);
    boot(&t);
    to_pin(&t, "unionpay-credit");
    keys(&t, "123456");
    await_screen(&t, "connecting");
    say(&t, "{'do':'power','on':false}");
    await_state(&t, "powered", "false");
    assert_string_equal(text_in(t.last, "running"), "off");
    assert_string_equal(text_in(t.last, "card"), "unionpay-credit"); /* it is stuck there */
    say(&t, "{'do':'pull'}");
    boot(&t);
    to_pin(&t, "unionpay-credit");
    say(&t, "{'do':'power','on':false,'mode':'torn'}");
    await_state(&t, "powered", "false");
    say(&t, "{'do':'pull'}");
    boot(&t);
    to_pin(&t, "unionpay-debit");
    keys(&t, "123456");
    await_screen(&t, "approved");
    check_numbers(&t);
    talk_close(&t);
}

static void a_brown_out_boots_by_itself_and_ends_dark(void **state)
{
    struct talk t;
    (void)state;
    talk_open(&t, NULL, &fast);
    boot(&t);
    say(&t, "{'do':'power','on':false,'mode':'brown-out'}");
    say(&t, "{'do':'power','on':true}");
    assert_non_null(strstr(await_refusal(&t, "power"), "flickers"));
    await_state(&t, "powered", "false");
    boot(&t);
    talk_close(&t);
}

static void the_line_and_the_paper(void **state)
{
    struct talk t;
    (void)state;
    talk_open(&t, NULL, &fast);
    boot(&t);
    say(&t, "{'do':'network','up':false}");
    await_state(&t, "network", "false");
    say(&t, "{'do':'paper','there':false}");
    await_state(&t, "paper", "false");
    say(&t, "{'do':'paper','there':true}");
    await_state(&t, "paper", "true");
    to_pin(&t, "unionpay-credit");
    keys(&t, "123456");
    await(&t, "line", is_text, "what", "failed");
    await_screen(&t, "no_line");
    talk_close(&t);
}

static void a_stripe(void **state)
{
    struct talk t;
    (void)state;
    talk_open(&t, NULL, &fast);
    boot(&t);
    keys(&t, "1200");
    await_screen(&t, "insert_card");
    say(&t, "{'do':'swipe','card':'stripe-only'}");
    await(&t, "line", is_text, "ev", "swipe");
    await_screen(&t, "approved_signature");
    talk_close(&t);
}

/* A person may try every card there is, one after the other. */
static void every_card_can_be_inserted(void **state)
{
    struct talk t;
    (void)state;
    talk_open(&t, NULL, &fast);
    cJSON *cards = live_cards(&t.o);
    const cJSON *card;
    assert_true(cJSON_GetArraySize(cards) > 16);
    cJSON_ArrayForEach(card, cards)
    {
        say(&t, "{'do':'insert','card':'%s'}", text_in(card, "name"));
        await_state(&t, "card", text_in(card, "name"));
        say(&t, "{'do':'pull'}");
        await_state(&t, "card", "");
    }
    for (unsigned i = 0; i < 100; i++) { /* the same one, not a new one each time */
        say(&t, "{'do':'insert','card':'unionpay-credit'}");
        say(&t, "{'do':'pull'}");
    }
    settle_talk(&t);
    assert_int_equal(told(&t, "refused"), 1);
    cJSON_Delete(cards);
    talk_close(&t);
}

/* ---- time ---- */

/* No line of the record is heard before its time has passed since the session began. */
static void at_1x_time_takes_its_time(void **state)
{
    struct talk t;
    double began = worker_seconds(), us = 0;
    (void)state;
    talk_open(&t, NULL, &(struct live_options){.file = NULL});
    await_state(&t, "speed", "1x");
    say(&t, "{'do':'power','on':true}");
    keys(&t, "1200");
    while (us < 200000) {
        const cJSON *line = await(&t, "line", NULL, "", "");
        us = cJSON_GetNumberValue(cJSON_GetObjectItem(line, "t"));
        assert_true(worker_seconds() - began >= us / 1e6);
    }
    talk_close(&t);
}

static void paused_nothing_moves_and_a_step_is_one_line(void **state)
{
    struct talk t;
    (void)state;
    talk_open(&t, NULL, &(struct live_options){.speed = "pause"});
    say(&t, "{'do':'step'}");
    assert_non_null(strstr(await_refusal(&t, "step"), "nothing that is recorded"));
    say(&t, "{'do':'power','on':true}"); /* runs to where it waits */
    settle_talk(&t);
    unsigned lines = told(&t, "line");
    assert_true(lines > 1);
    hear(&t, 0.5);
    settle_talk(&t);
    assert_int_equal(told(&t, "line"), lines);
    for (unsigned i = 1; i <= 20; i++) {
        say(&t, "{'do':'step'}");
        await(&t, "line", NULL, "", "");
        if (i % 4)
            continue;
        settle_talk(&t);
        assert_int_equal(told(&t, "line"), lines + i);
    }
    for (unsigned i = 0; i < 10; i++) /* asked for at once */
        say(&t, "{'do':'step'}");
    settle_talk(&t);
    while (told(&t, "line") < lines + 30)
        assert_non_null(hear(&t, LIVE_BOUND));
    hear(&t, 0.3);
    settle_talk(&t);
    assert_int_equal(told(&t, "line"), lines + 30);
    assert_int_equal(told(&t, "refused"), 1 + 2 + 5 + 1 + 1);
    say(&t, "{'do':'speed','value':'fast'}");
    await_screen(&t, "idle");
    check_numbers(&t); /* what a step held back is there, in order */
    talk_close(&t);
}

/* A key pressed while time stands waits for it; another command shows what the step held back. */
static void a_key_in_a_pause_waits(void **state)
{
    struct talk t;
    (void)state;
    talk_open(&t, NULL, &fast);
    boot(&t);
    say(&t, "{'do':'speed','value':'pause'}");
    await_state(&t, "speed", "pause");
    settle_talk(&t);
    unsigned lines = told(&t, "line");
    say(&t, "{'do':'key','key':'5'}");
    hear(&t, 0.5);
    settle_talk(&t);
    assert_int_equal(told(&t, "line"), lines);
    say(&t, "{'do':'step'}");
    assert_string_equal(text_in(await(&t, "line", NULL, "", ""), "ev"), "key");
    settle_talk(&t);
    assert_int_equal(told(&t, "line"), lines + 1);
    say(&t, "{'do':'speed','value':'1x'}");
    await_screen(&t, "enter_amount");
    check_numbers(&t);
    talk_close(&t);
}

/* Where it waits for people time is no faster than theirs. */
static void fast_is_1x_where_people_are_waited_for(void **state)
{
    struct talk t;
    (void)state;
    talk_open(&t, NULL, &fast);
    boot(&t);
    double start = worker_seconds(), booted = cJSON_GetNumberValue(cJSON_GetObjectItem(t.last, "virtual_us"));
    hear(&t, 0.5);
    say(&t, "{'do':'network','up':false}");
    await_state(&t, "network", "false");
    double passed = cJSON_GetNumberValue(cJSON_GetObjectItem(t.last, "virtual_us")) - booted;
    assert_true(passed <= (worker_seconds() - start + 0.3) * 1e6);
    talk_close(&t);
}

static void cards_are_told_sorted(void **state)
{
    struct engine_options o = talk_engine(NULL);
    cJSON *cards = live_cards(&o);
    const cJSON *card, *stripe = NULL, *chip = NULL;
    const char *last = "";
    (void)state;
    cJSON_ArrayForEach(card, cards)
    {
        assert_true(strcmp(last, text_in(card, "name")) < 0);
        last = text_in(card, "name");
        assert_true(text_in(card, "description")[0] != '\0');
        if (strcmp(last, "stripe-only") == 0)
            stripe = card;
        if (strcmp(last, "unionpay-credit") == 0)
            chip = card;
    }
    assert_true(is_flag(stripe, "chip", "false") && is_flag(stripe, "stripe", "true"));
    assert_true(is_flag(chip, "chip", "true") && is_flag(chip, "contactless", "false"));
    cJSON_Delete(cards);
    o.root = "/nowhere";
    cards = live_cards(&o);
    assert_int_equal(cJSON_GetArraySize(cards), 0);
    cJSON_Delete(cards);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sale_from_amount_to_receipt),
        cmocka_unit_test(a_power_cut_in_the_middle_and_recovery),
        cmocka_unit_test(a_brown_out_boots_by_itself_and_ends_dark),
        cmocka_unit_test(the_line_and_the_paper),
        cmocka_unit_test(a_stripe),
        cmocka_unit_test(every_card_can_be_inserted),
        cmocka_unit_test(at_1x_time_takes_its_time),
        cmocka_unit_test(paused_nothing_moves_and_a_step_is_one_line),
        cmocka_unit_test(a_key_in_a_pause_waits),
        cmocka_unit_test(fast_is_1x_where_people_are_waited_for),
        cmocka_unit_test(cards_are_told_sorted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
