/*
 * Recorded card sessions: read from text, folded into whole exchanges, and played back as a card. Used by the replay
 * command and the importer of cards/traces; the accepted spellings are listed in README.md.
 *
 * Text: one command or answer a line, in hex, upper or lower case, spaces between bytes. Unlabelled lines alternate,
 * the first is a command; "req:" and "res:" (with or without YAML dashes and quotes), arrows and the other labels of
 * trace_label.c say which it is, also behind the time that a pcscd log writes. A label alone belongs to the unlabelled
 * line behind it; an answer's label with nothing, "null" or "~" says that none came. "#" and "//" begin a comment.
 * "ATR: hex" and "PROTOCOL: T=0" may stand in a comment or alone. Lines end with LF, CR LF or CR; a byte order mark of
 * UTF-8 is passed over.
 *
 * Bytes may have "0x", and ":", "," or "-" between them; a command and its answer may share a line, parted by an arrow;
 * either may go on in the next lines; a status word may stand apart. Objects in JSON lines are read by trace_json.c.
 *
 * What "posbench record" writes is read too: a command with its answer and time in one line, "> hex < hex (25000 us)";
 * RESET, REMOVED, TAKEN, MUTE and ERROR as lines of their own; "INPUT tag value" for what the terminal was given. '*'
 * stands for a masked digit of a command's data or of an answer.
 *
 * A last line without its newline that makes no sense is a recording that was cut off: left out, told by cut_line.
 *
 * "Decided" is a session whose GENERATE AC succeeded, or whose GET PROCESSING OPTIONS brought a cryptogram
 * (contactless). A new session begins
 *   at an ATR line after exchanges;
 *   at a SELECT of 1PAY or 2PAY.SYS.DDF01 once a GET PROCESSING OPTIONS has succeeded, or behind a comment or blank
 *   line once an application was selected;
 *   at a SELECT of an application once decided, or behind a comment or blank line once a GET PROCESSING OPTIONS has
 *   succeeded;
 *   at a GET PROCESSING OPTIONS once decided, behind a comment or blank line or when no application was ever selected.
 */
#ifndef POSBENCH_CARDS_TRACE_H
#define POSBENCH_CARDS_TRACE_H

#include "core/codec/apdu.h"

#define TRACE_SESSIONS 1024
#define TRACE_EXCHANGES 1024             /* lines with a command, in one session */
#define TRACE_TEXT_MAX (8 * 1024 * 1024) /* bytes */
#define TRACE_ATR_MAX 33
#define TRACE_INPUTS 128 /* in one session */
#define TRACE_INPUT_MAX 255

/* How a card was lost: behind a command without an answer, or at the end of a session. */
enum trace_loss {
    TRACE_LOSS_NONE,    /* not told */
    TRACE_LOSS_MUTE,    /* no answer in time */
    TRACE_LOSS_REMOVED, /* pulled out while the terminal worked */
    TRACE_LOSS_TAKEN,   /* given back by a terminal that was done with it */
    TRACE_LOSS_ERROR    /* the reader failed */
};

struct trace_exchange {
    uint8_t command[APDU_MAX], answer[RAPDU_MAX];
    /* F in every nibble that is masked in the recording; the bytes hold what stands in for it (trace_mask.c) */
    uint8_t command_mask[APDU_MAX], answer_mask[RAPDU_MAX];
    size_t len, answer_len;     /* answer_len 0: no answer was recorded */
    unsigned line, answer_line; /* counted from 1 */
    size_t first_raw, last_raw; /* what a folded exchange is made of; itself in the raw list */
    uint64_t time_us;           /* until the answer was there; 0: not recorded */
    enum trace_loss loss;       /* why there is no answer */
};

/* What the recorded terminal was given: one INPUT line. */
struct trace_input {
    uint32_t tag;  /* 0: `name` says it */
    char name[20]; /* "TAC-denial", "profile"; "" for a tag */
    char use[8];   /* of 9F37: the list it was drawn for, "CDOL1"; "" */
    uint8_t value[TRACE_INPUT_MAX];
    size_t len;
    unsigned line;
};

