/* A peer of hw/peer.h with the test at its other end. For test_vpcd.c and test_vscard.c. */
#ifndef POSBENCH_TESTS_HW_PEER_PAIR_H
#define POSBENCH_TESTS_HW_PEER_PAIR_H

#include "hw/peer.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct pair {
    struct peer peer;
    int other;
};

static int setup(void **state)
{
    static struct pair p;
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    memset(&p, 0, sizeof p);
    p.peer.fd = fds[0];
    p.peer.stop = (struct peer_stop){-1, peer_now_ms() + 20000};
    p.other = fds[1];
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    struct pair *p = *state;
    peer_close(&p->peer);
    if (p->other >= 0)
        close(p->other);
    return 0;
}

static void say(struct pair *p, const void *bytes, size_t len)
{
    assert_int_equal(send(p->other, bytes, len, MSG_NOSIGNAL), len);
}

static void hang_up(struct pair *p)
{
    close(p->other);
    p->other = -1;
}

#endif
