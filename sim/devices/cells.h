/*
 * Text as the terminal's screen and printer see it: UTF-8 measured in cells, of which a Chinese character takes two
 * (Unicode UAX #11, wide and full-width). Pure functions.
 */
#ifndef POSBENCH_SIM_DEVICES_CELLS_H
#define POSBENCH_SIM_DEVICES_CELLS_H

#include <stddef.h>

/* Copies `text` until `cells` are filled, the text ends or `cap` would overflow; always ends with NUL. Whole characters
 * only: a wide one that has a single cell left is dropped. Control characters and malformed UTF-8 become '?'. NULL text
 * gives "". Returns the cells used. */
size_t cells_copy(const char *text, size_t cells, char *out, size_t cap);

#endif
