/*
 * The keys of a card profile, one table per JSON object: name, kind, whether it must be there, where it goes, least and
 * most. A new key is one row here and one member in profile.h. Called by profile.c; README.md shows the keys at work.
 */
#include "cards/profile.h"
#include "cards/profile_schema.h"

#include <string.h>

#define AT(type, member) offsetof(struct type, member)
#define NO SCHEMA_NOWHERE
#define END                                                                                                            \
    {                                                                                                                  \
        .key = NULL                                                                                                    \
    }

static const char *const scheme_words[] = {[AC_PBOC] = "pboc",
                                           [AC_CVN10] = "cvn10",
                                           [AC_CVN18] = "cvn18",
                                           [AC_PBOC_SM4] = "pboc-sm4",
                                           [AC_PBOC_EITHER] = "pboc-either",
                                           NULL};
static const char *const format_words[] = {[CARD_FORMAT_80] = "80", [CARD_FORMAT_77] = "77", NULL};
static const char *const twist_words[] = {"",
                                          [CARD_TWIST_WRONG_CRYPTOGRAM] = "wrong_cryptogram",
                                          [CARD_TWIST_SECOND_AC_REFUSED] = "second_ac_refused",
                                          [CARD_TWIST_FIRST_AC_DECLINED] = "first_ac_declined",
                                          [CARD_TWIST_FIRST_AC_HIGHER] = "first_ac_higher",
                                          [CARD_TWIST_GPO_6985_ONCE] = "gpo_6985_once",
                                          NULL};

static const struct schema_field record_table[] = {
    {"sfi", SCHEMA_NUMBER, true, AT(card_record, sfi), 1, 30, .present_at = NO},
    {"record", SCHEMA_NUMBER, true, AT(card_record, number), 1, 255, .present_at = NO},
    {"objects", SCHEMA_OBJECTS, false, AT(card_record, objects), 0, 251, .present_at = NO},
    {"raw", SCHEMA_BYTES, false, AT(card_record, raw), 1, 254, .present_at = NO},
    END,
};

static const struct schema_field pse_table[] = {
    {"sfi", SCHEMA_NUMBER, true, AT(card_pse, sfi), 1, 31, .present_at = NO},
    {"language", SCHEMA_TEXT, false, AT(card_pse, language), 2, 8, .present_at = NO},
    {"code_table", SCHEMA_NUMBER, false, AT(card_pse, code_table), 1, 10, .present_at = NO},
    {"status", SCHEMA_FIXED, false, AT(card_pse, status), 2, 2, .present_at = NO},
    {"fci", SCHEMA_BYTES, false, AT(card_pse, fci), 1, 252, .present_at = NO},
    {"directory", SCHEMA_LIST, false, AT(card_pse, directory), 0, CARD_DIRECTORY, record_table,
     sizeof(struct card_record), AT(card_pse, directory_count), NO, NULL},
    END,
};

static const struct schema_field history_table[] = {
    {"atc", SCHEMA_FIXED, false, AT(card_history, atc), 2, 2, .present_at = NO},
    {"last_online_atc", SCHEMA_FIXED, false, AT(card_history, last_online_atc), 2, 2, .present_at = NO},
    {"pin_tries", SCHEMA_NUMBER, false, AT(card_history, pin_tries), 0, 15,
     .present_at = AT(card_history, pin_tries_given)},
    {"scripts", SCHEMA_NUMBER, false, AT(card_history, scripts), 0, 15, .present_at = NO},
    {"blocked", SCHEMA_FLAG, false, AT(card_history, blocked), .present_at = NO},
    {"online_not_completed", SCHEMA_FLAG, false, AT(card_history, online_not_completed), .present_at = NO},
    {"issuer_auth_failed", SCHEMA_FLAG, false, AT(card_history, issuer_auth_failed), .present_at = NO},
    {"issuer_auth_missing", SCHEMA_FLAG, false, AT(card_history, issuer_auth_missing), .present_at = NO},
    {"script_failed", SCHEMA_FLAG, false, AT(card_history, script_failed), .present_at = NO},
    {"sda_failed", SCHEMA_FLAG, false, AT(card_history, sda_failed), .present_at = NO},
    {"dda_failed", SCHEMA_FLAG, false, AT(card_history, dda_failed), .present_at = NO},
    END,
};

