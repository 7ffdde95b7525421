/* What a record says is seen: over the record of a real sale, at its end and at every line, and past every limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/status.h"
#include "gui/model.h"
#include "scenarios/engine/engine.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SALE TEST_ROOT "/tests/gui/sale.jsonl"

static struct model *open_sale(void)
{
    char why[300] = "";
    struct model *m = model_create();
    assert_non_null(m);
    assert_int_equal(model_load(m, SALE, why, sizeof why), EXIT_PASS);
    return m;
}

static void add(struct model *m, const char *json)
{
    cJSON *event = cJSON_Parse(json);
    assert_non_null(event);
    assert_int_equal(model_add(m, event), OK);
    cJSON_Delete(event);
}

/* ---- a real sale ---- */

static void the_end_of_a_sale(void **state)
{
    (void)state;
    struct model *m = open_sale();
    const struct model_state *now = model_now(m);
    assert_int_equal(model_count(m), 231);
    assert_true(now->powered && now->network && now->has_paper);
    assert_string_equal(now->image, "posbench-core 1.0.0");
    assert_string_equal(now->screen, "idle");
    assert_string_equal(now->role, "idle");
    assert_string_equal(now->rows[0], "Welcome");
    assert_int_equal(now->row_count, 2);
    assert_string_equal(now->card, "");
    assert_int_equal(now->link, LINK_CLOSED);
    assert_int_equal(now->paper, 22);
    assert_string_equal(now->key, "enter");
    model_destroy(m);
}

static void its_paper(void **state)
{
    (void)state;
    struct model *m = open_sale();
    const struct paper_line *first = model_paper(m, 0), *last = model_paper(m, 21);
    assert_string_equal(first->text, "SALES SLIP");
    assert_int_equal(first->style, PAPER_DOUBLE | PAPER_CENTRE);
    assert_string_equal(model_paper(m, 1)->text, "POSBENCH TEST SHOP");
    assert_int_equal(model_paper(m, 1)->style, PAPER_CENTRE);
    assert_string_equal(model_paper(m, 12)->text, "AMOUNT: 12.34 CNY");
    assert_int_equal(last->kind, PAPER_CUT);
    assert_null(model_paper(m, 22));
    model_destroy(m);
}

static size_t find(const struct model *m, uint64_t number)
{
    for (size_t i = 0; i < model_count(m); i++)
        if (model_line(m, i)->number == number)
            return i;
    fail_msg("no line %llu", (unsigned long long)number);
    return 0;
}

static void in_the_middle(void **state)
{
    (void)state;
    struct model *m = open_sale();
    const struct model_state *then = model_at(m, find(m, 108));
    assert_string_equal(then->card, "unionpay-credit");
    assert_string_equal(then->screen, "reading_card");
    assert_int_equal(then->paper, 0);
    assert_int_equal(then->number, 108);
    then = model_at(m, find(m, 2));
    assert_true(then->powered);
    assert_int_equal(then->row_count, 0);
    model_destroy(m);
}

/* A command is named by the DOLs that the card told before it, also when its line is looked at out of turn. */
static void a_command_decoded_out_of_turn(void **state)
{
    (void)state;
    struct model *m = open_sale();
    cJSON *last = model_decode(m, find(m, 154)), *first = model_decode(m, find(m, 108));
    char *text = event_details(NULL, first);
    assert_non_null(strstr(text, "9F02 Amount, authorised: 000000001234  (12.34)"));
    assert_non_null(strstr(text, "by the card's CDOL1"));
    free(text);
    text = event_details(NULL, last);
    assert_non_null(strstr(text, "by the card's CDOL2"));
    free(text);
    cJSON_Delete(first);
    cJSON_Delete(last);
    assert_null(model_decode(m, find(m, 2)));
    assert_null(model_decode(m, 100000));
    model_destroy(m);
}

static void words_of_lines(void **state)
{
    (void)state;
    struct model *m = open_sale();
    const struct model_line *line = model_line(m, find(m, 108));
    assert_int_equal(line->group, EVENT_CARD);
    assert_non_null(strstr(line->text, "GENERATE AC: first, ARQC"));
    assert_null(strchr(line->text, '<'));
    assert_string_equal(line->kind, "apdu");
    assert_null(model_line(m, model_count(m)));
    model_destroy(m);
}

/* ---- every line, over several strides ---- */

