/* Buffers of whole messages. See live_frame.h. */
#include "scenarios/engine/live_frame.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define PIECE 65536u

void live_frames_free(struct live_frames *f)
{
    if (f->bytes)
        explicit_bzero(f->bytes, f->cap);
    free(f->bytes);
    *f = (struct live_frames){0};
}

size_t live_frames_waiting(const struct live_frames *f)
{
    return f->len - f->at;
}

/* What was passed on is wiped: keys of a PIN go through here. */
static void pass(struct live_frames *f, size_t len)
{
    explicit_bzero(f->bytes + f->at, len);
    f->at += len;
}

/* 0: none yet; with its length in front. */
static size_t first_len(const struct live_frames *f)
{
    uint32_t len;
    if (live_frames_waiting(f) < sizeof len)
        return 0;
    memcpy(&len, f->bytes + f->at, sizeof len);
    return len > LIVE_FRAME_MAX ? SIZE_MAX : sizeof len + len;
}

bool live_frames_whole(const struct live_frames *f)
{
    size_t len = first_len(f);
    return len && len <= live_frames_waiting(f);
}

static bool make_room(struct live_frames *f, size_t more)
{
    if (f->at && (f->at == f->len || f->len + more > f->cap)) {
        memmove(f->bytes, f->bytes + f->at, f->len - f->at);
        f->len -= f->at;
        f->at = 0;
    }
    if (f->len + more <= f->cap)
        return true;
    size_t cap = f->cap ? f->cap : PIECE;
    while (cap < f->len + more)
        cap *= 2;
    char *bytes = realloc(f->bytes, cap);
    if (!bytes)
        return false;
    f->bytes = bytes;
    f->cap = cap;
    return true;
}

static void append(struct live_frames *f, const void *bytes, size_t len)
{
    memcpy(f->bytes + f->len, bytes, len);
    f->len += len;
}

bool live_frames_put(struct live_frames *f, const char *before, const char *text, size_t len, const char *after)
{
    size_t whole = strlen(before) + len + strlen(after);
    const uint32_t head = (uint32_t)whole;
    if (whole > LIVE_FRAME_MAX || !make_room(f, sizeof head + whole))
        return false;
    append(f, &head, sizeof head);
    append(f, before, strlen(before));
    append(f, text, len);
    append(f, after, strlen(after));
    return true;
}

bool live_frames_put_json(struct live_frames *f, const cJSON *message)
{
    char *text = cJSON_PrintUnformatted(message);
    bool ok = text && live_frames_put(f, "", text, strlen(text), "");
    free(text);
    return ok;
}

bool live_frames_move(struct live_frames *f, struct live_frames *to)
{
    size_t len = first_len(f);
    if (!live_frames_whole(f) || !make_room(to, len))
        return false;
    append(to, f->bytes + f->at, len);
    f->at += len;
    return true;
}

enum live_taken live_frames_take(struct live_frames *f, cJSON **out)
{
    size_t len = first_len(f);
    *out = NULL;
    if (len == SIZE_MAX)
        return LIVE_BROKEN;
    if (!len || len > live_frames_waiting(f))
        return LIVE_NONE;
    *out = cJSON_ParseWithLength(f->bytes + f->at + sizeof(uint32_t), len - sizeof(uint32_t));
    pass(f, len);
    return LIVE_MESSAGE;
}

bool live_frames_send(struct live_frames *f, int fd)
{
    while (f->at < f->len) {
        ssize_t n = send(fd, f->bytes + f->at, f->len - f->at, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        pass(f, (size_t)n);
    }
    return true;
}

bool live_frames_receive(struct live_frames *f, int fd, size_t most)
{
    while (most) {
        size_t piece = most < PIECE ? most : PIECE;
        if (!make_room(f, piece))
            return false;
        ssize_t n = recv(fd, f->bytes + f->len, piece, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        if (n == 0)
            return false;
        f->len += (size_t)n;
        most -= (size_t)n;
    }
    return true;
}
