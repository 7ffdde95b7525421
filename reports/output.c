/* Text made fit for its place, and the run object read with patience. */
#include "reports/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REPLACEMENT 0xFFFDu

FILE *report_open(const char *path, char *why, size_t why_cap)
{
    FILE *out = strcmp(path, "-") == 0 ? fdopen(dup(STDOUT_FILENO), "wb") : fopen(path, "wb");
    if (!out)
        snprintf(why, why_cap, "%s: cannot be written: %s", path, strerror(errno));
    return out;
}

int report_close(FILE *out, const char *path, char *why, size_t why_cap)
{
    bool bad = ferror(out) != 0;
    errno = 0;
    bad |= fflush(out) != 0;
    const char *reason = errno ? strerror(errno) : "the device does not take it";
    bad |= fclose(out) != 0;
    if (bad)
        snprintf(why, why_cap, "%s: was not written to its end: %s", path, reason);
    return bad ? -1 : 0;
}

/* ---- UTF-8 ---- */

/* Bytes of the sequence that begins with `lead`, with its smallest code point; 0 for a byte that begins none. */
static unsigned sequence(uint8_t lead, uint32_t *bits, uint32_t *least)
{
    static const struct {
        uint8_t mask, lead, extra;
        uint32_t least;
    } kinds[] = {
        {0x80, 0x00, 1, 0},
        {0xE0, 0xC0, 2, 0x80},
        {0xF0, 0xE0, 3, 0x800},
        {0xF8, 0xF0, 4, 0x10000},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if ((lead & kinds[i].mask) == kinds[i].lead) {
            *bits = lead & (uint8_t)~kinds[i].mask;
            *least = kinds[i].least;
            return kinds[i].extra;
        }
    return 0;
}

uint32_t report_utf8(const char **at)
{
    const uint8_t *p = (const uint8_t *)*at;
    uint32_t code = 0, least = 0;
    if (*p == 0)
        return 0;
    unsigned len = sequence(*p, &code, &least);
    for (unsigned i = 1; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80) { /* the bytes read so far are one broken character */
            *at += i;
            return REPLACEMENT;
        }
        code = code << 6 | (p[i] & 0x3F);
    }
    *at += len ? len : 1;
    bool good = len && code >= least && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
    return good ? code : REPLACEMENT;
}

bool report_is_plain(uint32_t code)
{
    bool control = code < 0x20 || (code >= 0x7F && code < 0xA0);
    bool direction = (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
    return !control && !direction && code != 0xFFFE && code != 0xFFFF;
}

unsigned report_columns(const char *text)
{
    unsigned columns = 0;
    for (uint32_t code; (code = report_utf8(&text));) {
        bool combining = (code >= 0x300 && code < 0x370) || (code >= 0x200B && code <= 0x200F);
        bool wide = (code >= 0x1100 && code < 0x1160) || (code >= 0x2E80 && code < 0xA4D0) ||
                    (code >= 0xAC00 && code < 0xD7A4) || (code >= 0xF900 && code < 0xFB00) ||
                    (code >= 0xFE30 && code < 0xFE70) || (code >= 0xFF00 && code < 0xFF61) ||
                    (code >= 0xFFE0 && code < 0xFFE7) || (code >= 0x1F300 && code < 0x1F900) ||
                    (code >= 0x20000 && code < 0x30000);
        columns += combining ? 0 : wide ? 2 : 1;
    }
    return columns;
}

static size_t encode(uint32_t code, char out[4])
{
    if (code < 0x80)
        return out[0] = (char)code, 1;
    size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const uint8_t leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = len; i-- > 1; code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)(leads[len] | code);
    return len;
}

char *report_clean(const char *text)
{
    char *out = malloc(3 * strlen(text) + 1); /* a broken byte grows to the 3 of U+FFFD */
    size_t n = 0;
    for (uint32_t code; out && (code = report_utf8(&text));)
        n += encode(report_is_plain(code) || code == '\n' || code == '\t' ? code : REPLACEMENT, out + n);
    if (out)
        out[n] = '\0';
    return out;
}

/* ---- putting ---- */

void report_put_code(FILE *out, uint32_t code)
{
    char bytes[4];
    fwrite(bytes, 1, encode(code, bytes), out);
}

void report_put_plain(FILE *out, const char *text)
{
    for (uint32_t code; (code = report_utf8(&text));)
        report_put_code(out, report_is_plain(code) ? code : REPLACEMENT);
}

void report_put_escaped(FILE *out, const char *text)
{
    for (uint32_t code; (code = report_utf8(&text));) {
        if (code == '&')
            fputs("&amp;", out);
        else if (code == '<')
            fputs("&lt;", out);
        else if (code == '>')
            fputs("&gt;", out);
        else if (code == '"')
            fputs("&quot;", out);
        else if (code == '\'')
            fputs("&#39;", out);
        else if (code == '\n' || code == '\t')
            fprintf(out, "&#%u;", (unsigned)code);
        else
            report_put_code(out, report_is_plain(code) ? code : REPLACEMENT);
    }
}

void report_duration(double us, char *out, size_t cap)
{
    double seconds = us / 1e6;
    unsigned long whole = seconds > 0 && seconds < 1e12 ? (unsigned long)(seconds + 0.5) : 0;
    if (seconds < 10)
        snprintf(out, cap, "%.3f s", seconds);
    else if (seconds < 60)
        snprintf(out, cap, "%.1f s", seconds);
    else if (whole < 3600)
        snprintf(out, cap, "%lu min %02lu s", whole / 60, whole % 60);
    else
        snprintf(out, cap, "%lu h %02lu min", whole / 3600, whole / 60 % 60);
}

/* ---- the run object ---- */

const cJSON *report_item(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

const char *report_string(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(report_item(object, key));
    return text ? text : "";
}

double report_number(const cJSON *object, const char *key)
{
    const cJSON *item = report_item(object, key);
    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

static const char *const verdict_names[VERDICTS] = {
    [VERDICT_PASS] = "pass",
    [VERDICT_FAIL] = "fail",
    [VERDICT_ERROR] = "error",
    [VERDICT_INCONCLUSIVE] = "inconclusive",
    [VERDICT_NOT_APPLICABLE] = "not applicable",
    [VERDICT_SKIPPED] = "skipped",
};

enum report_verdict report_verdict(const cJSON *result)
{
    const char *word = report_string(result, "verdict");
    for (size_t i = 0; i < VERDICTS; i++)
        if (strcmp(word, verdict_names[i]) == 0)
            return (enum report_verdict)i;
    return VERDICT_ERROR;
}

const char *report_verdict_name(enum report_verdict verdict)
{
    return verdict_names[verdict];
}

size_t report_count(const cJSON *run, size_t by_verdict[VERDICTS])
{
    size_t total = 0;
    const cJSON *one;
    memset(by_verdict, 0, VERDICTS * sizeof *by_verdict);
    cJSON_ArrayForEach(one, report_item(run, "cases"))
    {
        by_verdict[report_verdict(one)]++;
        total++;
    }
    return total;
}
