/*
 * What the values of the PC/SC service mean to a terminal: one table. Source of the values: pcsc-lite's pcsclite.h;
 * codes: core/status.h as hw/reader.h uses them. Called by the other files of hw/pcsc.
 */
#include "hw/pcsc/pcsc_internal.h"

#include <stdio.h>

static const struct pcsc_code codes[] = {
    /* the card */
    {SCARD_E_NO_SMARTCARD, {HAL_E_ABSENT, HAL_E_REMOVED}, false, "no card is in it"},
    {SCARD_W_REMOVED_CARD, {HAL_E_REMOVED, HAL_E_REMOVED}, false, "the card was removed"},
    {SCARD_W_UNRESPONSIVE_CARD, {HAL_E_MUTE, HAL_E_MUTE}, false, "the card does not answer to reset"},
    {SCARD_W_UNPOWERED_CARD, {HAL_E_MUTE, HAL_E_MUTE}, false, "the card has no power"},
    {SCARD_W_UNSUPPORTED_CARD, {HAL_E_PROTOCOL, HAL_E_PROTOCOL}, false, "the reader cannot use this card's ATR"},
    {SCARD_E_UNKNOWN_CARD, {HAL_E_PROTOCOL, HAL_E_PROTOCOL}, false, "the reader cannot use this card's ATR"},
    {SCARD_E_PROTO_MISMATCH, {HAL_E_PROTOCOL, HAL_E_PROTOCOL}, false, "the card does not speak the protocol asked for"},
    {SCARD_E_NOT_TRANSACTED, {HAL_E_MUTE, HAL_E_MUTE}, false, "the card did not answer"},
    {SCARD_E_TIMEOUT, {HAL_E_MUTE, HAL_E_MUTE}, false, "the card did not answer in time"},
    {SCARD_E_COMM_DATA_LOST, {HAL_E_PROTOCOL, HAL_E_PROTOCOL}, false, "the answer came damaged"},
    {SCARD_W_RESET_CARD, {HAL_E_IO, HAL_E_IO}, false, "another program reset the card"},
    {SCARD_E_INSUFFICIENT_BUFFER, {E_LIMIT, E_LIMIT}, false, "the answer is longer than any answer may be"},
    /* the reader */
    {SCARD_E_SHARING_VIOLATION, {HAL_E_IO, HAL_E_IO}, false, "is busy: another program holds it"},
    {SCARD_E_READER_UNAVAILABLE, {HAL_E_IO, HAL_E_IO}, false, "is not attached any more"},
    {SCARD_E_UNKNOWN_READER, {HAL_E_IO, HAL_E_IO}, false, "is not attached any more"},
    {SCARD_E_NO_READERS_AVAILABLE, {HAL_E_IO, HAL_E_IO}, false, "is not attached any more"},
    /* the service */
    {SCARD_E_NO_SERVICE, {HAL_E_IO, HAL_E_IO}, true, "pcscd does not run any more"},
    {SCARD_E_SERVICE_STOPPED, {HAL_E_IO, HAL_E_IO}, true, "pcscd has stopped"},
    {SCARD_P_SHUTDOWN, {HAL_E_IO, HAL_E_IO}, true, "pcscd has stopped"},
    {SCARD_F_COMM_ERROR, {HAL_E_IO, HAL_E_IO}, true, "the connection to pcscd broke"},
    {SCARD_E_INVALID_HANDLE, {HAL_E_IO, HAL_E_IO}, true, "pcscd was started anew"},
    {SCARD_F_INTERNAL_ERROR, {HAL_E_IO, HAL_E_IO}, true, "pcscd failed inside"},
    {SCARD_W_SECURITY_VIOLATION, {HAL_E_IO, HAL_E_IO}, false, "pcscd does not let this user near the card"},
    {SCARD_E_NO_MEMORY, {E_NOMEM, E_NOMEM}, false, "pcscd is out of memory"},
    {SCARD_S_SUCCESS, {HAL_E_IO, HAL_E_IO}, false, NULL}, /* all others */
};

const struct pcsc_code *pcsc_code_of(LONG value)
{
    const struct pcsc_code *row = codes;
    while (row->text && !pcsc_is(row->value, value))
        row++;
    return row;
}

int pcsc_service_error(LONG value, char *why, size_t why_cap)
{
    switch ((uint32_t)value) {
    case (uint32_t)SCARD_E_NO_SERVICE:
    case (uint32_t)SCARD_E_SERVICE_STOPPED:
    case (uint32_t)SCARD_F_COMM_ERROR:
        snprintf(why, why_cap, "pcscd does not run: systemctl start pcscd.socket, or apt-get install pcscd");
        return HAL_E_IO;
    case (uint32_t)SCARD_W_SECURITY_VIOLATION:
        snprintf(why, why_cap,
                 "pcscd does not let this user in: log in at the machine itself, or allow "
                 "org.debian.pcsc-lite.access_pcsc in polkit");
        return HAL_E_DENIED;
    default:
        snprintf(why, why_cap, "pcscd: %s", pcsc_stringify_error(value));
        return HAL_E_IO;
    }
}
