/* What both pages have in common: a head whose content security policy admits the styles and the script given here, by
 * digest, and nothing from outside; the facts of their summary; the end. Callers: report_html.c, sweep_html.c. */
#include "reports/html.h"

#include <openssl/evp.h>
#include <string.h>

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
    fprintf(h->out, " 'sha256-%s'", (const char *)base64);
}

void html_head(const struct html *h, const char *title, const char *const *const *styles, const char *const *script)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src",
          h->out);
    for (size_t i = 0; styles[i]; i++)
        put_digest(h, styles[i]);
    fputs("; script-src", h->out);
    put_digest(h, script);
    fputs("\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n", h->out);
    html_element(h, "title", NULL, title);
    for (size_t i = 0; styles[i]; i++) {
        fputs("\n<style>", h->out);
        put_pieces(h, styles[i]);
        fputs("</style>", h->out);
    }
    fputs("</head>\n<body>\n", h->out);
}

void html_end(const struct html *h, const char *const *script)
{
    fputs("<script>", h->out);
    put_pieces(h, script);
    fputs("</script>\n</body></html>\n", h->out);
}

void html_fact(const struct html *h, const char *name, const char *value)
{
    if (!*value)
        return;
    fputs("<div>", h->out);
    html_element(h, "dt", NULL, name);
    html_element(h, "dd", NULL, value);
    fputs("</div>", h->out);
}
