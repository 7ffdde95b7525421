/* A run record as lines that can be compared fast: each is parsed once, for its hashes, and again only when it is to be
 * shown. What names the run and not its course (digests of images, times, keyed digests) is hashed apart. Called by
 * diff_record.c, diff_report.c, cli/. */
#include "reports/diff.h"

#include "reports/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DEPTH_MAX 40

char *diff_read(const char *path, size_t *len, char *why, size_t why_cap)
{
    struct stat st;
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    errno = file ? 0 : errno;
    if (file && fstat(fileno(file), &st) == 0 && S_ISDIR(st.st_mode))
        errno = EISDIR;
    size_t cap = 1 << 16, got = 0;
    text = file && !errno ? malloc(cap + 1) : NULL;
    while (text && (got += fread(text + got, 1, cap - got, file)) == cap && got <= DIFF_FILE_MAX) {
        char *more = realloc(text, (cap *= 2) + 1);
        if (!more)
            free(text);
        text = more;
    }
    bool failed = !text || ferror(file) || got > DIFF_FILE_MAX;
    if (failed && got > DIFF_FILE_MAX)
        snprintf(why, why_cap, "%s: larger than 100 MB", path);
    else if (failed)
        snprintf(why, why_cap, "%s: %s", path, strerror(errno ? errno : EIO));
    if (file)
        fclose(file);
    if (failed) {
        free(text);
        return NULL;
    }
    text[got] = '\0';
    *len = got;
    return text;
}

/* ---- hashes: FNV-1a over structure and values ---- */

static uint64_t mix(uint64_t hash, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ p[i]) * 0x100000001B3u;
    return hash;
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
    return text ? mix(hash, text, strlen(text) + 1) : mix(hash, "\x01", 1);
}

static uint64_t mix_item(uint64_t hash, const cJSON *item, unsigned depth)
{
    const cJSON *child;
    int type = item->type & 0xFF;
    hash = mix(mix_text(hash, item->string), &type, sizeof type);
    if (cJSON_IsString(item))
        hash = mix_text(hash, item->valuestring);
    if (cJSON_IsNumber(item))
        hash = mix(hash, &item->valuedouble, sizeof item->valuedouble);
    if (depth < DEPTH_MAX)
        cJSON_ArrayForEach(child, item) hash = mix_item(hash, child, depth + 1);
    return hash;
}

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(*words, word) == 0)
            return true;
    return false;
}

static void hash_line(const cJSON *event, struct diff_line *out)
{
    static const char *const times[] = {"t", "us", NULL}, *const image[] = {"name", "version", "sequence", "digest",
                                                                            NULL};
    const char *kind = report_string(event, "ev");
    const cJSON *item;
    out->meta = strcmp(kind, "meta") == 0;
    out->content = out->mac = out->times = 0xCBF29CE484222325u;
    cJSON_ArrayForEach(item, event)
    {
        if (strcmp(item->string, "n") == 0)
            continue;
        if (is_one_of(item->string, times))
            out->times = mix_item(out->times, item, 0);
        else if (strcmp(item->string, "mac") == 0)
            out->mac = mix_item(out->mac, item, 0);
        else if ((!out->meta || strcmp(item->string, "ev") == 0) &&
                 !(strcmp(kind, "boot") == 0 && is_one_of(item->string, image)))
            out->content = mix_item(out->content, item, 0);
    }
}

uint64_t diff_hash(const cJSON *item)
{
    return mix_item(0xCBF29CE484222325u, item, 0);
}

/* ---- lines ---- */

static const char *take_line(struct diff_lines *l, size_t at, size_t len, bool ended)
{
    struct diff_line *line = &l->lines[l->count];
    *line = (struct diff_line){.at = at, .len = len};
    if (memchr(l->text + at, '\0', len))
        return "holds a NUL byte";
    cJSON *event = cJSON_ParseWithOpts(l->text + at, NULL, 1);
    const char *wrong = !event                                                           ? "not JSON"
                        : !cJSON_IsObject(event)                                         ? "not a JSON object"
                        : !cJSON_IsString(cJSON_GetObjectItemCaseSensitive(event, "ev")) ? "has no \"ev\""
                                                                                         : NULL;
    if (!wrong) {
        hash_line(event, line);
        line->exact = line->content;
    } else if (!ended && l->count) /* a worker died in the middle of a line */
        line->cut = true, wrong = NULL;
    cJSON_Delete(event);
    l->count += !wrong;
    return wrong;
}

int diff_lines_take(struct diff_lines *out, const char *name, char *text, size_t len, char *why, size_t why_cap)
{
    size_t count = 1;
    const char *wrong = NULL;
    for (size_t i = 0; i < len; i++)
        count += text[i] == '\n';
    *out = (struct diff_lines){.name = name, .text = text, .lines = calloc(count, sizeof *out->lines)};
    if (!out->lines)
        wrong = "out of memory";
    for (size_t at = 0; !wrong && at < len;) {
        char *end = memchr(text + at, '\n', len - at);
        size_t stop = end ? (size_t)(end - text) : len;
        text[stop] = '\0';
        wrong = take_line(out, at, stop - at, end != NULL);
        at = stop + 1;
    }
    if (!wrong && !out->count)
        wrong = "an empty file";
    if (!wrong)
        return 0;
    snprintf(why, why_cap, "%s:%zu: %s", name, out->count + 1, wrong);
    diff_lines_free(out);
    return -1;
}

int diff_lines_load(struct diff_lines *out, const char *name, char *why, size_t why_cap)
{
    size_t len = 0;
    char *text = diff_read(name, &len, why, why_cap);
    return text ? diff_lines_take(out, name, text, len, why, why_cap) : -1;
}

void diff_lines_free(struct diff_lines *l)
{
    free(l->text);
    free(l->lines);
    *l = (struct diff_lines){.name = NULL};
}

cJSON *diff_lines_event(const struct diff_lines *l, size_t index)
{
    return index < l->count && !l->lines[index].cut ? cJSON_Parse(l->text + l->lines[index].at) : NULL;
}
