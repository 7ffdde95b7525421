/* The run object as a file, for other tools and for `posbench report merge`. */
#include "reports/output.h"
#include "reports/report.h"

int report_json(const cJSON *run, const char *path, char *why, size_t why_cap)
{
    char *text = cJSON_Print(run);
    FILE *out = text ? report_open(path, why, why_cap) : NULL;
    int status = -1;
    if (!text)
        snprintf(why, why_cap, "%s: out of memory", path);
    if (out) {
        fputs(text, out);
        fputc('\n', out);
        status = report_close(out, path, why, why_cap);
    }
    cJSON_free(text);
    return status;
}
