/*
 * mock PROFILE [-c CARD.json] [-t PROTOCOL] [-v VID:PID] [-e] [-n] [-p] PROGRAM [ARGUMENT...]
 *
 * Plugs the reader in, runs the program against it and ends with its exit code. -e: no card at first; -n: not plugged
 * in at first; -p: only root may open it. To be started under umockdev-wrapper.
 *
 * The program finds a control socket in $MOCK_CONTROL, one command a line, one line back ("ok ..." or "what?"):
 * - card in|out, plug [PORT], unplug, busy on|off (somebody else holds it)
 * - fault NAME [COUNT], and how many messages were spoilt: spoilt
 * - apdus: how many commands the card has seen; changes: how many changes of the slot were told by interrupt
 * - later MS COMMAND: the command, after the answer
 */
#include "mock.h"

#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
    GMainLoop *loop;
    struct mock_reader *reader;
    int exit_code;
    bool plugged;
    GPid program;
    char folder[64], path[96];
} mock;

static void plug(unsigned port)
{
    if (!mock.plugged)
        mock_usb_plug(port);
    mock.plugged = true;
}

static void obey(char *line, char *answer, size_t cap)
{
    char word[32] = "", what[32] = "";
    unsigned number = 1;
    int n = sscanf(line, "%31s %31s %u", word, what, &number);
    snprintf(answer, cap, "ok\n");
    if (strcmp(word, "plug") == 0) {
        plug(n > 1 ? (unsigned)atoi(what) : 1);
        return;
    }
    if (strcmp(word, "unplug") == 0) {
        if (mock.plugged)
            mock_usb_unplug();
        mock.plugged = false;
        return;
    }
    mock_usb_lock();
    if (strcmp(word, "card") == 0)
        mock_reader_card(mock.reader, strcmp(what, "in") == 0);
    else if (strcmp(word, "busy") == 0)
        mock_usb_busy(strcmp(what, "on") == 0);
    else if (strcmp(word, "spoilt") == 0)
        snprintf(answer, cap, "ok %u\n", mock_reader_spoilt(mock.reader));
    else if (strcmp(word, "apdus") == 0)
        snprintf(answer, cap, "ok %u\n", mock_reader_apdus(mock.reader));
    else if (strcmp(word, "changes") == 0)
        snprintf(answer, cap, "ok %u\n", mock_reader_changes(mock.reader));
    else if (strcmp(word, "fault") != 0 || !mock_reader_fault(mock.reader, what, number))
        snprintf(answer, cap, "what?\n");
    mock_usb_serve();
    mock_usb_unlock();
}

static gboolean on_later(gpointer line)
{
    char answer[120];
    obey(line, answer, sizeof answer);
    return G_SOURCE_REMOVE;
}

static void hear(char *line, char *answer, size_t cap)
{
    unsigned ms;
    int at = 0;
    if (sscanf(line, "later %u %n", &ms, &at) < 1 || !at) {
        obey(line, answer, cap);
        return;
    }
    g_timeout_add_full(G_PRIORITY_DEFAULT, ms, on_later, g_strdup(line + at), g_free);
    snprintf(answer, cap, "ok\n");
}

static gboolean on_control(gint listener, GIOCondition condition, gpointer data)
{
    (void)condition, (void)data;
    char line[120], answer[120];
    int fd = accept(listener, NULL, NULL);
    ssize_t n = fd < 0 ? 0 : read(fd, line, sizeof line - 1);
    if (n > 0) {
        line[n] = '\0';
        hear(line, answer, sizeof answer);
        if (write(fd, answer, strlen(answer)) < 0)
            perror("mock: control");
    }
    if (fd >= 0)
        close(fd);
    return G_SOURCE_CONTINUE;
}

static void open_control(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(mock.folder, sizeof mock.folder, "/tmp/posbench-mock.XXXXXX");
    if (!mkdtemp(mock.folder)) {
        perror("mock: a folder for the control socket");
        exit(3);
    }
    snprintf(mock.path, sizeof mock.path, "%s/control", mock.folder);
    snprintf(a.sun_path, sizeof a.sun_path, "%s", mock.path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 8) != 0) {
        perror("mock: control socket");
        exit(3);
    }
    g_unix_fd_add(fd, G_IO_IN, on_control, NULL);
    setenv("MOCK_CONTROL", mock.path, 1);
}

static void on_exit_of(GPid pid, gint status, gpointer data)
{
    (void)pid, (void)data;
    mock.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    g_main_loop_quit(mock.loop);
}

/* The test's bound: the program goes first, and nothing stays behind. */
static gboolean on_terminate(gpointer data)
{
    (void)data;
    mock.exit_code = 124;
    kill(mock.program, SIGKILL);
    g_main_loop_quit(mock.loop);
    return G_SOURCE_REMOVE;
}

int main(int argc, char **argv)
{
    const char *card = "cards/profiles/unionpay-credit.json", *vid_pid = "058f:9540";
    bool empty = false, out = false, forbidden = false;
    int protocol = -1, option;
    const struct mock_profile *p = argc > 1 ? mock_profile_find(argv[1]) : NULL;
    if (!p) {
        fprintf(stderr, "mock: no such profile\n");
        return 2;
    }
    argv++, argc--;
    while ((option = getopt(argc, argv, "+c:t:v:enp")) != -1) {
        switch (option) {
        case 'c':
            card = optarg;
            break;
        case 't':
            protocol = atoi(optarg);
            break;
        case 'v':
            vid_pid = optarg;
            break;
        case 'e':
            empty = true;
            break;
        case 'p':
            forbidden = true;
            break;
        case 'n':
            out = true;
            break;
        default:
            return 2;
        }
    }
    mock.reader = mock_reader_create(p, card, protocol);
    if (!mock.reader || optind >= argc || strlen(vid_pid) != 9) {
        fprintf(stderr, "mock: %s\n", mock.reader ? "a program is expected" : "no such card");
        return 2;
    }
    mock_reader_card(mock.reader, !empty);
    mock_usb_start(mock.reader, p, vid_pid);
    if (!out)
        plug(1);
    if (forbidden)
        mock_usb_forbid();
    open_control();
    mock.loop = g_main_loop_new(NULL, FALSE);
    GError *error = NULL;
    if (!g_spawn_async(NULL, argv + optind, NULL,
                       G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH | G_SPAWN_CHILD_INHERITS_STDIN, NULL, NULL,
                       &mock.program, &error)) {
        fprintf(stderr, "mock: %s\n", error->message);
        return 3;
    }
    g_child_watch_add(mock.program, on_exit_of, NULL);
    g_unix_signal_add(SIGTERM, on_terminate, NULL);
    g_unix_signal_add(SIGINT, on_terminate, NULL);
    g_main_loop_run(mock.loop);
    unlink(mock.path);
    rmdir(mock.folder);
    mock_usb_stop();
    return mock.exit_code;
}
