/* Two cores draw other random numbers (their streams begin with a hash of what is durable, the image included), and so
 * send other cryptograms and MACs. So that this does not hide everything else, lines of two cores are compared without
 * those values. The time of day goes with them: an image of another size starts later. Called by diff_record.c. */
#include "reports/diff.h"

#include "reports/output.h"
#include "reports/report.h"

#include <ctype.h>
#include <string.h>

#define TERMINALS 8u
#define LONG_HEX 16u /* digits in a row that stand for something computed: "TC: BFD9B6095645C1B8" */
#define SOME_HEX 8u  /* the same when there is a letter among them: "6AE0FD0C", but no date and no reference */

static size_t computed(const char *text)
{
    size_t run = strspn(text, "0123456789ABCDEF"), digits = strspn(text, "0123456789");
    return run >= LONG_HEX || (run >= SOME_HEX && digits < run) ? run : 0;
}

static bool is_time(const char *text)
{
    for (size_t i = 0; i < 8; i++) /* NN:NN:NN */
        if (i % 3 == 2 ? text[i] != ':' : !isdigit((unsigned char)text[i]))
            return false;
    return true;
}

/* In place: "TC: BFD9B6095645C1B8" to "TC: #", "10:00:33" to "#". */
static void drop_long_hex(char *text)
{
    char *out = text;
    while (*text) {
        size_t drop = is_time(text) ? 8 : computed(text);
        if (drop) {
            *out++ = '#';
            text += drop;
        } else {
            size_t run = strspn(text, "0123456789ABCDEF"), keep = run && !is_time(text) ? run : 1;
            memmove(out, text, keep);
            out += keep;
            text += keep;
        }
    }
    *out = '\0';
}

static void drop_texts(cJSON *item)
{
    cJSON *child;
    if (cJSON_IsString(item))
        drop_long_hex(item->valuestring);
    cJSON_ArrayForEach(child, item) drop_texts(child);
}

static uint64_t tree_hash(cJSON *tree)
{
    diff_tree_drop_drawn(tree);
    uint64_t hash = diff_hash(tree);
    cJSON_Delete(tree);
    return hash;
}

static uint64_t event_hash(cJSON *event, struct decode_state *state)
{
    const char *kind = report_string(event, "ev"), *hex = report_string(event, "hex");
    static const char *const apart[] = {"n", "t", "us", "mac", "debit", "credit"};
    if (strcmp(kind, "atr") == 0)
        memset(state, 0, sizeof *state);
    if (strcmp(kind, "apdu") == 0)
        return tree_hash(
            decode_apdu(report_string(event, "c"), report_item(event, "r") ? report_string(event, "r") : NULL, state));
    if (*hex && (strcmp(kind, "send") == 0 || strcmp(kind, "recv") == 0))
        return tree_hash(decode_message(hex));
    for (size_t i = 0; i < sizeof apart / sizeof *apart; i++)
        cJSON_DeleteItemFromObject(event, apart[i]);
    drop_texts(event);
    return diff_hash(event);
}

void diff_lines_drop_drawn(struct diff_lines *l)
{
    struct decode_state states[TERMINALS]; /* of the card of each terminal */
    memset(states, 0, sizeof states);
    for (size_t i = 0; i < l->count; i++) {
        struct diff_line *line = &l->lines[i];
        bool boot = strstr(l->text + line->at, "\"ev\":\"boot\"") != NULL;
        cJSON *event = line->meta || line->cut || boot ? NULL : diff_lines_event(l, i);
        if (event)
            line->content = event_hash(event, &states[(unsigned)report_number(event, "term") % TERMINALS]);
        cJSON_Delete(event);
    }
}
