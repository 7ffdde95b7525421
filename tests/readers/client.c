/*
 * A small client of PC/SC for the tests of the readers.
 *
 *   client state READER            "yes", "mute" or "no": is a card in it; exit 1: no such reader
 *   client talk READER STEP...     connects, then a line for every step:
 *       HEX                        a command: its answer in hex, "nothing" (no bytes), or the error's name
 *       +HEX                       the same, and what 61xx and 6Cxx announce is fetched
 *       reset                      connects anew with a warm reset: the ATR
 *       again                      connects anew without knowing the reader's state: the ATR
 *   client rate READER HEX N       sends it N times, for 10 seconds at most: "12345 exchanges a second"
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <winscard.h>

#define RATE_SECONDS 10

struct client {
    SCARDCONTEXT context;
    SCARDHANDLE card;
    DWORD protocol;
};

static size_t from_hex(const char *hex, unsigned char *out, size_t cap)
{
    size_t len = 0;
    unsigned byte;
    while (len < cap && sscanf(hex + 2 * len, "%2x", &byte) == 1)
        out[len++] = (unsigned char)byte;
    return len;
}

static void put_hex(const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        printf("%02X", bytes[i]);
    puts(len ? "" : "nothing");
    fflush(stdout);
}

static LONG open_card(struct client *c, const char *reader)
{
    return SCardConnect(c->context, reader, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &c->card,
                        &c->protocol);
}

static LONG transmit(struct client *c, const unsigned char *command, size_t len, unsigned char *answer, DWORD *got)
{
    return SCardTransmit(c->card, c->protocol == SCARD_PROTOCOL_T1 ? SCARD_PCI_T1 : SCARD_PCI_T0, command, len, NULL,
                         answer, got);
}

static void put_atr(struct client *c)
{
    unsigned char atr[64];
    DWORD len = sizeof atr, name = 0;
    LONG rc = SCardStatus(c->card, NULL, &name, NULL, NULL, atr, &len);
    if (rc == SCARD_S_SUCCESS)
        put_hex(atr, len);
    else
        puts(pcsc_stringify_error(rc));
}

static int state(struct client *c, const char *reader)
{
    SCARD_READERSTATE s = {.szReader = reader};
    if (SCardGetStatusChange(c->context, 0, &s, 1) != SCARD_S_SUCCESS || (s.dwEventState & SCARD_STATE_UNKNOWN))
        return 1;
    puts(s.dwEventState & SCARD_STATE_MUTE ? "mute" : s.dwEventState & SCARD_STATE_PRESENT ? "yes" : "no");
    return 0;
}

static void step(struct client *c, const char *reader, const char *text)
{
    unsigned char command[2048] = {0}, answer[70000];
    DWORD got = sizeof answer;
    LONG rc;
    if (strcmp(text, "reset") == 0 || strcmp(text, "again") == 0) {
        if (*text == 'a') {
            SCardDisconnect(c->card, SCARD_LEAVE_CARD);
            rc = open_card(c, reader);
        } else {
            rc = SCardReconnect(c->card, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, SCARD_RESET_CARD,
                                &c->protocol);
        }
        if (rc == SCARD_S_SUCCESS)
            put_atr(c);
        else
            puts(pcsc_stringify_error(rc));
        return;
    }
    rc = transmit(c, command, from_hex(text + (*text == '+'), command, sizeof command), answer, &got);
    while (*text == '+' && rc == SCARD_S_SUCCESS && got == 2 && (answer[0] == 0x61 || answer[0] == 0x6C)) {
        if (answer[0] == 0x61)
            memcpy(command, "\0\xC0\0\0", 4);
        command[4] = answer[1];
        got = sizeof answer;
        rc = transmit(c, command, 5, answer, &got);
    }
    if (rc == SCARD_S_SUCCESS)
        put_hex(answer, got);
    else
        puts(pcsc_stringify_error(rc));
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int rate(struct client *c, const char *hex, long count)
{
    unsigned char command[300], answer[300];
    size_t len = from_hex(hex, command, sizeof command);
    double from = now(), seconds = 0;
    long done = 0;
    while (done < count && seconds < RATE_SECONDS) {
        DWORD got = sizeof answer;
        if (transmit(c, command, len, answer, &got) != SCARD_S_SUCCESS || got < 2)
            return printf("the %ld. exchange failed\n", done + 1), 1;
        done++;
        seconds = now() - from;
    }
    printf("%.0f exchanges a second\n", (double)done / seconds);
    return 0;
}

int main(int argc, char **argv)
{
    struct client c = {0};
    LONG rc = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &c.context);
    if (argc < 3 || rc != SCARD_S_SUCCESS)
        return fprintf(stderr, "client: %s\n",
                       argc < 3 ? "expected: state|talk|rate READER ..." : pcsc_stringify_error(rc)),
               1;
    if (strcmp(argv[1], "state") == 0)
        return state(&c, argv[2]);
    rc = open_card(&c, argv[2]);
    if (rc != SCARD_S_SUCCESS)
        return printf("connect: %s\n", pcsc_stringify_error(rc)), 1;
    int code = 0;
    if (strcmp(argv[1], "rate") == 0 && argc == 5)
        code = rate(&c, argv[3], atol(argv[4]));
    else
        for (int i = 3; i < argc; i++)
            step(&c, argv[2], argv[i]);
    SCardDisconnect(c.card, SCARD_LEAVE_CARD);
    SCardReleaseContext(c.context);
    return code;
}
