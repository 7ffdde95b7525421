/* The page of a sweep: self-contained, nothing of a hostile text becomes markup, every failure has its card and its
 * place in the map, the counts are those of the object, and a long sweep stays small. */
#include "sweep_fixtures.h"

#include <openssl/evp.h>

/* Takes the sweep. */
static char *html_of(void **state, cJSON *sweep)
{
    char path[200], why[300] = "";
    int status = sweep_html(sweep, in_folder(state, "report.html", path), why, sizeof why);
    cJSON_Delete(sweep);
    assert_int_equal(status, 0);
    char *text = file_text(path);
    assert_non_null(text);
    return text;
}

static unsigned count(const char *text, const char *part)
{
    unsigned n = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        n++;
    return n;
}

static cJSON *data_of(const char *text)
{
    const char *start = strstr(text, "id=\"data\">");
    assert_non_null(start);
    cJSON *data = cJSON_Parse(start + strlen("id=\"data\">"));
    assert_non_null(data);
    return data;
}

/* ---- what the page may and may not hold ---- */

static void test_nothing_comes_from_outside(void **state)
{
    char *text = html_of(state, sweep_big(900));
    assert_int_equal(count(text, "http"), count(text, "http-equiv"));
    assert_null(strstr(text, "src="));
    assert_int_equal(count(text, "href="), count(text, "href=\"#f"));
    assert_null(strstr(text, "url("));
    assert_null(strstr(text, "@import"));
    assert_null(strstr(text, " style=")); /* the policy would not let it through */
    assert_non_null(strstr(text, "default-src 'none'"));
    free(text);
}

static void assert_named(const char *policy, const char *start, const char *end)
{
    uint8_t digest[32];
    unsigned char base64[60] = "'sha256-";
    EVP_Digest(start, (size_t)(end - start), digest, NULL, EVP_sha256(), NULL);
    EVP_EncodeBlock(base64 + 8, digest, sizeof digest);
    assert_non_null(strstr(policy, (const char *)base64));
}

static void test_policy_names_styles_and_script(void **state)
{
    char *text = html_of(state, sweep_small()), *style = strstr(text, "<style>"), *script = strstr(text, "<script>");
    for (unsigned i = 0; i < 2; i++, style = strstr(style + 7, "<style>"))
        assert_named(text, style + 7, strstr(style, "</style>"));
    assert_null(style);
    assert_named(strstr(text, "script-src"), script + 8, strstr(script, "</script>"));
    free(text);
}

static void test_hostile_text_is_text(void **state)
{
    char *text = html_of(state, sweep_hostile());
    assert_int_equal(count(text, "<script"), 2);
    assert_int_equal(count(text, "</script"), 2);
    assert_int_equal(count(text, "<style"), 2);
    assert_null(strstr(text, "alert(1)</script>"));
    assert_null(strstr(text, "\xE2\x80\xAE")); /* right-to-left override */
    assert_null(strchr(text, '\a'));
    assert_true(utf8_is_valid(text));
    assert_true(count(text, "&lt;/script&gt;") >= 20);
    cJSON *data = data_of(text);
    assert_non_null(strstr(cJSON_GetArrayItem(cJSON_GetObjectItem(data, "files"), 0)->valuestring, "</script>"));
    cJSON_Delete(data);
    free(text);
}

static void test_broken_bytes_and_letters(void **state)
{
    cJSON *sweep = sweep_small();
    cJSON *op = cJSON_GetArrayItem(cJSON_GetObjectItem(sweep, "operations"), 0);
    cJSON_SetValuestring(cJSON_GetObjectItem(op, "name"), "b\xC3\x28");
    strcpy(cJSON_GetArrayItem(cJSON_GetObjectItem(sweep, "cells"), 0)->valuestring, "p\"<?"); /* and too short */
    char *text = html_of(state, sweep);
    assert_true(utf8_is_valid(text));
    cJSON *data = data_of(text);
    assert_string_equal(cJSON_GetArrayItem(cJSON_GetObjectItem(data, "cells"), 0)->valuestring, "phhh");
    cJSON_Delete(data);
    free(text);
}

/* ---- failures ---- */

