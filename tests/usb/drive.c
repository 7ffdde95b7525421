/*
 * drive CHECK [ARGUMENT...]: the USB reader as its callers use it (hw/reader.h), against the mock. One line a check;
 * exit 1 when one failed. Waits are bounded by the calls under test; what is slower than it may be is a failure.
 *
 *   session PROTOCOL         power on, select, records of every awkward length, reset, removal and insertion
 *   faults PROTOCOL          each fault: a code that is allowed, in time, with a reason, and a whole session after it
 *   slow PROTOCOL            the faults that take seconds: an answer that never comes, or is lost
 *   t1 PROTOCOL              the card's own time extension and garbled blocks, T=1 at TPDU level
 *   unplug PROTOCOL          at rest, in an exchange, at power on; back at the same port and at another
 *   refused SPEC CODE TEXT   opening must fail with this code's name and a line that holds TEXT
 *   list TEXT                the list must hold TEXT in one line
 *   replug PROTOCOL VID:PID  a session, "please: unplug", "please: plug", a session: without the mock (tests/qemu)
 *   send COMMAND...          a command to the mock
 */
#include "core/status.h"
#include "hw/usb/usb.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static struct {
    struct hw_reader r;
    int protocol, failed;
    const char *spec;
} drive;

/* ---- helpers ---- */

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

__attribute__((format(printf, 2, 3))) static bool check(bool good, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("%s", good ? "ok    " : "WRONG ");
    vprintf(format, args);
    printf("\n");
    va_end(args);
    fflush(stdout);
    drive.failed |= !good;
    return good;
}

static bool command_mock(const char *line, char *answer, size_t cap)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    const char *path = getenv("MOCK_CONTROL");
    snprintf(a.sun_path, sizeof a.sun_path, "%s", path ? path : "");
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ssize_t n = -1;
    if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0 && write(fd, line, strlen(line)) > 0)
        n = read(fd, answer, cap - 1);
    answer[n > 0 ? n : 0] = '\0';
    close(fd);
    return strncmp(answer, "ok", 2) == 0;
}

__attribute__((format(printf, 1, 2))) static void mock(const char *format, ...)
{
    char line[120], answer[120];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (!command_mock(line, answer, sizeof answer))
        check(false, "the mock does not understand '%s'", line);
}

static unsigned mock_count(const char *what)
{
    char answer[120] = "";
    command_mock(what, answer, sizeof answer);
    return answer[0] ? (unsigned)strtoul(answer + 3, NULL, 10) : 0;
}

static int wait_card(bool present, unsigned ms, bool *now)
{
    return drive.r.ops->wait(drive.r.ctx, present, ms, now);
}

static int power(bool warm)
{
    uint8_t atr[HAL_ATR_MAX];
    size_t len = 0;
    int code = drive.r.ops->power_on(drive.r.ctx, warm, atr, &len);
    return code == OK && (len < 10 || atr[0] != 0x3B) ? E_FORMAT : code;
}

/* One TPDU (T=0) or APDU (T=1) as the core's own transport layer sends it; 61xx is followed. */
static int transmit(const uint8_t *c, size_t len, uint8_t answer[HAL_RPDU_MAX], size_t *answer_len)
{
    uint8_t header[5] = {0, 0xC0};
    const struct hw_reader *r = &drive.r;
    int code = r->ops->exchange(r->ctx, drive.protocol, c, len, answer, HAL_RPDU_MAX, answer_len);
    if (code == OK && drive.protocol == 0 && *answer_len == 2 && (answer[0] == 0x61 || answer[0] == 0x6C)) {
        if (answer[0] == 0x6C)
            memcpy(header, c, 4);
        header[4] = answer[1];
        code = r->ops->exchange(r->ctx, 0, header, 5, answer, HAL_RPDU_MAX, answer_len);
    }
    return code;
}

static int select_pse(uint8_t answer[HAL_RPDU_MAX], size_t *len)
{
    static const uint8_t pse[] = "\x00\xA4\x04\x00\x0E"
                                 "1PAY.SYS.DDF01";
    /* the terminating 0 is Le, which T=0 does not send */
    int code = transmit(pse, drive.protocol == 0 ? sizeof pse - 1 : sizeof pse, answer, len);
    bool good = code != OK || (*len > 20 && answer[0] == 0x6F && answer[*len - 2] == 0x90);
    return good ? code : E_FORMAT;
}

