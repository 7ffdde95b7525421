/*
 * A driver's list of readers, bounded: a service that hangs must not hang the person who asks what is the matter.
 * Called by hw/reader.c.
 *
 * Each reader is one message from a child: spec, name and state, each ended by NUL. A message with an empty spec is
 * what could not be looked at.
 */
#include "hw/helper_internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct row {
    char spec[HW_READER_NAME + 8], name[HELPER_TEXT], state[HELPER_TEXT];
};

static void tell(void *ctx, const char *spec, const char *name, const char *state)
{
    const int *fd = ctx;
    struct row row;
    memset(&row, 0, sizeof row);
    snprintf(row.spec, sizeof row.spec, "%s", spec);
    snprintf(row.name, sizeof row.name, "%s", name);
    snprintf(row.state, sizeof row.state, "%s", state);
    (void)send(*fd, &row, sizeof row, MSG_NOSIGNAL);
}

static _Noreturn void list_and_tell(helper_lister *list, int fd)
{
    char why[HELPER_TEXT] = "";
    (void)list(tell, &fd, why, sizeof why);
    if (why[0])
        tell(&fd, "", "", why);
    _exit(0);
}

static bool next_row(int fd, uint64_t deadline_ms, struct row *row)
{
    if (!helper_readable(fd, deadline_ms) || recv(fd, row, sizeof *row, MSG_DONTWAIT) != (ssize_t)sizeof *row)
        return false;
    row->spec[sizeof row->spec - 1] = row->name[sizeof row->name - 1] = row->state[sizeof row->state - 1] = '\0';
    return true;
}

size_t helper_list(helper_lister *list, const char *what, helper_found *found, void *ctx, char *why, size_t why_cap)
{
    int pair[2], status;
    size_t count = 0;
    struct row row;
    pid_t pid = helper_pair(pair) ? helper_child(pair[1], pair[1]) : -2;
    if (pid == 0)
        list_and_tell(list, pair[1]);
    if (pid != -2)
        close(pair[1]);
    uint64_t deadline = helper_now_ms() + HELPER_LIST_MS;
    while (pid > 0 && next_row(pair[0], deadline, &row)) {
        if (row.spec[0]) {
            found(ctx, row.spec, row.name, row.state);
            count++;
        } else {
            snprintf(why, why_cap, "%s", row.state);
        }
    }
    if (pid != -2)
        close(pair[0]);
    uint64_t now = helper_now_ms();
    if (pid < 0)
        snprintf(why, why_cap, "%s readers: no process can be started to look for them", what);
    else if (!helper_bury(pid, now < deadline ? (unsigned)(deadline - now) : 0, &status))
        snprintf(why, why_cap, "%s readers: no answer within %u s; what serves them hangs", what,
                 HELPER_LIST_MS / 1000);
    else if (status != 0)
        snprintf(why, why_cap, "%s readers: their driver broke down", what);
    return count;
}
