/*
 * The folder that a run writes. It tells of one run only: what an earlier one left there (records of cases that are
 * gone or were not selected, reports) is removed first, and a run waits for another one that writes the same folder.
 */
#include "cli/cli.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool make_folders(const char *path)
{
    char part[PATH_MAX];
    for (size_t i = 1; i <= strlen(path); i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        if (snprintf(part, sizeof part, "%.*s", (int)i, path) >= (int)sizeof part)
            errno = ENAMETOOLONG;
        else if (mkdir(part, 0777) == 0 || errno == EEXIST)
            continue;
        cli_usage("run", "%s: the folder cannot be made: %s; --out DIR names another one", path, strerror(errno));
        return false;
    }
    return true;
}

/* A record begins with its "meta" line; one that broke off at once is empty. */
static bool is_record(int folder, const char *name)
{
    char start[64] = "";
    const size_t len = strlen(name);
    if (len < 6 || strcmp(name + len - 6, ".jsonl") != 0)
        return false;
    int file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t got = file >= 0 ? read(file, start, sizeof start - 1) : -1;
    if (file >= 0)
        close(file);
    return got == 0 || (got > 0 && strstr(start, "\"ev\":\"meta\""));
}

static void remove_records(int out)
{
    int folder = openat(out, "records", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = folder >= 0 ? fdopendir(folder) : NULL;
    for (const struct dirent *d; dir && (d = readdir(dir));)
        if (is_record(folder, d->d_name))
            unlinkat(folder, d->d_name, 0);
    if (dir)
        closedir(dir);
    else if (folder >= 0)
        close(folder);
}

static void remove_reports(int out)
{
    static const char *const names[] = {"report.html", "report.json", "junit.xml"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlinkat(out, names[i], 0);
}

int cli_out_open(const char *folder)
{
    char records[PATH_MAX];
    snprintf(records, sizeof records, "%s/records", folder);
    if (!make_folders(records))
        return -1;
    int out = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (out < 0 || faccessat(out, ".", W_OK, AT_EACCESS) != 0 || faccessat(out, "records", W_OK, AT_EACCESS) != 0) {
        cli_usage("run", "%s: the folder cannot be written: %s; --out DIR names another one", folder, strerror(errno));
        if (out >= 0)
            close(out);
        return -1;
    }
    if (flock(out, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        cli_usage("run", "%s is being written by another run: waiting for it", folder);
        flock(out, LOCK_EX);
    }
    remove_reports(out);
    remove_records(out);
    return out;
}