static int select_application(void)
{
    static const uint8_t aid[] = "\x00\xA4\x04\x00\x08\xA0\x00\x00\x03\x33\x01\x01\x02";
    uint8_t answer[HAL_RPDU_MAX];
    size_t len = 0;
    int code = transmit(aid, drive.protocol == 0 ? sizeof aid - 1 : sizeof aid, answer, &len);
    return code != OK || (len > 2 && answer[0] == 0x6F) ? code : E_FORMAT;
}

/* The record of 254 bytes: five packets. */
static int long_answer(void)
{
    static const uint8_t read[] = {0, 0xB2, 2, 11 << 3 | 4, 254};
    uint8_t answer[HAL_RPDU_MAX];
    size_t len = 0;
    int code = transmit(read, sizeof read, answer, &len);
    return code != OK || len == 256 ? code : E_FORMAT;
}

static bool whole_session(void)
{
    uint8_t answer[HAL_RPDU_MAX];
    size_t len = 0;
    return power(false) == OK && select_pse(answer, &len) == OK;
}

static bool open_reader(void)
{
    char why[300] = "";
    int code = usb_reader_open(drive.spec, &drive.r, why, sizeof why);
    return check(code == OK, "opened: %s%s%s", code == OK ? drive.r.name : status_name(code), *why ? " " : "", why);
}

static const char *trouble(void)
{
    return drive.r.ops->trouble(drive.r.ctx);
}

/* ---- session ---- */

static void records(void)
{
    static const size_t lengths[] = {52, 254, 48, 1, 116}; /* of tests/usb/card.json: SFI 11 */
    uint8_t answer[HAL_RPDU_MAX];
    size_t len = 0;
    int code = select_application();
    check(code == OK, "application selected: %s", status_name(code));
    for (uint8_t i = 0; i < 5; i++) {
        size_t want = lengths[i];
        bool same = true;
        uint8_t read[] = {0, 0xB2, (uint8_t)(i + 1), 11 << 3 | 4, drive.protocol == 0 ? (uint8_t)want : 0};
        int64_t start = now_ms();
        code = transmit(read, sizeof read, answer, &len);
        int64_t took = now_ms() - start; /* an empty packet that is waited for in vain costs a second */
        for (size_t n = 0; code == OK && n < want && n < len; n++)
            same &= answer[n] == (uint8_t)(n * 7 + want);
        check(code == OK && len == want + 2 && same && answer[want] == 0x90 && took < 500,
              "record of %zu bytes: %s, %zu, %lld ms", want, status_name(code), len, (long long)took);
    }
    uint8_t wrong_le[] = {0, 0xB2, 1, 11 << 3 | 4, 0};
    code = transmit(wrong_le, sizeof wrong_le, answer, &len);
    check(code == OK && len == 54, "record with Le 00: %s, %zu", status_name(code), len);
}

/* Commands whose messages end at, before and behind a packet's end. */
static void long_commands(void)
{
    uint8_t c[262] = {0, 0xA4, 4, 0}, answer[HAL_RPDU_MAX];
    for (size_t len = 48; len <= 260; len += len < 60 ? 1 : 8) {
        size_t answer_len = 0;
        c[4] = (uint8_t)(len - 5);
        int code = transmit(c, len, answer, &answer_len);
        if (code != OK || answer_len != 2 || answer[0] < 0x62) {
            check(false, "a command of %zu bytes: %s, %zu", len, status_name(code), answer_len);
            return;
        }
    }
    check(true, "commands of 48 to 260 bytes");
}

