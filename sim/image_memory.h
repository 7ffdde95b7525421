/*
 * Copying and comparing an image's own memory. Under AddressSanitizer the gaps between an image's variables are
 * poisoned, and both instrumented code and the checked memcpy would report the copying of a whole segment; so these are
 * plain loops, not instrumented.
 */
#ifndef POSBENCH_SIM_IMAGE_MEMORY_H
#define POSBENCH_SIM_IMAGE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__SANITIZE_ADDRESS__)
#define IMAGE_UNDER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IMAGE_UNDER_ASAN 1
#endif
#endif
#ifndef IMAGE_UNDER_ASAN
#define IMAGE_UNDER_ASAN 0
#endif

void image_memory_copy(void *to, const void *from, size_t len);
bool image_memory_equal(const void *a, const void *b, size_t len);

#endif
