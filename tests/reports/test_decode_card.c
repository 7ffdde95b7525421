/* Decoded card traffic against published values: EMV Book 3 annexes, DOMAIN 2 and 3.1, appendix B; masked input keeps
 * its stars. */
#include "reports_test.h"

static void test_bit_coded(void **state)
{
    (void)state;
    cJSON *t = decode_tlv("9505 8000048000 9B02E800 82027C00 9F2701 80 9F3303E0F1C8");
    assert_note(node_find(t, "95"), "B1b8", "offline data authentication not performed");
    assert_note(node_find(t, "95"), "B3b3", "online PIN entered");
    assert_note(node_find(t, "95"), "B4b8", "floor limit exceeded");
    assert_null(node_find(node_find(t, "95"), "B1b7"));
    assert_note(node_find(t, "82"), "B1b3", "issuer authentication by EXTERNAL AUTHENTICATE");
    assert_note(t, "9F27", "ARQC: go online");
    assert_note(node_find(t, "9F33"), "B2b7", "enciphered online PIN");
    cJSON_Delete(t);
}

static void test_values(void **state)
{
    (void)state;
    cJSON *t = decode_tlv("9F0206000000001200 9A03191105 9C0100 5F2A020156 9F1A020124 9F360203D3 8A025931 5F24034912 "
                          "31 9F350122 8701 81");
    assert_note(t, "9F02", "12.00");
    assert_note(t, "9A", "2019-11-05");
    assert_note(t, "9C", "goods and services");
    assert_note(t, "5F2A", "CNY");
    assert_note(t, "9F1A", "Canada");
    assert_note(t, "9F36", "979");
    assert_note(t, "8A", "Y1: offline approved");
    assert_note(t, "9F35", "offline with online capability, attended, operated by the merchant");
    assert_note(t, "87", "priority 1; cardholder must confirm");
    cJSON_Delete(t);
}

static void test_cvm(void **state)
{
    (void)state;
    cJSON *t = decode_tlv("8E0E 00000000 00000BB8 42031E031F03 9F3403420300");
    assert_note(t, "amount Y", "30.00");
    assert_note(node_find(t, "8E"), "rule",
                "enciphered online PIN, if the terminal supports the CVM; if it fails: next rule");
    assert_note(t, "9F34", "enciphered online PIN, unknown");
    cJSON_Delete(t);
}

static void test_iad(void **state)
{
    (void)state;
    cJSON *t = decode_tlv("9F1013 07010103A4B904 01 0A010000038787868FD1FC");
    assert_value(t, "cryptogram version", "01");
    assert_note(t, "second GENERATE AC", "not requested");
    assert_note(t, "first GENERATE AC", "ARQC");
    assert_note(t, "B2b3", "offline PIN verification performed");
    assert_note(t, "B3b4", "issuer authentication failed in the last online transaction");
    assert_note(t, "B4b3", "DDA failed in the last transaction");
    assert_note(t, "algorithm", "TDES");
    assert_value(t, "issuer discretionary data", "0A010000038787868FD1FC");
    cJSON_Delete(t);
}

static void test_malformed_tlv_shows_where(void **state)
{
    (void)state;
    cJSON *t = decode_tlv("9A03191105 9F02 06 0000");
    assert_note(t, "TLV", "malformed");
    assert_note(t, "9A", "2019-11-05");
    assert_note(t, "not readable", "from byte 5 of 10");
    assert_value(t, "not readable", "9F02060000");
    cJSON_Delete(t);
}

/* The PDOL comes with the SELECT answer, CDOL1 and CDOL2 with a record; GPO and GENERATE AC data are named by them. */
static void test_session_names_dol_data(void **state)
{
    (void)state;
    struct decode_state s = {0};
    cJSON_Delete(decode_apdu("00A4040008A00000033301010100", "6127", &s));
    cJSON_Delete(
        decode_apdu("00C0000027", "6F1F8408A000000333010101A5139F38069F02069F37045F2D027A68BF0C039F4D00 9000", &s));
    assert_string_equal(s.pdol, "9F02069F3704");
    cJSON *t = decode_apdu("80A800000C830A00000000120052BF458500", "800A7C0008010200100101009000", &s);
    assert_value(t, "9F37", "52BF4585");
    assert_note(t, "9F02", "12.00");
    assert_value(node_find(t, "94"), "SFI 1", "records 1 to 2");
    assert_note(t, "APDU", "9000 ok");
    cJSON_Delete(t);
    cJSON_Delete(decode_apdu("00B2010C00", "700D8C059F37049505 8D048A029505 9000", &s));
    t = decode_apdu("80AE80000952BF4585800004800000", "8012 80001C29CCA15AE665FA2E 06011203A0B800 9000", &s);
    assert_value(t, "APDU", "GENERATE AC: first, ARQC");
    assert_value(t, "9F37", "52BF4585");
    assert_note(node_find(t, "95"), "B3b3", "online PIN entered");
    assert_note(t, "9F27", "ARQC: go online");
    assert_value(t, "9F26", "29CCA15AE665FA2E");
    assert_note(t, "9F36", "28");
    assert_value(t, "9F10", "06011203A0B800");
    cJSON_Delete(t);
    t = decode_apdu("80AE4000073030800004800000", "6985", &s);
    assert_value(t, "APDU", "GENERATE AC: second, TC");
    assert_note(t, "8A", "00: approved");
    assert_note(t, "APDU", "6985 conditions of use not satisfied");
    cJSON_Delete(t);
    t = decode_apdu("80AE400003303080", NULL, &s); /* not what CDOL2 asks for */
    assert_note(t, "data", "does not have the length that the card's CDOL2 asks for");
    cJSON_Delete(t);
}

