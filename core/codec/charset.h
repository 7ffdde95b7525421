/* Text in the character sets that a card may name (9F11, EMV Book 4 annex B: ISO 8859 parts 1 to 10) as UTF-8. */
#ifndef POSBENCH_CORE_CODEC_CHARSET_H
#define POSBENCH_CORE_CODEC_CHARSET_H

#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

#define CHARSET_UTF8_MAX 3 /* bytes that one character of these sets becomes */

/* NUL-terminated. E_FORMAT: a byte that is no character to be shown in this part (a control, or not assigned), or no
 * such part; E_LIMIT. */
int charset_to_utf8(unsigned part, const uint8_t *text, size_t len, char *out, size_t cap);

#endif