static void presence(void)
{
    bool now = false;
    int64_t start = now_ms();
    int code = wait_card(true, 200, &now);
    int64_t took = now_ms() - start;
    check(code == OK && now && took >= 150 && took < 700, "no change: waits its time (%lld ms)", (long long)took);
    mock("later 100 card out");
    start = now_ms();
    code = wait_card(true, 5000, &now);
    took = now_ms() - start;
    check(code == OK && !now && took < 1000, "removal is seen (%lld ms)", (long long)took);
    code = power(false);
    check(code == HAL_E_ABSENT, "power on without a card: %s", status_name(code));
    mock("later 100 card in");
    start = now_ms();
    code = wait_card(false, 5000, &now);
    took = now_ms() - start;
    check(code == OK && now && took < 1000, "insertion is seen (%lld ms)", (long long)took);
    check(mock_count("changes") > 0, "a reader that tells changes is listened to");
    code = wait_card(false, 0, &now);
    check(code == OK && now, "only looking: %s", status_name(code));
}

static void session(void)
{
    uint8_t answer[HAL_RPDU_MAX];
    size_t len = 0;
    bool now = false;
    int code = wait_card(false, 3000, &now);
    check(code == OK && now, "a card is in it");
    code = select_pse(answer, &len);
    check(code == E_STATE, "exchange before power on: %s", status_name(code));
    code = power(false);
    check(code == OK, "power on: %s %s", status_name(code), code ? trouble() : "");
    code = select_pse(answer, &len);
    check(code == OK, "PSE selected: %s %s", status_name(code), code ? trouble() : "");
    records();
    long_commands();
    check(power(true) == OK && select_pse(answer, &len) == OK, "warm reset and again");
    code = drive.r.ops->power_off(drive.r.ctx);
    check(code == OK && select_pse(answer, &len) == E_STATE, "power off");
    presence();
    check(whole_session(), "a whole session after it");
    mock("card out");
    code = select_pse(answer, &len);
    check(code == HAL_E_REMOVED || code == HAL_E_ABSENT, "removed while powered: %s", status_name(code));
    mock("card in");
    check(whole_session(), "a whole session after it");
}

/* ---- faults ---- */

struct fault {
    const char *name;
    unsigned count;
    int allowed[5]; /* codes; OK counts, and fills what is left */
    unsigned limit_ms;
};
static const struct fault faults[] = {
    {"extend", 1, {OK}, 1000},
    {"empty-packets", 1, {OK}, 1000},
    {"stall-then-answer", 1, {OK, HAL_E_IO, HAL_E_PROTOCOL}, 4000},
    {"overflow", 1, {HAL_E_PROTOCOL, HAL_E_IO, E_LIMIT}, 4000},
    {"claim-more", 1, {HAL_E_PROTOCOL, HAL_E_PROTOCOL}, 4000},
    {"claim-less", 1, {HAL_E_PROTOCOL, HAL_E_PROTOCOL}, 4000},
    {"claim-huge", 1, {HAL_E_PROTOCOL, HAL_E_PROTOCOL}, 4000},
    {"flood", 1, {HAL_E_PROTOCOL, E_LIMIT, E_LIMIT}, 6000},
    {"long", 1, {HAL_E_PROTOCOL, E_LIMIT, E_LIMIT}, 4000},
    {"four-bytes", 1, {HAL_E_PROTOCOL, HAL_E_PROTOCOL}, 4000},
    {"slot", 1, {HAL_E_PROTOCOL, HAL_E_PROTOCOL}, 4000},
    {"sequence", 1, {HAL_E_PROTOCOL, HAL_E_PROTOCOL}, 4000},
    {"type", 1, {HAL_E_PROTOCOL, HAL_E_PROTOCOL}, 4000},
    {"status", 1, {HAL_E_PROTOCOL, HAL_E_PROTOCOL}, 4000},
    {"mute", 9, {HAL_E_MUTE, HAL_E_MUTE}, 4000},
    {"parity", 9, {HAL_E_PROTOCOL, HAL_E_MUTE, HAL_E_MUTE}, 4000},
    {"hardware", 9, {HAL_E_IO, HAL_E_PROTOCOL, HAL_E_MUTE}, 4000},
    {"removed", 1, {HAL_E_REMOVED, HAL_E_REMOVED}, 2000},
};
static const struct fault power_faults[] = {
    {"atr-long", 1, {HAL_E_PROTOCOL, E_LIMIT, E_LIMIT}, 4000},
    {"atr-empty", 9, {HAL_E_PROTOCOL, HAL_E_MUTE, HAL_E_MUTE}, 4000},
    {"atr-mute", 9, {HAL_E_MUTE, HAL_E_MUTE}, 4000},
    {"atr-claim-huge", 1, {HAL_E_PROTOCOL, HAL_E_PROTOCOL}, 4000},
    {"atr-removed", 1, {HAL_E_ABSENT, HAL_E_REMOVED, HAL_E_REMOVED}, 4000},
};
static const struct fault t1_faults[] = {
    {"t1-wait", 2, {OK}, 2000},
    {"t1-garbled", 1, {OK}, 2000},
    {"t1-garbled", 30, {HAL_E_PROTOCOL, HAL_E_MUTE, HAL_E_MUTE}, 8000},
};

