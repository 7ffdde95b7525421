/*
 * The configuration as tables of fields. Unknown keys are passed over, so that an older core reads a newer file; a
 * known key that is missing or wrong stops the terminal with its name on the screen.
 */
#include "core/app/config_fields.h"
#include "core/app/config_keys.h"

#include "core/codec/hex.h"

#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(struct config, member)
static const struct config_field terminal_fields[] = {
    {"terminal_id", CONFIG_TEXT, AT(net.terminal_id), 8, 8, false},
    {"merchant_id", CONFIG_TEXT, AT(net.merchant_id), 15, 15, false},
    {"merchant_name", CONFIG_TEXT, AT(merchant_name), 1, 40, false},
    {"serial", CONFIG_TEXT, AT(net.serial), 8, 8, false},
    {"operator", CONFIG_TEXT, AT(net.operator_id), 1, 3, false},
    {"merchant_category", CONFIG_HEX, AT(emv.merchant_category), 0, 2, false},
    {"acquirer_id", CONFIG_HEX, AT(emv.acquirer_id), 0, 6, false},
    {"country", CONFIG_HEX, AT(emv.country), 0, 2, false},
    {"currency", CONFIG_HEX, AT(emv.currency), 0, 2, false},
    {"currency_text", CONFIG_TEXT, AT(net.currency), 3, 3, false},
    {"currency_name", CONFIG_TEXT, AT(currency_name), 3, 3, false},
    {"exponent", CONFIG_U8, AT(emv.exponent), 2, 2, false}, /* the amounts of this core have two decimals */
    {"terminal_type", CONFIG_HEX, AT(emv.type), 0, 1, false},
    {"capabilities", CONFIG_HEX, AT(emv.capabilities), 0, 3, false},
    {"additional_capabilities", CONFIG_HEX, AT(emv.additional), 0, 5, false},
    {"tpdu", CONFIG_HEX, AT(net.tpdu), 0, 5, false},
    {"header", CONFIG_HEX, AT(net.header), 0, 6, false},
    {"connect_timeout_s", CONFIG_SECONDS, AT(net.connect_timeout_us), 1, 300, false},
    {"response_timeout_s", CONFIG_SECONDS, AT(net.response_timeout_us), 1, 300, false},
    {"connect_tries", CONFIG_U8, AT(net.connect_tries), 1, 9, false},
    {"reversal_tries", CONFIG_U8, AT(net.reversal_tries), 1, 9, false},
    {"pin_tries", CONFIG_U8, AT(pin_tries), 1, 9, false},
    {"card_timeout_s", CONFIG_SECONDS, AT(card_timeout_us), 1, 600, false},
    {"pin_timeout_s", CONFIG_SECONDS, AT(pin_timeout_us), 1, 600, false},
    {"message_time_s", CONFIG_SECONDS, AT(message_us), 1, 60, false},
    {"transaction_type", CONFIG_HEX, AT(sale_type), 0, 1, true}, /* 9C of a sale; some acquirers want another than 00 */
    {"always_manage_risk", CONFIG_BOOL, AT(emv.always_manage_risk), 0, 0, true},
    {"sm_algorithms", CONFIG_BOOL, AT(emv.sm_algorithms), 0, 0, true},
    {"ttq", CONFIG_HEX, AT(contactless.ttq), 0, 4, true}, /* 9F66; without it nothing can be tapped */
    {"force_online", CONFIG_BOOL, AT(force_online), 0, 0, true},
    {"identity_check", CONFIG_BOOL, AT(emv.identity_check), 0, 0, true},
    {"download_mac", CONFIG_BOOL, AT(net.download_mac), 0, 0, true},
};
#undef AT

#define AT(member) offsetof(struct fallback_policy, member)
static const struct config_field fallback_fields[] = {
    {"attempts", CONFIG_U8, AT(attempts), 1, 3, false},
    {"limit", CONFIG_MONEY, AT(limit_cents), 0, 0, false},
    {"window_s", CONFIG_SECONDS, AT(window_us), 0, 3600, false},
    {"empty_list_permits", CONFIG_BOOL, AT(empty_list_permits), 0, 0, false},
};
#undef AT

#define AT(member) offsetof(struct emv_aid, member)
static const struct config_field aid_fields[] = {
    {"partial", CONFIG_BOOL, AT(partial), 0, 0, false},
    {"version", CONFIG_HEX, AT(version), 0, 2, false},
    {"tac_denial", CONFIG_HEX, AT(tac_denial), 0, 5, false},
    {"tac_online", CONFIG_HEX, AT(tac_online), 0, 5, false},
    {"tac_default", CONFIG_HEX, AT(tac_default), 0, 5, false},
    {"floor_limit", CONFIG_MONEY, AT(floor_limit), 0, 0, false},
    {"random_threshold", CONFIG_MONEY, AT(random_threshold), 0, 0, true},
    {"random_target", CONFIG_U8, AT(random_target), 0, 99, true},
    {"random_max", CONFIG_U8, AT(random_max), 0, 99, true},
    {"ec_limit", CONFIG_MONEY, AT(ec_limit), 0, 0, true},
};
#undef AT