static void every_line_is_reached(void **state)
{
    (void)state;
    struct model *m = open_sale();
    struct model_state *seen = calloc(1200, sizeof *seen);
    size_t count = model_count(m), kept = 0;
    struct model *twice = model_create();
    for (size_t round = 0; round < 5; round++)
        for (size_t i = 0; i < count; i++) {
            cJSON *event = cJSON_Parse(model_line(m, i)->json);
            assert_int_equal(model_add(twice, event), OK);
            seen[kept++] = *model_now(twice);
            cJSON_Delete(event);
        }
    assert_true(kept > 2 * MODEL_STRIDE);
    for (size_t i = 0; i < kept; i += 7)
        assert_memory_equal(model_at(twice, kept - 1 - i), &seen[kept - 1 - i], sizeof *seen);
    free(seen);
    model_destroy(twice);
    model_destroy(m);
}

/* ---- what a power loss does ---- */

static void a_power_loss(void **state)
{
    (void)state;
    struct model *m = model_create();
    add(m, "{\"n\":1,\"t\":0,\"term\":1,\"ev\":\"power\",\"what\":\"on\"}");
    add(m, "{\"n\":2,\"t\":5,\"term\":1,\"ev\":\"screen\",\"name\":\"idle\",\"role\":\"idle\",\"rows\":[\"A\",\"B\"]}");
    add(m, "{\"n\":3,\"t\":5,\"term\":1,\"ev\":\"led\",\"mask\":5}");
    add(m, "{\"n\":4,\"t\":5,\"term\":1,\"ev\":\"card\",\"what\":\"insert\",\"name\":\"x\"}");
    add(m, "{\"n\":5,\"t\":5,\"term\":1,\"ev\":\"line\",\"what\":\"connect\"}");
    assert_int_equal(model_now(m)->link, LINK_CONNECTING);
    add(m, "{\"n\":6,\"t\":6,\"term\":1,\"ev\":\"line\",\"what\":\"connected\"}");
    assert_int_equal(model_now(m)->leds, 5);
    assert_int_equal(model_now(m)->link, LINK_CONNECTED);
    add(m, "{\"n\":7,\"t\":7,\"term\":1,\"ev\":\"print\",\"text\":\"HALF OF IT\",\"style\":0,\"err\":\"HAL_E_POWER\"}");
    add(m, "{\"n\":8,\"t\":7,\"term\":1,\"ev\":\"power\",\"what\":\"cut\",\"op\":3,\"mode\":\"all\"}");
    const struct model_state *s = model_now(m);
    assert_true(!s->powered && s->leds == 0 && s->row_count == 0 && s->link == LINK_CLOSED);
    assert_string_equal(s->card, "x"); /* it sticks in the slot all the same */
    assert_int_equal(s->paper, 1);
    assert_int_equal(model_paper(m, 0)->kind, PAPER_HALF);
    assert_string_equal(model_paper(m, 0)->text, "HALF ");
    add(m, "{\"n\":9,\"t\":8,\"term\":1,\"ev\":\"power\",\"what\":\"hung\"}");
    assert_string_equal(model_now(m)->trouble, "hung");
    add(m, "{\"n\":10,\"t\":9,\"term\":1,\"ev\":\"power\",\"what\":\"on\"}");
    assert_string_equal(model_now(m)->trouble, "");
    model_destroy(m);
}

static void lines_and_paper_that_failed(void **state)
{
    (void)state;
    struct model *m = model_create();
    add(m, "{\"n\":1,\"term\":1,\"ev\":\"print\",\"text\":\"NO\",\"style\":0,\"err\":\"HAL_E_PAPER\"}");
    add(m, "{\"n\":2,\"term\":1,\"ev\":\"cut\",\"err\":\"HAL_E_PAPER\"}");
    assert_int_equal(model_now(m)->paper, 0);
    add(m, "{\"n\":3,\"term\":1,\"ev\":\"paper\",\"what\":\"out\"}");
    add(m, "{\"n\":4,\"ev\":\"line\",\"what\":\"down\"}");
    assert_false(model_now(m)->has_paper);
    assert_false(model_now(m)->network);
    add(m, "{\"n\":5,\"ev\":\"line\",\"what\":\"up\"}");
    assert_true(model_now(m)->network);
    add(m, "{\"n\":6,\"term\":2,\"ev\":\"power\",\"what\":\"on\"}"); /* another terminal */
    assert_false(model_now(m)->powered);
    model_destroy(m);
}

/* ---- anything may stand in a record ---- */

