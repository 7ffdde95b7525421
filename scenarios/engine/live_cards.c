/* The cards a person can take: what cards/profiles holds, and what a name that is not there was meant to be. */
#include "scenarios/engine/live.h"
#include "scenarios/engine/live_serve_internal.h"

#include <dirent.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUFFIX ".json"
#define NEAREST 3

static int profiles_only(const struct dirent *d)
{
    size_t len = strlen(d->d_name), suffix = strlen(SUFFIX);
    return d->d_name[0] != '.' && len > suffix && strcmp(d->d_name + len - suffix, SUFFIX) == 0;
}

/* By their names without the suffix: its '.' would sort behind a '-'. */
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    size_t n = strlen((*a)->d_name) - strlen(SUFFIX), m = strlen((*b)->d_name) - strlen(SUFFIX);
    int order = memcmp((*a)->d_name, (*b)->d_name, n < m ? n : m);
    return order ? order : n < m ? -1 : n > m;
}

/* Names without their suffix; 0: none, or the folder cannot be read. Free each and the array. */
static size_t list(const char *root, struct dirent ***out)
{
    char folder[512];
    snprintf(folder, sizeof folder, "%s/cards/profiles", root);
    int count = scandir(folder, out, profiles_only, by_bytes);
    for (int i = 0; i < count; i++)
        (*out)[i]->d_name[strlen((*out)[i]->d_name) - strlen(SUFFIX)] = '\0';
    return count > 0 ? (size_t)count : (*out = NULL, 0);
}

static void list_free(struct dirent **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

/* A profile that cannot be read is not offered: `insert` would say what is wrong with it. */
static cJSON *describe(const char *root, const char *name)
{
    char path[1024], why[200];
    struct card_profile *profile = NULL;
    struct card_facts facts;
    cJSON *row = NULL;
    snprintf(path, sizeof path, "%s/cards/profiles/%s" SUFFIX, root, name);
    if (card_profile_load(path, &profile, why, sizeof why) != OK)
        return NULL;
    card_facts(profile, &facts);
    row = cJSON_CreateObject();
    cJSON_AddStringToObject(row, "name", name);
    cJSON_AddStringToObject(row, "description", facts.description);
    cJSON_AddBoolToObject(row, "chip", facts.has_chip);
    cJSON_AddBoolToObject(row, "stripe", facts.has_stripe);
    cJSON_AddBoolToObject(row, "contactless", false); /* no profile has an antenna yet */
    OPENSSL_cleanse(&facts, sizeof facts);
    card_profile_destroy(profile);
    return row;
}

cJSON *live_cards(const struct engine_options *o)
{
    struct dirent **names;
    size_t count = list(o->root, &names);
    cJSON *cards = cJSON_CreateArray();
    for (size_t i = 0; i < count; i++) {
        cJSON *row = describe(o->root, names[i]->d_name);
        if (row)
            cJSON_AddItemToArray(cards, row);
    }
    list_free(names, count);
    return cards;
}

/* ---- names ---- */

/* How many letters must be added, left out or changed to make one of the other; of long words only the beginning. */
static size_t distance(const char *a, const char *b)
{
    size_t row[64], n = strnlen(a, 62), m = strnlen(b, 62);
    for (size_t k = 0; k <= m; k++)
        row[k] = k;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t k = 1; k <= m; k++) {
            size_t best = diagonal + (a[i - 1] != b[k - 1]);
            diagonal = row[k];
            best = row[k] + 1 < best ? row[k] + 1 : best;
            row[k] = row[k - 1] + 1 < best ? row[k - 1] + 1 : best;
        }
    }
    return row[m];
}

static void add_nearest(const char *name, struct dirent *const *names, size_t count, char *why, size_t cap)
{
    bool told[256] = {false};
    for (unsigned n = 0; n < NEAREST && n < count; n++) {
        size_t best = SIZE_MAX, least = SIZE_MAX;
        for (size_t i = 0; i < count && i < 256; i++) {
            size_t d = told[i] ? SIZE_MAX : distance(name, names[i]->d_name);
            if (d < least) {
                least = d;
                best = i;
            }
        }
        if (best == SIZE_MAX)
            return;
        told[best] = true;
        size_t len = strlen(why);
        snprintf(why + len, cap - len, "%s%s", n ? ", " : "; the nearest are ", names[best]->d_name);
    }
}

void live_cards_at_host(struct bench_case *b)
{
    struct dirent **names;
    char why[200];
    size_t count = list(b->request->paths.root, &names);
    for (size_t i = 0; i < count; i++)
        case_load_card(b, names[i]->d_name, why, sizeof why); /* one that cannot be had is a stranger to the host */
    list_free(names, count);
}

bool live_card_known(const char *root, const char *name, char *why, size_t cap)
{
    struct dirent **names;
    size_t count = list(root, &names);
    bool known = false;
    for (size_t i = 0; i < count && !known; i++)
        known = strcmp(names[i]->d_name, name) == 0;
    if (!known) {
        snprintf(why, cap, "there is no card '%.48s'", name);
        add_nearest(name, names, count, why, cap);
    }
    list_free(names, count);
    return known;
}
