/*
 * What a person does to a terminal. Keys and swipes on a dead one have no effect, as in life; a card can be put in and
 * pulled out at any time, and held into the field or taken away. A simulated reader's faults are armed here too.
 */
#include "sim/terminal_internal.h"

int terminal_key(struct terminal *t, enum hal_key key)
{
    return t->state == TERMINAL_RUNNING && t->core.alive ? sim_keypad_press(&t->keypad, key) : OK;
}

int terminal_insert(struct terminal *t, const struct slot_card *card)
{
    return sim_reader_insert(&t->reader, card);
}

int terminal_remove(struct terminal *t)
{
    return sim_reader_remove(&t->reader);
}

bool terminal_has_card(const struct terminal *t)
{
    return sim_reader_has_card(&t->reader);
}

int terminal_swipe(struct terminal *t, const struct slot_card *card)
{
    return sim_magstripe_swipe(&t->magstripe, card);
}

int terminal_tap(struct terminal *t, const struct slot_card *card)
{
    return sim_contactless_tap(&t->contactless, card);
}

int terminal_leave_field(struct terminal *t, const void *card_ctx)
{
    return sim_contactless_leave(&t->contactless, card_ctx);
}

bool terminal_in_field(const struct terminal *t)
{
    return t->contactless.cards > 0;
}

void terminal_paper(struct terminal *t, bool there)
{
    sim_printer_paper(&t->printer, there);
}

bool terminal_has_paper(const struct terminal *t)
{
    return t->printer.paper;
}

int terminal_clock_set(struct terminal *t, const struct hal_datetime *when)
{
    return sim_clock_adjust(&t->clock, when);
}

int terminal_reader_fault(struct terminal *t, const struct reader_fault *fault)
{
    return fault_reader_arm(&t->fault_reader, fault);
}

int terminal_contactless_fault(struct terminal *t, const struct reader_fault *fault)
{
    return fault_reader_arm(&t->fault_contactless.wire, fault);
}

void terminal_contactless_faults_clear(struct terminal *t)
{
    fault_reader_disarm(&t->fault_contactless.wire);
}

void terminal_reader_faults_clear(struct terminal *t)
{
    fault_reader_disarm(&t->fault_reader);
}

int terminal_plan_reader_fault(struct terminal *t, uint64_t number, const struct reader_fault *fault)
{
    return fault_reader_plan(&t->fault_reader, number, fault);
}

int terminal_plan_contactless_fault(struct terminal *t, uint64_t number, const struct reader_fault *fault)
{
    return fault_contactless_plan(&t->fault_contactless, number, fault);
}

uint64_t terminal_contactless_exchanges(const struct terminal *t)
{
    return t->fault_contactless.wire.exchanges;
}

uint64_t terminal_reader_exchanges(const struct terminal *t)
{
    return t->fault_reader.exchanges;
}

void terminal_on_removed(struct terminal *t, void (*fn)(void *ctx), void *ctx)
{
    t->on_removed = fn;
    t->on_removed_ctx = ctx;
}

int terminal_pin_unpredictable(struct terminal *t, const uint8_t un[4])
{
    return sim_rng_pin(&t->rng, un);
}
