/*
 * What the page's script needs to say what a cell is, as one block of JSON: names once, operations as numbers, cells as
 * they are. It is data for the script, never markup or code: '<', '>' and '&' are written as escapes of JSON.
 *
 *   { replay[before, after], ops[], files[], phases[], operations[op, file, len, phase, ..], rows[[when, mode]..],
 *     cells[..], modes[[name, meaning]..], reruns[[fault, kind, from, cells]..], cards[[map, row, column, number]..] }
 *
 * Rows and columns of cards count from 0, maps are 0 (cuts) and 1 (re-runs); row -1: in no row of the map.
 */
#include "reports/sweep_view.h"

#include <stdlib.h>
#include <string.h>

static void add_text(cJSON *list, const char *text)
{
    char *clean = report_clean(text);
    cJSON_AddItemToArray(list, cJSON_CreateString(clean ? clean : ""));
    free(clean);
}

/* The number of a name, added when it is new. Runs have few names, and neighbours share them. */
static int number_of(cJSON *names, const char *text)
{
    int at = 0;
    char *clean = report_clean(text);
    cJSON *name = names->child;
    for (; name && clean && strcmp(name->valuestring, clean) != 0; name = name->next)
        at++;
    if (!name)
        cJSON_AddItemToArray(names, cJSON_CreateString(clean ? clean : ""));
    free(clean);
    return at;
}

/* ---- operations and rows ---- */

static void add_number(cJSON *list, double value)
{
    cJSON_AddItemToArray(list, cJSON_CreateNumber(value));
}

static void add_operations(cJSON *data, const cJSON *sweep)
{
    cJSON *ops = cJSON_AddArrayToObject(data, "ops"), *files = cJSON_AddArrayToObject(data, "files"),
          *phases = cJSON_AddArrayToObject(data, "phases"), *flat = cJSON_AddArrayToObject(data, "operations");
    const cJSON *op;
    size_t n = 0;
    cJSON_ArrayForEach(op, report_item(sweep, "operations"))
    {
        if (n++ == SWEEP_OPERATIONS || !ops || !files || !phases || !flat)
            break;
        add_number(flat, number_of(ops, report_string(op, "op")));
        add_number(flat, number_of(files, report_string(op, "name")));
        add_number(flat, report_number(op, "len"));
        add_number(flat, number_of(phases, report_string(op, "phase")));
    }
}

static void add_pair(cJSON *list, const char *first, const char *second)
{
    cJSON *pair = cJSON_CreateArray();
    add_text(pair, first);
    add_text(pair, second);
    cJSON_AddItemToArray(list, pair);
}

/* Letters that are not understood become those that the drawing shows. */
static void add_cells(cJSON *list, const char *cells)
{
    size_t len = strnlen(cells, SWEEP_OPERATIONS);
    char *known = strndup(cells, len);
    for (size_t i = 0; known && i < len; i++)
        known[i] = sweep_letter(cells, len, i);
    cJSON_AddItemToArray(list, cJSON_CreateString(known ? known : ""));
    free(known);
}

static void add_rows(cJSON *data, const cJSON *sweep)
{
    cJSON *rows = cJSON_AddArrayToObject(data, "rows"), *cells = cJSON_AddArrayToObject(data, "cells");
    const cJSON *item;
    cJSON_ArrayForEach(item, report_item(sweep, "rows"))
        add_pair(rows, report_string(item, "when"), report_string(item, "mode"));
    cJSON_ArrayForEach(item, report_item(sweep, "cells"))
        add_cells(cells, cJSON_IsString(item) ? item->valuestring : "");
}

static void add_reruns(cJSON *data, const cJSON *sweep)
{
    cJSON *list = cJSON_AddArrayToObject(data, "reruns");
    const cJSON *item;
    cJSON_ArrayForEach(item, report_item(sweep, "reruns"))
    {
        cJSON *one = cJSON_CreateArray();
        add_text(one, report_string(item, "fault"));
        add_text(one, report_string(item, "kind"));
        add_number(one, sweep_first(item));
        add_cells(one, report_string(item, "cells"));
        cJSON_AddItemToArray(list, one);
    }
}

static void add_modes(cJSON *data, const cJSON *sweep)
{
    cJSON *modes = cJSON_AddArrayToObject(data, "modes");
    const cJSON *item;
    cJSON_ArrayForEach(item, report_item(sweep, "modes"))
        add_pair(modes, report_string(item, "name"), report_string(item, "meaning"));
}

/* ---- cards by the place of their fault ---- */

static int row_of(const cJSON *sweep, const struct sweep_place *place)
{
    int at = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, report_item(sweep, place->cut ? "rows" : "reruns"))
    {
        if (place->cut ? sweep_place_is_cut(place, item) : sweep_place_is_rerun(place, item))
            return at;
        at++;
    }
    return -1;
}

static void add_card(cJSON *cards, const cJSON *sweep, const char *id, size_t number)
{
    struct sweep_place place;
    if (!sweep_place(id, &place))
        return;
    int row = row_of(sweep, &place);
    double first = place.cut ? 1 : sweep_first(cJSON_GetArrayItem(report_item(sweep, "reruns"), row));
    cJSON *card = cJSON_CreateArray();
    add_number(card, place.cut ? 0 : 1);
    add_number(card, row);
    add_number(card, (double)place.at - first);
    add_number(card, (double)number);
    cJSON_AddItemToArray(cards, card);
}

static bool is_same_place(const char *a, const char *b)
{
    struct sweep_place x, y;
    return sweep_place(a, &x) && sweep_place(b, &y) && memcmp(&x, &y, sizeof x) == 0;
}

/* A failure that was shrunk is found at both places: where it was met, and where it is now. */
static void add_cards(cJSON *data, const cJSON *sweep)
{
    cJSON *cards = cJSON_AddArrayToObject(data, "cards");
    const cJSON *failure;
    size_t number = 0;
    cJSON_ArrayForEach(failure, report_item(sweep, "failures"))
    {
        if (++number > SWEEP_CARDS)
            break;
        const char *id = report_string(failure, "id"), *from = report_string(failure, "shrunk_from");
        add_card(cards, sweep, id, number);
        if (!is_same_place(id, from))
            add_card(cards, sweep, from, number);
    }
}

/* ---- the block ---- */

static void add_replay(cJSON *data, const cJSON *sweep)
{
    char before[SWEEP_COMMAND_MAX], after[SWEEP_COMMAND_MAX];
    cJSON *replay = cJSON_AddArrayToObject(data, "replay");
    sweep_replay(sweep, before, after);
    add_text(replay, before);
    add_text(replay, after);
}

static void put_json(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '<' || *text == '>' || *text == '&')
            fprintf(out, "\\u%04x", (unsigned)*text);
        else
            fputc(*text, out);
    }
}

void sweep_html_data(const struct html *h, const cJSON *sweep)
{
    cJSON *data = cJSON_CreateObject();
    add_replay(data, sweep);
    add_operations(data, sweep);
    add_rows(data, sweep);
    add_modes(data, sweep);
    add_reruns(data, sweep);
    add_cards(data, sweep);
    char *text = cJSON_PrintUnformatted(data);
    fputs("<script type=\"application/json\" id=\"data\">", h->out);
    put_json(h->out, text ? text : "{}");
    fputs("</script>\n", h->out);
    cJSON_free(text);
    cJSON_Delete(data);
}