static bool allowed(const struct fault *f, int code)
{
    size_t n = f->allowed[0] == OK ? 1 : 0;
    bool good = n && code == OK;
    for (; n < 5 && f->allowed[n] != OK; n++)
        good |= code == f->allowed[n];
    return good;
}

enum place { AT_POWER, AT_SHORT_ANSWER, AT_LONG_ANSWER };

static void one_fault(const struct fault *f, enum place place)
{
    static const char *const names[] = {"power on", "short", "long"};
    uint8_t answer[HAL_RPDU_MAX];
    size_t len = 0;
    char reason[300] = "";
    int code = place == AT_POWER ? OK : power(false);
    if (code == OK && place == AT_LONG_ANSWER)
        code = select_application();
    mock("fault %s %u", f->name, f->count);
    int64_t start = now_ms();
    if (code == OK)
        code = place == AT_POWER ? power(false) : place == AT_LONG_ANSWER ? long_answer() : select_pse(answer, &len);
    int64_t took = now_ms() - start;
    snprintf(reason, sizeof reason, "%s", code == OK ? "" : trouble());
    bool spoilt = strncmp(f->name, "t1-", 3) == 0 || mock_count("spoilt") > 0;
    mock("fault none");
    mock("card in");
    bool healed = whole_session();
    check(allowed(f, code) && took < f->limit_ms && spoilt && (code == OK || reason[0]) && healed,
          "%-18s %-8s %s in %lld ms%s%s%s%s", f->name, names[place], status_name(code), (long long)took,
          reason[0] ? ": " : "", reason, spoilt ? "" : " (the fault was not met)",
          healed ? "" : "; NOT USABLE AFTER IT");
    if (!healed)
        check(false, "%-18s after it: %s", f->name, trouble());
}

static void all_faults(void)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        one_fault(&faults[i], AT_SHORT_ANSWER);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        one_fault(&faults[i], AT_LONG_ANSWER);
    for (size_t i = 0; i < sizeof power_faults / sizeof *power_faults; i++)
        one_fault(&power_faults[i], AT_POWER);
}

static void t1_only(void)
{
    for (size_t i = 0; i < sizeof t1_faults / sizeof *t1_faults; i++)
        one_fault(&t1_faults[i], AT_LONG_ANSWER);
}

static void slow(void)
{
    static const struct fault waits[] = {
        {"silent", 1, {HAL_E_MUTE, HAL_E_IO}, 9000},
        {"stall", 1, {HAL_E_IO, HAL_E_PROTOCOL, HAL_E_MUTE}, 9000}, /* the answer is lost with it */
        {"eproto", 1, {HAL_E_IO, HAL_E_PROTOCOL, HAL_E_MUTE}, 9000},
    };
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++)
        one_fault(&waits[i], AT_SHORT_ANSWER);
    one_fault(&(struct fault){"atr-silent", 1, {HAL_E_MUTE, HAL_E_IO}, 9000}, AT_POWER);
}

/* ---- unplugging ---- */

static void gone_and_back(const char *when, int code, unsigned port)
{
    bool now = true;
    uint8_t answer[HAL_RPDU_MAX];
    size_t len = 0;
    check(code == HAL_E_IO, "unplugged %s: %s (%s)", when, status_name(code), trouble());
    int64_t start = now_ms();
    code = wait_card(false, 120, &now);
    check(code == HAL_E_IO && !now && now_ms() - start >= 100, "  it is looked for: %s (%s)", status_name(code),
          trouble());
    check(power(false) == HAL_E_IO && select_pse(answer, &len) == HAL_E_IO, "  no call works");
    mock("unplug"); /* the mock's own, when a fault pulled the plug */
    mock("later 100 plug %u", port);
    start = now_ms();
    code = wait_card(false, 5000, &now);
    check(code == OK && now && now_ms() - start < 2000, "  found again at port %u: %s %s", port, status_name(code),
          code == OK ? "" : trouble());
    code = select_pse(answer, &len);
    check(code == E_STATE, "  exchange before power on: %s", status_name(code));
    check(whole_session(), "  a whole session after it");
}

