/* The readers of config_fields.h, one a kind, in one table. Every refusal names its key. */
#include "core/app/config_fields.h"

#include "core/app/money.h"
#include "core/codec/hex.h"

#include <stdio.h>
#include <string.h>

int config_reject(char why[CONFIG_WHY], const char *key, const char *reason)
{
    snprintf(why, CONFIG_WHY, "%.24s: %.36s", key, reason);
    return E_FORMAT;
}

bool config_text_ok(const cJSON *item, size_t min, size_t max)
{
    if (!cJSON_IsString(item))
        return false;
    size_t len = strlen(item->valuestring);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)item->valuestring[i] < ' ')
            return false;
    return len >= min && len <= max;
}

static bool whole_number(const cJSON *item, uint32_t min, uint32_t max, uint32_t *value)
{
    if (!cJSON_IsNumber(item) || item->valuedouble < min || item->valuedouble > max)
        return false;
    *value = (uint32_t)item->valuedouble;
    return *value == item->valuedouble;
}

/* Each reader: OK, or E_FORMAT with the reason in `reason`. */
typedef int reader(const cJSON *item, const struct config_field *field, void *out, char reason[CONFIG_WHY]);

static int read_text(const cJSON *item, const struct config_field *field, void *out, char reason[CONFIG_WHY])
{
    if (!config_text_ok(item, field->min, field->max)) {
        if (field->min == field->max)
            snprintf(reason, CONFIG_WHY, "%u characters", field->max);
        else
            snprintf(reason, CONFIG_WHY, "%u to %u characters", field->min, field->max);
        return E_FORMAT;
    }
    memcpy(out, item->valuestring, strlen(item->valuestring) + 1);
    return OK;
}

static int read_hex(const cJSON *item, const struct config_field *field, void *out, char reason[CONFIG_WHY])
{
    size_t len = 0;
    if (!cJSON_IsString(item) || hex_decode(item->valuestring, strlen(item->valuestring), out, field->max, &len) ||
        len != field->max) {
        snprintf(reason, CONFIG_WHY, "%u hex digits", 2 * field->max);
        return E_FORMAT;
    }
    return OK;
}

static int read_range(const cJSON *item, const struct config_field *field, uint32_t *value, char reason[CONFIG_WHY])
{
    if (whole_number(item, field->min, field->max, value))
        return OK;
    snprintf(reason, CONFIG_WHY, "a number from %u to %u", field->min, field->max);
    return E_FORMAT;
}

static int read_u8(const cJSON *item, const struct config_field *field, void *out, char reason[CONFIG_WHY])
{
    uint32_t value = 0;
    int r = read_range(item, field, &value, reason);
    if (r == OK)
        *(uint8_t *)out = (uint8_t)value;
    return r;
}

static int read_seconds(const cJSON *item, const struct config_field *field, void *out, char reason[CONFIG_WHY])
{
    uint32_t value = 0;
    int r = read_range(item, field, &value, reason);
    if (r == OK)
        *(uint64_t *)out = value * UINT64_C(1000000);
    return r;
}

static int read_money(const cJSON *item, const struct config_field *field, void *out, char reason[CONFIG_WHY])
{
    (void)field;
    if (cJSON_IsString(item) && money_parse(item->valuestring, out) == OK)
        return OK;
    snprintf(reason, CONFIG_WHY, "an amount like \"12.00\"");
    return E_FORMAT;
}

static int read_bool(const cJSON *item, const struct config_field *field, void *out, char reason[CONFIG_WHY])
{
    (void)field;
    if (!cJSON_IsBool(item)) {
        snprintf(reason, CONFIG_WHY, "true or false");
        return E_FORMAT;
    }
    *(bool *)out = cJSON_IsTrue(item);
    return OK;
}

static reader *const readers[] = {
    [CONFIG_TEXT] = read_text,       [CONFIG_HEX] = read_hex,     [CONFIG_U8] = read_u8,
    [CONFIG_SECONDS] = read_seconds, [CONFIG_MONEY] = read_money, [CONFIG_BOOL] = read_bool,
};

int config_read_fields(const cJSON *object, const struct config_field *fields, size_t count, void *base,
                       char why[CONFIG_WHY])
{
    for (size_t i = 0; i < count; i++) {
        const struct config_field *field = &fields[i];
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, field->key);
        if (!item && field->optional)
            continue;
        if (!item)
            return config_reject(why, field->key, "missing");
        char reason[CONFIG_WHY] = "";
        if (readers[field->kind](item, field, (char *)base + field->offset, reason))
            return config_reject(why, field->key, reason);
    }
    return OK;
}
