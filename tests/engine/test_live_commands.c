/* Commands that cannot be done: each is refused with its reason and changes nothing. And too many of them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/engine/live_support.h"

struct bad {
    const char *command, *name, *why; /* why: a part of it */
};

static void check_refusals(struct talk *t, const struct bad *rows, size_t count)
{
    settle_talk(t);
    unsigned lines = told(t, "line"), states = told(t, "state");
    for (size_t i = 0; i < count; i++) {
        say(t, "%s", rows[i].command);
        const char *why = await_refusal(t, rows[i].name);
        if (!strstr(why, rows[i].why))
            fail_msg("%s: %s", rows[i].command, why);
        assert_null(strchr(why, '\n'));
    }
    settle_talk(t);
    assert_int_equal(told(t, "line"), lines);
    assert_int_equal(told(t, "state"), states);
}

static void what_makes_no_sense_is_refused(void **state)
{
    static const struct bad rows[] = {
        {"{}", "", "\"do\""},
        {"[]", "", "\"do\""},
        {"17", "", "\"do\""},
        {"null", "", "\"do\""},
        {"'power'", "", "\"do\""},
        {"{'do':5}", "", "\"do\""},
        {"{'Do':'pull'}", "", "\"do\""},
        {"{'do':''}", "", "no such command"},
        {"{'do':'explode'}", "explode", "power, key, insert, pull, swipe, paper, network, speed, step"},
        {"{'do':'POWER','on':true}", "POWER", "no such command"},
        {"{'do':'power'}", "power", "\"on\" must be true or false"},
        {"{'do':'power','on':1}", "power", "\"on\" must be true or false"},
        {"{'do':'power','on':'true'}", "power", "\"on\" must be true or false"},
        {"{'do':'power','ON':true}", "power", "\"on\" must be true or false"},
        {"{'do':'power','on':false}", "power", "off already"},
        {"{'do':'power','on':false,'mode':'most'}", "power", "no survival mode 'most'; there are none, all, prefix"},
        {"{'do':'power','on':false,'mode':7}", "power", "\"mode\" must be"},
        {"{'do':'key'}", "key", "\"key\" must be a digit, enter"},
        {"{'do':'key','key':5}", "key", "\"key\" must be a digit, enter"},
        {"{'do':'key','key':'5'}", "key", "the terminal is off"},
        {"{'do':'insert'}", "insert", "\"card\" must be the name of a card"},
        {"{'do':'insert','card':null}", "insert", "\"card\" must be the name of a card"},
        {"{'do':'insert','card':''}", "insert", "there is no card ''; the nearest are "},
        {"{'do':'insert','card':'unionpay-kredit'}", "insert",
         "there is no card 'unionpay-kredit'; the nearest are unionpay-credit, "},
        {"{'do':'insert','card':'../profiles/unionpay-credit'}", "insert", "there is no card"},
        {"{'do':'insert','card':'unionpay-credit.json'}", "insert", "there is no card"},
        {"{'do':'insert','card':'a\\nb'}", "insert", "there is no card 'a?b'"},
        {"{'do':'insert','card':'0123456789012345678901234567890123456789012345678901234567890123456789'}", "insert",
         "\"card\" must be"},
        {"{'do':'pull'}", "pull", "no card in the slot"},
        {"{'do':'swipe'}", "swipe", "\"card\" must be"},
        {"{'do':'swipe','card':'stripe-onli'}", "swipe", "the nearest are stripe-only, "},
        {"{'do':'swipe','card':'stripe-only'}", "swipe", "the terminal is off"},
        {"{'do':'paper'}", "paper", "\"there\" must be true or false"},
        {"{'do':'paper','there':0}", "paper", "\"there\" must be true or false"},
        {"{'do':'network','up':null}", "network", "\"up\" must be true or false"},
        {"{'do':'speed'}", "speed", "\"value\" must be pause, 1x or fast"},
        {"{'do':'speed','value':2}", "speed", "\"value\" must be pause, 1x or fast"},
        {"{'do':'speed','value':'2x'}", "speed", "\"value\" must be pause, 1x or fast"},
        {"{'do':'step'}", "step", "paused"},
    };
    struct talk t;
    (void)state;
    talk_open(&t, NULL, &(struct live_options){.speed = "fast"});
    check_refusals(&t, rows, sizeof rows / sizeof *rows);
    talk_close(&t);
}

