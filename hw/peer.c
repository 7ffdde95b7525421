#include "hw/peer.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

uint64_t peer_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t sum(uint64_t a, uint64_t b)
{
    return a > PEER_FOREVER - b ? PEER_FOREVER : a + b;
}

/* Until `fd` (-1: none) can do `events`, or `until_ms`. OK; HAL_E_TIMEOUT, HAL_E_CANCELLED, HAL_E_IO. */
static int wait_for(int fd, short events, const struct peer_stop *stop, uint64_t until_ms)
{
    struct pollfd fds[2] = {{.fd = fd, .events = events}, {.fd = stop->fd, .events = POLLIN}};
    uint64_t end_ms = until_ms < stop->deadline_ms ? until_ms : stop->deadline_ms;
    for (;;) {
        int timeout = -1;
        if (end_ms != PEER_FOREVER) {
            uint64_t now = peer_now_ms(), left = end_ms > now ? end_ms - now : 0;
            timeout = left > INT_MAX ? INT_MAX : (int)left;
        }
        int n = poll(fds, 2, timeout);
        if (n < 0 && errno != EINTR)
            return HAL_E_IO;
        if (n > 0 && fds[1].revents)
            return HAL_E_CANCELLED;
        if (n > 0 && fds[0].revents)
            return OK;
        if (n == 0 && peer_now_ms() >= end_ms)
            return end_ms == stop->deadline_ms ? HAL_E_CANCELLED : HAL_E_TIMEOUT;
    }
}

int peer_sleep(const struct peer_stop *stop, uint64_t ms)
{
    int rc = wait_for(-1, 0, stop, sum(peer_now_ms(), ms));
    return rc == HAL_E_TIMEOUT ? OK : rc;
}

/* -- connecting -- */

/* One address of those that a name has. */
static int connect_to(struct peer *p, int family, const struct sockaddr *address, socklen_t len, int *error)
{
    int on = 1;
    socklen_t size = sizeof *error;
    p->fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    *error = errno;
    if (p->fd < 0)
        return HAL_E_IO;
    p->tcp = family != AF_UNIX;
    if (p->tcp)
        setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(p->fd, address, len) == 0)
        return OK;
    *error = errno;
    int rc = HAL_E_DOWN;
    if (*error == EINPROGRESS) {
        rc = wait_for(p->fd, POLLOUT, &p->stop, sum(peer_now_ms(), PEER_CONNECT_MS));
        *error = ETIMEDOUT;
        if (rc == HAL_E_TIMEOUT)
            rc = HAL_E_DOWN;
        else if (rc == OK && (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, error, &size) != 0 || *error != 0))
            rc = HAL_E_DOWN;
    }
    if (rc != OK)
        peer_close(p);
    return rc == HAL_E_DOWN && *error != ECONNREFUSED && *error != ENOENT ? HAL_E_IO : rc;
}

static int connect_path(struct peer *p, const char *path, char *why, size_t why_cap)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int error;
    if (!*path || strlen(path) >= sizeof name.sun_path)
        return snprintf(why, why_cap, "'%s': the path of a socket has 1 to %zu characters", path,
                        sizeof name.sun_path - 1),
               E_INVAL;
    memcpy(name.sun_path, path, strlen(path) + 1);
    int rc = connect_to(p, AF_UNIX, (const struct sockaddr *)&name, sizeof name, &error);
    if (rc != OK)
        snprintf(why, why_cap, "%s: %s", path, strerror(error));
    return rc;
}

/* "HOST:PORT" taken apart; false: it is none. */
static bool split(const char *address, char host[PEER_ADDRESS_MAX], char port[8])
{
    const char *colon = strrchr(address, ':');
    if (!colon || strlen(address) >= PEER_ADDRESS_MAX)
        return false;
    char *end;
    size_t len = (size_t)(colon - address);
    long number = strtol(colon + 1, &end, 10);
    if (colon[1] < '0' || colon[1] > '9' || *end || number < 1 || number > 65535)
        return false;
    bool brackets = len > 2 && address[0] == '[' && address[len - 1] == ']';
    if (!brackets && (memchr(address, ':', len) || address[0] == '['))
        return false;
    snprintf(host, PEER_ADDRESS_MAX, "%.*s", (int)(brackets ? len - 2 : len), address + brackets);
    snprintf(port, 8, "%ld", number);
    return *host != '\0';
}

