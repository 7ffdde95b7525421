/*
 * What a host hands out to its terminals: keys of certification authorities, and applications with their limits
 * (DOMAIN 2.3 point 8, 4.1 header digit 6, 4.4 "Download loop"). Set by the scenario engine; asked for by the
 * terminals.
 */
#ifndef POSBENCH_SIM_HOST_KEYS_H
#define POSBENCH_SIM_HOST_KEYS_H

#include "sim/host/host.h"

#define HOST_OBJECTS 64     /* on both lists together */
#define HOST_OBJECT_MAX 400 /* bytes of TLV */
#define HOST_PER_ANSWER 20  /* entries of a list that DE62 has room for */

enum host_list { HOST_KEYS, HOST_APPLICATIONS };
#define HOST_LISTS 2

struct host_object {
    enum host_list list;
    uint8_t name[32]; /* as the list and the request have it: 9F06, for a key 9F22 */
    size_t name_len;
    uint8_t entry[48]; /* as the list has it: the name, for a key DF05 too */
    size_t entry_len;
    uint8_t bytes[HOST_OBJECT_MAX]; /* as its own answer has it */
    size_t len;
};

/* How a list misbehaves; silence, wrong MACs and the like are rules (host.h). */
enum host_list_fault {
    HOST_LIST_GOOD,
    HOST_LIST_ENDLESS,  /* never says that it is complete, and begins anew when it is through */
    HOST_LIST_EMPTY,    /* says that there is more to come, and has no entry in it */
    HOST_LIST_LENGTH,   /* the last entry is cut short */
    HOST_LIST_CHECKSUM, /* one bit of the n-th object's last value is wrong */
    HOST_LIST_TLV,      /* the n-th object's last length goes beyond its end */
    HOST_LIST_OTHER,    /* the n-th object is answered with the one behind it */
    HOST_LIST_MISSING,  /* the n-th object is on the list, and not there when it is asked for */
};

struct host_offer {
    enum host_list list;
    unsigned per_answer; /* entries in one answer, 1 to HOST_PER_ANSWER */
    enum host_list_fault fault;
    unsigned nth;  /* of the objects asked for, from 1 */
    bool demanded; /* every terminal is told to come for them (header digit 6) until it has */
};

/* Puts this offer, with these objects, in the place of the one before of the same list. E_INVAL: a number outside its
 * limits; E_LIMIT, E_NOMEM: nothing is offered. */
int host_make_offer(struct host *h, const struct host_offer *offer, const struct host_object *objects, size_t count);

#endif
