/*
 * Compares two pictures exactly. Usage: png_compare GOLDEN NEW DIFFERENCE
 *
 * 0: the same pixels. 1: not; says how many differ and where, and writes the third: the new picture pale, what differs
 * in red. 2: a picture cannot be read. Caller: tests/gui/run, which compiles it.
 */
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned char *load(const char *path, png_image *image)
{
    memset(image, 0, sizeof *image);
    image->version = PNG_IMAGE_VERSION;
    if (!png_image_begin_read_from_file(image, path)) {
        fprintf(stderr, "png_compare: %s: %s\n", path, image->message);
        return NULL;
    }
    image->format = PNG_FORMAT_RGB;
    unsigned char *pixels = malloc(PNG_IMAGE_SIZE(*image));
    if (pixels && !png_image_finish_read(image, NULL, pixels, 0, NULL)) {
        fprintf(stderr, "png_compare: %s: %s\n", path, image->message);
        free(pixels);
        return NULL;
    }
    return pixels;
}

struct difference {
    unsigned long count;
    unsigned left, top, right, low;
};

/* Also paints b into the picture of the difference. */
static struct difference compare(const unsigned char *a, unsigned char *b, unsigned width, unsigned height)
{
    struct difference d = {0, width, height, 0, 0};
    for (unsigned y = 0; y < height; y++)
        for (unsigned x = 0; x < width; x++, a += 3, b += 3) {
            if (memcmp(a, b, 3) == 0) {
                for (int c = 0; c < 3; c++)
                    b[c] = (unsigned char)(192 + b[c] / 4);
                continue;
            }
            d.count++;
            d.left = x < d.left ? x : d.left;
            d.right = x > d.right ? x : d.right;
            d.top = y < d.top ? y : d.top;
            d.low = y > d.low ? y : d.low;
            b[0] = 220, b[1] = 0, b[2] = 0;
        }
    return d;
}

int main(int argc, char **argv)
{
    png_image golden, made;
    if (argc != 4) {
        fprintf(stderr, "png_compare GOLDEN NEW DIFFERENCE\n");
        return 2;
    }
    unsigned char *a = load(argv[1], &golden), *b = a ? load(argv[2], &made) : NULL;
    int status = 2;
    if (!b)
        goto cleanup;
    status = 1;
    if (golden.width != made.width || golden.height != made.height) {
        printf("%ux%u pixels, expected %ux%u\n", made.width, made.height, golden.width, golden.height);
        goto cleanup;
    }
    struct difference d = compare(a, b, made.width, made.height);
    if (d.count == 0) {
        status = 0;
        goto cleanup;
    }
    printf("%lu pixels differ, from %u,%u to %u,%u\n", d.count, d.left, d.top, d.right, d.low);
    png_image_write_to_file(&made, argv[3], 0, b, 0, NULL);
cleanup:
    free(a);
    free(b);
    return status;
}
