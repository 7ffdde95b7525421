/*
 * Names: slot errors (CCID 6.2.6) with what they mean to the caller, message types, and the one line of trouble that
 * people see.
 */
#include "hw/ccid/ccid_internal.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
    uint8_t error;
    const char *name;
    int status;
} error_table[] = {
    {0xFF, "CMD_ABORTED", HAL_E_IO},
    {CCID_ERROR_MUTE, "ICC_MUTE", HAL_E_MUTE},
    {CCID_ERROR_PARITY, "XFR_PARITY_ERROR", HAL_E_PROTOCOL},
    {CCID_ERROR_OVERRUN, "XFR_OVERRUN", HAL_E_PROTOCOL},
    {CCID_ERROR_HARDWARE, "HW_ERROR", HAL_E_IO},
    {0xF8, "BAD_ATR_TS", HAL_E_PROTOCOL},
    {0xF7, "BAD_ATR_TCK", HAL_E_PROTOCOL},
    {0xF6, "ICC_PROTOCOL_NOT_SUPPORTED", HAL_E_PROTOCOL},
    {CCID_ERROR_CLASS, "ICC_CLASS_NOT_SUPPORTED", HAL_E_MUTE}, /* no answer at a voltage that both have */
    {0xF4, "PROCEDURE_BYTE_CONFLICT", HAL_E_PROTOCOL},
    {0xF3, "DEACTIVATED_PROTOCOL", HAL_E_PROTOCOL},
    {0xF2, "BUSY_WITH_AUTO_SEQUENCE", HAL_E_IO},
    {0xF0, "PIN_TIMEOUT", HAL_E_IO},
    {0xEF, "PIN_CANCELLED", HAL_E_IO},
    {CCID_ERROR_BUSY, "CMD_SLOT_BUSY", HAL_E_IO},
    {CCID_ERROR_UNSUPPORTED, "command not supported", HAL_E_IO},
};

static const struct {
    uint8_t type;
    const char *name;
} type_table[] = {
    {CCID_SET_PARAMETERS, "SetParameters"},  {CCID_POWER_ON, "IccPowerOn"}, {CCID_POWER_OFF, "IccPowerOff"},
    {CCID_GET_SLOT_STATUS, "GetSlotStatus"}, {CCID_XFR_BLOCK, "XfrBlock"},  {CCID_ABORT, "Abort"},
};

void ccid_tell(struct ccid *c, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(c->trouble, sizeof c->trouble, format, arguments);
    va_end(arguments);
}

const char *ccid_type_name(uint8_t type)
{
    for (size_t i = 0; i < sizeof type_table / sizeof *type_table; i++)
        if (type_table[i].type == type)
            return type_table[i].name;
    return "a command";
}

int ccid_slot_error(struct ccid *c, uint8_t command, const struct ccid_answer *answer)
{
    const char *name = "the reader's own";
    int status = HAL_E_IO;
    if (answer->error >= 0x01 && answer->error <= 0x7F)
        name = "a parameter refused";
    for (size_t i = 0; i < sizeof error_table / sizeof *error_table; i++)
        if (error_table[i].error == answer->error) {
            name = error_table[i].name;
            status = error_table[i].status;
        }
    ccid_tell(c, "slot error 0x%02X (%s) to %s", answer->error, name, ccid_type_name(command));
    return status;
}

int ccid_own_result(struct ccid *c, const struct ccid_request *request, const struct ccid_answer *answer, int rc)
{
    if (rc == CCID_FAILED)
        return ccid_slot_error(c, request->type, answer);
    return rc == HAL_E_TIMEOUT ? HAL_E_IO : rc;
}
