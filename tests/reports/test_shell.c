/* Quoting for a shell, held against a shell. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "reports/shell.h"

#include <stdio.h>
#include <string.h>

static void plain_words_stay_bare(void **state)
{
    (void)state;
    char out[64];
    assert_int_equal(shell_quote("scenarios/power/sale.lua", out, sizeof out), 24);
    assert_string_equal(out, "scenarios/power/sale.lua");
}

/* Whatever the word, a shell reads it back as it was. */
static void a_shell_reads_back_what_was_quoted(void **state)
{
    static const char *const words[] = {
        "",    "a b",     "it's",       "'",       "storage#57:random~3", "$HOME `id`", "\"\\\"x",
        "''x", "a;b|c>d", "line\nfeed", "~root/x", "\xE4\xBA\xA4",        "-n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char quoted[128], command[200], back[128] = "";
        size_t quoted_len = shell_quote(words[i], quoted, sizeof quoted);
        assert_int_equal(quoted_len, strlen(quoted));
        snprintf(command, sizeof command, "printf %%s %s", quoted);
        FILE *shell = popen(command, "r");
        assert_non_null(shell);
        size_t len = fread(back, 1, sizeof back - 1, shell);
        assert_int_equal(pclose(shell), 0);
        assert_int_equal(len, strlen(words[i]));
        assert_string_equal(back, words[i]);
    }
}

/* Cut short it is still one word: nothing behind it is swallowed. */
static void a_word_that_does_not_fit_is_closed(void **state)
{
    (void)state;
    for (size_t cap = 3; cap < 12; cap++) {
        char out[16];
        size_t quotes = 0, len = shell_quote("a'b 'c", out, cap);
        assert_true(len < cap);
        assert_int_equal(len, strlen(out));
        for (size_t i = 0; i < len; i++)
            quotes += out[i] == '\'' && (i == 0 || out[i - 1] != '\\');
        assert_int_equal(quotes % 2, 0);
        assert_int_equal(out[len - 1], '\'');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_words_stay_bare),
        cmocka_unit_test(a_shell_reads_back_what_was_quoted),
        cmocka_unit_test(a_word_that_does_not_fit_is_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