static void test_every_failure_has_its_card(void **state)
{
    cJSON *sweep = sweep_big(900);
    sweep_add_reruns(sweep);
    char *text = html_of(state, sweep);
    static const char *const ids[] = {"storage#57:torn", "storage#57:after:none",
                                      "storage#612:before:names+storage#3:after:all", "net#out:123"};
    assert_int_equal(count(text, "<article"), 4);
    for (unsigned i = 0; i < 4; i++) {
        char part[300];
        snprintf(part, sizeof part, "id=\"f%u\"", i + 1);
        const char *card = strstr(text, part);
        assert_non_null(card);
        snprintf(part, sizeof part, "<h3>%u <code>%s</code>", i + 1, ids[i]);
        assert_non_null(strstr(card, part));
        snprintf(part, sizeof part, "--fault &#39;%s&#39; --seed 1</code>", ids[i]);
        assert_non_null(strstr(card, part));
    }
    assert_int_equal(count(text, "trace 2 over 12.00 was approved"), 4);
    assert_int_equal(count(text, "not in the journal</span>"), 4); /* the last event of each */
    assert_int_equal(count(text, "class=\"mark\""), 3);            /* above the map: those that begin with a cut */
    assert_non_null(strstr(text, "<td class=\"n\">57</td><td>write</td><td>store.db</td>"));
    assert_non_null(strstr(text, "<td>inside torn, after none</td>"));
    free(text);
}

/* [map, row, column, number]: a click on the cell finds the card. */
static void test_cards_are_at_their_cells(void **state)
{
    cJSON *sweep = sweep_big(900);
    sweep_add_reruns(sweep);
    char *text = html_of(state, sweep);
    static const int expected[][4] = {{0, 14, 56, 1}, {0, 20, 56, 2}, {0, 5, 611, 3}, {1, 0, 123, 4}};
    cJSON *data = data_of(text);
    const cJSON *card, *cards = cJSON_GetObjectItem(data, "cards");
    int at = 0;
    assert_int_equal(cJSON_GetArraySize(cards), 4);
    cJSON_ArrayForEach(card, cards)
    {
        for (int i = 0; i < 4; i++)
            assert_int_equal(cJSON_GetArrayItem(card, i)->valueint, expected[at][i]);
        at++;
    }
    cJSON_Delete(data);
    free(text);
}

static void test_a_shrunk_failure_is_found_where_it_was_met(void **state)
{
    cJSON *sweep = sweep_make(12, 7);
    cJSON_AddStringToObject(sweep_add_failure(sweep, "storage#3:torn", "power", 1), "shrunk_from",
                            "storage#5:before:random~3+storage#3:torn");
    char *text = html_of(state, sweep);
    cJSON *data = data_of(text);
    const cJSON *cards = cJSON_GetObjectItem(data, "cards");
    assert_int_equal(cJSON_GetArraySize(cards), 2);
    assert_int_equal(cJSON_GetArrayItem(cJSON_GetArrayItem(cards, 0), 2)->valueint, 2);
    assert_int_equal(cJSON_GetArrayItem(cJSON_GetArrayItem(cards, 1), 1)->valueint, 3); /* before, random */
    assert_int_equal(cJSON_GetArrayItem(cJSON_GetArrayItem(cards, 1), 2)->valueint, 4);
    cJSON_Delete(data);
    free(text);
}

/* Ids that no parser of ours made lead nowhere, and harm nothing. */
static void test_odd_ids(void **state)
{
    static const char *const ids[] = {
        "",          "storage#",        "storage#0:torn", "storage#99999:torn", "storage#5:",
        "storage#5", "net#out:",        "card#x:remove",  "storage#5:+",        "storage#-3:torn",
        "net#out:1", "storage#5:error", "card#1:mute"};
    cJSON *sweep = sweep_small();
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        sweep_add_failure(sweep, ids[i], "power", 1);
    char *text = html_of(state, sweep);
    assert_int_equal(count(text, "<article"), sizeof ids / sizeof *ids);
    free(text);
}

/* ---- counts ---- */

static void assert_fact(const char *text, const char *name, const char *value)
{
    char part[200];
    snprintf(part, sizeof part, "<dt>%s</dt><dd>%s</dd>", name, value);
    if (!strstr(text, part))
        fail_msg("no fact: %s %s", name, value);
}

static void test_counts_are_those_of_the_object(void **state)
{
    cJSON *sweep = sweep_big(900);
    sweep_count_up(sweep, "unexplored", 12345);
    sweep_count_up(sweep, "business", 100);
    sweep_number_set(sweep, "share", 0.99999);
    sweep_set_reach(sweep, "sampled");
    cJSON_ReplaceItemInObject(sweep, "sampled", cJSON_CreateString("by budget"));
    char *text = html_of(state, sweep);
    assert_fact(text, "operations", "900");
    assert_fact(text, "cuts", "27,000");
    assert_fact(text, "different states", "2,700");
    assert_fact(text, "violations", "3");
    assert_fact(text, "unexplored", "12,345");
    assert_fact(text, "next business played", "100");
    assert_fact(text, "covered", "99.9 %"); /* never all of it when some is left */
    assert_non_null(strstr(text, "<span class=\"fail\">3 violations</span>"));
    assert_non_null(strstr(text, "<span class=\"warn\">12,345 unexplored, sampled</span>"));
    assert_non_null(strstr(text, "<td class=\"n\">13,500</td>"));
    free(text);
}

