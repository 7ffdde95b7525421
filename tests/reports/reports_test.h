/* What the tests of reports/ share: nodes by name, files as text, a hand-made run, and a small XML reader that only
 * says yes or no. */
#ifndef POSBENCH_TESTS_REPORTS_H
#define POSBENCH_TESTS_REPORTS_H

#include "reports/report.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* First node, depth first, whose name begins with `name`; NULL. */
static inline const cJSON *node_find(const cJSON *tree, const char *name)
{
    const cJSON *child, *found = NULL;
    const char *own = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tree, "name"));
    if (own && strncmp(own, name, strlen(name)) == 0)
        return tree;
    cJSON_ArrayForEach(child, cJSON_GetObjectItemCaseSensitive(tree, "children")) if (!found) found =
        node_find(child, name);
    return found;
}

static inline const char *node_text(const cJSON *tree, const char *name, const char *key)
{
    const cJSON *node = node_find(tree, name);
    if (!node)
        fail_msg("no node \"%s\"", name);
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(node, key));
    return text ? text : "";
}

#define assert_value(tree, name, text) assert_string_equal(node_text(tree, name, "value"), text)
#define assert_note(tree, name, text) assert_string_equal(node_text(tree, name, "note"), text)

static inline char *file_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = malloc(1 << 22);
    if (!file || !text) {
        free(text);
        if (file)
            fclose(file);
        return NULL;
    }
    size_t len = fread(text, 1, (1 << 22) - 1, file);
    text[len] = '\0';
    fclose(file);
    return text;
}

static inline void file_put(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* ---- a folder for each test ---- */

static inline int folder_setup(void **state)
{
    char *folder = strdup("/tmp/posbench-reports-XXXXXX");
    *state = folder;
    return folder && mkdtemp(folder) ? 0 : -1;
}

static inline int folder_teardown(void **state)
{
    static const char *const names[] = {"junit.xml", "report.html", "report.json", "a.jsonl"};
    char path[200];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", (char *)*state, names[i]);
        unlink(path);
    }
    int status = rmdir(*state);
    free(*state);
    return status;
}

static inline const char *in_folder(void **state, const char *name, char path[200])
{
    snprintf(path, 200, "%s/%s", (char *)*state, name);
    return path;
}

/* ---- a run ---- */

/* JSON text of everything a hostile image could make it say. */
#define HOSTILE "</script><script>alert(1)</script>\\u0007 & \\\"q\\\" 'a' ]]> \\u202e"

#define RUN_TEXT                                                                                                       \
    "{\"posbench\":\"0.1.0\",\"seed\":\"42\",\"jobs\":2,\"core\":\"core.so\",\"virtual_us\":90000000,\"real_us\":"     \
    "30000,\"cases\":["                                                                                                \
    "{\"id\":\"scenarios/a#1\",\"file\":\"scenarios/"                                                                  \
    "a.lua\",\"line\":3,\"name\":\"good\",\"tags\":[\"t\"],\"covers\":[\"DOMAIN 1\"],"                                 \
    "\"verdict\":\"pass\",\"virtual_us\":1000000,\"real_us\":10000,\"seed\":\"42\",\"record\":\"a.jsonl\",\"digest\":" \
    "\"00\","                                                                                                          \
    "\"command\":\"./posbench run "                                                                                    \
    "a\",\"failures\":[],\"oracles\":[{\"name\":\"money\",\"verdict\":\"pass\",\"text\":\"\"}]},"                      \
    "{\"id\":\"scenarios/b#1\",\"file\":\"scenarios/b.lua\",\"line\":4,\"name\":\"" HOSTILE                            \
    "\",\"tags\":[],\"covers\":[],"                                                                                    \
    "\"verdict\":\"fail\",\"virtual_us\":2000000,\"real_us\":20000,\"seed\":\"42\",\"record\":\"gone.jsonl\","         \
    "\"command\":\"./posbench run "                                                                                    \
    "b\",\"failures\":[{\"what\":\"screen\",\"expected\":\"approved\",\"found\":\"" HOSTILE "\","                      \
    "\"where\":\"b.lua:9\",\"t\":1234567,\"screen\":[\"\xE4\xBA\xA4\xE6\x98\x93\",\"" HOSTILE "\"]}],"                 \
    "\"oracles\":[{\"name\":\"money\",\"verdict\":\"fail\",\"text\":\"booked twice\"}]},"                              \
    "{\"id\":\"scenarios/a#2\",\"file\":\"scenarios/a.lua\",\"line\":9,\"name\":\"no "                                 \
    "reader\",\"verdict\":\"skipped\","                                                                                \
    "\"reason\":\"needs contactless\",\"virtual_us\":0,\"real_us\":1,\"failures\":[],\"oracles\":[]},"                 \
    "{\"id\":\"scenarios/a#3\",\"file\":\"scenarios/"                                                                  \
    "a.lua\",\"line\":12,\"name\":\"dies\",\"verdict\":\"error\",\"virtual_us\":0,"                                    \
    "\"real_us\":1,\"failures\":[{\"what\":\"bench\",\"expected\":\"the case to end\",\"found\":\"signal "             \
    "11\",\"where\":\"\"}],"                                                                                           \
    "\"oracles\":[],\"events\":[{\"n\":1,\"t\":5,\"ev\":\"key\",\"key\":\"1\"}]}]}"

