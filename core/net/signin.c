/*
 * Sign-in 0800/003 and echo 0820/301 (DOMAIN 4.4, 4.8, 5.6). The working keys go into the secure element wrapped as
 * they came; a check value that does not agree leaves the old keys in place.
 *
 * Durability: a terminal that was signed in stops being so before the 0800 leaves, because from then on the host may
 * hold other keys; all that a sign-in leaves behind is one commit, after the keys. A cut anywhere in between means
 * signing in again, and from the same state: a network message goes out with the trace number that comes next and takes
 * it only when it was answered, in that commit (DOMAIN 5.1: network messages may be repeated, financial ones may not).
 * An answer to it can never pass for that of a sale with the same number: the MTI is compared (check.c).
 */
#include "core/net/messages.h"

#include <string.h>

#define KEYS_003_LEN 40 /* PIK 16 + check 4, MAK 16 (or 8 + filler) + check 4 */
#define FIRST_YEAR 2026 /* when neither clock nor settings know better */
#define COMPLETION_MAX 6

/* What a sign-in changes in the settings: one commit at its end. */
struct completion {
    struct setting settings[COMPLETION_MAX];
    size_t count;
};

static void note(struct completion *c, const char *name, int64_t value)
{
    c->settings[c->count++] = (struct setting){name, value};
}

static int load_pair(struct net *n, const uint8_t keys[KEYS_003_LEN], unsigned pik, unsigned mak)
{
    int r = HAL_CALL(n->hal, se, key_load, pik, HAL_USE_PIK, NET_SLOT_TMK, keys, 16, keys + 16);
    if (r)
        return r;
    r = HAL_CALL(n->hal, se, key_load, mak, HAL_USE_MAK, NET_SLOT_TMK, keys + 20, 16, keys + 36);
    if (r == E_VERIFY) /* hosts that use a single-length MAK fill up to 16 */
        r = HAL_CALL(n->hal, se, key_load, mak, HAL_USE_MAK, NET_SLOT_TMK, keys + 20, 8, keys + 36);
    return r;
}

static int load_keys(struct net *n, const struct iso_message *answer)
{
    size_t len = 0;
    const uint8_t *keys = iso_get(answer, 62, &len);
    if (!keys || len < KEYS_003_LEN)
        return E_FORMAT;
    int r = load_pair(n, keys, NET_SLOT_TRIAL_PIK, NET_SLOT_TRIAL_MAK);
    return r ? r : load_pair(n, keys, NET_SLOT_PIK, NET_SLOT_MAK);
}

static uint8_t two_digits(const char *digits)
{
    return (uint8_t)((digits[0] - '0') * 10 + (digits[1] - '0'));
}

/* DE13 has no year: the clock's, one off at the turn of the year (DOMAIN 5.6); the last one known when the clock is
 * lost or stands before it. */
static int year_for(struct net *n, uint8_t month, uint8_t day, uint16_t *year)
{
    struct hal_datetime now = {0};
    int64_t known = 0;
    int r = HAL_CALL(n->hal, clock, get, &now);
    if (r == OK || r == HAL_E_CLOCK)
        r = setting_get(n->store, "clock_year", r ? FIRST_YEAR : 0, &known);
    if (r)
        return r;
    if (now.year < known) {
        *year = (uint16_t)known;
        return OK;
    }
    *year = now.year;
    if (now.month == 12 && now.day == 31 && month == 1 && day == 1)
        (*year)++;
    else if (now.month == 1 && now.day == 1 && month == 12 && day == 31)
        (*year)--;
    return OK;
}

/* A date that is none is passed over: a wrong clock of the host must not stop the terminal. */
static int take_clock(struct net *n, const struct iso_message *answer, struct completion *c)
{
    char hms[7], md[5];
    iso_text(answer, 12, hms, sizeof hms);
    iso_text(answer, 13, md, sizeof md);
    if (!hms[0] || !md[0])
        return OK;
    struct hal_datetime when = {.month = two_digits(md),
                                .day = two_digits(md + 2),
                                .hour = two_digits(hms),
                                .minute = two_digits(hms + 2),
                                .second = two_digits(hms + 4)};
    int r = year_for(n, when.month, when.day, &when.year);
    if (r)
        return r;
    r = HAL_CALL(n->hal, clock, set, &when);
    if (r == OK)
        note(c, "clock_year", when.year);
    return r == HAL_E_POWER ? r : OK;
}