static const char *const pin_words[] = {[ODA_PIN_NONE] = "none", [ODA_PIN_ICC] = "icc", [ODA_PIN_OWN] = "own", NULL};

static const struct schema_field oda_table[] = {
    {"keys", SCHEMA_TEXT, true, AT(card_oda, keys), 1, 63, .present_at = NO},
    {"sda", SCHEMA_FLAG, false, AT(card_oda, sda), .present_at = NO},
    {"dda", SCHEMA_FLAG, false, AT(card_oda, dda), .present_at = NO},
    {"cda", SCHEMA_FLAG, false, AT(card_oda, cda), .present_at = NO},
    {"pin", SCHEMA_CHOICE, false, AT(card_oda, pin), .present_at = NO, .words = pin_words},
    {"dda_format", SCHEMA_CHOICE, false, AT(card_oda, dda_format), .present_at = NO, .words = format_words},
    {"sfi", SCHEMA_NUMBER, false, AT(card_oda, sfi), 1, 30, .present_at = NO},
    {"ddol", SCHEMA_BYTES, false, AT(card_oda, ddol), 2, 64, .present_at = NO},
    {"no_tag_list", SCHEMA_FLAG, false, AT(card_oda, no_tag_list), .present_at = NO},
    {"break", SCHEMA_TEXT, false, AT(card_oda, fault_name), 1, 31, .present_at = NO},
    END,
};

static const char *const decision_words[] = {[CARD_TAP_ONLINE] = "online",
                                             [CARD_TAP_OFFLINE] = "offline",
                                             [CARD_TAP_DECLINE] = "decline",
                                             [CARD_TAP_RISK] = "risk",
                                             NULL};
static const char *const fdda_words[] = {[CARD_FDDA_NONE] = "none", [CARD_FDDA_00] = "00", [CARD_FDDA_01] = "01", NULL};
static const char *const tap_break_words[] = {
    [CARD_TAP_BREAK_NONE] = "none",     [CARD_TAP_BREAK_MISSING] = "missing",       [CARD_TAP_BREAK_NUMBER] = "number",
    [CARD_TAP_BREAK_AMOUNT] = "amount", [CARD_TAP_BREAK_QUALIFIERS] = "qualifiers", NULL};
static const char *const tap_cvm_words[] = {
    [CARD_TAP_CVM_NONE] = "none", [CARD_TAP_CVM_PIN] = "pin", [CARD_TAP_CVM_SIGNATURE] = "signature", NULL};

static const struct schema_field contactless_table[] = {
    {"pdol", SCHEMA_BYTES, true, AT(card_contactless, pdol), 2, 80, .present_at = NO},
    {"aip", SCHEMA_FIXED, true, AT(card_contactless, aip), 2, 2, .present_at = NO},
    {"priority", SCHEMA_NUMBER, false, AT(card_contactless, priority), 0, 255, .present_at = NO},
    {"decision", SCHEMA_CHOICE, false, AT(card_contactless, decision), .present_at = NO, .words = decision_words},
    {"cvm", SCHEMA_CHOICE, false, AT(card_contactless, cvm), .present_at = NO, .words = tap_cvm_words},
    {"ctq", SCHEMA_FIXED, false, AT(card_contactless, ctq), 2, 2, .present_at = NO},
    {"no_ctq", SCHEMA_FLAG, false, AT(card_contactless, no_ctq), .present_at = NO},
    {"objects", SCHEMA_OBJECTS, false, AT(card_contactless, objects), 0, 120, .present_at = NO},
    {"afl", SCHEMA_BYTES, false, AT(card_contactless, afl), 4, 40, .present_at = NO},
    {"fdda", SCHEMA_CHOICE, false, AT(card_contactless, fdda), .present_at = NO, .words = fdda_words},
    {"signed_record", SCHEMA_FIXED, false, AT(card_contactless, signed_record), 2, 2, .present_at = NO},
    {"break", SCHEMA_CHOICE, false, AT(card_contactless, tap_break), .present_at = NO, .words = tap_break_words},
    {"answer", SCHEMA_BYTES, false, AT(card_contactless, answer), 1, 252, .present_at = NO},
    END,
};

