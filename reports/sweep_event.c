/*
 * The last events of a failure as plain lines. The words are those of the page (html_event.c), so that terminal and
 * page say the same of an event: its line is written as markup and read back as text.
 */
#include "reports/sweep_view.h"

#include <stdlib.h>
#include <string.h>

/* What report_put_escaped writes, and nothing else. */
static char reference(const char **at)
{
    static const struct {
        const char *text;
        char is;
    } known[] = {{"&amp;", '&'},  {"&lt;", '<'},  {"&gt;", '>'}, {"&quot;", '"'},
                 {"&#39;", '\''}, {"&#10;", ' '}, {"&#9;", ' '}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strncmp(*at, known[i].text, strlen(known[i].text)) == 0) {
            *at += strlen(known[i].text);
            return known[i].is;
        }
    return *(*at)++;
}

static void strip(char *text)
{
    char *out = text;
    for (const char *at = text; *at;) {
        if (*at == '<')
            at += strcspn(at, ">") + (strchr(at, '>') != NULL);
        else
            *out++ = *at == '&' ? reference(&at) : *at++;
    }
    *out = '\0';
}

char *sweep_event_line(const cJSON *event, struct decode_state *state)
{
    char *text = NULL;
    size_t len;
    cJSON *tree = html_decode(event, state);
    const struct html page = {.out = open_memstream(&text, &len)};
    if (page.out) {
        html_summary(&page, event, tree);
        fclose(page.out);
    }
    if (text)
        strip(text);
    cJSON_Delete(tree);
    return text;
}
