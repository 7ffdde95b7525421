/*
 * Card profiles: from a file or from memory to struct card_profile, and the facts about a card that the host and the
 * bench ask for. Public part in card.h; the keys are in profile_tables.c.
 */
#include "cards/profile.h"

#include <cjson/cJSON.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "cards/profiles/visa-credit.json" -> "visa-credit" */
static void set_name(struct card_profile *p, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    snprintf(p->name, sizeof p->name, "%s", base);
    char *dot = strrchr(p->name, '.');
    if (dot && dot != p->name)
        *dot = '\0';
}

static int syntax_error(const char *name, const char *json, const char *end, char *why, size_t why_cap)
{
    unsigned line = 1;
    const char *start = json;
    for (const char *c = json; c < end; c++) {
        if (*c == '\n') {
            line++;
            start = c + 1;
        }
    }
    snprintf(why, why_cap, "%s:%u: not valid JSON at column %u", name, line, (unsigned)(end - start) + 1);
    return E_FORMAT;
}

/* cJSON stops behind the value; whatever follows must be blank. */
static int parse_text(const char *json, size_t len, const char *name, cJSON **out, char *why, size_t why_cap)
{
    const char *end = json;
    *out = cJSON_ParseWithLengthOpts(json, len, &end, 0);
    if (!end)
        end = json;
    while (*out && end < json + len && strchr(" \t\r\n", *end) && *end)
        end++;
    if (*out && end == json + len)
        return OK;
    cJSON_Delete(*out);
    *out = NULL;
    return syntax_error(name, json, end, why, why_cap);
}

static void set_defaults(struct card_profile *p)
{
    memcpy(p->host.status, "00", 3);
    p->chip.pse.status[0] = 0x90;
    for (size_t i = 0; i < CARD_APPLICATIONS; i++) {
        p->chip.applications[i].key_index = 1;
        p->chip.applications[i].pin_try_limit = 3;
        p->chip.applications[i].script_mac_len = 4;
        p->chip.applications[i].oda.sfi = 4;
        p->chip.applications[i].oda.ddol = (struct card_bytes){3, {0x9F, 0x37, 0x04}};
        p->chip.applications[i].oda_sm = p->chip.applications[i].oda;
    }
}

int card_profile_parse(const char *json, size_t len, const char *name, struct card_profile **out, char *why,
                       size_t why_cap)
{
    cJSON *tree = NULL;
    *out = NULL;
    if (why_cap)
        *why = '\0';
    if (len > CARD_PROFILE_MAX) {
        snprintf(why, why_cap, "%s: at most %d bytes expected", name, CARD_PROFILE_MAX);
        return E_FORMAT;
    }
    struct card_profile *p = calloc(1, sizeof *p);
    if (!p) {
        snprintf(why, why_cap, "%s: out of memory", name);
        return E_NOMEM;
    }
    set_name(p, name);
    set_defaults(p);
    int status = parse_text(json, len, name, &tree, why, why_cap);
    if (status == OK)
        status = card_profile_read(tree, name, p, why, why_cap);
    if (status == OK)
        status = card_profile_finish(p, name, why, why_cap);
    cJSON_Delete(tree);
    if (status) {
        card_profile_destroy(p);
        return status;
    }
    *out = p;
    return OK;
}

int card_profile_load(const char *path, struct card_profile **out, char *why, size_t why_cap)
{
    int status = HAL_E_NOENT;
    char *text = NULL;
    *out = NULL;
    FILE *file = fopen(path, "rb");
    if (!file) {
        snprintf(why, why_cap, "%s: no such card profile", path);
        return HAL_E_NOENT;
    }
    text = malloc(CARD_PROFILE_MAX + 1);
    if (!text) {
        snprintf(why, why_cap, "%s: out of memory", path);
        status = E_NOMEM;
        goto cleanup;
    }
    size_t len = fread(text, 1, CARD_PROFILE_MAX + 1, file);
    if (ferror(file)) {
        snprintf(why, why_cap, "%s: cannot be read", path);
        goto cleanup;
    }
    status = card_profile_parse(text, len, path, out, why, why_cap);
cleanup:
    if (text)
        OPENSSL_cleanse(text, CARD_PROFILE_MAX + 1);
    free(text);
    fclose(file);
    return status;
}

void card_profile_destroy(struct card_profile *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < CARD_APPLICATIONS; i++) {
        if (p->chip.applications[i].sm)
            OPENSSL_cleanse(p->chip.applications[i].sm, sizeof *p->chip.applications[i].sm);
        free(p->chip.applications[i].sm);
    }
    OPENSSL_cleanse(p, sizeof *p);
    free(p);
}

void card_facts(const struct card_profile *p, struct card_facts *out)
{
    memset(out, 0, sizeof *out);
    memcpy(out->name, p->name, sizeof out->name);
    memcpy(out->description, p->description, sizeof out->description);
    memcpy(out->pan, p->pan, sizeof out->pan);
    memcpy(out->psn, p->psn, sizeof out->psn);
    memcpy(out->expiry, p->expiry, sizeof out->expiry);
    memcpy(out->service_code, p->service_code, sizeof out->service_code);
    memcpy(out->pin, p->host.pin, sizeof out->pin);
    memcpy(out->host_status, p->host.status, sizeof out->host_status);
    out->balance_cents = p->host.balance_cents;
    out->has_stripe = p->stripe.present;
    memcpy(out->track1, p->stripe.track1, sizeof out->track1);
    memcpy(out->track2, p->stripe.track2, sizeof out->track2);
    out->has_chip = p->chip.present;
    memcpy(out->atr, p->chip.atr.bytes, sizeof out->atr);
    out->atr_len = p->chip.atr.len;
    out->protocol = p->chip.protocol;
    out->scheme = (enum ac_scheme)p->chip.scheme;
    memcpy(out->imk_ac, p->chip.keys.imk_ac, 16);
    memcpy(out->imk_smi, p->chip.keys.imk_smi, 16);
    memcpy(out->imk_smc, p->chip.keys.imk_smc, 16);
}