static const struct schema_field ppse_table[] = {
    {"status", SCHEMA_FIXED, false, AT(card_ppse, status), 2, 2, .present_at = NO},
    {"fci", SCHEMA_BYTES, false, AT(card_ppse, fci), 1, 252, .present_at = NO},
    END,
};

static const struct schema_field purse_table[] = {
    {"afl", SCHEMA_BYTES, true, AT(card_purse, afl), 4, 16, .present_at = NO},
    {"currency", SCHEMA_FIXED, true, AT(card_purse, currency), 2, 2, .present_at = NO},
    {"log", SCHEMA_NUMBER, false, AT(card_purse, log), 11, 30, .present_at = NO},
    {"load_log", SCHEMA_NUMBER, false, AT(card_purse, load_log), 11, 30, .present_at = NO},
    END,
};

static const struct schema_field log_table[] = {
    {"sfi", SCHEMA_NUMBER, true, AT(card_application, log.sfi) - AT(card_application, log), 11, 30, .present_at = NO},
    {"declined", SCHEMA_FLAG, false, AT(card_application, log.declined) - AT(card_application, log), .present_at = NO},
    END,
};

static const struct schema_field application_table[] = {
    {"aid", SCHEMA_BYTES, true, AT(card_application, aid), 5, 16, .present_at = NO},
    {"label", SCHEMA_TEXT, true, AT(card_application, label), 1, 16, .present_at = NO},
    {"preferred_name", SCHEMA_TEXT, false, AT(card_application, preferred_name), 1, 16, .present_at = NO},
    {"code_table", SCHEMA_NUMBER, false, AT(card_application, code_table), 1, 10, .present_at = NO},
    {"language", SCHEMA_TEXT, false, AT(card_application, language), 2, 8, .present_at = NO},
    {"priority", SCHEMA_NUMBER, false, AT(card_application, priority), 0, 255, .present_at = NO},
    {"pdol", SCHEMA_BYTES, false, AT(card_application, pdol), 2, 80, .present_at = NO},
    {"fci_issuer", SCHEMA_OBJECTS, false, AT(card_application, fci_issuer), 0, 80, .present_at = NO},
    {"fci", SCHEMA_BYTES, false, AT(card_application, fci), 1, 252, .present_at = NO},
    {"aip", SCHEMA_FIXED, true, AT(card_application, aip), 2, 2, .present_at = NO},
    {"afl", SCHEMA_BYTES, true, AT(card_application, afl), 0, 240, .present_at = NO},
    {"gpo_format", SCHEMA_CHOICE, false, AT(card_application, gpo_format), .present_at = NO, .words = format_words},
    {"ac_format", SCHEMA_CHOICE, false, AT(card_application, ac_format), .present_at = NO, .words = format_words},
    {"key_index", SCHEMA_NUMBER, false, AT(card_application, key_index), 0, 255, .present_at = NO},
    {"issuer_data", SCHEMA_BYTES, false, AT(card_application, issuer_data), 1, 15, .present_at = NO},
    {"issuer_auth_mandatory", SCHEMA_FLAG, false, AT(card_application, issuer_auth_mandatory), .present_at = NO},
    {"new_card_online", SCHEMA_FLAG, false, AT(card_application, new_card_online), .present_at = NO},
    {"pin_expected", SCHEMA_FLAG, false, AT(card_application, pin_expected), .present_at = NO},
    {"pin_tries_hidden", SCHEMA_FLAG, false, AT(card_application, pin_tries_hidden), .present_at = NO},
    {"offline_pin", SCHEMA_DIGITS, false, AT(card_application, offline_pin), 4, 12, .present_at = NO},
    {"pin_try_limit", SCHEMA_NUMBER, false, AT(card_application, pin_try_limit), 1, 15, .present_at = NO},
    {"script_mac_len", SCHEMA_NUMBER, false, AT(card_application, script_mac_len), 4, 8, .present_at = NO},
    {"data", SCHEMA_OBJECTS, false, AT(card_application, data), 0, 255, .present_at = NO},
    {"records", SCHEMA_LIST, true, AT(card_application, records), 0, CARD_RECORDS, record_table,
     sizeof(struct card_record), AT(card_application, record_count), NO, NULL},
    {"log", SCHEMA_OBJECT, false, AT(card_application, log), 0, 0, log_table, .present_at = NO},
    {"history", SCHEMA_OBJECT, false, AT(card_application, history), 0, 0, history_table, .present_at = NO},
    {"contactless", SCHEMA_OBJECT, false, AT(card_application, contactless), 0, 0, contactless_table,
     .present_at = AT(card_application, contactless.present)},
    {"purse", SCHEMA_OBJECT, false, AT(card_application, purse), 0, 0, purse_table,
     .present_at = AT(card_application, purse.present)},
    {"oda", SCHEMA_OBJECT, false, AT(card_application, oda), 0, 0, oda_table,
     .present_at = AT(card_application, oda.present)},
    {"oda_sm", SCHEMA_OBJECT, false, AT(card_application, oda_sm), 0, 0, oda_table,
     .present_at = AT(card_application, oda_sm.present)},
    END,
};

