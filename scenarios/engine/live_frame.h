/*
 * Messages between a live session and its client over a socket that must block neither: bytes wait here, whole messages
 * (length, then JSON, as worker.h has it) are put in and taken out. Callers: live.c and live_serve.c.
 */
#ifndef POSBENCH_SCENARIOS_ENGINE_LIVE_FRAME_H
#define POSBENCH_SCENARIOS_ENGINE_LIVE_FRAME_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#define LIVE_FRAME_MAX (16u << 20) /* of one message */

struct live_frames { /* cleared: empty */
    char *bytes;
    size_t at, len, cap; /* what waits: bytes[at..len) */
};

void live_frames_free(struct live_frames *f);
size_t live_frames_waiting(const struct live_frames *f); /* bytes */
bool live_frames_whole(const struct live_frames *f);     /* a whole message waits */

/* One message: before, text and after, in one piece. false: out of memory. */
bool live_frames_put(struct live_frames *f, const char *before, const char *text, size_t len, const char *after);
bool live_frames_put_json(struct live_frames *f, const cJSON *message);
/* The first whole message into `to` as it is. false: there is none, or out of memory. */
bool live_frames_move(struct live_frames *f, struct live_frames *to);

enum live_taken { LIVE_NONE, LIVE_MESSAGE, LIVE_BROKEN };
/* The first whole message. LIVE_MESSAGE: *out is NULL when its text is no JSON. LIVE_BROKEN: a length that cannot be.
 */
enum live_taken live_frames_take(struct live_frames *f, cJSON **out);

/* Both without blocking; false: the other side is gone, or no memory. Receives at most `most` bytes. */
bool live_frames_send(struct live_frames *f, int fd);
bool live_frames_receive(struct live_frames *f, int fd, size_t most);

#endif
