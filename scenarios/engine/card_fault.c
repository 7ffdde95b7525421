#include "scenarios/engine/card_fault.h"

#include "scenarios/engine/case.h"

/* In the order of enum card_fault_kind. */
_Static_assert(CARD_FAULT_MUTE == (int)READER_FAULT_MUTE && CARD_FAULT_DELAY == (int)READER_FAULT_DELAY,
               "the reader's kinds stand in one order");

struct reader_fault card_fault_at_reader(const struct card_fault *f)
{
    struct reader_fault out = {.at = f->at_reset ? READER_AT_RESET : READER_AT_COMMAND};
    if (!card_fault_of_reader(f))
        return out;
    out.kind = (int)f->kind;
    out.ins = f->ins;
    out.nth = f->nth;
    out.after = f->after;
    out.sw = f->sw;
    out.byte = (uint16_t)f->byte;
    out.ms = f->ms;
    return out;
}

int card_fault_add(struct bench_card *card, const struct card_fault *fault)
{
    struct card_line_fault line = card_fault_line(fault);
    if (card_fault_of_reader(fault)) {
        if (card->fault_count == sizeof card->faults / sizeof *card->faults)
            return E_LIMIT;
        card->faults[card->fault_count++] = card_fault_at_reader(fault);
    }
    if (card_fault_of_line(fault))
        return card_line_fault(&card->line, &line);
    return card_fault_of_answer(fault) ? card_fault_arm(card->card, fault) : OK;
}

void card_faults_heal(struct bench_card *card, bool as_issued)
{
    const struct card_fault *fault;
    card->fault_count = 0;
    card_line_heal(&card->line);
    card_faults_clear(card->card);
    for (size_t i = 0; as_issued && (fault = card_profile_fault(card->profile, i)); i++)
        (void)card_fault_add(card, fault); /* a profile has no more than there is room for */
}

void card_faults_insert(const struct bench_terminal *t, const struct bench_card *card)
{
    terminal_reader_faults_clear(t->terminal);
    for (size_t i = 0; i < card->fault_count; i++)
        (void)terminal_reader_fault(t->terminal, &card->faults[i]);
}

void card_faults_tap(const struct bench_terminal *t, const struct bench_card *card)
{
    terminal_contactless_faults_clear(t->terminal);
    for (size_t i = 0; i < card->fault_count; i++)
        (void)terminal_contactless_fault(t->terminal, &card->faults[i]);
}
