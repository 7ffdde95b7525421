/*
 * posbench record: one sale with a card in a reader, to a trace that "posbench replay" plays. What to do and what the
 * terminal shows goes to standard error; standard output stays free for the trace itself (-o -) or --json.
 */
#include "scenarios/engine/record_card.h"
#include "cli/record.h"
#include "reports/output.h"

#include <openssl/crypto.h>
#include <string.h>

#define WAIT_MAX_S 86400u

/* -- "12", "12.5", "12.00" -- */

static bool read_amount(const char *text, uint64_t *cents)
{
    size_t whole = strspn(text, "0123456789"), part = 0;
    uint64_t value = 0;
    bool ok = whole && whole <= 9;
    if (text[whole] == '.') {
        part = strspn(text + whole + 1, "0123456789");
        ok &= part == 2 && !text[whole + 3];
    } else {
        ok &= !text[whole];
    }
    for (size_t i = 0; ok && i < whole; i++)
        value = 10 * value + (uint64_t)(text[i] - '0');
    value *= 100;
    if (ok && part)
        value += 10u * (unsigned)(text[whole + 1] - '0') + (unsigned)(text[whole + 2] - '0');
    *cents = value;
    if (ok && value >= 1 && value <= RECORD_CARD_AMOUNT_MAX)
        return true;
    cli_usage("record", "--amount: 0.01 to %u.%02u expected, as 12 or 12.00, found '%s'", RECORD_CARD_AMOUNT_MAX / 100,
              RECORD_CARD_AMOUNT_MAX % 100, text);
    return false;
}

/* -- what is said -- */

static void say_screen(void *ctx, const char *rows)
{
    (void)ctx;
    fputs("  screen: ", stderr);
    report_put_plain(stderr, rows);
    fputc('\n', stderr);
}

static void say_ask(void *ctx, const char *text)
{
    (void)ctx;
    fputs("posbench record: ", stderr);
    report_put_plain(stderr, text);
    fputc('\n', stderr);
}

/* A word that a shell takes as it is; NULL: nothing to add. */
static void say_replay(const char *file)
{
    bool plain =
        *file && strspn(file, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@:") == strlen(file);
    fputs("  ./posbench replay ", stderr);
    if (!plain)
        fputc('\'', stderr);
    for (const char *c = file; *c; c++)
        fprintf(stderr, *c == '\'' ? "'\\''" : "%c", *c);
    fprintf(stderr, "%s\n", plain ? "" : "'");
}

static void say_outcome(const struct record_card_result *r, const char *file, int status)
{
    const char *how = status == EXIT_INTERRUPTED ? "interrupted"
                      : r->decided               ? "the terminal came to a decision"
                                                 : "the terminal came to no decision";
    fprintf(stderr, "posbench record: %s: screen \"%s\" (%s), %u exchanges", how, r->screen[0] ? r->screen : "none",
            r->text[0] ? r->text : "nothing shown", r->exchanges);
    if (r->trace)
        fprintf(stderr, ", written to %s", cli_is_dash(file) ? "standard output" : file);
    fputc('\n', stderr);
    if (r->note[0])
        say_ask(NULL, r->note);
    if (r->trace && !cli_is_dash(file))
        say_replay(file);
}

/* -- all of it -- */

static int finish(struct record_target *t, const struct record_card_result *r, int status, const char *why)
{
    if (*why)
        cli_usage("record", "%s", why);
    if (r->trace && !record_target_write(t, r->trace, r->trace_len))
        return EXIT_USAGE;
    if (r->trace)
        say_outcome(r, t->name, status);
    if (!r->trace) {
        record_target_drop(t);
        if (status == EXIT_FAILED && !*why)
            cli_usage("record", "no card answered to a reset (screen \"%s\"): nothing is written", r->screen);
    }
    return status;
}

static void print_json(const struct record_card_result *r, const char *file, int status)
{
    cJSON *out = cJSON_CreateObject();
    cJSON_AddStringToObject(out, "file", file);
    cJSON_AddStringToObject(out, "reader", r->reader);
    cJSON_AddStringToObject(out, "screen", r->screen);
    cJSON_AddStringToObject(out, "text", r->text);
    cJSON_AddBoolToObject(out, "decided", r->decided);
    cJSON_AddNumberToObject(out, "exchanges", r->exchanges);
    cJSON_AddStringToObject(out, "note", r->note);
    cJSON_AddNumberToObject(out, "exit", status);
    cli_print_json(out);
    cJSON_Delete(out);
}

/* "-o F" is how the others of its kind are called. */
static void spell_out(int argc, char **argv)
{
    static char name[] = "--output";
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "-o") == 0)
            argv[i] = name;
}

