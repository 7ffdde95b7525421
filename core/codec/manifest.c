/* Heads of flash slots; see manifest.h. */
#include "core/codec/manifest.h"

#include "core/codec/hex.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <string.h>

static const uint8_t magic[4] = {'P', 'B', 'I', 'M'};

static uint32_t get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put_u32(uint8_t *p, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> 8 * i);
}

static int refuse(int status, const char *why, const char **reason)
{
    *reason = why;
    return status;
}

static uint32_t image_offset(uint32_t json_len)
{
    uint32_t end = MANIFEST_HEADER_LEN + json_len + MANIFEST_SIGNATURE_LEN;
    return (end + MANIFEST_IMAGE_ALIGN - 1) / MANIFEST_IMAGE_ALIGN * MANIFEST_IMAGE_ALIGN;
}

static bool erased(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != 0xFF)
            return false;
    return true;
}

int manifest_layout(const uint8_t header[MANIFEST_HEADER_LEN], uint64_t area_size, struct manifest_layout *out,
                    const char **reason)
{
    *reason = NULL;
    if (erased(header, MANIFEST_HEADER_LEN))
        return refuse(E_NOTFOUND, "empty", reason);
    if (memcmp(header, magic, sizeof magic) != 0 || get_u32(header + 12) != 0)
        return refuse(E_FORMAT, "no image header", reason);
    uint32_t json_len = get_u32(header + 4), image_len = get_u32(header + 8);
    if (json_len == 0 || json_len > MANIFEST_JSON_MAX)
        return refuse(E_LIMIT, "manifest length", reason);
    uint32_t offset = image_offset(json_len);
    if (image_len == 0 || area_size < offset || image_len > area_size - offset)
        return refuse(E_LIMIT, "image length", reason);
    *out = (struct manifest_layout){MANIFEST_HEADER_LEN + json_len, offset, image_len};
    return OK;
}

/* ---- JSON ----------------------------------------------------------------------------------------------- */

/* One object and nothing inside it, so that the parser's recursion is bounded. Braces in texts count too: no name of
 * ours has any. */
static bool flat(const uint8_t *json, size_t len)
{
    size_t objects = 0;
    for (size_t i = 0; i < len; i++) {
        objects += json[i] == '{';
        if (json[i] == '[' || json[i] == '\0')
            return false;
    }
    return objects == 1;
}

static bool get_text(const cJSON *object, const char *name, char *out, size_t cap)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    size_t len = cJSON_IsString(item) ? strlen(item->valuestring) : 0;
    if (len == 0 || len >= cap)
        return false;
    memcpy(out, item->valuestring, len + 1);
    return true;
}

static bool get_number(const cJSON *object, const char *name, uint32_t *out)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) || item->valuedouble > UINT32_MAX)
        return false;
    *out = (uint32_t)item->valuedouble;
    return (double)*out == item->valuedouble;
}

static bool get_digest(const cJSON *object, uint8_t out[32])
{
    char text[65];
    size_t len = 0;
    return get_text(object, "digest", text, sizeof text) && hex_decode(text, strlen(text), out, 32, &len) == OK &&
           len == 32;
}

int manifest_parse(const uint8_t *signed_bytes, size_t len, struct manifest *out, const char **reason)
{
    struct manifest m = {0};
    *reason = NULL;
    if (len <= MANIFEST_HEADER_LEN || len - MANIFEST_HEADER_LEN > MANIFEST_JSON_MAX)
        return refuse(E_LIMIT, "manifest length", reason);
    const uint8_t *json = signed_bytes + MANIFEST_HEADER_LEN;
    size_t json_len = len - MANIFEST_HEADER_LEN;
    if (!flat(json, json_len))
        return refuse(E_FORMAT, "manifest not flat", reason);
    cJSON *object = cJSON_ParseWithLength((const char *)json, json_len);
    if (!cJSON_IsObject(object))
        *reason = "manifest not JSON";
    else if (!get_text(object, "name", m.name, sizeof m.name))
        *reason = "manifest: name";
    else if (!get_text(object, "version", m.version, sizeof m.version))
        *reason = "manifest: version";
    else if (!get_number(object, "sequence", &m.sequence))
        *reason = "manifest: sequence";
    else if (!get_number(object, "schema", &m.schema))
        *reason = "manifest: schema";
    else if (!get_number(object, "abi", &m.abi))
        *reason = "manifest: abi";
    else if (!get_digest(object, m.digest))
        *reason = "manifest: digest";
    cJSON_Delete(object);
    if (*reason)
        return E_FORMAT;
    m.image_len = get_u32(signed_bytes + 8);
    *out = m;
    return OK;
}

int manifest_build(const struct manifest *info, const uint8_t digest[32], uint8_t *out, size_t cap,
                   struct manifest_layout *layout)
{
    char hex[65];
    int status = E_NOMEM;
    if (!memchr(info->name, '\0', sizeof info->name) || !memchr(info->version, '\0', sizeof info->version) ||
        !info->name[0] || !info->version[0] || info->image_len == 0)
        return E_INVAL;
    if ((status = hex_encode(digest, 32, hex, sizeof hex)) != OK)
        return status;
    char *json = NULL;
    cJSON *object = cJSON_CreateObject();
    bool made = cJSON_AddStringToObject(object, "name", info->name) &&
                cJSON_AddStringToObject(object, "version", info->version) &&
                cJSON_AddNumberToObject(object, "sequence", info->sequence) &&
                cJSON_AddNumberToObject(object, "schema", info->schema) &&
                cJSON_AddNumberToObject(object, "abi", info->abi) && cJSON_AddStringToObject(object, "digest", hex);
    status = made && (json = cJSON_PrintUnformatted(object)) != NULL ? OK : E_NOMEM;
    if (status != OK)
        goto cleanup;
    size_t json_len = strlen(json);
    status = json_len > MANIFEST_JSON_MAX || MANIFEST_HEADER_LEN + json_len > cap ? E_LIMIT
             : !flat((const uint8_t *)json, json_len)                              ? E_INVAL
                                                                                   : OK;
    if (status != OK)
        goto cleanup;
    memcpy(out, magic, sizeof magic);
    put_u32(out + 4, (uint32_t)json_len);
    put_u32(out + 8, info->image_len);
    put_u32(out + 12, 0);
    memcpy(out + MANIFEST_HEADER_LEN, json, json_len);
    *layout = (struct manifest_layout){MANIFEST_HEADER_LEN + (uint32_t)json_len, image_offset((uint32_t)json_len),
                                       info->image_len};
cleanup:
    cJSON_free(json);
    cJSON_Delete(object);
    return status;
}
