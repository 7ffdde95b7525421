/*
 * The process around a recording: it forks, shows what the terminal shows, watches that the core does not hang, and
 * makes the trace of what lies on the tape, however the recording ended. See record_card.h.
 */
#include "scenarios/engine/record_card_tape.h"
#include "scenarios/engine/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_CAP 600
#define WALL_S 600u /* beyond the wait for a card */

/* -- the child: lines for people go through a pipe, 's' a screen, 'a' a request -- */

static void send_line(int fd, char kind, const char *text)
{
    char line[LINE_CAP];
    int n = snprintf(line, sizeof line, "%c%s\n", kind, text);
    size_t len = n < (int)sizeof line ? (size_t)n : sizeof line - 1, at = 0;
    while (at < len) {
        ssize_t sent = write(fd, line + at, len - at);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return;
        at += (size_t)sent;
    }
}

static void send_screen(void *ctx, const char *rows)
{
    send_line(*(int *)ctx, 's', rows);
}

static void send_ask(void *ctx, const char *text)
{
    send_line(*(int *)ctx, 'a', text);
}

static void child_main(const struct engine_options *o, const struct record_card_options *r,
                       struct worker_shared *shared, struct card_tape *tape, int fd)
{
    const struct record_card_said said = {&fd, send_screen, send_ask};
    const struct case_request request = {
        .file = "record", .seed = o->seed, .paths = {o->root, o->core, o->boot}, .shared = shared};
    signal(SIGPIPE, SIG_IGN);
    record_card_play(&request, r, NULL, &said, tape);
    _exit(0);
}

/* -- the parent -- */

struct recorder {
    struct worker worker; /* socket: the pipe's reading end */
    struct card_tape *tape;
    const struct record_card_said *said;
    char line[LINE_CAP];
    size_t len;
};

static int start(struct recorder *r, const struct engine_options *o, const struct record_card_options *options)
{
    int ends[2];
    struct worker *w = &r->worker;
    const int flags = MAP_SHARED | MAP_ANONYMOUS;
    w->shared = mmap(NULL, sizeof *w->shared, PROT_READ | PROT_WRITE, flags, -1, 0);
    r->tape = mmap(NULL, sizeof *r->tape, PROT_READ | PROT_WRITE, flags, -1, 0);
    w->log = memfd_create("posbench-record", MFD_CLOEXEC);
    if (w->shared == MAP_FAILED || r->tape == MAP_FAILED || w->log < 0 || pipe2(ends, O_CLOEXEC) != 0)
        return E_NOMEM;
    fflush(NULL);
    w->pid = fork();
    if (w->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGINT, SIG_IGN); /* the parent decides */
        dup2(w->log, STDERR_FILENO);
        dup2(w->log, STDOUT_FILENO);
        close(ends[0]);
        child_main(o, options, w->shared, r->tape, ends[1]);
    }
    close(ends[1]);
    w->socket = ends[0];
    return w->pid > 0 ? OK : E_NOMEM;
}

static void say(const struct recorder *r, char *line)
{
    void (*fn)(void *ctx, const char *text) = line[0] == 's' ? r->said->screen : r->said->ask;
    if (fn && line[0])
        fn(r->said->ctx, line + 1);
}

/* Takes what the pipe has; false: it is closed. */
static bool take_lines(struct recorder *r)
{
    ssize_t n = read(r->worker.socket, r->line + r->len, sizeof r->line - 1 - r->len);
    if (n < 0)
        return errno == EINTR || errno == EAGAIN;
    r->len += (size_t)n;
    r->line[r->len] = '\0';
    for (char *end; (end = strchr(r->line, '\n'));) {
        *end = '\0';
        say(r, r->line);
        r->len -= (size_t)(end + 1 - r->line);
        memmove(r->line, end + 1, r->len + 1);
    }
    if (r->len == sizeof r->line - 1)
        r->len = 0; /* longer than any line that is sent */
    return n > 0;
}

static bool has_ended(const struct worker *w)
{
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)w->pid, &info, WEXITED | WNOWAIT | WNOHANG) == 0 && info.si_pid == w->pid;
}

/* EXIT_PASS: the child came to its end. */
static int watch(struct recorder *r, unsigned wait_s, char *why, size_t cap)
{
    struct worker_patience patience;
    struct pollfd fd = {.fd = r->worker.socket, .events = POLLIN};
    bool bench = true, open = true;
    char text[300];
    const char *end = NULL;
    worker_patience_begin(&patience);
    while (open && !end && !engine_interrupted()) {
        if (poll(&fd, 1, 100) > 0)
            open = take_lines(r);
        else if (has_ended(&r->worker)) /* a process of the reader's may still hold the other end */
            open = false;
        end = worker_misbehaves(&r->worker, &patience, wait_s + WALL_S);
    }
    if (engine_interrupted()) {
        snprintf(why, cap, "interrupted");
        return EXIT_INTERRUPTED;
    }
    siginfo_t info = {0};
    if (!end && waitid(P_PID, (id_t)r->worker.pid, &info, WEXITED | WNOWAIT) == 0 && info.si_code == CLD_EXITED &&
        info.si_status == 0 && r->tape->done) {
        waitpid(r->worker.pid, NULL, 0);
        r->worker.pid = 0;
        return EXIT_PASS;
    }
    worker_autopsy(&r->worker, end, text, sizeof text, &bench);
    snprintf(why, cap, "%s", text);
    return bench ? EXIT_BENCH : EXIT_FAILED;
}

static void fill_result(struct card_tape *t, struct record_card_result *out)
{
    record_card_clean(t);
    snprintf(out->reader, sizeof out->reader, "%s", t->reader);
    snprintf(out->screen, sizeof out->screen, "%s", t->screen);
    snprintf(out->text, sizeof out->text, "%s", t->text);
    snprintf(out->note, sizeof out->note, "%s", t->note);
    out->decided = t->decided;
    for (size_t i = 0; i < t->count; i++) {
        out->exchanges += t->event[i].kind == TAPE_EXCHANGE;
        out->has_atr |= t->event[i].kind == TAPE_RESET && t->event[i].status == OK;
    }
    out->trace = record_card_text(t, &out->trace_len);
}

int record_card(const struct engine_options *o, const struct record_card_options *r,
                const struct record_card_said *said, struct record_card_result *out, char *why, size_t cap)
{
    struct recorder rec = {.said = said};
    struct engine_interrupt interrupt;
    memset(out, 0, sizeof *out);
    if (cap)
        *why = '\0';
    engine_interrupt_begin(&interrupt);
    int status = EXIT_BENCH;
    if (start(&rec, o, r) != OK) {
        snprintf(why, cap, "no process can be started for the recording");
    } else {
        status = watch(&rec, r->wait_s, why, cap);
        if (rec.worker.pid > 0) { /* the tape must stand still */
            kill(rec.worker.pid, SIGKILL);
            waitpid(rec.worker.pid, NULL, 0);
            rec.worker.pid = 0;
        }
        if (status == EXIT_PASS) {
            status = rec.tape->status;
            snprintf(why, cap, "%s", rec.tape->why);
        }
        fill_result(rec.tape, out);
    }
    engine_interrupt_end(&interrupt);
    if (rec.worker.shared && rec.worker.shared != MAP_FAILED)
        worker_stop(&rec.worker);
    if (rec.tape && rec.tape != MAP_FAILED) {
        OPENSSL_cleanse(rec.tape, sizeof *rec.tape);
        munmap(rec.tape, sizeof *rec.tape);
    }
    return status;
}

void record_card_clear(struct record_card_result *out)
{
    free(out->trace);
    memset(out, 0, sizeof *out);
}
