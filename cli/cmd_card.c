/* posbench card: the card profiles that are there, what one holds, what is wrong with it (card_check.c), and one served
 * to other programs (card_serve.c). */
#include "cards/inspect.h"
#include "cli/card.h"
#include "core/codec/track.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_profile(const struct dirent *d)
{
    size_t len = strlen(d->d_name);
    return len > 5 && strcmp(d->d_name + len - 5, ".json") == 0;
}

static void tree_line(void *ctx, const char *text)
{
    (void)ctx;
    printf("  %s\n", text);
}

#define NAME_WIDTH 22

/* `width` of the name's column. */
static int show(const char *path, const char *name, int width, bool full)
{
    struct card_profile *profile;
    struct card_facts f;
    char why[400], masked[24];
    if (card_profile_load(path, &profile, why, sizeof why) != 0)
        return cli_usage("card", "%s", why);
    card_facts(profile, &f);
    pan_mask(f.pan, masked, sizeof masked);
    printf("%-*s %s\n", width, name, f.description);
    if (full) {
        printf("  PAN      %s, sequence %s, expiry %s, service code %s\n", masked, f.psn[0] ? f.psn : "-", f.expiry,
               f.service_code);
        printf("  chip     %s\n", f.has_chip ? (f.protocol ? "T=1" : "T=0") : "none");
        printf("  stripe   %s\n  account  %lld.%02lld, host answers %s\n", f.has_stripe ? "yes" : "none",
               (long long)f.balance_cents / 100, (long long)f.balance_cents % 100, f.host_status);
        card_profile_tree(profile, tree_line, NULL);
    }
    OPENSSL_cleanse(&f, sizeof f);
    card_profile_destroy(profile);
    return EXIT_PASS;
}

static int list(void)
{
    struct dirent **names;
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s/cards/profiles", cli_root());
    int count = scandir(folder, &names, is_profile, alphasort), status = EXIT_PASS;
    if (count <= 0)
        return cli_usage("card", "%s: %s", folder, count < 0 ? strerror(errno) : "holds no card profile"), EXIT_NOTHING;
    size_t width = NAME_WIDTH;
    for (int i = 0; i < count; i++)
        width = strlen(names[i]->d_name) - 5 > width ? strlen(names[i]->d_name) - 5 : width;
    for (int i = 0; i < count; i++) {
        char path[2 * PATH_MAX], name[300];
        snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        snprintf(name, sizeof name, "%.*s", (int)strlen(names[i]->d_name) - 5, names[i]->d_name);
        int one = show(path, name, (int)width, false);
        status = one ? one : status;
        free(names[i]);
    }
    free(names);
    return status;
}

/* A profile of the tree by its name, or any file. false with a line. */
bool card_find(const char *name, char path[2 * PATH_MAX])
{
    if (strchr(name, '/') || strchr(name, '.')) {
        snprintf(path, 2 * PATH_MAX, "%s", name);
        return true;
    }
    snprintf(path, 2 * PATH_MAX, "%s/cards/profiles/%s.json", cli_root(), name);
    if (access(path, F_OK) == 0)
        return true;
    cli_usage("card", "there is no card profile '%s'; ./posbench card list names them", name);
    return false;
}

static int show_one(const char *name)
{
    char path[2 * PATH_MAX];
    return card_find(name, path) ? show(path, name, NAME_WIDTH, true) : EXIT_USAGE;
}

static int serve(struct card_serve_args *args, const char *name)
{
    char path[2 * PATH_MAX];
    return card_find(name, path) ? card_serve_run(args, path) : EXIT_USAGE;
}

/* Its option is none of serve's. */
static bool is_check(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], "--all", 5) == 0)
            return true;
    return argc > 1 && strcmp(argv[1], "check") == 0;
}

static int check(int argc, char **argv)
{
    bool all = false;
    const struct cli_option options[] = {{"all", CLI_FLAG, &all}, {NULL, CLI_FLAG, NULL}};
    if (!cli_parse("card", options, &argc, argv))
        return EXIT_USAGE;
    if (argc < 2 || strcmp(argv[1], "check") != 0)
        return cli_usage("card", "--all goes with check");
    if (all == (argc > 2))
        return cli_usage("card", "check: names of profiles expected, or --all");
    return all ? card_check_all() : card_check_named(argv + 2, argc - 2);
}

int cmd_card(int argc, char **argv)
{
    struct card_serve_args args;
    if (is_check(argc, argv))
        return check(argc, argv);
    if (!card_serve_parse(&args, &argc, argv))
        return EXIT_USAGE;
    if (argc == 3 && strcmp(argv[1], "serve") == 0)
        return serve(&args, argv[2]);
    if (argc > 1 && args.given && strcmp(argv[1], "serve") != 0)
        return cli_usage("card", "the options go with serve");
    if (argc == 2 && strcmp(argv[1], "list") == 0)
        return list();
    if (argc == 3 && strcmp(argv[1], "show") == 0)
        return show_one(argv[2]);
    return cli_usage("card", "expected: list, show NAME, check NAME.. or --all, or serve CARD");
}
