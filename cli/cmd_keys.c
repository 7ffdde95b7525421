/*
 * posbench keys: a chain of test keys for offline data authentication, made from a seed (cards/keymaker.c). What the
 * cards use is stored in cards/keys; nothing makes keys while a case runs.
 */
#include "cards/chain.h"
#include "cli/cli.h"
#include "core/codec/hex.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (256 * 1024)

struct keys_args {
    uint64_t seed, rsa, issuer, icc, exponent;
    bool sm2, force;
    const char *rid, *index, *name, *out;
};

static unsigned less(unsigned bits, unsigned most)
{
    unsigned shorter = bits - 128 < CHAIN_RSA_MIN ? CHAIN_RSA_MIN : bits - 128;
    return shorter > most ? most : shorter;
}

static bool good_size(const char *option, uint64_t bits, uint64_t most)
{
    if (!cli_within("keys", option, bits, CHAIN_RSA_MIN, most))
        return false;
    if (bits % CHAIN_RSA_STEP == 0)
        return true;
    cli_usage("keys", "--%s: a multiple of %d expected, found %u", option, CHAIN_RSA_STEP, (unsigned)bits);
    return false;
}

static bool sizes(const struct keys_args *a, struct chain_wish *wish)
{
    wish->algorithm = a->sm2 ? CHAIN_SM2 : CHAIN_RSA;
    if (a->sm2 && (a->rsa || a->issuer || a->icc || a->exponent)) {
        cli_usage("keys", "--sm2 goes without sizes and exponent");
        return false;
    }
    if (a->sm2)
        return true;
    wish->exponent = a->exponent ? (unsigned)a->exponent : 3;
    if (wish->exponent != 3 && wish->exponent != 65537) {
        cli_usage("keys", "--exponent: 3 or 65537 expected, found %llu", (unsigned long long)a->exponent);
        return false;
    }
    uint64_t ca = a->rsa ? a->rsa : 1408;
    if (!good_size("rsa", ca, CHAIN_RSA_MAX))
        return false;
    wish->ca_bits = (unsigned)ca;
    uint64_t most = ca < CHAIN_ISSUER_MAX ? ca : CHAIN_ISSUER_MAX;
    uint64_t issuer = a->issuer ? a->issuer : less((unsigned)ca, CHAIN_ISSUER_MAX);
    if (!good_size("issuer", issuer, most))
        return false;
    wish->issuer_bits = (unsigned)issuer;
    most = issuer < CHAIN_ICC_MAX ? issuer : CHAIN_ICC_MAX;
    uint64_t icc = a->icc ? a->icc : less((unsigned)issuer, 1152);
    if (!good_size("icc", icc, most))
        return false;
    wish->icc_bits = (unsigned)icc;
    return true;
}

static bool authority(const struct keys_args *a, struct chain_wish *wish)
{
    const char *index = a->index ? a->index : a->sm2 ? "F3" : wish->exponent == 3 ? "F1" : "F2";
    size_t len;
    if (hex_decode(a->rid, strlen(a->rid), wish->rid, sizeof wish->rid, &len) || len != sizeof wish->rid) {
        cli_usage("keys", "--rid: 10 hex digits expected, found '%s'", a->rid);
        return false;
    }
    if (hex_decode(index, strlen(index), &wish->index, 1, &len) || len != 1) {
        cli_usage("keys", "--index: 2 hex digits expected, found '%s'", index);
        return false;
    }
    return true;
}

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = file ? calloc(1, FILE_MAX + 1) : NULL;
    if (text && (fread(text, 1, FILE_MAX, file) == FILE_MAX || ferror(file))) {
        free(text);
        text = NULL;
    }
    if (file)
        fclose(file);
    return text;
}

static int write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    bool good = file && fputs(text, file) >= 0 && fputc('\n', file) != EOF;
    int error = errno;
    if (file && fclose(file)) {
        good = false;
        error = errno;
    }
    if (good)
        return EXIT_PASS;
    return cli_usage("keys", "%s: %s", path, strerror(error));
}