static void test_commands(void **state)
{
    static const struct {
        const char *hex, *title;
    } cases[] = {
        {"00A404000E325041592E5359532E444446303100", "SELECT: 2PAY.SYS.DDF01"},
        {"00A4040205A00000033300", "SELECT: A000000333, next"},
        {"00B2011400", "READ RECORD: SFI 2, record 1"},
        {"80CA9F3600", "GET DATA: 9F36 Application transaction counter"},
        {"0020008808****************", "VERIFY: enciphered PIN"},
        {"80AE500000", "GENERATE AC: TC, CDA requested"},
        {"008400000 0", "GET CHALLENGE"},
        {"8424000008**************** ", "PIN CHANGE/UNBLOCK: unblock"},
        {"90FF0000", "unknown command"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cJSON *t = decode_apdu(cases[i].hex, NULL, NULL);
        assert_value(t, "APDU", cases[i].title);
        cJSON_Delete(t);
    }
}

static void test_masked_keeps_its_stars(void **state)
{
    (void)state;
    cJSON *t = decode_apdu("00B2010C00",
                           "7021 5A0A621000*********0069F 5713621000*********0069******************F 9000", NULL);
    assert_value(t, "5A", "621000*********0069F");
    assert_note(t, "5A", "621000*********0069");
    assert_value(t, "PAN", "621000*********0069");
    assert_note(t, "the rest", "masked");
    assert_note(t, "APDU", "9000 ok");
    cJSON_Delete(t);
    t = decode_tlv("95058000**8000");
    assert_note(t, "95", "masked");
    cJSON_Delete(t);
}

static void test_track2(void **state)
{
    (void)state;
    cJSON *t = decode_track2(";6210949990000000069=2512201000000000?");
    assert_value(t, "PAN", "6210949990000000069");
    assert_value(t, "expiry", "2512");
    assert_value(t, "service code", "201");
    assert_note(t, "service code", "international, chip; normal authorisation; no restriction");
    cJSON_Delete(t);
    t = decode_track2("621094*********0069=****************");
    assert_value(t, "PAN", "621094*********0069");
    assert_value(t, "service code", "***");
    cJSON_Delete(t);
    t = decode_track2("123=");
    assert_note(t, "track 2", "not readable as track 2");
    cJSON_Delete(t);
}

/* Reference ATRs of DOMAIN 3.1. */
static void test_atr(void **state)
{
    (void)state;
    cJSON *t = decode_atr("3B F4 13 00 FF 91 01 71 7C 41 00 DE AD BE EF E6");
    assert_note(t, "ATR", "T=1");
    assert_note(t, "TA1", "F = 372, D = 4");
    assert_note(t, "TA3", "IFSC 124");
    assert_note(t, "TB3", "BWI 4, CWI 1");
    assert_value(t, "historical", "DEADBEEF");
    assert_note(t, "TCK", "right");
    cJSON_Delete(t);
}

static void test_atr_refused(void **state)
{
    (void)state;
    cJSON *t = decode_atr("3BDA18FF81B1FE751F030031F573C78A40009000B0");
    assert_value(t, "EMV", "to be refused");
    cJSON_Delete(t);
    t = decode_atr("3B6000");
    assert_non_null(strstr(node_text(t, "ATR", "note"), "malformed"));
    cJSON_Delete(t);
}

static void test_any(void **state)
{
    static const struct {
        const char *text, *name;
    } cases[] = {
        {"3B600000", "ATR"},
        {"00A4040000", "APDU"},
        {"6F1A840E315041592E5359532E4444463031A5088801015F2D02656E9000", "APDU"},
        {"6A82", "APDU"},
        {"9F0206000000001200", "TLV"},
        {"9F02060000", "TLV"},
        {"621094*********0069=****", "track 2"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cJSON *t = decode_any(cases[i].text);
        assert_string_equal(node_text(t, "", "name"), cases[i].name);
        cJSON_Delete(t);
    }
    assert_null(decode_any("not hex"));
    assert_null(decode_any(""));
    assert_null(decode_any("C1C2C3"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bit_coded),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_cvm),
        cmocka_unit_test(test_iad),
        cmocka_unit_test(test_malformed_tlv_shows_where),
        cmocka_unit_test(test_session_names_dol_data),
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_masked_keeps_its_stars),
        cmocka_unit_test(test_track2),
        cmocka_unit_test(test_atr),
        cmocka_unit_test(test_atr_refused),
        cmocka_unit_test(test_any),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
