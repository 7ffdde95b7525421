/* The file that "posbench record" writes. */
#include "cli/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool exists(const struct record_target *t)
{
    struct stat s;
    if (lstat(t->name, &s) != 0)
        return false;
    if (S_ISDIR(s.st_mode)) {
        cli_usage("record", "%s: is a folder; -o names a file", t->name);
        return true;
    }
    if (t->force && (S_ISREG(s.st_mode) || S_ISLNK(s.st_mode)))
        return false;
    cli_usage("record", "%s: %s", t->name,
              S_ISREG(s.st_mode) ? "is there already; --force replaces it" : "is no regular file");
    return true;
}

bool record_target_open(struct record_target *t)
{
    mode_t mask = umask(0);
    umask(mask);
    t->fd = -1;
    if (cli_is_dash(t->name))
        return true;
    if (exists(t))
        return false;
    if (snprintf(t->temporary, sizeof t->temporary, "%s.XXXXXX", t->name) >= (int)sizeof t->temporary)
        errno = ENAMETOOLONG;
    else
        t->fd = mkostemp(t->temporary, O_CLOEXEC);
    if (t->fd < 0) {
        cli_usage("record", "%s: cannot be written: %s", t->name, strerror(errno));
        return false;
    }
    fchmod(t->fd, 0666 & ~mask);
    return true;
}

void record_target_drop(struct record_target *t)
{
    if (t->fd < 0)
        return;
    close(t->fd);
    unlink(t->temporary);
    t->fd = -1;
}

static bool write_all(int fd, const char *text, size_t len)
{
    while (len) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text += n;
        len -= (size_t)n;
    }
    return true;
}

bool record_target_write(struct record_target *t, const char *text, size_t len)
{
    if (cli_is_dash(t->name))
        return fwrite(text, 1, len, stdout) == len;
    bool ok = write_all(t->fd, text, len) && fsync(t->fd) == 0;
    if (ok && !t->force) {
        ok = link(t->temporary, t->name) == 0;
        if (!ok && errno != EEXIST) /* a file system without links */
            ok = access(t->name, F_OK) != 0 && rename(t->temporary, t->name) == 0;
    } else if (ok) {
        ok = rename(t->temporary, t->name) == 0;
    }
    if (!ok)
        cli_usage("record", "%s: cannot be written: %s", t->name, strerror(errno));
    record_target_drop(t);
    return ok;
}
