/*
 * The variables of an image: their state after load, and whose they are now.
 *
 * A shared object has one set of variables in a process, and several terminals may run the same one. So each terminal
 * claims an image before it runs it: the variables of the terminal before are put into its bank, and its own are
 * brought back.
 */
#include "sim/image_internal.h"
#include "sim/image_memory.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int keep_piece(struct image *image, uint64_t from, uint64_t to)
{
    if (from >= to)
        return OK;
    struct image_piece *piece = &image->pieces[image->piece_count];
    piece->len = to - from;
    piece->memory = (uint8_t *)image->base + from; /* the object's own writable memory, mapped by the linker */
    piece->copy = malloc(piece->len);
    if (!piece->copy)
        return E_NOMEM;
    image_memory_copy(piece->copy, piece->memory, piece->len);
    image->piece_count++;
    return OK;
}

static uint64_t clamp(uint64_t value, uint64_t least, uint64_t most)
{
    return value < least ? least : value > most ? most : value;
}

/* Writable segments without what the linker made read-only after relocation (whole pages of PT_GNU_RELRO). */
int image_state_keep(struct image *image)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), mask = ~(page - 1);
    const struct image_segment *relro = &image->elf.relro;
    uint64_t locked = relro->address & mask, unlocked = (relro->address + relro->memory_size) & mask;
    for (size_t i = 0; i < image->elf.load_count; i++) {
        const struct image_segment *s = &image->elf.loads[i];
        if (!s->writable)
            continue;
        uint64_t from = s->address, to = s->address + s->memory_size;
        uint64_t low = clamp(locked, from, to), high = clamp(unlocked, low, to);
        int status = keep_piece(image, from, low);
        if (status == OK)
            status = keep_piece(image, high, to);
        if (status)
            return status;
    }
    return OK;
}

void image_state_clear(struct image *image)
{
    while (image->banks)
        image_state_release(image, image->banks->owner);
    for (size_t i = 0; i < image->piece_count; i++)
        free(image->pieces[i].copy);
}

/* This thread's thread-local variables of the image; NULL: it has none, or none were touched yet. */
static uint8_t *thread_locals(const struct image *image)
{
    void *block = NULL;
    if (!image->elf.tls.memory_size || dlinfo(image->handle, RTLD_DI_TLS_DATA, &block) != 0)
        return NULL;
    return block;
}

static void reset_thread_locals(struct image *image)
{
    const struct image_segment *tls = &image->elf.tls;
    uint8_t *block = thread_locals(image);
    if (!block)
        return;
    image_memory_copy(block, image->base + tls->address, tls->file_size);
    memset(block + tls->file_size, 0, tls->memory_size - tls->file_size);
}

void image_reset(struct image *image)
{
    for (size_t i = 0; i < image->piece_count; i++)
        image_memory_copy(image->pieces[i].memory, image->pieces[i].copy, image->pieces[i].len);
    reset_thread_locals(image);
}

/* A state is the pieces, whether there are thread-local variables, and those. */
static size_t state_len(const struct image *image)
{
    size_t len = 1 + image->elf.tls.memory_size;
    for (size_t i = 0; i < image->piece_count; i++)
        len += image->pieces[i].len;
    return len;
}

static void save_to(const struct image *image, uint8_t *state)
{
    for (size_t i = 0; i < image->piece_count; state += image->pieces[i++].len)
        image_memory_copy(state, image->pieces[i].memory, image->pieces[i].len);
    const uint8_t *block = thread_locals(image);
    *state++ = block != NULL;
    if (block)
        image_memory_copy(state, block, image->elf.tls.memory_size);
}

uint8_t *image_save(const struct image *image)
{
    uint8_t *state = malloc(state_len(image));
    if (state)
        save_to(image, state);
    return state;
}

void image_put_back(struct image *image, const uint8_t *state)
{
    for (size_t i = 0; i < image->piece_count; state += image->pieces[i++].len)
        image_memory_copy(image->pieces[i].memory, state, image->pieces[i].len);
    uint8_t *block = thread_locals(image);
    bool kept = *state++;
    if (block && kept)
        image_memory_copy(block, state, image->elf.tls.memory_size);
    else
        reset_thread_locals(image);
}

static struct image_bank *find_bank(const struct image *image, const void *owner)
{
    for (struct image_bank *bank = image->banks; bank; bank = bank->next)
        if (bank->owner == owner)
            return bank;
    return NULL;
}

/* Memory is taken here, once, so that no later switch can fail. */
static struct image_bank *open_bank(struct image *image, const void *owner)
{
    struct image_bank *bank = calloc(1, sizeof *bank);
    uint8_t *state = image_save(image);
    if (!bank || !state) {
        free(bank);
        free(state);
        return NULL;
    }
    *bank = (struct image_bank){.next = image->banks, .owner = owner, .state = state};
    image->banks = bank;
    return bank;
}

int image_claim(struct image *image, const void *owner)
{
    if (image->current && image->current->owner == owner)
        return OK;
    struct image_bank *known = find_bank(image, owner), *bank = known ? known : open_bank(image, owner);
    if (!bank)
        return E_NOMEM;
    if (image->current)
        save_to(image, image->current->state);
    if (known)
        image_put_back(image, known->state);
    else
        image_reset(image);
    image->current = bank;
    return OK;
}

void image_state_release(struct image *image, const void *owner)
{
    for (struct image_bank **at = &image->banks; *at; at = &(*at)->next) {
        struct image_bank *bank = *at;
        if (bank->owner != owner)
            continue;
        *at = bank->next;
        if (image->current == bank)
            image->current = NULL;
        free(bank->state);
        free(bank);
        return;
    }
}