static int connect_tcp(struct peer *p, const char *address, char *why, size_t why_cap)
{
    char host[PEER_ADDRESS_MAX], port[8];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *found = NULL;
    int error = 0;
    if (!split(address, host, port))
        return snprintf(why, why_cap, "'%s': HOST:PORT expected, with a port from 1 to 65535", address), E_INVAL;
    int status = getaddrinfo(host, port, &hints, &found);
    if (status)
        return snprintf(why, why_cap, "%s: %s", host, status == EAI_SYSTEM ? strerror(errno) : gai_strerror(status)),
               E_INVAL;
    int rc = HAL_E_DOWN;
    for (const struct addrinfo *one = found; one && rc != OK && rc != HAL_E_CANCELLED; one = one->ai_next)
        rc = connect_to(p, one->ai_family, one->ai_addr, one->ai_addrlen, &error);
    freeaddrinfo(found);
    if (rc != OK)
        snprintf(why, why_cap, "%s: %s", address, strerror(error));
    return rc;
}

int peer_connect(struct peer *p, const char *address, bool paths, const struct peer_stop *stop, char *why,
                 size_t why_cap)
{
    p->fd = -1;
    p->tcp = false;
    p->stop = *stop;
    p->start = p->end = 0;
    if (paths && (strchr(address, '/') || !strchr(address, ':')))
        return connect_path(p, address, why, why_cap);
    return connect_tcp(p, address, why, why_cap);
}

void peer_close(struct peer *p)
{
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
    p->start = p->end = 0;
    explicit_bzero(p->buffer, sizeof p->buffer);
}

/* -- bytes -- */

/* vpcd sends a message in two pieces and waits for the acknowledgement of the first, which the kernel would delay by
 * 40 ms. It forgets this wish after a while: it is told so again before every wait. */
static void acknowledge_at_once(const struct peer *p)
{
    int on = 1;
    if (p->tcp)
        setsockopt(p->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

/* More into the buffer, which is empty. */
static int fill(struct peer *p, uint64_t until_ms)
{
    acknowledge_at_once(p);
    int rc = wait_for(p->fd, POLLIN, &p->stop, until_ms);
    if (rc != OK)
        return rc;
    ssize_t n = recv(p->fd, p->buffer, sizeof p->buffer, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return OK;
    if (n <= 0)
        return HAL_E_CLOSED;
    p->start = 0;
    p->end = (size_t)n;
    return OK;
}

int peer_wait(struct peer *p, uint64_t timeout_ms)
{
    uint64_t until_ms = sum(peer_now_ms(), timeout_ms);
    int rc = OK;
    while (rc == OK && p->start == p->end)
        rc = fill(p, until_ms);
    return rc;
}

int peer_read(struct peer *p, uint8_t *bytes, size_t len, bool first)
{
    uint64_t until_ms = PEER_FOREVER;
    for (size_t got = 0; got < len;) {
        if (got || !first)
            until_ms = until_ms == PEER_FOREVER ? sum(peer_now_ms(), PEER_MESSAGE_MS) : until_ms;
        int rc = p->start < p->end ? OK : fill(p, until_ms);
        if (rc == HAL_E_TIMEOUT || (rc == HAL_E_CLOSED && (got || !first)))
            return HAL_E_PROTOCOL;
        if (rc != OK)
            return rc;
        size_t n = p->end - p->start < len - got ? p->end - p->start : len - got;
        if (bytes)
            memcpy(bytes + got, p->buffer + p->start, n);
        explicit_bzero(p->buffer + p->start, n); /* it may have been a PIN */
        p->start += n;
        got += n;
    }
    return OK;
}

int peer_write(struct peer *p, const uint8_t *bytes, size_t len)
{
    for (size_t sent = 0; sent < len;) {
        ssize_t n = send(p->fd, bytes + sent, len - sent, MSG_NOSIGNAL);
        int rc = OK;
        if (n >= 0)
            sent += (size_t)n;
        else if (errno == EAGAIN)
            rc = wait_for(p->fd, POLLOUT, &p->stop, PEER_FOREVER);
        else if (errno != EINTR)
            rc = HAL_E_CLOSED;
        if (rc != OK)
            return rc;
    }
    return OK;
}
