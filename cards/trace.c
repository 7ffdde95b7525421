/* Recorded sessions from a file, and their end of life. Parsing is trace_parse.c, T=0 folding trace_fold.c. */
#include "cards/trace.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

int trace_load(const char *path, struct trace **out, char *why, size_t why_cap)
{
    int status = E_NOMEM;
    *out = NULL;
    FILE *file = fopen(path, "rb");
    if (!file) {
        snprintf(why, why_cap, "%s: no such recording", path);
        return HAL_E_NOENT;
    }
    char *text = malloc(TRACE_TEXT_MAX + 1);
    if (!text) {
        snprintf(why, why_cap, "%s: out of memory", path);
        goto cleanup;
    }
    size_t len = fread(text, 1, TRACE_TEXT_MAX + 1, file);
    if (ferror(file)) {
        snprintf(why, why_cap, "%s: cannot be read", path);
        status = HAL_E_NOENT;
        goto cleanup;
    }
    status = trace_parse(text, len, path, out, why, why_cap);
cleanup:
    if (text)
        OPENSSL_cleanse(text, TRACE_TEXT_MAX + 1);
    free(text);
    fclose(file);
    return status;
}

static void free_exchanges(struct trace_exchange *list, size_t count)
{
    if (list)
        OPENSSL_cleanse(list, count * sizeof *list);
    free(list);
}

void trace_destroy(struct trace *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->session_count; i++) {
        free_exchanges(t->sessions[i].raw, t->sessions[i].raw_count);
        free_exchanges(t->sessions[i].exchanges, t->sessions[i].count);
        free(t->sessions[i].inputs);
    }
    free(t->sessions);
    free(t);
}
