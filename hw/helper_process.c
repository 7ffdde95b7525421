/*
 * How a helper process comes and goes: what it inherits, what it does not, and how it ends. Called by hw/helper.c and
 * hw/helper_list.c.
 *
 * It is a fork without exec: the parent may be a worker that has no path to the program, and a fork takes a
 * millisecond. So everything that was the parent's is put down first: descriptors (a worker's caller waits for the end
 * of its sockets), signal handlers (a worker's crash mark is not about us), core dumps (they would hold a PIN).
 */
#include "hw/helper_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

uint64_t helper_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

bool helper_readable(int fd, uint64_t deadline_ms)
{
    for (;;) {
        uint64_t now = helper_now_ms();
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int n = poll(&wait, 1, now < deadline_ms ? (int)(deadline_ms - now) : 0);
        if (n > 0)
            return true;
        if ((n == 0 && now >= deadline_ms) || (n < 0 && errno != EINTR))
            return false;
    }
}

/* -- in the child -- */

/* The parent has died, or somebody ends us: the loop sees the end of its socket and powers the card off. A driver that
 * blocks does not get there: then the alarm's default action ends the process. */
static void on_end(int sig)
{
    (void)sig;
    alarm((HELPER_STOP_MS + 999) / 1000);
}

static void reset_signals(void)
{
    for (int sig = 1; sig < NSIG; sig++)
        signal(sig, SIG_DFL);
    signal(SIGINT, SIG_IGN); /* Ctrl-C is for the parent, which stops us in order */
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_end, .sa_flags = SA_RESTART}, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void close_others(int calls, int presence)
{
    int low = calls < presence ? calls : presence, high = calls < presence ? presence : calls;
    int nothing = open("/dev/null", O_RDWR);
    if (nothing >= 0) {
        dup2(nothing, STDIN_FILENO);
        dup2(nothing, STDOUT_FILENO);
    }
    if (low > 3)
        close_range(3, (unsigned)low - 1, 0);
    if (high > low + 1)
        close_range((unsigned)low + 1, (unsigned)high - 1, 0);
    close_range((unsigned)high + 1, ~0u, 0);
}

static void settle(pid_t parent, int calls, int presence)
{
    reset_signals();
    close_others(calls, presence);
    struct rlimit limit;
    if (getrlimit(RLIMIT_DATA, &limit) == 0) { /* a worker's limit is about cores; libusb's thread needs a stack */
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_DATA, &limit);
    }
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    prctl(PR_SET_NAME, "posbench-reader");
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) /* it died before that was set */
        _exit(0);
}

/* -- in the parent -- */

/* The ends lie above the standard streams, which the child gives away. */
bool helper_pair(int pair[2])
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        if (pair[i] > STDERR_FILENO)
            continue;
        int above = fcntl(pair[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        close(pair[i]);
        pair[i] = above;
    }
    if (pair[0] >= 0 && pair[1] >= 0)
        return true;
    close(pair[0]);
    close(pair[1]);
    return false;
}

pid_t helper_child(int keep, int keep_too)
{
    fflush(NULL);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        settle(parent, keep, keep_too);
    return pid;
}

static unsigned pause_ms(unsigned failures)
{
    return failures < 2 ? 0 : failures < 10 ? failures * HELPER_GONE_MS : 10 * HELPER_GONE_MS;
}

int helper_fork(struct hw_helper *h, bool greet)
{
    int calls[2], presence[2];
    h->pid = 0;
    h->calls = h->presence = -1;
    if (!helper_pair(calls))
        return HAL_E_IO;
    if (!helper_pair(presence)) {
        close(calls[0]);
        close(calls[1]);
        return HAL_E_IO;
    }
    pid_t pid = helper_child(calls[1], presence[1]);
    if (pid == 0)
        helper_serve(h->open, h->spec, calls[1], presence[1], greet, pause_ms(h->failures));
    close(calls[1]);
    close(presence[1]);
    if (pid < 0) {
        close(calls[0]);
        close(presence[0]);
        return HAL_E_IO;
    }
    h->pid = pid;
    h->calls = calls[0];
    h->presence = presence[0];
    return OK;
}

/* Reaps it if it ends by the deadline. */
static bool reap(pid_t pid, uint64_t deadline_ms, int *status)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (fd >= 0) {
        (void)helper_readable(fd, deadline_ms);
        close(fd);
    }
    for (;;) {
        pid_t got = waitpid(pid, status, WNOHANG);
        if (got == pid)
            return true;
        if (got < 0 && errno != EINTR) {
            *status = 0;
            return true; /* somebody else has */
        }
        if (helper_now_ms() >= deadline_ms)
            return false;
        if (fd < 0)
            poll(NULL, 0, 1); /* a kernel without pidfd */
    }
}

/* One that does not even die when killed (a USB call that hangs in the kernel) is left: to wait for it without bound
 * would hang the caller as well. */
bool helper_bury(pid_t pid, unsigned grace_ms, int *status)
{
    *status = 0;
    if (grace_ms > 0 && reap(pid, helper_now_ms() + grace_ms, status))
        return true;
    kill(pid, SIGKILL);
    (void)reap(pid, helper_now_ms() + HELPER_STOP_MS, status);
    return false;
}

void helper_end(struct hw_helper *h, unsigned grace_ms, char *how, size_t how_cap)
{
    int status = 0;
    if (h->calls >= 0)
        close(h->calls);
    if (h->presence >= 0)
        close(h->presence);
    h->calls = h->presence = -1;
    bool by_itself = h->pid > 0 && helper_bury(h->pid, grace_ms, &status);
    h->pid = 0;
    if (!how)
        return;
    if (!by_itself)
        snprintf(how, how_cap, "was killed");
    else if (WIFSIGNALED(status))
        snprintf(how, how_cap, "ended by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(how, how_cap, "ended with exit code %d", WEXITSTATUS(status));
}
