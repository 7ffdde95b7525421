/*
 * The readers that the PC/SC service knows: which one a name means, and the list for people. Called by pcsc.c and
 * hw/reader.c.
 */
#include "hw/pcsc/pcsc_internal.h"

#include <stdio.h>
#include <string.h>

#define NAMES_MAX                                                                                                      \
    (PCSCLITE_MAX_READERS_CONTEXTS * MAX_READERNAME + 1) /* each with its NUL, and one more at the end                 \
                                                          */

/* Fills `names` with one name after the other, ended by an empty one. */
static LONG get_names(SCARDCONTEXT context, char names[NAMES_MAX])
{
    DWORD len = NAMES_MAX - 1;
    memset(names, 0, NAMES_MAX);
    LONG rv = SCardListReaders(context, NULL, names, &len);
    if (rv != SCARD_S_SUCCESS)
        memset(names, 0, NAMES_MAX);
    names[NAMES_MAX - 2] = names[NAMES_MAX - 1] = '\0';
    return pcsc_is(rv, SCARD_E_NO_READERS_AVAILABLE) ? SCARD_S_SUCCESS : rv;
}

static const char *next_name(const char *name)
{
    return name + strlen(name) + 1;
}

LONG pcsc_state(SCARDCONTEXT context, const char *name, DWORD *state)
{
    SCARD_READERSTATE s = {.szReader = name, .dwCurrentState = SCARD_STATE_UNAWARE};
    LONG rv = SCardGetStatusChange(context, 0, &s, 1);
    *state = s.dwEventState;
    return rv;
}

static void join(const char *names, char *out, size_t cap)
{
    size_t used = 0;
    out[0] = '\0';
    for (const char *n = names; *n && used < cap; n = next_name(n))
        used += (size_t)snprintf(out + used, cap - used, "%s\"%s\"", n == names ? "" : ", ", n);
}

int pcsc_find(SCARDCONTEXT context, const char *name, char reader[MAX_READERNAME], char *why, size_t why_cap)
{
    char names[NAMES_MAX], all[512];
    const char *match = NULL;
    size_t matches = 0;
    LONG rv = get_names(context, names);
    if (rv != SCARD_S_SUCCESS)
        return pcsc_service_error(rv, why, why_cap);
    for (const char *n = names; *n; n = next_name(n)) {
        bool whole = name && strcmp(n, name) == 0;
        if (!whole && name && !strcasestr(n, name))
            continue;
        match = n;
        matches = whole ? 1 : matches + 1;
        if (whole)
            break;
    }
    join(names, all, sizeof all);
    if (matches == 1)
        snprintf(reader, MAX_READERNAME, "%.*s", MAX_READERNAME - 1, match);
    else if (!names[0])
        snprintf(why, why_cap, "pcscd runs, but no reader is attached: plug one in, or see 'posbench doctor'");
    else if (matches == 0)
        snprintf(why, why_cap, "no PC/SC reader is called \"%.60s\"; there is %s", name, all);
    else if (name)
        snprintf(why, why_cap, "\"%.60s\" fits more than one PC/SC reader, say more of the name: %s", name, all);
    else
        snprintf(why, why_cap, "there are several PC/SC readers, say pcsc:NAME: %s", all);
    return matches == 1 ? OK : HAL_E_NOENT;
}

static const struct {
    DWORD bits;
    const char *text;
} states[] = {
    {SCARD_STATE_UNKNOWN | SCARD_STATE_UNAVAILABLE, "not attached any more"},
    {SCARD_STATE_EXCLUSIVE | SCARD_STATE_INUSE, "busy: another program holds it"},
    {SCARD_STATE_MUTE, "a card that does not answer is in it"},
    {SCARD_STATE_PRESENT, "a card is in it"},
    {SCARD_STATE_EMPTY, "empty"},
};

static const char *state_text(DWORD state)
{
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (state & states[i].bits)
            return states[i].text;
    return "its state is not known";
}

size_t pcsc_reader_list(void (*found)(void *ctx, const char *spec, const char *name, const char *state), void *ctx,
                        char *why, size_t why_cap)
{
    char names[NAMES_MAX], spec[MAX_READERNAME + 8];
    SCARDCONTEXT context;
    size_t count = 0;
    LONG rv = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context);
    if (rv != SCARD_S_SUCCESS) {
        (void)pcsc_service_error(rv, why, why_cap);
        return 0;
    }
    rv = get_names(context, names);
    if (rv != SCARD_S_SUCCESS)
        (void)pcsc_service_error(rv, why, why_cap);
    for (const char *n = names; *n; n = next_name(n), count++) {
        DWORD state = 0;
        rv = pcsc_state(context, n, &state);
        snprintf(spec, sizeof spec, "pcsc:%.*s", MAX_READERNAME - 1, n);
        found(ctx, spec, n, rv == SCARD_S_SUCCESS ? state_text(state) : pcsc_stringify_error(rv));
    }
    SCardReleaseContext(context);
    return count;
}