static void what_cannot_be_done_now_is_refused(void **state)
{
    static const struct bad rows[] = {
        {"{'do':'power','on':true}", "power", "on already"},
        {"{'do':'insert','card':'visa-credit'}", "insert", "there is a card in the slot: pull it first"},
        {"{'do':'insert','card':'no-such'}", "insert", "there is a card in the slot: pull it first"},
        {"{'do':'key','key':'ENTER'}", "key", "no such key"},
        {"{'do':'key','key':'12'}", "key", "no such key"},
        {"{'do':'key','key':''}", "key", "no such key"},
        {"{'do':'key','key':'a'}", "key", "no such key"},
    };
    struct talk t;
    (void)state;
    talk_open(&t, NULL, &(struct live_options){.speed = "fast"});
    say(&t, "{'do':'power','on':true}");
    await_screen(&t, "idle");
    say(&t, "{'do':'insert','card':'unionpay-credit'}");
    await_screen(&t, "enter_amount");
    say(&t, "{'do':'speed','value':'pause'}");
    await_state(&t, "speed", "pause");
    check_refusals(&t, rows, sizeof rows / sizeof *rows);
    talk_close(&t);
}

/* The pad keeps some keys; those beyond are refused, and taken again when time goes on. */
static void keys_nobody_takes_are_refused(void **state)
{
    struct talk t;
    (void)state;
    talk_open(&t, NULL, &(struct live_options){.speed = "fast"});
    say(&t, "{'do':'power','on':true}");
    await_screen(&t, "idle");
    say(&t, "{'do':'speed','value':'pause'}");
    for (unsigned i = 0; i < 100; i++)
        say(&t, "{'do':'key','key':'7'}");
    assert_non_null(strstr(await_refusal(&t, "key"), "has not taken the keys"));
    say(&t, "{'do':'speed','value':'fast'}");
    await_screen(&t, "enter_amount");
    settle_talk(&t);
    say(&t, "{'do':'key','key':'clear'}");
    await(&t, "line", is_text, "ev", "key");
    talk_close(&t);
}

/* Thousands of commands without a look at the answers, many of them with long answers: each is answered. */
static void a_flood_of_commands_is_answered(void **state)
{
    enum { ROUNDS = 400, EACH = 20 };
    struct talk t;
    (void)state;
    talk_open(&t, NULL, &(struct live_options){.speed = "fast"});
    for (unsigned i = 0; i < ROUNDS; i++) {
        say(&t, "{'do':'power','on':%s}", i % 2 ? "false" : "true");
        for (unsigned k = 0; k < EACH; k++)
            say(&t, "{'do':'flood %u'}", i * EACH + k);
    }
    for (unsigned i = 0; i < ROUNDS * EACH; i++) {
        char name[32];
        snprintf(name, sizeof name, "flood %u", i);
        await_refusal(&t, name);
    }
    settle_talk(&t);
    assert_true(is_flag(t.last, "powered", "false"));
    check_numbers(&t);
    talk_close(&t);
}

/* A client that sends and never listens: it is not held up for ever, nor does it hold anything that matters. */
static void a_client_that_never_reads_gets_all_of_it_later(void **state)
{
    enum { COMMANDS = 100000 };
    struct talk t;
    (void)state;
    talk_open(&t, NULL, &(struct live_options){.speed = "1x"});
    for (unsigned i = 0; i < COMMANDS; i++)
        say(&t, "{'do':'step','n':%u}", i); /* refused: some megabytes of answers */
    say(&t, "{'do':'last'}");
    unsigned refused = 0;
    double until = worker_seconds() + LIVE_BOUND;
    for (bool last = false; !last;) {
        cJSON *message = live_next(t.live);
        assert_true(message || worker_seconds() < until);
        refused += cJSON_GetObjectItem(message, "refused") != NULL;
        last = strcmp(text_in(message, "do"), "last") == 0;
        cJSON_Delete(message);
    }
    assert_int_equal(refused, COMMANDS + 1);
    talk_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(what_cannot_be_done_now_is_refused),
        cmocka_unit_test(keys_nobody_takes_are_refused),
        cmocka_unit_test(a_flood_of_commands_is_answered),
        cmocka_unit_test(a_client_that_never_reads_gets_all_of_it_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
