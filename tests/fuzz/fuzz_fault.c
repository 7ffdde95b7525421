/* libFuzzer: faults of cards as text. Each is taken, or refused with a reason; a card that has it goes on answering. */
#include "cards/card.h"
#include "cards/fault.h"
#include "tests/fuzz/fed_card.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct card_profile *profile;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    profile = fed_card_profile("unionpay-cda");
    return 0;
}

/* What a fault of the answer may meet. */
static void use(const struct card_fault *fault)
{
    static const struct {
        uint8_t bytes[24];
        size_t len;
    } commands[] = {
        {{0x00, 0xA4, 0x04, 0x00, 0x0E, '1', 'P', 'A', 'Y', '.', 'S', 'Y', 'S', '.', 'D', 'D', 'F', '0', '1', 0x00},
         20},
        {{0x00, 0xA4, 0x04, 0x00, 0x08, 0xA0, 0x00, 0x00, 0x03, 0x33, 0x01, 0x01, 0x02, 0x00}, 14},
        {{0x80, 0xA8, 0x00, 0x00, 0x02, 0x83, 0x00, 0x00}, 8},
        {{0x00, 0xB2, 0x01, 0x0C, 0x00}, 5},
        {{0x00, 0xB2, 0x02, 0x0C, 0x00}, 5},
        {{0x80, 0xCA, 0x9F, 0x36, 0x00}, 5},
    };
    uint8_t answer[RAPDU_MAX];
    size_t len;
    struct card *card = card_create(profile);
    for (size_t i = 0; card && i < 2 * sizeof commands / sizeof *commands; i++) {
        size_t at = i % (sizeof commands / sizeof *commands);
        if (i == 0 && card_fault_arm(card, fault) != OK)
            abort();
        card_apdu(card, commands[at].bytes, commands[at].len, answer, &len);
        if (len > sizeof answer)
            abort();
    }
    card_destroy(card);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct card_fault fault;
    struct card_fault_why why;
    char line[400] = "", *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    int status = card_fault_parse(text, &fault, &why);
    if (status != OK)
        card_fault_explain(&why, line, sizeof line);
    if ((status != OK) != (line[0] != '\0'))
        abort();
    if (status == OK && !*card_fault_name(&fault))
        abort();
    if (status == OK && card_fault_of_line(&fault))
        card_fault_line(&fault);
    if (status == OK && card_fault_of_answer(&fault) && !fault.at_reset)
        use(&fault);
    free(text);
    return 0;
}