#define AT(member) offsetof(struct config, member)
static const struct config_field offline_fields[] = {
    {"max_pending", CONFIG_U8, AT(offline.max_pending), 1, 200, false},
    {"max_total", CONFIG_MONEY, AT(offline.max_total), 0, 0, false},
    {"upload_at", CONFIG_U8, AT(offline.upload_at), 1, 200, false},
    {"upload_tries", CONFIG_U8, AT(net.upload_tries), 1, 9, false},
};
#undef AT

/* Beside aid_fields, in the same object (DF20, DF21, DF19). */
#define AT(member) offsetof(struct contactless_limits, member)
static const struct config_field tap_fields[] = {
    {"contactless_limit", CONFIG_MONEY, AT(limit), 0, 0, true},
    {"contactless_cvm_limit", CONFIG_MONEY, AT(cvm_limit), 0, 0, true},
    {"contactless_floor_limit", CONFIG_MONEY, AT(floor_limit), 0, 0, true},
};
#undef AT
#define COUNT(table) (sizeof(table) / sizeof *(table))

/* Index of a member's text among `names`; E_FORMAT. */
static int read_choice(const cJSON *object, const char *key, const char *const *names, size_t count, size_t *index,
                       char why[CONFIG_WHY])
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    for (*index = 0; cJSON_IsString(item) && *index < count; (*index)++)
        if (strcmp(item->valuestring, names[*index]) == 0)
            return OK;
    return config_reject(why, key, item ? "not one of its values" : "missing");
}

/* An array of short texts into rows of `row` bytes. */
static int read_texts(const cJSON *object, const char *key, size_t min, size_t rows, size_t row, char *out,
                      char why[CONFIG_WHY])
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(object, key), *item;
    if (!cJSON_IsArray(array) || (size_t)cJSON_GetArraySize(array) > rows)
        return config_reject(why, key, "a list, not too long");
    size_t i = 0;
    cJSON_ArrayForEach(item, array)
    {
        if (!config_text_ok(item, min, row - 1))
            return config_reject(why, key, "a text of the wrong length");
        memcpy(out + i++ * row, item->valuestring, strlen(item->valuestring) + 1);
    }
    return OK;
}

static int read_fallback(const cJSON *root, struct fallback_policy *out, char why[CONFIG_WHY])
{
    static const char *const modes[] = {
        [FALLBACK_FORBIDDEN] = "forbidden", [FALLBACK_FOREIGN] = "foreign", [FALLBACK_ALLOWED] = "allowed"};
    const cJSON *object = cJSON_GetObjectItemCaseSensitive(root, "fallback");
    if (!cJSON_IsObject(object))
        return config_reject(why, "fallback", "an object");
    size_t mode = 0;
    int r = read_choice(object, "mode", modes, COUNT(modes), &mode, why);
    out->mode = (enum fallback_mode)mode;
    if (r == OK)
        r = config_read_fields(object, fallback_fields, COUNT(fallback_fields), out, why);
    if (r == OK)
        r = read_texts(object, "domestic_bins", 1, COUNT(out->domestic_bin), sizeof out->domestic_bin[0],
                       out->domestic_bin[0], why);
    return r;
}

/* Without the object this terminal takes no approval but the host's. */
static int read_offline(const cJSON *root, struct config *out, char why[CONFIG_WHY])
{
    const cJSON *object = cJSON_GetObjectItemCaseSensitive(root, "offline");
    if (!object)
        return OK;
    if (!cJSON_IsObject(object))
        return config_reject(why, "offline", "an object");
    return config_read_fields(object, offline_fields, COUNT(offline_fields), out, why);
}

static int read_aid(const cJSON *object, struct emv_aid *out, char why[CONFIG_WHY])
{
    const struct {
        const char *key;
        uint8_t *bytes, *len;
        size_t min, max;
        bool optional;
    } parts[] = {
        {"aid", out->aid, &out->len, 5, 16, false},
        {"ddol", out->ddol, &out->ddol_len, 0, sizeof out->ddol, false},
        {"tdol", out->tdol, &out->tdol_len, 0, sizeof out->tdol, true},
    };
    for (size_t i = 0; i < COUNT(parts); i++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, parts[i].key);
        size_t len = 0;
        if (!item && parts[i].optional)
            continue;
        if (!cJSON_IsString(item) ||
            hex_decode(item->valuestring, strlen(item->valuestring), parts[i].bytes, parts[i].max, &len) ||
            len < parts[i].min)
            return config_reject(why, parts[i].key, "hex digits, not too many");
        *parts[i].len = (uint8_t)len;
    }
    return config_read_fields(object, aid_fields, COUNT(aid_fields), out, why);
}

