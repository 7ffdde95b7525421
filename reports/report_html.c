/*
 * The page: head, totals, filter, one expandable row a case. Self-contained: no address of any kind stands in it, and
 * its content security policy admits only the style and the script of html_assets.c, by digest.
 */
#include "reports/html.h"

#include <openssl/evp.h>
#include <string.h>

void html_text(const struct html *h, const char *text)
{
    report_put_escaped(h->out, text);
}

void html_element(const struct html *h, const char *tag, const char *cls, const char *text)
{
    if (cls && *cls)
        fprintf(h->out, "<%s class=\"%s\">", tag, cls);
    else
        fprintf(h->out, "<%s>", tag);
    html_text(h, text);
    fprintf(h->out, "</%s>", tag);
}

void html_time(const struct html *h, double us)
{
    fprintf(h->out, "%.3f", us / 1e6);
}

const char *html_verdict_class(enum report_verdict verdict)
{
    return verdict == VERDICT_NOT_APPLICABLE ? "na" : report_verdict_name(verdict);
}

/* ---- head ---- */

static void put_pieces(const struct html *h, const char *const *pieces)
{
    for (; *pieces; pieces++)
        fputs(*pieces, h->out);
}

static void put_digest(const struct html *h, const char *const *pieces)
{
    uint8_t digest[32] = {0};
    unsigned char base64[48];
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL)) {
        for (; *pieces; pieces++)
            EVP_DigestUpdate(ctx, *pieces, strlen(*pieces));
        EVP_DigestFinal_ex(ctx, digest, NULL);
    }
    EVP_MD_CTX_free(ctx);
    EVP_EncodeBlock(base64, digest, sizeof digest);
    fprintf(h->out, "'sha256-%s'", (const char *)base64);
}

static void put_head(const struct html *h)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src ",
          h->out);
    put_digest(h, html_style);
    fputs("; script-src ", h->out);
    put_digest(h, html_script);
    fputs("\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>posbench "
          "run</title>\n<style>",
          h->out);
    put_pieces(h, html_style);
    fputs("</style></head>\n<body>\n", h->out);
}

/* ---- totals ---- */

static void put_fact(const struct html *h, const char *name, const char *value)
{
    if (!*value)
        return;
    fputs("<div>", h->out);
    html_element(h, "dt", NULL, name);
    html_element(h, "dd", NULL, value);
    fputs("</div>", h->out);
}

/* The run names its core by an image path, or by {name, version, digest}. */
static void put_core(const struct html *h, const cJSON *run)
{
    const cJSON *core = report_item(run, "core");
    char text[300];
    snprintf(text, sizeof text, "%s %s %.12s", report_string(core, "name"), report_string(core, "version"),
             report_string(core, "digest"));
    put_fact(h, "core", cJSON_IsString(core) ? core->valuestring : cJSON_IsObject(core) ? text : "");
}

static void put_times(const struct html *h, const cJSON *run)
{
    char text[60];
    double virtual_us = report_number(run, "virtual_us"), real_us = report_number(run, "real_us");
    report_duration(virtual_us, text, sizeof text);
    put_fact(h, "virtual time", text);
    report_duration(real_us, text, sizeof text);
    put_fact(h, "real time", text);
    snprintf(text, sizeof text, "%.*f to 1", virtual_us / real_us < 10 ? 1 : 0, virtual_us / real_us);
    put_fact(h, "virtual to real", real_us > 0 && virtual_us > 0 ? text : "");
}

static void put_totals(const struct html *h, const cJSON *run, const size_t n[VERDICTS], size_t total)
{
    char text[60];
    size_t bad = n[VERDICT_FAIL] + n[VERDICT_ERROR];
    fputs("<header><h1>posbench run: ", h->out);
    if (bad)
        snprintf(text, sizeof text, "%zu of %zu case%s failed", bad, total, total == 1 ? "" : "s");
    else
        snprintf(text, sizeof text, "no failure in %zu case%s", total, total == 1 ? "" : "s");
    html_element(h, "span", bad ? "fail" : "pass", text);
    if (report_item(run, "interrupted_of")) {
        snprintf(text, sizeof text, " interrupted, %.0f were to run", report_number(run, "interrupted_of"));
        html_element(h, "span", "inconclusive", text);
    }
    fputs("</h1>\n<dl class=\"facts\">", h->out);
    put_times(h, run);
    put_fact(h, "seed", report_string(run, "seed"));
    put_core(h, run);
    snprintf(text, sizeof text, "%.0f", report_number(run, "jobs"));
    put_fact(h, "workers", report_item(run, "jobs") ? text : "");
    put_fact(h, "posbench", report_string(run, "posbench"));
    fputs("</dl></header>\n", h->out);
}

static void put_bar(const struct html *h, const size_t n[VERDICTS])
{
    fputs("<div class=\"bar\"><input id=\"q\" type=\"search\" placeholder=\"Filter by name, file or tag ( / )\" "
          "aria-label=\"Filter cases\">",
          h->out);
    for (size_t i = 0; i < VERDICTS; i++)
        if (n[i]) {
            const char *cls = html_verdict_class((enum report_verdict)i);
            fprintf(
                h->out,
                "<button type=\"button\" data-v=\"%s\" aria-pressed=\"true\"><span class=\"%s\">%s</span> %zu</button>",
                cls, cls, report_verdict_name((enum report_verdict)i), n[i]);
        }
    fputs("<span id=\"shown\" role=\"status\"></span></div>\n", h->out);
}

/* What failed stands first; the first of it lies open. */
static void put_cases(const struct html *h, const cJSON *run)
{
    bool open = true;
    const cJSON *one;
    for (int failed = 1; failed >= 0; failed--) {
        cJSON_ArrayForEach(one, report_item(run, "cases"))
        {
            enum report_verdict verdict = report_verdict(one);
            if ((verdict == VERDICT_FAIL || verdict == VERDICT_ERROR) != failed)
                continue;
            html_case(h, one, failed && open);
            open = false;
        }
    }
}

static void put_page(const struct html *h, const cJSON *run)
{
    size_t n[VERDICTS], total = report_count(run, n);
    put_head(h);
    put_totals(h, run, n, total);
    put_bar(h, n);
    fputs("<main>\n<div class=\"row heads\"><span>verdict</span><span>scenario</span><span class=\"f\">file</span>"
          "<span class=\"n\">virtual</span><span class=\"n r\">real</span></div>\n",
          h->out);
    put_cases(h, run);
    fputs("</main>\n", h->out);
    html_payloads_put(h);
    fputs("<script>", h->out);
    put_pieces(h, html_script);
    fputs("</script>\n</body></html>\n", h->out);
}

int report_html(const cJSON *run, const char *folder, const char *path, char *why, size_t why_cap)
{
    struct html h = {.folder = folder ? folder : ".", .payloads = html_payloads_create()};
    int status = -1;
    if (!h.payloads)
        snprintf(why, why_cap, "%s: out of memory", path);
    else if ((h.out = report_open(path, why, why_cap))) {
        put_page(&h, run);
        status = report_close(h.out, path, why, why_cap);
    }
    html_payloads_destroy(h.payloads);
    return status;
}
