/*
 * The download of CA keys and applications: a list, one message for each object on it, an end (DOMAIN 4.3, 4.4
 * "Download loop"). Nothing is kept here: the caller has the whole set, or nothing. Caller: core/app/download.c.
 */
#ifndef POSBENCH_CORE_NET_DOWNLOAD_H
#define POSBENCH_CORE_NET_DOWNLOAD_H

#include "core/net/net.h"
#include "core/store/parameters.h"

/* X(name, english, chinese): ends of a download, or of one object on it, beside enum net_outcome. */
#define DOWNLOAD_OUTCOMES(X)                                                                                           \
    X(DOWNLOAD_NO_MAC, "no MAC", "响应无MAC")                                                                          \
    X(DOWNLOAD_BAD_LIST, "list not readable", "列表格式错误")                                                          \
    X(DOWNLOAD_TOO_MANY, "list too long", "列表过长")                                                                  \
    X(DOWNLOAD_NOT_THERE, "object missing", "参数不存在")                                                              \
    X(DOWNLOAD_OTHER, "wrong object", "参数不符")                                                                      \
    X(DOWNLOAD_BAD_OBJECT, "object not readable", "参数格式错误")                                                      \
    X(DOWNLOAD_CHECKSUM, "checksum wrong", "校验值错误")                                                               \
    X(DOWNLOAD_NONE_GOOD, "nothing usable", "无可用参数")                                                              \
    X(DOWNLOAD_EXPIRED, "expired", "已过期")                                                                           \
    X(DOWNLOAD_ALGORITHM, "unknown algorithm", "算法不支持")

enum download_outcome {
    DOWNLOAD_FIRST = 32, /* apart from enum net_outcome */
#define DOWNLOAD_ENUM(name, en, zh) name,
    DOWNLOAD_OUTCOMES(DOWNLOAD_ENUM)
#undef DOWNLOAD_ENUM
};
/* For the screen, and in English for the log; "" for what is none of them. */
const char *download_text(int outcome, bool chinese);
/* One object of the set that is left out; the others are good for all that. */
bool download_leaves_out(int outcome);

/* How many objects of a kind there may be on a list, those that come twice counted twice. */
size_t download_limit(enum parameter_kind kind);

struct download_client {
    void *ctx;
    /* Object number `at`, from 1, of `total` is asked for next. OK or negative. */
    int (*progress)(void *ctx, size_t at, size_t total);
    /* An object has come. OK: it is taken; an outcome that leaves it out; one that ends the download; or negative. */
    int (*judge)(void *ctx, enum parameter_kind kind, const struct parameter *object);
};

struct download { /* what came; valid when net_download says OK */
    struct parameter_set set;
    bool none;        /* the host has nothing to hand out: what the terminal has stays as it is */
    uint32_t trace;   /* the last number used; taken by setting STORE_TRACE */
    char response[3]; /* DE39 of a refusal */
};

/* On the line that is opened here if it is not. OK, enum net_outcome, enum download_outcome, negative. */
int net_download(struct net *n, enum parameter_kind kind, const struct download_client *client, struct download *out);

/* DE62 of one answer to a list request: its names are added to `set`, those already there once more counted in
 * *received. *more: the list goes on. OK, DOWNLOAD_BAD_LIST, DOWNLOAD_TOO_MANY. */
int download_read_list(enum parameter_kind kind, const uint8_t *bytes, size_t len, struct parameter_set *set,
                       size_t *received, bool *more);
/* DE62 of the answer to a request for item->name: the object's bytes. OK, DOWNLOAD_NOT_THERE, DOWNLOAD_OTHER,
 * DOWNLOAD_BAD_OBJECT. */
int download_read_object(enum parameter_kind kind, const uint8_t *bytes, size_t len, struct parameter *item);

#endif
