/* Both sides of a worker process: see worker.h. The child runs one request after another; the parent only reads. */
#include "scenarios/engine/worker.h"
#include "scenarios/engine/case.h"
#include "scenarios/engine/fault_play.h"
#include "scenarios/engine/live_serve.h"
#include "scenarios/engine/replay.h"
#include "scenarios/engine/sweep_serve.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MESSAGE_MAX (64u << 20)
#define MEMORY_MAX (1ull << 30) /* of one worker */
#define FILE_MAX (1ull << 30)   /* of one record, and of what a core prints to standard output */

/* -- messages -- */

static bool write_all(int fd, const void *data, size_t len)
{
    const char *at = data;
    while (len) {
        ssize_t n = send(fd, at, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static bool read_all(int fd, void *data, size_t len)
{
    char *at = data;
    while (len) {
        ssize_t n = recv(fd, at, len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static bool send_json(int fd, const cJSON *json)
{
    char *text = cJSON_PrintUnformatted(json);
    uint32_t len = text ? (uint32_t)strlen(text) : 0;
    bool ok = text && write_all(fd, &len, sizeof len) && write_all(fd, text, len);
    free(text);
    return ok;
}

static cJSON *receive_json(int fd)
{
    uint32_t len;
    if (!read_all(fd, &len, sizeof len) || len > MESSAGE_MAX)
        return NULL;
    char *text = malloc((size_t)len + 1);
    cJSON *json = NULL;
    if (text && read_all(fd, text, len)) {
        text[len] = '\0';
        json = cJSON_ParseWithLength(text, len);
    }
    free(text);
    return json;
}

int worker_send(struct worker *w, const cJSON *request)
{
    return send_json(w->socket, request) ? 0 : -1;
}

cJSON *worker_receive(struct worker *w)
{
    return receive_json(w->socket);
}

/* -- the child -- */

static const char *text_of(const cJSON *json, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItem(json, key));
}

static cJSON *serve_list(const struct case_request *request)
{
    char why[600] = "";
    cJSON *answer = cJSON_CreateObject(), *list = case_list(request, why, sizeof why);
    if (list)
        cJSON_AddItemToObject(answer, "scenarios", list);
    else
        cJSON_AddStringToObject(answer, "usage", why);
    return answer;
}

/* With the worker's largest size so far: in the result, not in the record, which is the same everywhere. */
static cJSON *serve_run(const struct case_request *request)
{
    struct rusage usage;
    cJSON *result = request->fault ? fault_play(request) : case_run(request);
    if (result && getrusage(RUSAGE_SELF, &usage) == 0)
        cJSON_AddNumberToObject(result, "memory_kb", (double)usage.ru_maxrss);
    return result;
}

static cJSON *serve_replay(const struct case_request *request)
{
    char why[600];
    cJSON *answer = replay_file(request, why, sizeof why);
    if (answer)
        return answer;
    answer = cJSON_CreateObject();
    cJSON_AddStringToObject(answer, "usage", why);
    return answer;
}

static cJSON *serve(const struct engine_options *o, struct worker_shared *shared, struct sweep_session **sweep,
                    const cJSON *message, int fd)
{
    const char *op = text_of(message, "op"), *seed = text_of(message, "seed");
    struct case_request request = {.file = text_of(message, "file"),
                                   .index = (unsigned)cJSON_GetNumberValue(cJSON_GetObjectItem(message, "index")),
                                   .seed = seed ? strtoull(seed, NULL, 10) : 0,
                                   .record = text_of(message, "record"),
                                   .fault = text_of(message, "fault"),
                                   .reader = text_of(message, "reader"),
                                   .capk = o->capk,
                                   .paths = {o->root, o->core, o->boot},
                                   .shared = shared};
    if (strcmp(op, "list") == 0) {
        request.index = 0;
        return serve_list(&request);
    }
    if (strcmp(op, "live") == 0)
        live_serve(&request, message, fd);
    if (strcmp(op, "sweep") == 0)
        return sweep_serve(sweep, &request, message);
    return strcmp(op, "replay") == 0 ? serve_replay(&request) : serve_run(&request);
}

static void child_main(const struct engine_options *o, struct worker_shared *shared, int fd)
{
    cJSON *message;
    struct sweep_session *sweep = NULL;
    while ((message = receive_json(fd))) {
        shared->tail_end = 0;
        shared->lines = 0;
        cJSON *answer = serve(o, shared, &sweep, message, fd);
        bool ok = answer && send_json(fd, answer);
        cJSON_Delete(answer);
        cJSON_Delete(message);
        if (!ok)
            _exit(70);
    }
    _exit(0);
}

/* A core or script that takes without end is stopped before the machine suffers. AddressSanitizer maps terabytes of its
 * own. */
static void limit_resources(void)
{
    const struct rlimit no_dump = {0, 0}, file = {FILE_MAX, FILE_MAX};
    setrlimit(RLIMIT_CORE, &no_dump);
    setrlimit(RLIMIT_FSIZE, &file);
#ifndef __SANITIZE_ADDRESS__
    const struct rlimit memory = {MEMORY_MAX, MEMORY_MAX};
    setrlimit(RLIMIT_DATA, &memory);
#endif
}

/* -- the parent -- */

int worker_start(struct worker *w, const struct engine_options *o)
{
    int pair[2];
    memset(w, 0, sizeof *w);
    w->shared = mmap(NULL, sizeof *w->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (w->shared == MAP_FAILED)
        return -1;
    w->log = memfd_create("posbench-worker", MFD_CLOEXEC);
    if (w->log < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return -1;
    fflush(NULL);
    w->pid = fork();
    if (w->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        limit_resources();
        signal(SIGINT, SIG_IGN); /* the parent decides */
        dup2(w->log, STDERR_FILENO);
        dup2(w->log, STDOUT_FILENO);
        close(pair[0]);
        child_main(o, w->shared, pair[1]);
    }
    close(pair[1]);
    w->socket = pair[0];
    return w->pid > 0 ? 0 : -1;
}

void worker_stop(struct worker *w)
{
    if (!w->shared)
        return;
    close(w->socket);
    close(w->log);
    if (w->pid > 0) {
        kill(w->pid, SIGKILL);
        waitpid(w->pid, NULL, 0);
    }
    munmap(w->shared, sizeof *w->shared);
    memset(w, 0, sizeof *w);
}

/* What AddressSanitizer or abort() said first, e.g. "==1==ERROR: AddressSanitizer: SEGV on unknown address". */
static void first_words(int log, char *out, size_t cap)
{
    char text[4096];
    ssize_t n = pread(log, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    const char *at = strstr(text, "ERROR: ");
    if (!at)
        at = strstr(text, "runtime error: ");
    snprintf(out, cap, "%.*s", at ? (int)strcspn(at, "\n(") : 0, at ? at : "");
}

size_t worker_memory(const struct worker *w)
{
    char path[40];
    unsigned long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)w->pid);
    FILE *f = fopen(path, "r");
    if (f && fscanf(f, "%*u %lu", &pages) != 1)
        pages = 0;
    if (f)
        fclose(f);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

void worker_autopsy(struct worker *w, const char *killed_for, char *text, size_t cap, bool *bench_fault)
{
    int status = 0;
    char detail[160];
    bool call = w->shared->watch.in_call != 0, core = w->shared->watch.in_core != 0 || call;
    bool script = w->shared->in_script != 0;
    const char *who = core ? "the core" : script ? "the script" : "the bench";
    const char *where = call ? ", inside a HAL call it made" : "";
    if (killed_for)
        kill(w->pid, SIGKILL);
    waitpid(w->pid, &status, 0);
    first_words(w->log, detail, sizeof detail);
    if (killed_for)
        snprintf(text, cap, "%s %s", who, killed_for);
    else if (WIFSIGNALED(status))
        snprintf(text, cap, "%s crashed%s: %s", who, where, strsignal(WTERMSIG(status)));
    else if (detail[0])
        snprintf(text, cap, "%s crashed%s: %s", who, where, detail);
    else
        snprintf(text, cap, "%s ended the process it runs in (exit %d)", who, WEXITSTATUS(status));
    *bench_fault = !core && !script;
    w->pid = 0; /* worker_stop frees the rest; the tail can still be read */
}

/* -- the tail -- */

void worker_tail(struct worker_shared *s, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        s->tail[(s->tail_end + i) % WORKER_TAIL] = text[i];
    s->tail_end += len;
    s->lines++;
}

cJSON *worker_last_events(const struct worker *w, size_t count)
{
    uint64_t end = w->shared->tail_end, start = end > WORKER_TAIL ? end - WORKER_TAIL : 0;
    cJSON *events = cJSON_CreateArray();
    char *text = malloc((size_t)(end - start) + 1);
    if (!text)
        return events;
    for (uint64_t i = start; i < end; i++)
        text[i - start] = w->shared->tail[i % WORKER_TAIL];
    text[end - start] = '\0';
    size_t lines = 0;
    char *at = text + (end - start);
    while (at > text && lines <= count)
        lines += *--at == '\n';
    for (char *line = strtok(at, "\n"); line; line = strtok(NULL, "\n")) {
        cJSON *event = cJSON_Parse(line);
        if (event)
            cJSON_AddItemToArray(events, event);
    }
    free(text);
    return events;
}
