/* The verdict on a recording's signatures: rows of named checks, in the order of DOMAIN 2.6. Called by replay.c. */
#include "scenarios/engine/replay_sign.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const verdict_names[] = {"pass", "fail", "inconclusive", "not applicable"};

static void add_row(struct sign *s, const char *group, const char *what, enum sign_verdict verdict, unsigned line,
                    const char *text)
{
    char name[100];
    cJSON *row = cJSON_CreateObject();
    snprintf(name, sizeof name, "%s: %s", group, what);
    cJSON_AddStringToObject(row, "check", name);
    cJSON_AddStringToObject(row, "verdict", verdict_names[verdict]);
    cJSON_AddNumberToObject(row, "line", line);
    cJSON_AddStringToObject(row, "text", text);
    cJSON_AddItemToArray(s->checks, row);
}

void sign_row(struct sign *s, const char *group, const char *what, enum sign_verdict verdict, unsigned line,
              const char *format, ...)
{
    char text[300];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    add_row(s, group, what, verdict, line, text);
}

bool sign_test(struct sign *s, const char *group, const char *what, bool ok, unsigned masked, unsigned line,
               const char *format, ...)
{
    char text[300] = "";
    va_list args;
    va_start(args, format);
    if (!ok && masked)
        snprintf(text, sizeof text, "digits in line %u are masked", masked);
    else if (!ok)
        vsnprintf(text, sizeof text, format, args);
    va_end(args);
    add_row(s, group, what, ok ? SIGN_PASS : masked ? SIGN_OPEN : SIGN_FAIL, line, text);
    return ok;
}

/* "issuer certificate, ICC certificate and DDA verify": each group whose hash, SM2 signature or value is right. */
static bool name_groups(const cJSON *checks, char *out, size_t cap)
{
    const cJSON *row;
    const char *last = "";
    char name[100];
    size_t count = 0;
    *out = '\0';
    for (int pass = 0; pass < 2; pass++) { /* the last one is joined with "and" */
        size_t n = 0;
        cJSON_ArrayForEach(row, checks)
        {
            const char *check = cJSON_GetStringValue(cJSON_GetObjectItem(row, "check")), *at = strrchr(check, ':');
            if (!at || (strcmp(at, ": hash") != 0 && strcmp(at, ": signature") != 0 && strcmp(at, ": value") != 0) ||
                strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(row, "verdict")), "pass") != 0)
                continue;
            size_t used = strlen(out);
            snprintf(name, sizeof name, "%.*s", (int)(at - check), check);
            if (pass)
                snprintf(out + used, cap - used, "%s%s", !n ? last : n + 1 == count ? " and " : ", ", name);
            n++;
        }
        count = n;
    }
    size_t used = strlen(out);
    snprintf(out + used, cap - used, "%s", !count ? "nothing in it is signed" : count == 1 ? " verifies" : " verify");
    return count != 0;
}

static void judge(const cJSON *checks, cJSON *out)
{
    static const char *const worst[] = {"fail", "inconclusive"};
    char reason[420];
    const cJSON *row;
    for (size_t i = 0; i < sizeof worst / sizeof *worst; i++)
        cJSON_ArrayForEach(row, checks)
        {
            const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(row, "text"));
            if (strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(row, "verdict")), worst[i]) != 0)
                continue;
            snprintf(reason, sizeof reason, "line %d: %s: %s",
                     (int)cJSON_GetNumberValue(cJSON_GetObjectItem(row, "line")),
                     cJSON_GetStringValue(cJSON_GetObjectItem(row, "check")), text);
            cJSON_AddStringToObject(out, "verdict", worst[i]);
            cJSON_AddStringToObject(out, "reason", reason);
            return;
        }
    cJSON_AddBoolToObject(out, "verified", name_groups(checks, reason, sizeof reason));
    cJSON_AddStringToObject(out, "verdict", "pass");
    cJSON_AddStringToObject(out, "reason", reason);
}

/* Of the application, not of a signature: a note, whatever it says. */
static void tell_dates(struct sign *s)
{
    static const struct {
        uint32_t tag;
        const char *what, *verb;
        bool until;
    } table[] = {{0x5F24, "expiry date", "expired", true}, {0x5F25, "effective date", "is not valid before", false}};
    uint8_t date[3];
    struct sign_bytes o;
    if (!sign_date(s, date))
        return;
    for (size_t i = 0; i < 2; i++) {
        if (!sign_object(s, table[i].tag, &o) || o.len != 3 || sign_masked(&o, 1))
            continue;
        /* Centuries by window: 50 to 99 are the last one (Book 4 6.7.3) */
        int then = (o.bytes[0] < 0x50 ? 0x100 : 0) + o.bytes[0], now = (date[0] < 0x50 ? 0x100 : 0) + date[0];
        int order = now != then ? (now > then) - (now < then) : memcmp(date + 1, o.bytes + 1, 2);
        bool good = table[i].until ? order <= 0 : order >= 0;
        sign_row(s, "application", table[i].what, good ? SIGN_PASS : SIGN_NONE, o.line,
                 good ? ""
                      : "%s 20%02X-%02X-%02X, the recorded date is 20%02X-%02X-%02X: noted, no matter of a signature",
                 table[i].verb, o.bytes[0], o.bytes[1], o.bytes[2], date[0], date[1], date[2]);
    }
}

cJSON *replay_sign(const struct replay_facts *f, const struct replay_keys *keys)
{
    struct sign *s = calloc(1, sizeof *s);
    cJSON *out = cJSON_CreateObject();
    if (s && out) {
        s->f = f;
        s->keys = keys;
        s->checks = cJSON_CreateArray();
    }
    if (!s || !out || !s->checks || sign_collect(s) != OK) {
        cJSON_Delete(out);
        out = NULL;
    } else {
        sign_chain(s);
        sign_dynamic(s);
        sign_cryptograms(s);
        tell_dates(s);
        judge(s->checks, out);
        cJSON_AddItemToObject(out, "checks", s->checks);
        s->checks = NULL;
    }
    if (s) {
        cJSON_Delete(s->checks);
        sign_release(s);
    }
    free(s);
    return out;
}
