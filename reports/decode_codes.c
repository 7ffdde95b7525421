/*
 * Codes to words: countries and currencies (ISO 3166, 4217), EMV transaction and terminal types, and the codes of the
 * UnionPay message (DOMAIN 1.4, 2.1, 4.1, 4.3, 4.5, 4.6). One table; a code is one row.
 */
#include "reports/decode.h"

#include <string.h>

static const struct row {
    enum decode_code kind;
    const char *code, *text;
} rows[] = {
    {CODE_COUNTRY, "0036", "Australia"},
    {CODE_COUNTRY, "0124", "Canada"},
    {CODE_COUNTRY, "0156", "China"},
    {CODE_COUNTRY, "0276", "Germany"},
    {CODE_COUNTRY, "0344", "Hong Kong"},
    {CODE_COUNTRY, "0392", "Japan"},
    {CODE_COUNTRY, "0410", "Korea"},
    {CODE_COUNTRY, "0446", "Macao"},
    {CODE_COUNTRY, "0702", "Singapore"},
    {CODE_COUNTRY, "0826", "United Kingdom"},
    {CODE_COUNTRY, "0840", "United States"},
    {CODE_CURRENCY, "0036", "AUD"},
    {CODE_CURRENCY, "0124", "CAD"},
    {CODE_CURRENCY, "0156", "CNY"},
    {CODE_CURRENCY, "0344", "HKD"},
    {CODE_CURRENCY, "0392", "JPY"},
    {CODE_CURRENCY, "0410", "KRW"},
    {CODE_CURRENCY, "0446", "MOP"},
    {CODE_CURRENCY, "0702", "SGD"},
    {CODE_CURRENCY, "0826", "GBP"},
    {CODE_CURRENCY, "0840", "USD"},
    {CODE_CURRENCY, "0978", "EUR"},

    {CODE_TRANSACTION, "00", "goods and services"},
    {CODE_TRANSACTION, "01", "cash"},
    {CODE_TRANSACTION, "09", "cashback"},
    {CODE_TRANSACTION, "20", "refund"},
    {CODE_TRANSACTION, "30", "inquiry"},
    {CODE_TRANSACTION, "31", "inquiry"},
    {CODE_TRANSACTION, "60", "electronic cash load"},
    {CODE_TRANSACTION, "62", "electronic cash load"},
    {CODE_TRANSACTION, "63", "electronic cash load"},
    {CODE_TERMINAL, "1", "online only, attended"},
    {CODE_TERMINAL, "2", "offline with online capability, attended"},
    {CODE_TERMINAL, "3", "offline only, attended"},
    {CODE_TERMINAL, "4", "online only, unattended"},
    {CODE_TERMINAL, "5", "offline with online capability, unattended"},
    {CODE_TERMINAL, "6", "offline only, unattended"},
    {CODE_ENTRY, "00", "unknown"},
    {CODE_ENTRY, "01", "manual"},
    {CODE_ENTRY, "02", "stripe"},
    {CODE_ENTRY, "05", "chip"},
    {CODE_ENTRY, "07", "contactless chip"},
    {CODE_ENTRY, "80", "fallback to stripe"},
    {CODE_ENTRY, "90", "stripe, full track"},
    {CODE_ENTRY, "91", "contactless stripe"},
    {CODE_ENTRY, "95", "chip, data unreliable"},

    {CODE_MTI, "0100", "authorisation request"},
    {CODE_MTI, "0110", "authorisation answer"},
    {CODE_MTI, "0200", "financial request"},
    {CODE_MTI, "0210", "financial answer"},
    {CODE_MTI, "0220", "financial advice"},
    {CODE_MTI, "0230", "financial advice answer"},
    {CODE_MTI, "0320", "batch upload"},
    {CODE_MTI, "0330", "batch upload answer"},
    {CODE_MTI, "0400", "reversal"},
    {CODE_MTI, "0410", "reversal answer"},
    {CODE_MTI, "0500", "settlement"},
    {CODE_MTI, "0510", "settlement answer"},
    {CODE_MTI, "0620", "script result notice"},
    {CODE_MTI, "0630", "script result answer"},
    {CODE_MTI, "0800", "network management request"},
    {CODE_MTI, "0810", "network management answer"},
    {CODE_MTI, "0820", "network management advice"},
    {CODE_MTI, "0830", "network management advice answer"},
    {CODE_PROCESSING, "00", "sale, pre-authorisation completion"},
    {CODE_PROCESSING, "03", "pre-authorisation"},
    {CODE_PROCESSING, "17", "cash load void"},
    {CODE_PROCESSING, "20", "void, refund"},
    {CODE_PROCESSING, "31", "balance inquiry"},
    {CODE_PROCESSING, "60", "electronic cash load, designated account"},
    {CODE_PROCESSING, "62", "electronic cash load, other account"},
    {CODE_PROCESSING, "63", "electronic cash load, cash"},
    {CODE_CONDITION, "00", "normal"},
    {CODE_CONDITION, "06", "pre-authorisation"},
    {CODE_CONDITION, "08", "mail or telephone order"},
    {CODE_CONDITION, "18", "mail or telephone order"},
    {CODE_CONDITION, "64", "instalment"},
    {CODE_CONDITION, "65", "bonus"},
    {CODE_CONDITION, "91", "electronic cash load"},

    {CODE_DE60_TYPE, "00", "management"},
    {CODE_DE60_TYPE, "01", "balance inquiry"},
    {CODE_DE60_TYPE, "03", "bonus inquiry"},
    {CODE_DE60_TYPE, "10", "pre-authorisation"},
    {CODE_DE60_TYPE, "11", "pre-authorisation void"},
    {CODE_DE60_TYPE, "20", "completion"},
    {CODE_DE60_TYPE, "21", "completion void"},
    {CODE_DE60_TYPE, "22", "sale"},
    {CODE_DE60_TYPE, "23", "sale void"},
    {CODE_DE60_TYPE, "24", "completion advice"},
    {CODE_DE60_TYPE, "25", "refund"},
    {CODE_DE60_TYPE, "27", "electronic cash refund"},
    {CODE_DE60_TYPE, "30", "offline sale"},
    {CODE_DE60_TYPE, "32", "adjustment"},
    {CODE_DE60_TYPE, "34", "tip adjustment"},
    {CODE_DE60_TYPE, "36", "electronic cash sale"},
    {CODE_DE60_TYPE, "45", "load, designated account"},
    {CODE_DE60_TYPE, "46", "load, cash"},
    {CODE_DE60_TYPE, "47", "load, other account"},
    {CODE_DE60_TYPE, "51", "cash load void"},
    {CODE_DE60_TYPE, "53", "reserved sale void"},
    {CODE_DE60_TYPE, "54", "reserved sale"},
    {CODE_NETWORK, "001", "sign-in, single DES"},
    {CODE_NETWORK, "002", "sign-off"},
    {CODE_NETWORK, "003", "sign-in, double DES"},
    {CODE_NETWORK, "004", "sign-in, double DES with track key"},
    {CODE_NETWORK, "005", "sign-in, SM4"},
    {CODE_NETWORK, "201", "settlement, batch upload"},
    {CODE_NETWORK, "202", "batch upload end, not balanced"},
    {CODE_NETWORK, "203", "chip online, balanced"},
    {CODE_NETWORK, "204", "notices, balanced"},
    {CODE_NETWORK, "205", "chip online, not balanced"},
    {CODE_NETWORK, "206", "notices, not balanced"},
    {CODE_NETWORK, "207", "batch upload end, balanced"},
    {CODE_NETWORK, "301", "echo"},
    {CODE_NETWORK, "360", "parameters"},
    {CODE_NETWORK, "362", "status"},
    {CODE_NETWORK, "370", "CA key download"},
    {CODE_NETWORK, "371", "CA key download end"},
    {CODE_NETWORK, "372", "CA key list"},
    {CODE_NETWORK, "380", "AID download"},
    {CODE_NETWORK, "381", "AID download end"},
    {CODE_NETWORK, "382", "AID list"},
    {CODE_NETWORK, "390", "black list download"},
    {CODE_NETWORK, "391", "black list download end"},
    {CODE_NETWORK, "401", "cashier sign-in"},
    {CODE_NETWORK, "951", "script result"},

    {CODE_CLASS, "60", "stripe"},
    {CODE_CLASS, "61", "chip"},
    {CODE_CLASS, "62", "value-added, stripe"},
    {CODE_CLASS, "63", "value-added, chip"},
    {CODE_CLASS, "65", "script POS"},
    {CODE_CLASS, "66", "phone POS"},
    {CODE_CLASS, "67", "mobile POS"},
    {CODE_CLASS, "68", "personal payment"},
    {CODE_REQUIREMENT, "0", "nothing"},
    {CODE_REQUIREMENT, "1", "download parameters"},
    {CODE_REQUIREMENT, "2", "upload status"},
    {CODE_REQUIREMENT, "3", "sign in again"},
    {CODE_REQUIREMENT, "4", "update CA keys"},
    {CODE_REQUIREMENT, "5", "download AIDs"},
    {CODE_REQUIREMENT, "6", "software update"},
    {CODE_REQUIREMENT, "7", "black list"},
    {CODE_REQUIREMENT, "8", "exchange or fee rates"},
    {CODE_REQUIREMENT, "9", "contactless parameters"},
    {CODE_REQUIREMENT, "B", "PIN-free BIN table"},
    {CODE_REQUIREMENT, "C", "PIN-free BIN black list"},
    {CODE_ENTRY_MODE, "01", "manual"},
    {CODE_ENTRY_MODE, "02", "stripe"},
    {CODE_ENTRY_MODE, "03", "QR code"},
    {CODE_ENTRY_MODE, "05", "contact chip"},
    {CODE_ENTRY_MODE, "07", "contactless chip"},
    {CODE_ENTRY_MODE, "80", "fallback to stripe"},
    {CODE_ENTRY_MODE, "90", "stripe"},
    {CODE_ENTRY_MODE, "91", "contactless stripe"},
    {CODE_ENTRY_MODE, "92", "reserved sale"},
    {CODE_ENTRY_MODE, "95", "contact chip, data unreliable"},
    {CODE_ENTRY_MODE, "96", "contactless chip, data unreliable"},
    {CODE_ENTRY_MODE, "97", "mobile chip"},
    {CODE_ENTRY_MODE, "98", "qPBOC"},
    {CODE_PIN_CAPABILITY, "0", "PIN not applicable"},
    {CODE_PIN_CAPABILITY, "1", "with PIN"},
    {CODE_PIN_CAPABILITY, "2", "without PIN"},
    {CODE_CAPABILITY, "0", "unknown"},
    {CODE_CAPABILITY, "2", "stripe"},
    {CODE_CAPABILITY, "5", "stripe, contact chip"},
    {CODE_CAPABILITY, "6", "stripe, contact and contactless chip"},
    {CODE_IC_CONDITION, "0", "not used"},
    {CODE_IC_CONDITION, "1", "last transaction was no chip or a good chip one"},
    {CODE_IC_CONDITION, "2", "last chip attempt failed (fallback)"},
};