static void unplug(void)
{
    uint8_t answer[HAL_RPDU_MAX];
    size_t len = 0;
    bool now;
    check(whole_session(), "a session before");
    mock("later 50 unplug");
    int code = wait_card(true, 3000, &now);
    gone_and_back("while waiting", code, 1);
    mock("fault unplug");
    gone_and_back("in an exchange", select_pse(answer, &len), 1);
    mock("fault atr-unplug");
    gone_and_back("at power on", power(false), 2);
    mock("unplug");
    gone_and_back("between two commands", select_pse(answer, &len), 1);
    mock("unplug");
    mock("plug 1");
    code = select_pse(answer, &len);
    check(code == HAL_E_IO, "unplugged and plugged unseen: %s", status_name(code));
    check(whole_session(), "  power on finds it again");
}

static void replug(void)
{
    bool now = true;
    check(whole_session(), "a session before");
    printf("please: unplug\n");
    fflush(stdout);
    int64_t until = now_ms() + 60000;
    int code = OK;
    while (code == OK && now_ms() < until)
        code = wait_card(true, 1000, &now);
    check(code == HAL_E_IO, "unplugged: %s (%s)", status_name(code), trouble());
    printf("please: plug\n");
    fflush(stdout);
    while ((code != OK || !now) && now_ms() < until)
        code = wait_card(false, 1000, &now);
    check(code == OK && now, "found again, with a card: %s", status_name(code));
    check(whole_session(), "a session after it");
}

/* ---- opening ---- */

static void refused(const char *spec, const char *name, const char *text)
{
    char why[300] = "";
    int code = usb_reader_open(strcmp(spec, "-") == 0 ? NULL : spec, &drive.r, why, sizeof why);
    check(strcmp(status_name(code), name) == 0 && strstr(why, text) && !strchr(why, '\n'), "%s: %s: %s", spec,
          status_name(code), why);
}

static void found(void *ctx, const char *spec, const char *name, const char *state)
{
    char *out = ctx;
    size_t used = strlen(out);
    snprintf(out + used, 1000 - used, "%s | %s | %s\n", spec, name, state);
}

static void list(const char *text)
{
    char all[1000] = "", why[300] = "";
    size_t count = usb_reader_list(found, all, why, sizeof why);
    check(strstr(all, text) != NULL || (count == 0 && strcmp(text, "none") == 0), "list: %s%s", all, why);
}

int main(int argc, char **argv)
{
    char answer[120], line[120] = "";
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "send") == 0) {
        for (int i = 2; i < argc; i++)
            snprintf(line + strlen(line), sizeof line - strlen(line), "%s ", argv[i]);
        bool good = command_mock(line, answer, sizeof answer);
        fputs(answer, stdout);
        return !good;
    }
    if (strcmp(what, "refused") == 0 && argc == 5) {
        refused(argv[2], argv[3], argv[4]);
        return drive.failed;
    }
    if (strcmp(what, "list") == 0 && argc == 3) {
        list(argv[2]);
        return drive.failed;
    }
    static const struct {
        const char *name;
        void (*fn)(void);
    } checks[] = {{"session", session}, {"faults", all_faults}, {"t1", t1_only},
                  {"slow", slow},       {"unplug", unplug},     {"replug", replug}};
    drive.protocol = argc > 2 ? atoi(argv[2]) : 0;
    drive.spec = argc > 3 ? argv[3] : "058f:9540";
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        if (strcmp(checks[i].name, what) != 0)
            continue;
        if (open_reader()) {
            checks[i].fn();
            drive.r.ops->close(drive.r.ctx);
        }
        return drive.failed;
    }
    fprintf(stderr, "drive: no such check\n");
    return 2;
}