/* The day of the keys, by our own clock: core/app signs in anew on another one. */
static int take_day(struct net *n, struct completion *c)
{
    struct hal_datetime now;
    int r = HAL_CALL(n->hal, clock, get, &now);
    if (r == OK)
        note(c, "sign_in_date", now.year * 10000 + now.month * 100 + now.day);
    return r == HAL_E_POWER ? r : OK;
}

/* A new batch begins after the settlement of the old one and never before (DOMAIN 5.4): else its sales would be in no
 * total. */
static int take_batch(struct net *n, const struct iso_message *answer, uint32_t batch, struct completion *c)
{
    bool unsettled = false;
    char digits[18];
    struct iso_de60 de60;
    if (iso_text(answer, 60, digits, sizeof digits) || !digits[0] || iso_de60_parse(digits, &de60) ||
        strlen(de60.batch) != 6)
        return OK;
    uint32_t announced = 0;
    for (size_t i = 0; i < 6; i++)
        announced = announced * 10 + (uint32_t)(de60.batch[i] - '0');
    if (announced == 0 || announced == batch)
        return OK;
    int r = journal_unsettled(n->store, batch, &unsettled);
    if (r == OK && unsettled)
        (void)HAL_CALL(n->hal, log, write, HAL_LOG_WARN, "net: the host names a new batch, the old one is unsettled");
    else if (r == OK)
        note(c, "batch", announced);
    return r;
}

/* A network message, and its answer. Called on an open line. */
static int ask(struct net *n, int (*build)(const struct net_config *, uint32_t, uint32_t, struct iso_message *),
               struct iso_message *answer, uint32_t *batch, uint32_t *trace)
{
    struct iso_message request;
    int64_t setting = STORE_FIRST_BATCH;
    bool sent;
    int r = setting_get(n->store, "batch", STORE_FIRST_BATCH, &setting);
    *batch = (uint32_t)setting;
    if (r == OK)
        r = trace_peek(n->store, trace);
    if (r == OK)
        r = build(n->config, *trace, *batch, &request);
    return r ? r : net_exchange(n, &request, answer, &sent);
}

static int complete(struct net *n, const struct iso_message *answer, uint32_t batch, uint32_t trace)
{
    struct completion c = {.count = 0};
    int r = take_clock(n, answer, &c);
    if (r == OK)
        r = take_batch(n, answer, batch, &c);
    if (r == OK)
        r = take_day(n, &c);
    if (r)
        return r;
    note(&c, STORE_LAST_ENTRY, 0); /* the clock is the host's now: what was noted by the old one does not measure it */
    note(&c, STORE_TRACE, trace);
    note(&c, "signed_in", 1);
    return settings_set(n->store, c.settings, c.count);
}

static int sign_out(struct net *n)
{
    int64_t signed_in = 0;
    int r = setting_get(n->store, "signed_in", 0, &signed_in);
    return r == OK && signed_in ? setting_set(n->store, "signed_in", 0) : r;
}

int net_sign_in(struct net *n, char response[3])
{
    struct iso_message answer;
    uint32_t batch = 0, trace = 0;
    response[0] = '\0';
    int r = net_connect(n);
    if (r == OK)
        r = sign_out(n);
    if (r == OK)
        r = ask(n, message_sign_in, &answer, &batch, &trace);
    if (r)
        return r;
    iso_text(&answer, 39, response, 3);
    if (strcmp(response, "00") != 0)
        return NET_REFUSED;
    r = load_keys(n, &answer);
    if (r && r != HAL_E_POWER) {
        memcpy(response, "A7", 3); /* security processing failed: not our keys, or no TMK to unwrap them with */
        return NET_REFUSED;
    }
    if (r == OK)
        r = complete(n, &answer, batch, trace);
    if (r == OK)
        n->resign = false;
    return r;
}

int net_echo(struct net *n)
{
    struct iso_message answer;
    uint32_t batch = 0, trace = 0;
    int r = net_connect(n);
    if (r == OK)
        r = ask(n, message_echo, &answer, &batch, &trace);
    if (r == OK)
        r = setting_set(n->store, STORE_TRACE, trace);
    if (r)
        return r;
    char code[3];
    iso_text(&answer, 39, code, sizeof code);
    return strcmp(code, "00") == 0 ? OK : NET_REFUSED;
}
