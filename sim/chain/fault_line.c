/*
 * The reader's faults at character level. They are armed by command, as at TPDU level; here a command is what passes as
 * bytes, so a listener says when one begins and when its answer is whole. From its beginning to the next one's:
 *
 *   mute      the card hears nothing and nothing comes
 *   broken    every call fails
 *   remove    the card is pulled before it hears the command, or (after) before the last byte of its answer
 *   sw        the status word is another one; without `after` the card sees a command that no card knows instead
 *   corrupt   byte number `byte` that comes is inverted; a T=1 block is then asked for again
 *   truncate  after `byte` bytes nothing more comes
 *   garble    every byte that comes is inverted
 *   extend    bytes FF come before the status word (T=0), before the last byte of the answer's last block (T=1)
 *   delay     nothing here: the card itself is slow (cards/line.h)
 *
 * Called by fault_reader.c.
 */
#include "sim/chain/fault_reader_internal.h"

#include <string.h>

#define PROLOGUE 3
#define EPILOGUE 1

void fault_line_reset(struct fault_reader *f, const uint8_t *atr, size_t len)
{
    explicit_bzero(&f->line, sizeof f->line);
    l1_watch_reset(&f->line.watch, atr, len);
    f->protocol = f->line.watch.protocol;
}

static bool is(const struct fault_reader *f, int kind)
{
    return (int)f->line.fault.kind == kind;
}

/* A class that no card knows: an answer is certain, and that nothing is done by it. The rest of a T=0 header stays, so
 * that its data goes the same way; a block keeps its length and sequence. */
static void hide_command(const struct fault_reader *f, uint8_t *bytes, size_t len)
{
    if (f->line.watch.protocol == 0) {
        bytes[0] = 0xFF;
        return;
    }
    memset(bytes + PROLOGUE, 0, len - PROLOGUE - EPILOGUE);
    bytes[PROLOGUE] = 0xFF;
    bytes[len - 1] = 0;
    for (size_t i = 0; i + 1 < len; i++)
        bytes[len - 1] ^= bytes[i];
}

int fault_line_send(void *ctx, const uint8_t *bytes, size_t len)
{
    struct fault_reader *f = ctx;
    uint8_t instead[L1_BLOCK_MAX];
    unsigned events = l1_watch_sent(&f->line.watch, bytes, len);
    if (events & L1_BEGUN) {
        const struct l1_watch *w = &f->line.watch;
        const struct reader_fault *due =
            w->command_len >= 2 ? fault_reader_due(f, READER_AT_COMMAND, w->command[1]) : NULL;
        f->line.fault = due ? *due : (struct reader_fault){0};
        f->line.got = 0;
        f->line.patched = 0;
        f->line.extra = 0;
        if (is(f, READER_FAULT_REMOVE) && !f->line.fault.after)
            return fault_reader_pull(f, HAL_E_REMOVED);
    }
    if (is(f, READER_FAULT_BROKEN))
        return HAL_E_IO;
    if (is(f, READER_FAULT_MUTE))
        return OK;
    bool hide = is(f, READER_FAULT_SW) && !f->line.fault.after && events & L1_BEGUN && len <= sizeof instead;
    if (!hide)
        return HAL_CALL(f, under, send, bytes, len);
    memcpy(instead, bytes, len);
    hide_command(f, instead, len);
    return HAL_CALL(f, under, send, instead, len);
}

/* The status word in place of the card's. The last block of a T=1 answer gets the LRC that goes with it. */
static uint8_t status_word(struct fault_reader *f, unsigned events, uint8_t byte)
{
    const struct l1_watch *w = &f->line.watch;
    uint8_t out = byte;
    if (w->protocol == 0) {
        if (events & L1_SW)
            out = (uint8_t)(events & L1_WHOLE ? f->line.fault.sw : f->line.fault.sw >> 8);
        return out;
    }
    if (w->block_len <= PROLOGUE || w->block[1] & 0xA0) /* an I-block without more behind it */
        return out;
    size_t end = PROLOGUE + (size_t)w->block[2], at = w->block_len - 1;
    if (at == end)
        out ^= f->line.patched;
    else if (at + 2 == end)
        out = (uint8_t)(f->line.fault.sw >> 8);
    else if (at + 1 == end)
        out = (uint8_t)f->line.fault.sw;
    if (at < end)
        f->line.patched ^= (uint8_t)(out ^ byte);
    return out;
}

/* The byte that the extra ones come before: SW1, or the last one of a T=1 block. */
static bool extends_here(const struct fault_reader *f, unsigned events)
{
    if (!is(f, READER_FAULT_EXTEND) || f->line.fault.byte == 0)
        return false;
    return f->line.watch.protocol ? events & L1_WHOLE : events & L1_SW && !(events & L1_WHOLE);
}

int fault_line_receive(void *ctx, uint64_t deadline_us, uint8_t *byte)
{
    struct fault_reader *f = ctx;
    uint8_t heard = 0;
    if (f->line.extra) { /* they wait in the reader: no time passes */
        *byte = --f->line.extra ? 0xFF : f->line.held;
        return OK;
    }
    if (is(f, READER_FAULT_BROKEN))
        return HAL_E_IO;
    int rc = HAL_CALL(f, under, receive, deadline_us, &heard);
    if (rc != OK)
        return rc;
    size_t at = f->line.got++;
    unsigned events = l1_watch_got(&f->line.watch, heard);
    if (is(f, READER_FAULT_REMOVE) && events & L1_WHOLE)
        return fault_reader_pull(f, HAL_E_REMOVED);
    if (is(f, READER_FAULT_SW))
        heard = status_word(f, events, heard);
    if (is(f, READER_FAULT_GARBLE) || (is(f, READER_FAULT_CORRUPT) && at == f->line.fault.byte))
        heard ^= 0xFF;
    if (is(f, READER_FAULT_TRUNCATE) && at >= f->line.fault.byte)
        return fault_line_receive(ctx, deadline_us, byte); /* it came, and is lost */
    if (extends_here(f, events)) {
        f->line.extra = f->line.fault.byte;
        f->line.held = heard;
        heard = 0xFF;
    }
    *byte = heard;
    return OK;
}
