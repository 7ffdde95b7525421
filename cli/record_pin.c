/* The PIN for "posbench record": a line of a file, or typed without being shown. */
#include "cli/record.h"
#include "scenarios/engine/record_card.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

/* Something can be read; false: Ctrl-C came, which must not leave a terminal that shows nothing. */
static bool readable(int fd, int interrupt)
{
    struct pollfd fds[] = {{.fd = fd, .events = POLLIN}, {.fd = interrupt, .events = POLLIN}};
    while (poll(fds, 2, -1) < 0 && errno == EINTR)
        ;
    return !(fds[1].revents & POLLIN);
}

/* One line without its end; false: there is none, or *interrupted. */
static bool read_line(int fd, int interrupt, char line[PIN_LINE], bool *interrupted)
{
    size_t n = 0;
    char c = 0;
    ssize_t got = 1;
    while (got == 1 && c != '\n' && n + 1 < PIN_LINE) {
        *interrupted = !readable(fd, interrupt);
        got = *interrupted ? -1 : read(fd, &c, 1);
        if (got == 1 && c != '\n')
            line[n++] = c;
    }
    line[n] = '\0';
    if (n && line[n - 1] == '\r')
        line[n - 1] = '\0';
    return got >= 0 && (n || c == '\n');
}

/* The same; what is typed at a terminal is not shown. */
static bool ask_line(int fd, char line[PIN_LINE], bool *interrupted)
{
    struct termios was, quiet;
    sigset_t stop, before;
    bool terminal = tcgetattr(fd, &was) == 0;
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigprocmask(SIG_BLOCK, &stop, &before);
    int interrupt = signalfd(-1, &stop, SFD_CLOEXEC);
    if (terminal) {
        quiet = was;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(fd, TCSAFLUSH, &quiet);
        fprintf(stderr, "PIN (not shown): ");
    }
    bool ok = read_line(fd, interrupt, line, interrupted);
    if (terminal) {
        tcsetattr(fd, TCSAFLUSH, &was);
        fputc('\n', stderr);
    }
    struct signalfd_siginfo taken;
    if (*interrupted && read(interrupt, &taken, sizeof taken) < 0)
        ok = false;
    close(interrupt);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return ok;
}

int record_read_pin(const char *name, char line[PIN_LINE])
{
    bool interrupted = false;
    bool standard = cli_is_dash(name);
    int fd = standard ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && ask_line(fd, line, &interrupted);
    if (!ok && !interrupted)
        cli_usage("record", "--pin-file %s: %s", name, fd < 0 ? strerror(errno) : "holds no PIN");
    if (fd >= 0 && !standard)
        close(fd);
    size_t digits = strspn(line, "0123456789");
    if (interrupted)
        return EXIT_INTERRUPTED;
    if (!ok || (digits >= 4 && digits <= RECORD_CARD_PIN_MAX && !line[digits]))
        return ok ? EXIT_PASS : EXIT_USAGE;
    return cli_usage("record", "--pin-file %s: a line with 4 to %d digits expected", name, RECORD_CARD_PIN_MAX);
}
