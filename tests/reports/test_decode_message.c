/* Messages against published ones: the vectors of DOMAIN appendix B, the sample of 4.9, and messages that others
 * recorded. */
#include "reports_test.h"

#define VEC2                                                                                                           \
    "0200302004C020C0981100000000000000005100183402100006324392260009942820D13121011200843931363638383031343030303030" \
    "303030303030"                                                                                                     \
    "30303030313536ACF46E73838A82F926000000000000000008220000013732343839434143"

static void test_sale(void **state)
{
    (void)state;
    cJSON *t = decode_message(VEC2);
    assert_value(t, "message", "0200 financial request, trace 001834, 0.51");
    assert_note(t, "bitmap", "3 4 11 22 25 26 35 41 42 49 52 53 60 64");
    assert_value(t, "DE4 ", "000000000051");
    assert_value(t, "DE22", "021");
    assert_note(t, "DE22", "stripe; with PIN");
    assert_value(t, "DE41", "16688014");
    assert_note(t, "DE49", "CNY");
    assert_value(t, "DE52", "ACF46E73838A82F9");
    assert_note(t, "DE53", "PIN block with PAN; double DES");
    assert_note(t, "60.1", "sale");
    assert_value(t, "60.2", "000001");
    assert_value(t, "DE64", "72489CAC");
    assert_value(t, "PAN", "4392260009942820");
    assert_value(t, "service code", "101");
    cJSON_Delete(t);
}

/* The same in a frame, masked as the record masks it. */
static void test_masked_frame(void **state)
{
    char hex[400] = "006D6005250000603100311001" VEC2;
    (void)state;
    char *track = strstr(hex, "4392260009942820D1312101120084");
    assert_non_null(track);
    memcpy(track + 6, "******", 6);
    memset(track + 16, '*', 16);
    snprintf(hex, 5, "%04zX", strlen(hex) / 2 - 2);
    hex[4] = '6';
    cJSON *t = decode_message(hex);
    assert_note(t, "TPDU", "to 0525 from 0000");
    assert_note(t, "application class", "stripe");
    assert_value(t, "software build", "311001");
    assert_note(t, "host requires", "nothing");
    assert_value(t, "DE35", "439226******2820****************");
    assert_value(t, "PAN", "439226******2820");
    assert_value(t, "DE64", "72489CAC");
    cJSON_Delete(t);
}

static void test_key_list(void **state)
{
    (void)state;
    cJSON *t =
        decode_message("08300000000002C000153030363730303436343238393733373031373933323330303200110000000137200047"
                       "319F0605A0000003339F220103DF050832303234313233319F0605A0000003339F220104DF05083230323431323331"
                       "3546453035384442");
    assert_value(t, "message", "0830 network management advice answer");
    assert_note(t, "message", "00 approved");
    assert_note(t, "60.3", "CA key list");
    assert_note(t, "9F06", "UnionPay");
    assert_value(t, "9F22", "03");
    assert_note(t, "DE62", "part 1, then TLV");
    cJSON_Delete(t);
}

/* DOMAIN 4.9: sign-in request. */
static void test_sign_in(void **state)
{
    (void)state;
    cJSON *t = decode_message(
        "60052500006031003110010800002000000 0C00016000027 3838383838383838 313030303030303030303030303031 0011"
        "000000010030 0028 53657175656E6365204E6F3135313335333532302D3031372D363837 0003303120");
    assert_note(t, "60.3", "sign-in, double DES");
    assert_value(t, "DE42", "100000000000001");
    assert_value(t, "DE63", "01 ");
    cJSON_Delete(t);
}

static void test_broken(void **state)
{
    (void)state;
    cJSON *t = decode_message("00206005250000603100311001 0200 3020 0000 0000 0000 000000 0000000012");
    assert_note(t, "length", "32 bytes, but 29 follow");
    assert_value(t, "DE3", "000000");
    assert_note(t, "not readable", "DE4 is malformed or cut off");
    assert_value(t, "not readable", "0000000012");
    assert_note(t, "message", "malformed");
    cJSON_Delete(t);
    t = decode_message("****************");
    assert_note(t, "message", "masked, 8 bytes");
    cJSON_Delete(t);
    t = decode_message("xyz");
    assert_note(t, "message", "not hex text");
    cJSON_Delete(t);
}

static cJSON *recorded(const char *name)
{
    char *text = file_text(name);
    if (!text) {
        print_message("%s is not here: skipped\n", name);
        skip();
    }
    cJSON *t = decode_any(text);
    free(text);
    assert_non_null(t);
    return t;
}

static void test_recorded_request(void **state)
{
    (void)state;
    cJSON *t = recorded(TEST_TRACES "/vfwz-iso8583/signin_request.hex");
    assert_value(t, "message", "0800 network management request, trace 000078");
    assert_value(t, "60.2", "000726");
    assert_value(t, "60.3", "005");
    assert_value(t, "DE41", "10016919");
    assert_null(node_find(t, "not readable"));
    cJSON_Delete(t);
}

static void test_recorded_answers(void **state)
{
    static const char *const names[] = {"/vfwz-iso8583/signin_response.hex", "/vfwz-iso8583/download_response.hex"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char path[300];
        snprintf(path, sizeof path, "%s%s", TEST_TRACES, names[i]);
        cJSON *t = recorded(path);
        assert_note(t, "message", "00 approved");
        assert_null(node_find(t, "not readable"));
        assert_null(node_find(t, "left over"));
        cJSON_Delete(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sale),
        cmocka_unit_test(test_masked_frame),
        cmocka_unit_test(test_key_list),
        cmocka_unit_test(test_sign_in),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_recorded_request),
        cmocka_unit_test(test_recorded_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