/* A chain that is there already is kept, unless the new one is the same or --force is given. */
static int write_chain(const char *path, const char *text, bool force)
{
    char *old = read_text(path);
    size_t len = strlen(text);
    bool same = old && strncmp(old, text, len) == 0 && strcmp(old + len, "\n") == 0;
    free(old);
    if (access(path, F_OK) == 0 && !same && !force)
        return cli_usage("keys", "%s is there already and holds something else; --force replaces it", path);
    return write_text(path, text);
}

static int store(const struct keys_args *a, const struct chain *c, const char *text)
{
    char path[2 * PATH_MAX], list[2 * PATH_MAX], name[64];
    if (a->name)
        snprintf(name, sizeof name, "%s", a->name);
    else
        snprintf(name, sizeof name, "chain-%02x", c->index[0]);
    snprintf(path, sizeof path, "%s/%s.json", a->out, name);
    snprintf(list, sizeof list, "%s/ca.json", a->out);
    if (mkdir(a->out, 0777) && errno != EEXIST)
        return cli_usage("keys", "--out: %s: %s", a->out, strerror(errno));
    char *old = access(list, F_OK) == 0 ? read_text(list) : NULL;
    if (access(list, F_OK) == 0 && !old)
        return cli_usage("keys", "%s: cannot be read", list);
    if (!a->force && chain_public_differs(c, old)) {
        free(old);
        return cli_usage("keys", "%s has another key under index %02X; --index takes another one, --force replaces it",
                         list, c->index[0]);
    }
    char *public = chain_public_text(c, old);
    free(old);
    if (!public)
        return cli_usage("keys", "%s: a list of public keys expected", list);
    int status = write_chain(path, text, a->force);
    if (status == EXIT_PASS)
        status = write_text(list, public);
    if (status == EXIT_PASS)
        printf("%s\n%s: index %02X\n", path, list, c->index[0]);
    free(public);
    return status;
}

static bool good_name(const char *name)
{
    size_t len = name ? strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") : 1;
    if (!name || (len && len < 60 && !name[len] && strcmp(name, "ca") != 0))
        return true;
    cli_usage("keys", "--name: letters, digits, '-' and '_' expected, and not 'ca', found '%s'", name);
    return false;
}

int cmd_keys(int argc, char **argv)
{
    struct keys_args a = {.rid = "A000000333"};
    struct chain_wish wish = {0};
    struct chain c;
    const struct cli_option options[] = {
        {"seed", CLI_COUNT, &a.seed}, {"rsa", CLI_COUNT, &a.rsa},    {"issuer", CLI_COUNT, &a.issuer},
        {"icc", CLI_COUNT, &a.icc},   {"sm2", CLI_FLAG, &a.sm2},     {"exponent", CLI_COUNT, &a.exponent},
        {"rid", CLI_TEXT, &a.rid},    {"index", CLI_TEXT, &a.index}, {"name", CLI_TEXT, &a.name},
        {"out", CLI_TEXT, &a.out},    {"force", CLI_FLAG, &a.force}, {NULL, CLI_FLAG, NULL},
    };
    if (!cli_parse("keys", options, &argc, argv))
        return EXIT_USAGE;
    if (argc > 1)
        return cli_usage("keys", "no operand expected, found '%s'", argv[1]);
    if (!a.seed)
        return cli_usage("keys", "--seed N is needed: the same seed makes the same keys");
    if (!a.out && (a.name || a.force))
        return cli_usage("keys", "--name and --force go with --out DIR");
    if ((a.out && !*a.out) || (a.out && strlen(a.out) >= PATH_MAX))
        return cli_usage("keys", "--out: the name of a folder expected");
    if (!sizes(&a, &wish) || !authority(&a, &wish) || !good_name(a.name))
        return EXIT_USAGE;
    wish.seed = a.seed;
    int status = EXIT_BENCH;
    if (chain_make(&wish, &c) != OK) {
        cli_usage("keys", "the keys could not be made");
    } else {
        char *text = chain_text(&c);
        if (text && a.out)
            status = store(&a, &c, text);
        else if (text)
            status = puts(text) < 0 ? EXIT_BENCH : EXIT_PASS;
        if (text)
            OPENSSL_cleanse(text, strlen(text));
        free(text);
    }
    OPENSSL_cleanse(&c, sizeof c);
    return status;
}
