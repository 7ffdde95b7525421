/*
 * The other end of a card's connection, for the tests of `posbench card serve`: what vpcd or QEMU would be, but it says
 * what the test wants it to say.
 *
 *   peer listen PORT|PATH STEP...   waits for a connection, then a step after the other:
 *       HEX                         sends these bytes
 *       zeros:N                     sends N bytes of zeros
 *       get:N                       reads N bytes and prints them in hex; "closed" or "silent" (5 s) instead
 *       rest                        reads until the other end closes: prints "closed", or "silent" after 5 s
 *   peer card PORT                  the simplest card there is at vpcd on PORT: answers every command 9000
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LIMIT_MS 5000

static int fail(const char *what)
{
    perror(what);
    exit(1);
}

static struct sockaddr_in tcp_name(const char *port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((unsigned short)atoi(port)),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int listen_at(const char *where)
{
    int on = 1, fd = socket(strchr(where, '/') ? AF_UNIX : AF_INET, SOCK_STREAM, 0), rc;
    if (strchr(where, '/')) {
        struct sockaddr_un name = {.sun_family = AF_UNIX};
        snprintf(name.sun_path, sizeof name.sun_path, "%s", where);
        unlink(where);
        rc = bind(fd, (struct sockaddr *)&name, sizeof name);
    } else {
        struct sockaddr_in name = tcp_name(where);
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        rc = bind(fd, (struct sockaddr *)&name, sizeof name);
    }
    return rc != 0 || listen(fd, 4) != 0 ? fail(where) : fd;
}

static int accept_one(int server)
{
    struct pollfd p = {.fd = server, .events = POLLIN};
    if (poll(&p, 1, 2 * LIMIT_MS) != 1)
        return fail("nobody connects");
    return accept(server, NULL, NULL);
}

/* -1: closed, -2: silent */
static int get(int fd)
{
    unsigned char byte;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    if (poll(&p, 1, LIMIT_MS) != 1)
        return -2;
    return recv(fd, &byte, 1, 0) == 1 ? byte : -1;
}

static void step(int fd, const char *text)
{
    int byte = 0;
    unsigned value;
    if (strncmp(text, "get:", 4) == 0) {
        for (int left = atoi(text + 4); left > 0 && (byte = get(fd)) >= 0; left--)
            printf("%02X", (unsigned)byte);
        puts(byte == -1 ? "closed" : byte == -2 ? "silent" : "");
    } else if (strncmp(text, "zeros:", 6) == 0) {
        static const unsigned char zeros[1024];
        for (size_t left = (size_t)atol(text + 6), n; left; left -= n) {
            n = left < sizeof zeros ? left : sizeof zeros;
            send(fd, zeros, n, MSG_NOSIGNAL);
        }
    } else if (strcmp(text, "rest") == 0) {
        while ((byte = get(fd)) >= 0)
            ;
        puts(byte == -1 ? "closed" : "silent");
    } else {
        for (; sscanf(text, "%2x", &value) == 1; text += 2) {
            unsigned char one = (unsigned char)value;
            send(fd, &one, 1, MSG_NOSIGNAL);
        }
    }
    fflush(stdout);
}

static int all(int fd, unsigned char *bytes, size_t len)
{
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
    return recv(fd, bytes, len, MSG_WAITALL) == (ssize_t)len;
}

static int card(const char *port)
{
    static const unsigned char atr[] = {0, 2, 0x3B, 0x00}, answer[] = {0, 2, 0x90, 0x00};
    unsigned char length[2], message[65536];
    struct sockaddr_in name = tcp_name(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&name, sizeof name) != 0)
        return fail("connect");
    while (all(fd, length, 2)) {
        size_t len = (size_t)length[0] << 8 | length[1];
        if (!all(fd, message, len))
            break;
        if (len == 1 && message[0] == 4)
            send(fd, atr, sizeof atr, MSG_NOSIGNAL);
        else if (len > 1)
            send(fd, answer, sizeof answer, MSG_NOSIGNAL);
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "card") == 0)
        return card(argv[2]);
    if (argc < 3 || strcmp(argv[1], "listen") != 0)
        return fprintf(stderr, "peer: expected listen PORT|PATH STEP... or card PORT\n"), 1;
    int fd = accept_one(listen_at(argv[2]));
    for (int i = 3; i < argc; i++)
        step(fd, argv[i]);
    return 0;
}
