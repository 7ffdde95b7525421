/* The page: self-contained, nothing of a hostile text becomes markup, and what an engineer looks for is there. */
#include "reports_test.h"

#include <openssl/evp.h>

#define EVENTS                                                                                                         \
    "{\"n\":1,\"t\":0,\"ev\":\"meta\",\"seed\":\"42\",\"scenario\":\"s\"}\n"                                           \
    "{\"n\":2,\"t\":1500,\"term\":1,\"ev\":\"fs\",\"op\":\"write\",\"no\":1,\"name\":\"store.db\",\"off\":0,\"len\":"  \
    "4096}\n"                                                                                                          \
    "{\"n\":3,\"t\":2500,\"term\":1,\"ev\":\"fs\",\"op\":\"sync\",\"no\":2,\"name\":\"store.db\"}\n"                   \
    "{\"n\":4,\"t\":2600,\"term\":1,\"ev\":\"screen\",\"id\":1,\"name\":\"" HOSTILE                                    \
    "\",\"role\":\"\\\" onclick=\\\"x\",\"rows\":[\"" HOSTILE "\"]}\n"                                                 \
    "{\"n\":5,\"t\":12345678,\"term\":1,\"ev\":\"apdu\",\"c\":\"00B2010C00\",\"r\":\"70055A03621234009000\",\"us\":4}" \
    "\n"                                                                                                               \
    "{\"n\":6,\"t\":12345679,\"term\":1,\"ev\":\"print\",\"text\":\"" HOSTILE "\",\"style\":3}\n"                      \
    "{\"n\":7,\"t\":12345679,\"term\":1,\"ev\":\"cut\"}\n"                                                             \
    "{\"n\":8,\"t\":12345680,\"ev\":\"host\",\"what\":\"book\",\"number\":1,\"trace\":7,\"amount\":1200,\"debit\":"    \
    "\"" HOSTILE "\"}\n"                                                                                               \
    "{\"n\":9,\"t\":12345681,\"term\":1,\"ev\":\"log\",\"level\":\"warn\",\"text\":\"" HOSTILE "\"}\n"                 \
    "{\"n\":10,\"t\":12345682,\"ev\":\"expect\",\"what\":\"screen\",\"expected\":\"approved\",\"found\":\"declined\"," \
    "\"ok\":false}\n"                                                                                                  \
    "{\"n\":11,\"t\":12345683,\"term\":1,\"ev\":\"" HOSTILE "\",\"x\":{\"y\":\"" HOSTILE "\"}}\n"

static char *html_of(void **state, const char *events)
{
    char path[200], why[300] = "";
    cJSON *run = run_make();
    if (events)
        file_put(in_folder(state, "a.jsonl", path), events);
    int status = report_html(run, *state, in_folder(state, "report.html", path), why, sizeof why);
    cJSON_Delete(run);
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

static void test_nothing_comes_from_outside(void **state)
{
    char *text = html_of(state, EVENTS);
    assert_int_equal(count(text, "http"), count(text, "http-equiv"));
    assert_null(strstr(text, "src="));
    assert_null(strstr(text, "href"));
    assert_null(strstr(text, "url("));
    assert_null(strstr(text, "@import"));
    assert_non_null(strstr(text, "default-src 'none'"));
    free(text);
}

static void test_hostile_text_is_text(void **state)
{
    char *text = html_of(state, EVENTS);
    assert_int_equal(count(text, "<script"), 1);
    assert_int_equal(count(text, "</script"), 1);
    assert_int_equal(count(text, "<style"), 1);
    assert_null(strstr(text, "onclick=\""));
    assert_null(strstr(text, "\xE2\x80\xAE")); /* right-to-left override */
    assert_null(strchr(text, '\a'));
    assert_true(utf8_is_valid(text));
    assert_true(count(text, "&lt;/script&gt;") >= 10);
    free(text);
}

/* A browser runs the script only if the digest in the policy is that of the bytes between the tags. */
static void test_policy_names_the_script(void **state)
{
    char *text = html_of(state, NULL), *start = strstr(text, "<script>") + 8, *end = strstr(start, "</script>");
    uint8_t digest[32];
    unsigned char base64[60] = "'sha256-";
    EVP_Digest(start, (size_t)(end - start), digest, NULL, EVP_sha256(), NULL);
    EVP_EncodeBlock(base64 + 8, digest, sizeof digest);
    const char *policy = strstr(text, "script-src ");
    assert_non_null(policy);
    assert_memory_equal(policy + 11, base64, 8 + 44);
    free(text);
}

static void test_contents(void **state)
{
    char *text = html_of(state, EVENTS);
    assert_non_null(strstr(text, "2 of 4 cases failed"));
    assert_non_null(strstr(text, "1 min 30 s"));
    assert_non_null(strstr(text, "2 storage operations"));
    assert_non_null(strstr(text, "READ RECORD: SFI 1, record 1 \xE2\x86\x92 9000 ok"));
    assert_non_null(strstr(text, "<i>12.346</i>"));
    assert_non_null(strstr(text, "5A Application PAN <code>621234</code>"));
    assert_non_null(strstr(text, "<pre class=\"slip\"><span class=\"d c\">"));
    assert_non_null(strstr(text, "Host ledger"));
    assert_non_null(strstr(text, "<td class=\"n\">12.00</td>"));
    assert_non_null(strstr(text, "not as expected: screen approved, found declined"));
    free(text);
}

static void test_missing_record_is_a_note(void **state)
{
    char *text = html_of(state, NULL);
    assert_non_null(strstr(text, "gone.jsonl: No such file"));
    assert_non_null(strstr(text, "this case wrote no record"));
    assert_non_null(strstr(text, "key 1")); /* the events that a crash left behind */
    free(text);
}

static void test_long_record_is_cut_with_a_note(void **state)
{
    char path[200];
    FILE *file = fopen(in_folder(state, "a.jsonl", path), "wb");
    for (unsigned i = 1; i <= 20005; i++)
        fprintf(file, "{\"n\":%u,\"t\":%u,\"ev\":\"step\",\"text\":\"step %u.\"}\n", i, i, i);
    fclose(file);
    char *text = html_of(state, NULL);
    assert_non_null(strstr(text, "step 20000."));
    assert_null(strstr(text, "step 20001."));
    assert_non_null(strstr(text, "The first 20000 events are shown"));
    free(text);
}

static void test_same_run_same_bytes(void **state)
{
    char *first = html_of(state, EVENTS), *second = html_of(state, EVENTS);
    assert_string_equal(first, second);
    free(first);
    free(second);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_nothing_comes_from_outside), IN_FOLDER(test_hostile_text_is_text),
        IN_FOLDER(test_policy_names_the_script),    IN_FOLDER(test_contents),
        IN_FOLDER(test_missing_record_is_a_note),   IN_FOLDER(test_long_record_is_cut_with_a_note),
        IN_FOLDER(test_same_run_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
