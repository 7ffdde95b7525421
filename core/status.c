/* Names and phrases of the status codes, from the one table in status.h. */
#include "core/status.h"

#include <stddef.h>

static const struct status_row {
    int code;
    const char *name, *text;
} rows[] = {
#define STATUS_ROW(name, value, text) {value, #name, text},
    STATUS_TABLE(STATUS_ROW)
#undef STATUS_ROW
};

static const struct status_row *find(int code)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].code == code)
            return &rows[i];
    return NULL;
}

const char *status_name(int code)
{
    const struct status_row *row = find(code);
    return row ? row->name : "E_?";
}

const char *status_text(int code)
{
    const struct status_row *row = find(code);
    return row ? row->text : "unknown status";
}
