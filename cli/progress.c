/* The line on a terminal that is rewritten while something long goes on. Callers: cmd_run.c, cmd_sweep.c, bench.c. */
#include "cli/cli.h"
#include "reports/output.h"

#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool wanted(void)
{
    return isatty(STDERR_FILENO);
}

unsigned cli_width(FILE *out)
{
    struct winsize ws;
    if (!isatty(fileno(out)))
        return 0;
    return ioctl(fileno(out), TIOCGWINSZ, &ws) == 0 && ws.ws_col ? ws.ws_col : 80;
}

/* What a scenario or an image calls itself may hold anything, and must not wrap: the line could not be rewritten. */
static void put_columns(const char *text, unsigned columns)
{
    for (uint32_t code; (code = report_utf8(&text));) {
        unsigned wide = code < 0x300 ? 1 : 2;
        if (wide > columns)
            return;
        columns -= wide;
        report_put_code(stderr, report_is_plain(code) ? code : '?');
    }
}

void cli_progress(const char *format, ...)
{
    char line[600];
    va_list args;
    if (!wanted())
        return;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    fputs("\r", stderr);
    put_columns(line, cli_width(stderr) - 1);
    fputs("\x1b[K", stderr);
}

void cli_progress_end(void)
{
    if (wanted())
        fputs("\r\x1b[K", stderr);
}