static const struct schema_field quirk_table[] = {
    {"in", SCHEMA_BYTES, false, AT(card_quirk, in), 1, 16, .present_at = NO},
    {"command", SCHEMA_BYTES, true, AT(card_quirk, command), 2, 254, .present_at = NO},
    {"unless", SCHEMA_BYTES, false, AT(card_quirk, unless), 2, 254, .present_at = NO},
    {"answer", SCHEMA_BYTES, true, AT(card_quirk, answer), 2, 255, .present_at = NO},
    END,
};

static const struct schema_field keys_table[] = {
    {"note", SCHEMA_TEXT, false, AT(card_chip, keys.note) - AT(card_chip, keys), 0, 127, .present_at = NO},
    {"imk_ac", SCHEMA_FIXED, true, AT(card_chip, keys.imk_ac) - AT(card_chip, keys), 16, 16, .present_at = NO},
    {"imk_smi", SCHEMA_FIXED, true, AT(card_chip, keys.imk_smi) - AT(card_chip, keys), 16, 16, .present_at = NO},
    {"imk_smc", SCHEMA_FIXED, true, AT(card_chip, keys.imk_smc) - AT(card_chip, keys), 16, 16, .present_at = NO},
    END,
};

static const struct schema_field chip_table[] = {
    {"atr", SCHEMA_BYTES, true, AT(card_chip, atr), 2, 33, .present_at = NO},
    {"protocol", SCHEMA_NUMBER, true, AT(card_chip, protocol), 0, 1, .present_at = NO},
    {"blocked", SCHEMA_FLAG, false, AT(card_chip, blocked), .present_at = NO},
    {"scheme", SCHEMA_CHOICE, true, AT(card_chip, scheme), .present_at = NO, .words = scheme_words},
    {"keys", SCHEMA_OBJECT, true, AT(card_chip, keys), 0, 0, keys_table, .present_at = NO},
    {"pse", SCHEMA_OBJECT, false, AT(card_chip, pse), 0, 0, pse_table, .present_at = AT(card_chip, pse.present)},
    {"ppse", SCHEMA_OBJECT, false, AT(card_chip, ppse), 0, 0, ppse_table, .present_at = NO},
    {"applications", SCHEMA_LIST, true, AT(card_chip, applications), 0, CARD_APPLICATIONS, application_table,
     sizeof(struct card_application), AT(card_chip, application_count), NO, NULL},
    {"quirks", SCHEMA_LIST, false, AT(card_chip, quirks), 0, CARD_QUIRKS, quirk_table, sizeof(struct card_quirk),
     AT(card_chip, quirk_count), NO, NULL},
    END,
};