static void foreign_lines(void **state)
{
    (void)state;
    struct model *m = model_create();
    char long_row[3000], json[4000];
    static const char *const odd[] = {
        "{\"ev\":\"screen\",\"term\":1,\"rows\":[1,null,{},\"ok\",\"\\u0007bell\",\"6\",\"7\",\"8\",\"9\",\"10\"],"
        "\"name\":7}",
        "{\"ev\":\"led\",\"term\":1,\"mask\":-1e300}",
        "{\"ev\":\"print\",\"term\":1,\"style\":99,\"text\":{}}",
        "{\"ev\":\"apdu\",\"term\":1,\"c\":\"zz\",\"r\":7}",
        "{\"ev\":\"unheard of\",\"n\":-5,\"t\":1e300,\"term\":1e10}",
        "{\"ev\":\"swipe\",\"t2\":\"<b>\"}",
    };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        add(m, odd[i]);
    assert_int_equal(model_now(m)->row_count, MODEL_ROWS);
    assert_string_equal(model_now(m)->rows[4], "\xEF\xBF\xBD"
                                               "bell");
    memset(long_row, 'W', sizeof long_row - 1);
    long_row[sizeof long_row - 1] = '\0';
    snprintf(json, sizeof json, "{\"ev\":\"screen\",\"term\":1,\"rows\":[\"%s\"],\"name\":\"%.900s\"}", long_row,
             long_row);
    add(m, json);
    assert_int_equal(strlen(model_now(m)->rows[0]), MODEL_ROW_BYTES - 1);
    cJSON *none = cJSON_Parse("{\"n\":1}");
    assert_int_equal(model_add(m, none), E_FORMAT);
    assert_int_equal(model_add(m, NULL), E_FORMAT);
    cJSON_Delete(none);
    model_destroy(m);
}

static void the_oldest_lines_go(void **state)
{
    (void)state;
    struct model *m = model_create();
    cJSON *key = cJSON_Parse("{\"n\":1,\"t\":1,\"term\":1,\"ev\":\"led\",\"mask\":1}");
    cJSON *print = cJSON_Parse("{\"n\":1,\"t\":1,\"term\":1,\"ev\":\"print\",\"text\":\"x\",\"style\":0}");
    for (size_t i = 0; i < MODEL_LINES + 10; i++) {
        cJSON_SetNumberValue(cJSON_GetObjectItem(key, "n"), (double)i + 1);
        cJSON_SetNumberValue(cJSON_GetObjectItem(key, "mask"), (double)(i & 15));
        assert_int_equal(model_add(m, i % 8 ? key : print), OK);
    }
    assert_true(model_dropped(m) > 0 && model_dropped(m) % MODEL_STRIDE == 0);
    assert_int_equal(model_count(m) + model_dropped(m), MODEL_LINES + 10);
    size_t index = (size_t)(50001 - model_dropped(m)); /* i = 50001 */
    assert_int_equal(model_at(m, index)->leds, 50001 & 15);
    assert_int_equal(model_line(m, 1)->number, model_dropped(m) + 2);
    assert_int_equal(model_now(m)->paper, (MODEL_LINES + 10 + 7) / 8);
    assert_null(model_paper(m, 0));
    assert_non_null(model_paper(m, model_now(m)->paper - 1));
    assert_non_null(model_paper(m, model_paper_first(m)));
    cJSON_Delete(key);
    cJSON_Delete(print);
    model_clear(m);
    assert_int_equal(model_count(m), 0);
    assert_int_equal(model_dropped(m), 0);
    model_destroy(m);
}

/* ---- files ---- */

static void refuses(const char *text, const char *expected)
{
    char path[] = "/tmp/test_model_XXXXXX", why[400] = "";
    int fd = mkstemp(path);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    struct model *m = model_create();
    assert_int_equal(model_load(m, path, why, sizeof why), EXIT_USAGE);
    unlink(path);
    if (!strstr(why, expected) || strncmp(why, path, strlen(path)) != 0)
        fail_msg("expected \"%s\", found \"%s\"", expected, why);
    model_destroy(m);
}

static void files_that_are_no_record(void **state)
{
    (void)state;
    refuses("", ":1: a run record begins with");
    refuses("{\"ev\":\"power\"}\n", ":1: a run record begins with");
    refuses("hello\n", ":1: not JSON");
    refuses("{\"ev\":\"meta\"}\n[1]\n{\"ev\":\"power\"}\n", ":2: not a JSON object");
    char why[300] = "";
    struct model *m = model_create();
    assert_int_equal(model_load(m, "/nowhere/x.jsonl", why, sizeof why), EXIT_USAGE);
    assert_non_null(strstr(why, "No such file"));
    model_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_of_a_sale),
        cmocka_unit_test(its_paper),
        cmocka_unit_test(in_the_middle),
        cmocka_unit_test(a_command_decoded_out_of_turn),
        cmocka_unit_test(words_of_lines),
        cmocka_unit_test(every_line_is_reached),
        cmocka_unit_test(a_power_loss),
        cmocka_unit_test(lines_and_paper_that_failed),
        cmocka_unit_test(foreign_lines),
        cmocka_unit_test(the_oldest_lines_go),
        cmocka_unit_test(files_that_are_no_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
