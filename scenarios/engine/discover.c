/* Finding scenarios: which files, what they declare (asked of a worker: a script may do anything), which are selected.
 */
#include "scenarios/engine/discover.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* -- files -- */

struct files {
    char **path;
    size_t count, cap;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool add_file(struct files *f, const char *path)
{
    if (f->count == f->cap) {
        char **more = realloc(f->path, (f->cap ? f->cap * 2 : 64) * sizeof *more);
        if (!more)
            return false;
        f->path = more;
        f->cap = f->cap ? f->cap * 2 : 64;
    }
    f->path[f->count] = strdup(path);
    return f->path[f->count++] != NULL;
}

/* Folders lib (required files) and engine (C) hold no scenarios. A folder that cannot be read is an error, or its
 * scenarios would be missed in silence; links to folders are not followed. */
static bool walk(struct files *f, const char *folder, unsigned depth, char *why, size_t cap)
{
    bool ok = true;
    DIR *dir = depth < 8 ? opendir(folder) : NULL;
    if (!dir) {
        snprintf(why, cap, "%s: %s", folder, depth < 8 ? strerror(errno) : "more than 8 folders deep");
        return false;
    }
    for (const struct dirent *d; (d = readdir(dir));) {
        char path[1024];
        struct stat st;
        if (d->d_name[0] == '.' || strcmp(d->d_name, "lib") == 0 || strcmp(d->d_name, "engine") == 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, d->d_name);
        size_t len = strlen(path);
        if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
            ok = ok && walk(f, path, depth + 1, why, cap);
        else if (len > 4 && strcmp(path + len - 4, ".lua") == 0)
            ok = add_file(f, path) && ok;
    }
    closedir(dir);
    return ok;
}

static int collect(const struct engine_options *o, const char *const *paths, struct files *f, char *why, size_t cap)
{
    char fallback[512];
    const char *const standard[] = {fallback, NULL};
    snprintf(fallback, sizeof fallback, "%s/scenarios", o->root);
    for (const char *const *p = paths && paths[0] ? paths : standard; *p; p++) {
        struct stat st;
        if (stat(*p, &st) != 0) {
            snprintf(why, cap, "%s: no such scenario file or folder; ./posbench list shows what there is", *p);
            return EXIT_USAGE;
        }
        snprintf(why, cap, "%s: cannot be read", *p);
        if (S_ISDIR(st.st_mode) ? !walk(f, *p, 0, why, cap) : !add_file(f, *p))
            return EXIT_USAGE;
        why[0] = '\0';
    }
    qsort(f->path, f->count, sizeof *f->path, by_name);
    return EXIT_PASS;
}

/* -- what they declare -- */

bool discover_wait(struct worker *w, unsigned seconds)
{
    struct pollfd p = {w->socket, POLLIN, 0};
    return poll(&p, 1, (int)seconds * 1000) > 0;
}

static cJSON *ask(struct worker *w, const struct engine_options *o, const char *op, const char *file, bool *bench,
                  char *why, size_t cap)
{
    cJSON *request = cJSON_CreateObject(), *answer = NULL;
    cJSON_AddStringToObject(request, "op", op);
    cJSON_AddStringToObject(request, "seed", "1");
    cJSON_AddStringToObject(request, "file", file);
    cJSON_AddNumberToObject(request, "index", o->session);
    bool in_time = worker_send(w, request) == 0 && discover_wait(w, o->wall_seconds ? o->wall_seconds : 60);
    cJSON_Delete(request);
    if (in_time)
        answer = worker_receive(w);
    if (answer)
        return answer;
    char text[300];
    worker_autopsy(w, in_time ? NULL : "did not end within the time limit", text, sizeof text, bench);
    snprintf(why, cap, "%s: %s", file, text);
    return NULL;
}

int engine_replay(const struct engine_options *o, const char *path, cJSON **report, char *why, size_t cap)
{
    struct worker w = {0};
    bool bench = true;
    if (worker_start(&w, o) != 0) {
        snprintf(why, cap, "no worker process can be started");
        return EXIT_BENCH;
    }
    *report = ask(&w, o, "replay", path, &bench, why, cap);
    worker_stop(&w);
    if (!*report)
        return bench ? EXIT_BENCH : EXIT_FAILED;
    const char *usage = cJSON_GetStringValue(cJSON_GetObjectItem(*report, "usage"));
    if (!usage)
        return EXIT_PASS;
    snprintf(why, cap, "%s", usage);
    cJSON_Delete(*report);
    *report = NULL;
    return EXIT_USAGE;
}

static bool contains(const char *text, const char *part)
{
    return !part || strcasestr(text, part) != NULL;
}

/* Part of an id, in any case; one that ends in #N is meant whole there: "cuts#1" is not "cuts#10". */
static bool id_matches(const char *id, const char *filter)
{
    const char *at = filter ? strcasestr(id, filter) : NULL;
    return !filter || (at && (!strchr(filter, '#') || !at[strlen(filter)]));
}

static bool has_tag(const cJSON *scenario, const char *tag)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, cJSON_GetObjectItem(scenario, "tags"))
    {
        if (cJSON_IsString(one) && tag && strcmp(one->valuestring, tag) == 0)
            return true;
    }
    return !tag;
}

