/* What an object of a card says, in words: a line for each bit, entry or rule. Internal to cards/; for tree.c. */
#ifndef POSBENCH_CARDS_TREE_WORDS_H
#define POSBENCH_CARDS_TREE_WORDS_H

#include <stddef.h>
#include <stdint.h>

struct tree_words {
    uint32_t tag;
    const uint8_t *value;
    size_t len;
    void (*line)(void *ctx, const char *text);
    void *ctx;
};
/* Nothing for objects whose value says it all. */
void card_tree_words(const struct tree_words *w);

#endif
