/*
 * The pins of a replay that are no configuration: the clock, the amount that is keyed, the chip transactions that came
 * before, and the unpredictable numbers. What cannot be set is refused with the reason.
 */
#include "scenarios/engine/replay_pins.h"

#include <stdio.h>
#include <string.h>

#define AMOUNT_DIGITS 9  /* that the amount entry of a terminal takes */
#define COUNTER_MAX 9999 /* chip transactions made for 9F41; a thousand take a fifth of a second */

/* -- the clock -- */

static bool digits_of(const struct pinning *p, uint32_t tag, unsigned parts[3])
{
    const uint8_t *value;
    size_t len;
    uint64_t n;
    if (!replay_value(p->f, tag, &value, &len) || len != 3 || bcd_value(value, 3, &n) != OK)
        return false;
    parts[0] = (unsigned)(n / 10000);
    parts[1] = (unsigned)(n / 100 % 100);
    parts[2] = (unsigned)(n % 100);
    return true;
}

static bool is_day(unsigned year, unsigned month, unsigned day)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 || year % 400 == 0);
    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] + (unsigned)(month == 2 && leap);
}

static bool pin_date(struct pinning *p, struct hal_datetime *when)
{
    unsigned d[3];
    const uint8_t *value;
    size_t len;
    if (!replay_value(p->f, 0x9A, &value, &len)) {
        pins_say(p->assumptions, "date (9A): in no DOL, assumed %04u-%02u-%02u", when->year, when->month, when->day);
        return false;
    }
    unsigned year = digits_of(p, 0x9A, d) ? (d[0] < 50 ? 2000 : 1900) + d[0] : 0;
    if (!year || !is_day(year, d[1], d[2])) {
        pins_refuse(p, 0x9A, "date (9A)", "the recorded value is no date, and a clock shows none such");
        return false;
    }
    when->year = (uint16_t)year;
    when->month = (uint8_t)d[1];
    when->day = (uint8_t)d[2];
    pins_say(p->pinned, "date (9A) = %02u%02u%02u", d[0], d[1], d[2]);
    return true;
}

static bool pin_time(struct pinning *p, struct hal_datetime *when)
{
    unsigned t[3];
    const uint8_t *value;
    size_t len;
    if (!replay_value(p->f, 0x9F21, &value, &len))
        return false; /* nothing that is sent depends on it */
    if (!digits_of(p, 0x9F21, t) || t[0] > 23 || t[1] > 59 || t[2] > 59) {
        pins_refuse(p, 0x9F21, "time (9F21)", "the recorded value is no time, and a clock shows none such");
        return false;
    }
    when->hour = (uint8_t)t[0];
    when->minute = (uint8_t)t[1];
    when->second = (uint8_t)t[2];
    pins_say(p->pinned, "time (9F21) = %02u%02u%02u", t[0], t[1], t[2]);
    return true;
}

bool pins_clock(struct pinning *p, struct hal_datetime *when)
{
    bool date = pin_date(p, when);
    return pin_time(p, when) || date;
}

/* -- the keypad -- */

static bool recorded_cents(const struct replay_facts *f, uint64_t *cents)
{
    const uint8_t *v;
    size_t len;
    if (replay_value(f, 0x9F02, &v, &len) && len)
        return bcd_value(v, len, cents) == OK;
    if (!replay_value(f, 0x81, &v, &len) || len != 4)
        return false;
    *cents = (uint64_t)v[0] << 24 | (uint64_t)v[1] << 16 | (uint64_t)v[2] << 8 | v[3];
    return true;
}

