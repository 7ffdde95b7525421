/*
 * What rows of the timeline open to, each once at the end of the page: the same record of a card is read in every case,
 * and every boot does the same to its files. A row names its details by number; the page's script shows them in place
 * when the row is opened, and without a script the number leads to them. Callers: html_timeline.c, report_html.c.
 */
#include "reports/html.h"

#include <stdlib.h>
#include <string.h>

struct html_payloads {
    char **text;    /* in the order of their numbers, from 0 */
    size_t *bucket; /* number + 1; 0: free */
    size_t count, buckets, bytes;
};

struct html_payloads *html_payloads_create(void)
{
    struct html_payloads *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->buckets = 1 << 17; /* more payloads than half of that get numbers of their own */
    p->bucket = calloc(p->buckets, sizeof *p->bucket);
    p->text = calloc(p->buckets / 2, sizeof *p->text);
    if (p->bucket && p->text)
        return p;
    html_payloads_destroy(p);
    return NULL;
}

void html_payloads_destroy(struct html_payloads *p)
{
    for (size_t i = 0; p && i < p->count; i++)
        free(p->text[i]);
    if (p) {
        free(p->bucket);
        free(p->text);
    }
    free(p);
}

size_t html_payloads_bytes(const struct html_payloads *p)
{
    return p->bytes;
}

/* FNV-1a. */
static size_t *find(const struct html_payloads *p, const char *text)
{
    uint64_t hash = 0xCBF29CE484222325u;
    for (const char *c = text; *c; c++)
        hash = (hash ^ (uint8_t)*c) * 0x100000001B3u;
    size_t at = hash & (p->buckets - 1);
    while (p->bucket[at] && strcmp(p->text[p->bucket[at] - 1], text) != 0)
        at = (at + 1) & (p->buckets - 1);
    return &p->bucket[at];
}

size_t html_payload_keep(const struct html *h, char *text)
{
    struct html_payloads *p = h->payloads;
    size_t *bucket = text ? find(p, text) : NULL, number = bucket ? *bucket : 0;
    if (bucket && !number && p->count < p->buckets / 2) {
        p->text[p->count++] = text;
        p->bytes += strlen(text);
        return *bucket = p->count;
    }
    free(text);
    return number;
}

void html_payloads_put(const struct html *h)
{
    if (!h->payloads->count)
        return;
    fputs("<section id=\"payloads\"><h2>Details of the rows</h2>\n", h->out);
    for (size_t i = 0; i < h->payloads->count; i++)
        fprintf(h->out, "<div id=\"p%zu\"><b>%zu</b>%s</div>\n", i + 1, i + 1, h->payloads->text[i]);
    fputs("</section>\n", h->out);
}