static const char *relative(const struct engine_options *o, const char *path)
{
    size_t len = strlen(o->root);
    return strncmp(path, o->root, len) == 0 && path[len] == '/' ? path + len + 1 : path;
}

static void add_cases(const struct engine_options *o, const char *path, cJSON *scenarios, cJSON *cases)
{
    const cJSON *s;
    unsigned index = 0;
    const char *file = relative(o, path);
    cJSON_ArrayForEach(s, scenarios)
    {
        const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(s, "name"));
        char id[512];
        snprintf(id, sizeof id, "%.*s#%u", (int)(strlen(file) - 4), file, ++index);
        if ((!contains(name, o->filter) && !id_matches(id, o->filter)) || !has_tag(s, o->tag))
            continue;
        cJSON *row = cJSON_Duplicate(s, true);
        cJSON_AddStringToObject(row, "id", id);
        cJSON_AddStringToObject(row, "file", file);
        cJSON_AddStringToObject(row, "path", path);
        cJSON_AddNumberToObject(row, "index", index);
        cJSON_AddItemToArray(cases, row);
    }
}

/* Every n-th case belongs to a shard: even shares whatever the files' sizes. */
static void keep_shard(const struct engine_options *o, cJSON *cases)
{
    int at = 0;
    for (int i = 0; o->shards > 1 && i < cJSON_GetArraySize(cases); at++) {
        if ((unsigned)at % o->shards + 1 == o->shard)
            i++;
        else
            cJSON_DeleteItemFromArray(cases, i);
    }
}

int engine_list(const struct engine_options *o, const char *const *paths, cJSON **cases, char *why, size_t cap)
{
    struct files files = {0};
    struct worker w = {0};
    int status = collect(o, paths, &files, why, cap);
    *cases = cJSON_CreateArray();
    if (status == EXIT_PASS && worker_start(&w, o) != 0) {
        snprintf(why, cap, "no worker process can be started");
        status = EXIT_BENCH;
    }
    for (size_t i = 0; i < files.count && status == EXIT_PASS; i++) {
        bool bench;
        cJSON *answer = ask(&w, o, "list", files.path[i], &bench, why, cap),
              *usage = cJSON_GetObjectItem(answer, "usage");
        if (usage)
            snprintf(why, cap, "%s", usage->valuestring);
        if (!answer || usage)
            status = EXIT_USAGE;
        else
            add_cases(o, files.path[i], cJSON_GetObjectItem(answer, "scenarios"), *cases);
        cJSON_Delete(answer);
    }
    worker_stop(&w);
    keep_shard(o, *cases);
    for (size_t i = 0; i < files.count; i++)
        free(files.path[i]);
    free(files.path);
    if (status != EXIT_PASS) {
        cJSON_Delete(*cases);
        *cases = NULL;
    }
    return status;
}
