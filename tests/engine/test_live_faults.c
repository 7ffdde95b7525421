/* In the window, too, a card has the faults of its profile: between card and reader, and in what it says. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/engine/live_support.h"

static void a_card_brings_its_faults(void **state)
{
    static const struct {
        const char *card, *pin, *screen;
        bool leaves; /* by itself */
    } rows[] = {
        {"card-fault-pan-twice", NULL, "card_error", false},
        {"card-fault-too-slow", "123456", "card_error", false},
        {"card-fault-torn", "123456", "contact_issuer", true},
        {"unionpay-credit", "123456", "approved", false}, /* the next one has none */
    };
    struct talk t;
    (void)state;
    talk_open(&t, NULL, &(struct live_options){.speed = "fast"});
    say(&t, "{'do':'power','on':true}");
    await_state(&t, "idle", "true");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        keys(&t, "1200");
        await_screen(&t, "insert_card");
        say(&t, "{'do':'insert','card':'%s'}", rows[i].card);
        if (rows[i].pin) {
            await_screen(&t, "enter_pin");
            keys(&t, rows[i].pin);
        }
        await_screen(&t, rows[i].screen);
        if (!rows[i].leaves)
            say(&t, "{'do':'pull'}");
        await_state(&t, "idle", "true");
    }
    talk_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_brings_its_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
