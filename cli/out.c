/*
 * The folder that a command writes. What is in it tells of one run and of one sweep only: what an earlier one left
 * there (records of cases that are gone or were not selected, reports) is removed first by the next of its kind, and a
 * command waits for another one that writes the same folder.
 */
#include "cli/cli.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool make_folders(const char *command, const char *path)
{
    char part[PATH_MAX];
    for (size_t i = 1; i <= strlen(path); i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        if (snprintf(part, sizeof part, "%.*s", (int)i, path) >= (int)sizeof part)
            errno = ENAMETOOLONG;
        else if (mkdir(part, 0777) == 0 || errno == EEXIST)
            continue;
        cli_usage(command, "%s: the folder cannot be made: %s; --out DIR names another one", path, strerror(errno));
        return false;
    }
    return true;
}

/* Removes those files of a folder that `is_ours` knows. */
static void remove_files(int at, const char *name, bool (*is_ours)(int folder, const char *file, const void *ctx),
                         const void *ctx)
{
    int folder = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = folder >= 0 ? fdopendir(folder) : NULL;
    for (const struct dirent *d; dir && (d = readdir(dir));)
        if (is_ours(folder, d->d_name, ctx))
            unlinkat(folder, d->d_name, 0);
    if (dir)
        closedir(dir);
    else if (folder >= 0)
        close(folder);
}

/* A record begins with its "meta" line; one that broke off at once is empty. */
static bool is_record(int folder, const char *name, const void *ctx)
{
    char start[64] = "";
    const size_t len = strlen(name);
    (void)ctx;
    if (len < 6 || strcmp(name + len - 6, ".jsonl") != 0)
        return false;
    int file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t got = file >= 0 ? read(file, start, sizeof start - 1) : -1;
    if (file >= 0)
        close(file);
    return got == 0 || (got > 0 && strstr(start, "\"ev\":\"meta\""));
}

static bool is_report(int folder, const char *name, const void *ctx)
{
    (void)folder;
    for (const char *const *pattern = ctx; *pattern; pattern++)
        if (fnmatch(*pattern, name, 0) == 0)
            return true;
    return false;
}

static bool can_write(int folder, bool records)
{
    return faccessat(folder, ".", W_OK, AT_EACCESS) == 0 &&
           (!records || faccessat(folder, "records", W_OK, AT_EACCESS) == 0);
}

int cli_out_open(const struct cli_output *o)
{
    char deepest[PATH_MAX];
    snprintf(deepest, sizeof deepest, "%s%s", o->folder, o->records ? "/records" : "");
    if (!make_folders(o->command, deepest))
        return -1;
    int out = open(o->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (out < 0 || !can_write(out, o->records)) {
        cli_usage(o->command, "%s: the folder cannot be written: %s; --out DIR names another one", o->folder,
                  strerror(errno));
        if (out >= 0)
            close(out);
        return -1;
    }
    if (flock(out, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        cli_usage(o->command, "%s is being written by another call: waiting for it", o->folder);
        flock(out, LOCK_EX);
    }
    remove_files(out, ".", is_report, o->reports);
    if (o->records)
        remove_files(out, "records", is_record, NULL);
    return out;
}
