/* Files that are taken into memory whole: images, slots, profiles. */
#include "sim/image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (64u * 1024u * 1024u)

int image_read_file(const char *path, uint8_t **bytes, size_t *len, char *why, size_t why_cap)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        int missing = errno == ENOENT;
        snprintf(why, why_cap, "%s: %s", path, strerror(errno));
        return missing ? HAL_E_NOENT : HAL_E_IO;
    }
    int status = HAL_E_IO;
    uint8_t *content = NULL;
    long size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;
    snprintf(why, why_cap, "%s: cannot be read", path);
    if (size < 0 || fseek(file, 0, SEEK_SET) != 0)
        goto cleanup;
    if ((unsigned long)size > FILE_MAX) {
        snprintf(why, why_cap, "%s: larger than %u bytes", path, FILE_MAX);
        status = E_LIMIT;
        goto cleanup;
    }
    if (!(content = malloc((size_t)size + 1))) {
        status = E_NOMEM;
        goto cleanup;
    }
    if (fread(content, 1, (size_t)size, file) != (size_t)size)
        goto cleanup;
    *bytes = content;
    *len = (size_t)size;
    content = NULL;
    status = OK;
cleanup:
    free(content);
    fclose(file);
    return status;
}