static int read_aids(const cJSON *root, struct emv_config *out, char why[CONFIG_WHY])
{
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(root, "aids"), *item;
    if (!cJSON_IsArray(array) || cJSON_GetArraySize(array) < 1 || cJSON_GetArraySize(array) > EMV_AIDS)
        return config_reject(why, "aids", "a list of 1 to 16");
    cJSON_ArrayForEach(item, array)
    {
        int r = read_aid(item, &out->aid[out->aids], why);
        if (r)
            return r;
        out->aids++;
    }
    return OK;
}

/* Digests of the cards to be stopped: core/emv/emv.h says over what. */
static int read_exceptions(const cJSON *root, struct emv_config *out, char why[CONFIG_WHY])
{
    static const char *const key = "exception_file";
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(root, key), *item;
    if (array && (!cJSON_IsArray(array) || cJSON_GetArraySize(array) > EMV_EXCEPTIONS))
        return config_reject(why, key, "a list of 64 at most");
    cJSON_ArrayForEach(item, array)
    {
        uint8_t *digest = out->exception[out->exceptions].digest;
        const char *text = cJSON_IsString(item) ? item->valuestring : "";
        size_t len = 0;
        if (hex_decode(text, strlen(text), digest, sizeof out->exception->digest, &len) ||
            len != sizeof out->exception->digest)
            return config_reject(why, key, "digests of 64 hex digits");
        out->exceptions++;
    }
    return OK;
}

/* The list has been read once already: it has not too many members. */
static int read_tap_limits(const cJSON *root, struct contactless_config *out, char why[CONFIG_WHY])
{
    const cJSON *item;
    size_t i = 0;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(root, "aids"))
    {
        int r = config_read_fields(item, tap_fields, COUNT(tap_fields), &out->aid[i++], why);
        if (r)
            return r;
    }
    return OK;
}

/* What the kernel needs of the members read for others. */
static void share(struct config *c)
{
    memcpy(c->emv.serial, c->net.serial, sizeof c->emv.serial);
    memcpy(c->emv.terminal_id, c->net.terminal_id, sizeof c->emv.terminal_id);
    memcpy(c->emv.merchant_id, c->net.merchant_id, sizeof c->emv.merchant_id);
    memcpy(c->emv.merchant_name, c->merchant_name, sizeof c->emv.merchant_name);
    c->emv.online_capable = true;
}

int config_parse(const char *json, size_t len, struct config *out, char why[CONFIG_WHY])
{
    static const char *const languages[] = {[LANGUAGE_EN] = "en", [LANGUAGE_ZH] = "zh"};
    memset(out, 0, sizeof *out);
    why[0] = '\0';
    cJSON *root = cJSON_ParseWithLength(json, len);
    int r = cJSON_IsObject(root) ? OK : config_reject(why, CONFIG_FILE, "not a JSON object");
    size_t language = 0;
    if (r == OK)
        r = read_choice(root, "language", languages, COUNT(languages), &language, why);
    out->language = (enum language)language;
    if (r == OK)
        r = config_read_fields(root, terminal_fields, COUNT(terminal_fields), out, why);
    if (r == OK)
        r = read_texts(root, "mac_less_declines", 2, COUNT(out->net.mac_less_declines),
                       sizeof out->net.mac_less_declines[0], out->net.mac_less_declines[0], why);
    if (r == OK)
        r = read_fallback(root, &out->fallback, why);
    if (r == OK)
        r = read_offline(root, out, why);
    if (r == OK)
        r = read_aids(root, &out->emv, why);
    if (r == OK)
        r = read_tap_limits(root, &out->contactless, why);
    if (r == OK)
        r = read_exceptions(root, &out->emv, why);
    if (r == OK)
        r = config_read_keys(root, &out->emv, why);
    if (r == OK)
        share(out);
    cJSON_Delete(root);
    return r;
}

int config_load(const struct hal *hal, struct config *out, char why[CONFIG_WHY])
{
    int file;
    uint64_t size = 0;
    size_t got = 0;
    char *text = NULL;
    config_reject(why, CONFIG_FILE, "not readable");
    int r = HAL_CALL(hal, fs, open, CONFIG_FILE, 0, &file);
    if (r)
        return r;
    r = HAL_CALL(hal, fs, size, file, &size);
    if (r == OK && size > CONFIG_FILE_MAX) {
        config_reject(why, CONFIG_FILE, "too long");
        r = E_LIMIT;
    }
    if (r == OK && !(text = malloc((size_t)size + 1)))
        r = E_NOMEM;
    if (r == OK)
        r = HAL_CALL(hal, fs, read, file, 0, text, (size_t)size, &got);
    if (r == OK)
        r = config_parse(text, got, out, why);
    free(text);
    if (r != HAL_E_POWER)
        (void)HAL_CALL(hal, fs, close, file);
    return r;
}
