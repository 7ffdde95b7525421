/* Quoting for a shell. See shell.h. */
#include "reports/shell.h"

#include <stdbool.h>
#include <string.h>

#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=+,@%"

size_t shell_quote(const char *text, char *out, size_t cap)
{
    bool bare = *text && text[strspn(text, PLAIN)] == '\0';
    const char *around = bare ? "" : "'";
    size_t n = strlen(around), end = n + 1; /* the closing quote and the NUL */
    memcpy(out, around, n);
    for (; *text; text++) {
        const char one[2] = {*text, '\0'}, *piece = *text == '\'' ? "'\\''" : one;
        size_t len = strlen(piece);
        if (n + len + end > cap)
            break;
        memcpy(out + n, piece, len);
        n += len;
    }
    memcpy(out + n, around, end);
    return n + end - 1;
}