struct trace_session {
    uint8_t atr[TRACE_ATR_MAX];
    size_t atr_len;      /* 0: not recorded */
    int protocol;        /* 0, 1; -1: not recorded */
    unsigned line;       /* of its first command */
    unsigned cut_line;   /* the file ends inside this line, which is left out; 0: it does not */
    bool by_posbench;    /* resets and inputs are recorded: the terminal that was used is known */
    enum trace_loss end; /* what the session ended with, after its last exchange */
    unsigned end_line;
    struct trace_input *inputs; /* NULL: none */
    size_t input_count;
    struct trace_exchange *raw; /* as recorded, 61xx, 6Cxx and GET RESPONSE included */
    size_t raw_count;
    struct trace_exchange *exchanges; /* whole exchanges: T=0 folded away */
    size_t count;
};

struct trace {
    struct trace_session *sessions;
    size_t session_count;
};

/* OK; HAL_E_NOENT, E_FORMAT, E_LIMIT, E_NOMEM with one line in `why`: "name:line: what was expected". */
int trace_load(const char *path, struct trace **out, char *why, size_t why_cap);
int trace_parse(const char *text, size_t len, const char *name, struct trace **out, char *why, size_t why_cap);
void trace_destroy(struct trace *t);

/* Makes session->exchanges from session->raw; done by trace_parse. E_NOMEM. */
int trace_fold(struct trace_session *session);
/* Digits that stand in for the masked ones of whole exchanges: zeros, but the PAN passes Luhn and is the same in 5A and
 * 57, and 57 has the expiry date of 5F24 and the service code of 5F30. Done by trace_parse. */
void trace_fill_masked(struct trace_session *session);
/* Masked digits of an exchange. */
size_t trace_masked(const struct trace_exchange *x);
/* Bytes are the recorded ones where those are known. */
bool trace_same_bytes(const uint8_t *recorded, const uint8_t *mask, const uint8_t *bytes, size_t len);
/* The first input of this tag, or of this name (tag 0); NULL. */
const struct trace_input *trace_input(const struct trace_session *s, uint32_t tag, const char *name);
/* The answer ends with 61xx or 6Cxx, and what it announces was never fetched: nothing a terminal could go on with. */
bool trace_unfetched(const struct trace_exchange *x);

/* -- playing back -- */

enum trace_match {
    TRACE_EXACT,      /* recorded so, next in its order */
    TRACE_EQUIVALENT, /* the same but for Le */
    TRACE_AGAIN,      /* recorded, but sent more often: the last answer once more */
    TRACE_BY_NAME,    /* SELECT by the whole name that a recorded SELECT answered with */
    TRACE_ASSUMED,    /* not recorded: the answer of trace_card_assume */
    TRACE_STALE,      /* other data than recorded: the answer belongs to the recorded data */
    TRACE_ABSENT,     /* not recorded: what an absent object answers */
};

#define TRACE_NO_INDEX SIZE_MAX
#define TRACE_LOG_MAX 512

struct trace_log_entry {
    uint8_t command[APDU_MAX], answer[RAPDU_MAX];
    size_t len, answer_len;
    enum trace_match match;
    size_t index; /* in session->exchanges, or TRACE_NO_INDEX */
};

/* A card that answers from a recording. `session` must outlive it. NULL: out of memory. */
struct trace_card;
struct trace_card *trace_card_create(const struct trace_session *session);
void trace_card_destroy(struct trace_card *c);
/* Power-on or reset: the session can be played from its beginning again; the log goes on. */
void trace_card_reset(struct trace_card *c);
/* An answer to a command that the recording lacks although the session must have had it. E_LIMIT over 4. */
int trace_card_assume(struct trace_card *c, const uint8_t *command, size_t len, const uint8_t *answer,
                      size_t answer_len);
/* As in card.h, but *answer_len may be 0: the recording has no answer to this command, the card is mute. */
void trace_card_apdu(struct trace_card *c, const uint8_t *command, size_t len, uint8_t answer[RAPDU_MAX],
                     size_t *answer_len);
void trace_card_tpdu(struct trace_card *c, const uint8_t *command, size_t len, uint8_t answer[RAPDU_MAX],
                     size_t *answer_len);
/* Of the last command: the recorded time (0: none), and whether the card was pulled out instead of an answer. */
uint64_t trace_card_time_us(const struct trace_card *c);
bool trace_card_removed(const struct trace_card *c);
/* What was sent and answered, whole commands in order; at most TRACE_LOG_MAX, *lost counts the rest (may be NULL). */
size_t trace_card_log(const struct trace_card *c, const struct trace_log_entry **entries, size_t *lost);
const char *trace_match_name(enum trace_match match);

#endif