uint64_t pins_amount(struct pinning *p)
{
    static const char name[] = "amount (9F02)";
    uint64_t cents = 0, limit = 1;
    const uint8_t *value;
    size_t len;
    for (int i = 0; i < AMOUNT_DIGITS; i++)
        limit *= 10;
    if (!replay_value(p->f, 0x9F02, &value, &len) && !replay_value(p->f, 0x81, &value, &len)) {
        pins_say(p->assumptions, "%s: in no DOL, assumed 1.00", name);
        return 100;
    }
    if (recorded_cents(p->f, &cents) && cents > 0 && cents < limit) {
        pins_say(p->pinned, "%s = %llu.%02llu", name, (unsigned long long)cents / 100, (unsigned long long)cents % 100);
        return cents;
    }
    char why[100];
    bool number = recorded_cents(p->f, &cents);
    if (!number)
        snprintf(why, sizeof why, "the recorded value is no number; 1.00 is keyed");
    else if (!cents)
        snprintf(why, sizeof why, "zero is recorded, which cannot be keyed; 1.00 is keyed");
    else
        snprintf(why, sizeof why, "%llu.%02llu has more than the %d digits that can be keyed; 1.00 is keyed",
                 (unsigned long long)cents / 100, (unsigned long long)cents % 100, AMOUNT_DIGITS);
    pins_refuse(p, 0x9F02, name, why);
    pins_refuse(p, 0x81, "binary amount (81)", why);
    return 100;
}

/* -- the counter -- */

unsigned pins_counter(struct pinning *p)
{
    static const char name[] = "sequence counter (9F41)";
    const uint8_t *value;
    size_t len;
    uint64_t n = 0;
    if (!replay_value(p->f, 0x9F41, &value, &len) || !len)
        return 0;
    if (bcd_value(value, len, &n) == OK && n >= 1 && n <= COUNTER_MAX) {
        pins_say(p->pinned, "%s = %llu, by %llu chip transactions before", name, (unsigned long long)n,
                 (unsigned long long)n - 1);
        return (unsigned)n - 1;
    }
    char why[100] = "the recorded value is no number that a terminal counts";
    if (n > COUNTER_MAX)
        snprintf(why, sizeof why, "a new terminal counts from 1, and the bench makes it count to %d at most",
                 COUNTER_MAX);
    pins_refuse(p, 0x9F41, name, why);
    return 0;
}

/* -- unpredictable numbers -- */

/* By an INPUT line, of a list that does not ask for it. Nothing is drawn for a PDOL that does not. */
static bool told_number(const struct replay_facts *f, const char *use, const uint8_t **value, size_t *len)
{
    for (size_t i = 0; i < f->session->input_count; i++) {
        const struct trace_input *in = &f->session->inputs[i];
        if (in->tag != 0x9F37 || strcmp(in->use, use) != 0)
            continue;
        *value = in->value;
        *len = in->len;
        return true;
    }
    return false;
}

/* By the card's DDOL, or by the terminal's default one, which is this number and nothing else. */
static bool ddol_number(const struct replay_dol *ddol, const uint8_t **value, size_t *len)
{
    *value = ddol->data;
    *len = ddol->data_len;
    return ddol->list ? replay_value_in(ddol, 0x9F37, value, len) : ddol->data_len == 4;
}

/* One number for each command that carries one, in the order in which they are drawn. For INTERNAL AUTHENTICATE that is
 * only where the core sends one. */
void pins_numbers(struct pinning *p, struct terminal *t)
{
    if (replay_in_field(p->f)) {
        tap_numbers(p, t);
        return;
    }
    enum { OF_PDOL, OF_DDOL };
    const struct replay_facts *f = p->f;
    const struct replay_dol *uses[] = {&f->pdol, &f->ddol, &f->cdol1, &f->cdol2};
    static const char *const names[] = {"PDOL", "DDOL", "CDOL1", "CDOL2"};
    bool dda = f->ddol.at != REPLAY_NONE && p->pins->icc_key;
    for (size_t i = 0; i < 4; i++) {
        const uint8_t *value;
        size_t len = 0;
        uint8_t number[4] = {0};
        char hex[9];
        bool there = i == OF_DDOL ? dda && ddol_number(uses[i], &value, &len)
                                  : replay_value_in(uses[i], 0x9F37, &value, &len) ||
                                        (i > OF_DDOL && told_number(f, names[i], &value, &len));
        there &= len > 0;
        if (there) {
            memcpy(number, value, len < 4 ? len : 4);
            hex_encode(number, 4, hex, sizeof hex);
            pins_say(p->pinned, "unpredictable number in %s = %s", names[i], hex);
        }
        if (there || i > OF_DDOL) /* GENERATE AC always draws one */
            terminal_pin_unpredictable(t, number);
    }
}
