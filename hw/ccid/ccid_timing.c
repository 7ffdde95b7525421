/*
 * How long an answer may take: the card's waiting times from its ATR (ISO 7816-3 10.2 and 11.4.3; DOMAIN 3.2, 3.3) plus
 * a second for the reader and the bus. The reader watches the card; these are the bounds for a reader that does not.
 */
#include "hw/ccid/ccid_internal.h"

#define SLACK_MS 1000u
#define CLOCK_KHZ 3580u /* of a reader that states 0 */
#define WI_DEFAULT 10
#define CHARACTER_ETU 12
#define T0_WAITS                                                                                                       \
    6 /* procedure bytes and status bytes; a card that needs more sends 60, and the reader asks for time               \
       */
#define T0_CHARACTERS 263 /* 256 of data, procedure and status bytes */
#define BLOCK_CHARACTERS 259

/* F by the high nibble of TA1, D by the low one (ISO 7816-3 tables 7 and 8); 0 is reserved and counts as the default.
 */
static const uint16_t f_table[16] = {372, 372, 558, 744, 1116, 1488, 1860, 0, 0, 512, 768, 1024, 1536, 2048, 0, 0};
static const uint8_t d_table[16] = {0, 1, 2, 4, 8, 16, 32, 64, 12, 20};

static uint64_t clock_khz(const struct ccid *c)
{
    return c->d.clock_khz ? c->d.clock_khz : CLOCK_KHZ;
}

static uint64_t f_of(const struct ccid *c)
{
    uint16_t f = f_table[c->rate >> 4];
    return f ? f : 372;
}

/* `count` elementary time units. */
static uint64_t etu_ms(const struct ccid *c, uint64_t count)
{
    uint8_t d = d_table[c->rate & 0x0F];
    return count * f_of(c) / (d ? d : 1) / clock_khz(c) + 1;
}

static unsigned bounded(uint64_t ms)
{
    return ms + SLACK_MS < CCID_EXCHANGE_MS ? (unsigned)(ms + SLACK_MS) : CCID_EXCHANGE_MS;
}

/* FF is "no extra guard time". */
static unsigned guard_etu(const struct ccid *c)
{
    return c->atr.has_c & 2 && c->atr.tc[1] != 0xFF ? c->atr.tc[1] : 0;
}

unsigned ccid_t0_ms(const struct ccid *c, size_t command_len)
{
    uint64_t wi = c->atr.has_c & 4 && c->atr.tc[2] ? c->atr.tc[2] : WI_DEFAULT;
    uint64_t wait_ms = 960 * wi * f_of(c) / clock_khz(c) + 1; /* WWT = 960 * D * WI etu */
    uint64_t characters = command_len + T0_CHARACTERS;
    return bounded(T0_WAITS * wait_ms + etu_ms(c, characters * (CHARACTER_ETU + guard_etu(c))));
}

static uint64_t block_wait_ms(const struct ccid *c)
{
    unsigned bwi = c->atr.bwi <= 9 ? c->atr.bwi : 9; /* 10 and more are reserved */
    return (960ull << bwi) * 372 / clock_khz(c) + etu_ms(c, 11);
}

static uint64_t blocks_ms(const struct ccid *c, size_t out_len)
{
    uint64_t answer_etu = (1ull << (c->atr.cwi & 0x0F)) + 11; /* CWT, between two characters of the card */
    return etu_ms(c, out_len * (CHARACTER_ETU + guard_etu(c))) + etu_ms(c, BLOCK_CHARACTERS * answer_etu);
}

unsigned ccid_t1_block_ms(const struct ccid *c, size_t block_len, unsigned wtx)
{
    return bounded(block_wait_ms(c) * (wtx ? wtx : 1) + blocks_ms(c, block_len));
}

/* The reader sends the blocks: as many as the card's IFSC makes of the command, and an answer of two. */
unsigned ccid_t1_apdu_ms(const struct ccid *c, size_t command_len)
{
    unsigned ifsc = c->atr.ifsc ? c->atr.ifsc : 32;
    uint64_t blocks = (command_len + ifsc - 1) / ifsc + 2;
    return bounded(blocks * block_wait_ms(c) + 2 * blocks_ms(c, command_len));
}

unsigned ccid_time_left(struct ccid *c, unsigned wanted)
{
    uint64_t now_ms = ccid_now(c);
    uint64_t left_ms = c->deadline_ms > now_ms ? c->deadline_ms - now_ms : 0;
    return left_ms < wanted ? (unsigned)left_ms : wanted;
}