static bool check(const struct record_card_options *r, const char *type, const char *output)
{
    static const char *const types[] = {"sale", NULL};
    if (!r->reader)
        return cli_usage("record", "--reader expected: sim:CARD, pcsc[:NAME] or usb[:VID:PID]"), false;
    if (strncmp(r->reader, "sim", 3) == 0 && (strlen(r->reader) < 5 || r->reader[3] != ':'))
        return cli_usage("record",
                         "--reader %s: the name of a card expected, as sim:unionpay-credit; ./posbench card "
                         "list names them",
                         r->reader),
               false;
    if (strncmp(r->reader, "sim:", 4) != 0 && strcmp(r->reader, "pcsc") != 0 && strncmp(r->reader, "pcsc:", 5) != 0 &&
        strcmp(r->reader, "usb") != 0 && strncmp(r->reader, "usb:", 4) != 0)
        return cli_usage("record", "--reader: sim:CARD, pcsc[:NAME] or usb[:VID:PID] expected, found '%s'", r->reader),
               false;
    if (!output || !*output)
        return cli_usage("record", "-o FILE expected: where the trace goes"), false;
    if (r->issuer && strncmp(r->reader, "sim:", 4) == 0)
        return cli_usage("record", "--issuer is for a card in a real reader; the host knows a simulated one"), false;
    return cli_words("record", "type", type, types);
}

int cmd_record(int argc, char **argv)
{
    struct engine_options o;
    struct record_card_options r = {.wait_s = 60};
    struct record_card_result result;
    struct record_target target = {.fd = -1};
    const char *amount = "12.00", *type = "sale", *pin_file = NULL;
    uint64_t wait_s = 60;
    char pin[PIN_LINE] = "", why[700] = "";
    bool json = false;
    int status = EXIT_PASS;
    const struct record_card_said said = {NULL, say_screen, say_ask};
    cli_defaults(&o);
    const struct cli_option options[] = {
        {"reader", CLI_TEXT, &r.reader},    {"output", CLI_TEXT, &target.name},
        {"amount", CLI_TEXT, &amount},      {"type", CLI_TEXT, &type},
        {"profile", CLI_TEXT, &r.profile},  {"pin-file", CLI_TEXT, &pin_file},
        {"issuer", CLI_TEXT, &r.issuer},    {"seed", CLI_NUMBER, &o.seed},
        {"core", CLI_TEXT, &o.core},        {"boot", CLI_TEXT, &o.boot},
        {"force", CLI_FLAG, &target.force}, {"json", CLI_FLAG, &json},
        {"timeout", CLI_COUNT, &wait_s},    {NULL, CLI_FLAG, NULL},
    };
    spell_out(argc, argv);
    if (!cli_parse("record", options, &argc, argv))
        return EXIT_USAGE;
    if (argc > 1)
        return cli_usage("record", "no operand expected, found '%s'; -o FILE says where the trace goes", argv[1]);
    if (!check(&r, type, target.name) || !read_amount(amount, &r.amount_cents) ||
        !cli_within("record", "timeout", wait_s, 1, WAIT_MAX_S))
        return EXIT_USAGE;
    if (json && cli_is_dash(target.name))
        return cli_usage("record", "--json and -o - both take standard output");
    r.wait_s = (unsigned)wait_s;
    if (!record_target_open(&target))
        return EXIT_USAGE;
    if (pin_file)
        status = record_read_pin(pin_file, pin);
    if (status == EXIT_PASS) {
        r.pin = pin_file ? pin : NULL;
        memset(&result, 0, sizeof result);
        status = record_card(&o, &r, &said, &result, why, sizeof why);
        status = finish(&target, &result, status, why);
        if (json && result.trace)
            print_json(&result, target.name, status);
        record_card_clear(&result);
    }
    record_target_drop(&target);
    OPENSSL_cleanse(pin, sizeof pin);
    return status;
}