static const struct schema_field host_table[] = {
    {"balance", SCHEMA_AMOUNT, true, AT(card_profile, host.balance_cents) - AT(card_profile, host), .present_at = NO},
    {"status", SCHEMA_TEXT, true, AT(card_profile, host.status) - AT(card_profile, host), 2, 2, .present_at = NO},
    {"pin", SCHEMA_DIGITS, false, AT(card_profile, host.pin) - AT(card_profile, host), 4, 12, .present_at = NO},
    END,
};

static const struct schema_field stripe_table[] = {
    {"track1", SCHEMA_TEXT, false, AT(card_profile, stripe.track1) - AT(card_profile, stripe), 0, 77, .present_at = NO},
    {"track2", SCHEMA_TEXT, true, AT(card_profile, stripe.track2) - AT(card_profile, stripe), 0, 37, .present_at = NO},
    END,
};

#define WORD(name, key)                                                                                                \
    {                                                                                                                  \
        name, SCHEMA_WORD, false, AT(card_profile_fault, words.value[key]), 1, 67, .present_at = NO                    \
    }
static const struct schema_field fault_table[] = {
    WORD("at", FAULT_AT),       WORD("ins", FAULT_INS),
    WORD("kind", FAULT_KIND),   WORD("nth", FAULT_NTH),
    WORD("sw", FAULT_SW),       WORD("byte", FAULT_BYTE),
    WORD("after", FAULT_AFTER), WORD("times", FAULT_TIMES),
    WORD("value", FAULT_VALUE), WORD("etu", FAULT_ETU),
    WORD("ms", FAULT_MS),       WORD("tag", FAULT_TAG),
    WORD("to", FAULT_TO),       END,
};

static const struct schema_field profile_table[] = {
    {"description", SCHEMA_TEXT, true, AT(card_profile, description), 1, 127, .present_at = NO},
    {"pan", SCHEMA_DIGITS, false, AT(card_profile, pan), 8, 19, .present_at = NO},
    {"psn", SCHEMA_DIGITS, false, AT(card_profile, psn), 2, 2, .present_at = NO},
    {"expiry", SCHEMA_DIGITS, false, AT(card_profile, expiry), 4, 4, .present_at = NO},
    {"service_code", SCHEMA_DIGITS, false, AT(card_profile, service_code), 3, 3, .present_at = NO},
    {"host", SCHEMA_OBJECT, false, AT(card_profile, host), 0, 0, host_table, .present_at = NO},
    {"stripe", SCHEMA_OBJECT, false, AT(card_profile, stripe), 0, 0, stripe_table,
     .present_at = AT(card_profile, stripe.present)},
    {"chip", SCHEMA_OBJECT, false, AT(card_profile, chip), 0, 0, chip_table,
     .present_at = AT(card_profile, chip.present)},
    {"faults", SCHEMA_LIST, false, AT(card_profile, faults), 0, CARD_FAULTS, fault_table,
     sizeof(struct card_profile_fault), AT(card_profile, fault_count), NO, NULL},
    {"twists", SCHEMA_SET, false, AT(card_profile, twists), .present_at = NO, .words = twist_words},
    END,
};

int card_profile_read(const struct cJSON *json, const char *name, struct card_profile *out, char *why, size_t why_cap)
{
    return card_schema_read(json, name, profile_table, out, why, why_cap);
}

int card_scheme_by_name(const char *name, enum ac_scheme *out)
{
    for (size_t i = 0; scheme_words[i]; i++)
        if (strcmp(name, scheme_words[i]) == 0) {
            *out = (enum ac_scheme)i;
            return OK;
        }
    return E_NOTFOUND;
}

int card_twist_by_name(const char *name, enum card_twist *out)
{
    for (unsigned i = CARD_TWIST_NONE + 1; i < CARD_TWISTS; i++) {
        if (strcmp(name, twist_words[i]) == 0) {
            *out = (enum card_twist)i;
            return OK;
        }
    }
    return E_NOTFOUND;
}