static inline cJSON *run_make(void)
{
    cJSON *run = cJSON_Parse(RUN_TEXT);
    assert_non_null(run);
    /* what JSON text cannot carry: a name that is not UTF-8 */
    cJSON *name = cJSON_GetObjectItem(cJSON_GetArrayItem(cJSON_GetObjectItem(run, "cases"), 2), "name");
    cJSON_SetValuestring(name, "b\xC3\x28");
    return run;
}

/* ---- XML: elements nested and closed, attributes quoted, references known, only characters of XML 1.0 ---- */

struct xml_reader {
    const char *at;
    char open[32][64];
    unsigned depth;
};

static inline int xml_text(const char **at, const char *stop)
{
    for (; **at && !strchr(stop, **at); (*at)++) {
        static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;", "&#10;", "&#9;"};
        uint8_t c = (uint8_t) * *at;
        int fine = c != '&' && (c >= 0x20 || c == '\n' || c == '\t');
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            fine |= strncmp(*at, known[i], strlen(known[i])) == 0;
        if (!fine || strncmp(*at, "]]>", 3) == 0)
            return 0;
    }
    return 1;
}

static inline int xml_tag(struct xml_reader *r)
{
    char name[64];
    int closing = *++r->at == '/';
    if (sscanf(r->at + closing, "%63[a-zA-Z-]", name) != 1)
        return 0;
    r->at += closing + strlen(name);
    if (closing) {
        if (!r->depth || strcmp(r->open[--r->depth], name) != 0 || *r->at != '>')
            return 0;
        return r->at++, 1;
    }
    while (*r->at == ' ') {
        r->at += 1 + strspn(r->at + 1, "abcdefghijklmnopqrstuvwxyz");
        if (strncmp(r->at, "=\"", 2) != 0)
            return 0;
        r->at += 2;
        if (!xml_text(&r->at, "\"<") || *r->at++ != '"')
            return 0;
    }
    if (strncmp(r->at, "/>", 2) == 0)
        return r->at += 2, 1;
    if (*r->at++ != '>' || r->depth == 32)
        return 0;
    strcpy(r->open[r->depth++], name);
    return 1;
}

static inline int xml_is_well_formed(const char *text)
{
    struct xml_reader r = {.at = text};
    const char *head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    if (strncmp(text, head, strlen(head)) != 0)
        return 0;
    r.at += strlen(head);
    while (*r.at)
        if (*r.at == '<' ? !xml_tag(&r) : !xml_text(&r.at, "<"))
            return 0;
    return r.depth == 0;
}

static inline int utf8_is_valid(const char *text)
{
    for (const uint8_t *p = (const uint8_t *)text; *p; p++) {
        unsigned more = *p < 0x80                 ? 0
                        : *p >= 0xC2 && *p < 0xE0 ? 1
                        : *p >= 0xE0 && *p < 0xF0 ? 2
                        : *p >= 0xF0 && *p < 0xF5 ? 3
                                                  : 9;
        if (more == 9)
            return 0;
        for (; more; more--)
            if ((*++p & 0xC0) != 0x80)
                return 0;
    }
    return 1;
}

#endif
