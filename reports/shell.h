/* Words of a command that a person copies into a shell. Callers: reports, scenarios/engine and cli, wherever a command
 * is told. */
#ifndef POSBENCH_REPORTS_SHELL_H
#define POSBENCH_REPORTS_SHELL_H

#include <stddef.h>

/* One word: bare when nothing in it needs quotes, else in '..' (POSIX shell 2.2.2). Without room for all of it, what
 * stands in `out` is still one whole word; cap > 2. Returns its length. */
size_t shell_quote(const char *text, char *out, size_t cap);

#endif