const char *decode_code(enum decode_code kind, const char *code)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].kind == kind && strcmp(rows[i].code, code) == 0)
            return rows[i].text;
    return "";
}

/* Longer names first: the RID alone answers for all else of a scheme. */
static const struct {
    const char *hex, *name;
} aids[] = {
    {"A000000333010101", "UnionPay debit"},
    {"A000000333010102", "UnionPay credit"},
    {"A000000333010103", "UnionPay quasi-credit"},
    {"A000000333010106", "UnionPay electronic cash"},
    {"A0000003330101", "UnionPay"},
    {"A0000000031010", "Visa credit or debit"},
    {"A0000000032010", "Visa Electron"},
    {"A0000000041010", "Mastercard"},
    {"A0000000043060", "Maestro"},
    {"A000000333", "UnionPay"},
    {"A000000003", "Visa"},
    {"A000000004", "Mastercard"},
    {"A000000025", "American Express"},
    {"A000000065", "JCB"},
    {"A000000152", "Discover"},
};

const char *decode_aid(struct decode_span aid)
{
    for (size_t i = 0; i < sizeof aids / sizeof *aids; i++) {
        size_t len = strlen(aids[i].hex);
        if (2 * aid.len >= len && memcmp(aid.hex, aids[i].hex, len) == 0)
            return aids[i].name;
    }
    return "";
}

void decode_amount(const char *digits, char *out, size_t cap)
{
    size_t len = strlen(digits);
    *out = '\0';
    if (len < 3 || strspn(digits, "0123456789") != len)
        return;
    size_t zeros = strspn(digits, "0");
    size_t skip = zeros < len - 3 ? zeros : len - 3;
    snprintf(out, cap, "%.*s.%s", (int)(len - skip - 2), digits + skip, digits + len - 2);
}