static void test_a_clean_sweep_says_so(void **state)
{
    char *text = html_of(state, sweep_small());
    assert_non_null(strstr(text, "<span class=\"pass\">no violation</span>"));
    assert_non_null(strstr(text, "<span class=\"pass\">0 unexplored, exhaustive</span>"));
    assert_int_equal(count(text, "<article"), 0);
    assert_null(strstr(text, "Operations at which a cut fails"));
    free(text);
}

static void test_an_interrupted_sweep_does_not_look_whole(void **state)
{
    char *text = html_of(state, sweep_empty());
    assert_non_null(strstr(text, "<span class=\"warn\">0 unexplored, interrupted</span>"));
    assert_non_null(strstr(text, "No power cut was played."));
    free(text);
}

/* ---- the map ---- */

static void test_map_draws_runs(void **state)
{
    char *text = html_of(state, sweep_big(900));
    assert_int_equal(count(text, "class=\"cells\""), 3); /* before, inside, after */
    assert_non_null(strstr(text, "<path class=\"cf\" d=\"M56 4h1v1h-1z\"/>"));
    assert_non_null(strstr(text, "<path class=\"cf\" d=\"M56 0h1v1h-1z\"/>"));
    assert_non_null(strstr(text, "<path class=\"ch\" d=\"M611 5h1v0.38h-1zM611 5.62h1v0.38h-1z\"/>"));
    assert_non_null(strstr(text, "M0 0.12h900v0.76h-900z")); /* a row that passes is one run */
    assert_non_null(strstr(text, "<title>starting, operations 1 to 23</title>"));
    free(text);
}

static void test_long_sweeps_stay_small(void **state)
{
    char *text = html_of(state, sweep_big(1000));
    assert_true(strlen(text) < 1500000);
    free(text);
    text = html_of(state, sweep_big(3000));
    assert_true(strlen(text) < 1500000);
    free(text);
}

/* Not one run joins: the worst that 1,000 operations and 30 rows can be. */
static void test_worst_map_stays_small(void **state)
{
    cJSON *sweep = sweep_make(1000, SWEEP_MODES), *cells;
    cJSON_ArrayForEach(cells, cJSON_GetObjectItem(sweep, "cells"))
    {
        for (size_t i = 0; i < 1000; i++)
            cells->valuestring[i] = "pf"[i & 1];
    }
    char *text = html_of(state, sweep);
    assert_true(strlen(text) < 1500000);
    assert_non_null(strstr(text, "And 300 more operations."));
    free(text);
}

static void test_same_sweep_same_bytes(void **state)
{
    char *first = html_of(state, sweep_big(700)), *second = html_of(state, sweep_big(700));
    assert_string_equal(first, second);
    free(first);
    free(second);
}

static void test_json_is_the_object(void **state)
{
    char path[200], why[300] = "";
    cJSON *sweep = sweep_hostile();
    assert_int_equal(sweep_json(sweep, in_folder(state, "report.json", path), why, sizeof why), 0);
    char *text = file_text(path);
    cJSON *read = cJSON_Parse(text);
    assert_true(cJSON_Compare(sweep, read, true));
    cJSON_Delete(read);
    cJSON_Delete(sweep);
    free(text);
}

static void test_no_place_to_write(void **state)
{
    (void)state;
    char why[300] = "";
    cJSON *sweep = sweep_small();
    assert_int_equal(sweep_html(sweep, "/nowhere/report.html", why, sizeof why), -1);
    assert_non_null(strstr(why, "/nowhere/report.html: cannot be written"));
    cJSON_Delete(sweep);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_nothing_comes_from_outside),
        IN_FOLDER(test_policy_names_styles_and_script),
        IN_FOLDER(test_hostile_text_is_text),
        IN_FOLDER(test_broken_bytes_and_letters),
        IN_FOLDER(test_every_failure_has_its_card),
        IN_FOLDER(test_cards_are_at_their_cells),
        IN_FOLDER(test_a_shrunk_failure_is_found_where_it_was_met),
        IN_FOLDER(test_odd_ids),
        IN_FOLDER(test_counts_are_those_of_the_object),
        IN_FOLDER(test_a_clean_sweep_says_so),
        IN_FOLDER(test_an_interrupted_sweep_does_not_look_whole),
        IN_FOLDER(test_map_draws_runs),
        IN_FOLDER(test_long_sweeps_stay_small),
        IN_FOLDER(test_worst_map_stays_small),
        IN_FOLDER(test_same_sweep_same_bytes),
        IN_FOLDER(test_json_is_the_object),
        cmocka_unit_test(test_no_place_to_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
