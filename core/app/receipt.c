/*
 * What slips say. The words are a table of English and Chinese; what an oracle reads (trace, amount, approved) is taken
 * from the same rows. Callers: receipt_print.c, image.c.
 */
#include "core/app/receipt.h"

#include "core/net/messages.h"

#include <stdio.h>

/* What firmware_slip tells an oracle to look for. */
#define TRACE_EN "TRACE:"
#define TRACE_ZH "凭证号:"
#define AMOUNT_EN "AMOUNT:"
#define AMOUNT_ZH "金额:"
#define APPROVED_EN "APPROVED"
#define APPROVED_ZH "交易成功"
#define COPY_EN "** COPY **"
#define COPY_ZH "** 重打印 **"

const struct firmware_slip receipt_slips[] = {
    {TRACE_EN, AMOUNT_EN, APPROVED_EN, COPY_EN},
    {TRACE_ZH, AMOUNT_ZH, APPROVED_ZH, COPY_ZH},
    {NULL, NULL, NULL, NULL},
};

/* X(name, english, chinese) */
#define WORDS(X) \
    X(TITLE, "SALES SLIP", "签购单") \
    X(COPY, COPY_EN, COPY_ZH) \
    X(MERCHANT, "MERCHANT:", "商户编号:") \
    X(TERMINAL, "TERMINAL:", "终端编号:") \
    X(OPERATOR, "OPERATOR:", "操作员:") \
    X(CARD, "CARD:", "卡号:") \
    X(KIND_SALE, "TYPE: SALE", "交易类型: 消费") \
    X(KIND_EC, "TYPE: EC SALE", "交易类型: 电子现金消费") \
    X(KIND_LOAD, "TYPE: EC LOAD", "交易类型: 指定账户圈存") \
    X(KIND_CASH, "TYPE: EC LOAD, CASH", "交易类型: 现金充值") \
    X(BATCH, "BATCH:", "批次号:") \
    X(TRACE, TRACE_EN, TRACE_ZH) \
    X(AUTH, "AUTH:", "授权码:") \
    X(RRN, "REF NO:", "参考号:") \
    X(DATE, "DATE/TIME:", "日期时间:") \
    X(AMOUNT, AMOUNT_EN, AMOUNT_ZH) \
    X(APPLICATION, "APPLICATION:", "应用名称:") \
    X(APPROVED, APPROVED_EN, APPROVED_ZH) \
    X(OFFLINE, "APPROVED BY THE CARD, OFFLINE", "脱机交易, 卡片批准") \
    X(UNKNOWN, "RESULT UNKNOWN", "交易结果未知") \
    X(UNKNOWN_WHY, "NOT CHARGED HERE. ASK THE CARD'S BANK", "本机未入账, 请咨询发卡行") \
    X(UPLOAD_REFUSED, "UPLOAD REFUSED BY THE BANK:", "上送被银行拒绝:") \
    X(UPLOAD_SEALED, "CANNOT BE UPLOADED, CARD NUMBER LOST:", "卡号已丢失, 无法上送:") \
    X(ADVICE, "CARD ASKS FOR ADVICE:", "卡片要求通知:") \
    X(NO_REASON, "NO REASON", "未说明原因") \
    X(NOT_ALLOWED, "SERVICE NOT ALLOWED", "不允许的服务") \
    X(PIN_LIMIT, "PIN TRY LIMIT", "密码次数超限") \
    X(NOT_PROVEN, "ISSUER NOT PROVEN", "发卡行认证失败") \
    X(SIGNATURE, "SIGNATURE:", "持卡人签名:") \
    X(PIN, "PIN ENTERED, NO SIGNATURE NEEDED", "已输入密码, 无需签名") \
    X(NO_CVM, "NO SIGNATURE NEEDED", "无需签名") \
    X(BALANCE, "BALANCE:", "卡内余额:") \
    X(AGREE, "I ACKNOWLEDGE THE ABOVE TRANSACTION", "本人确认以上交易")

enum word {
#define WORD_ENUM(name, en, zh) WORD_##name,
    WORDS(WORD_ENUM)
#undef WORD_ENUM
};

static const char *word(const struct config *config, enum word w)
{
    static const char *const words[][2] = {
#define WORD_ROW(name, en, zh) [WORD_##name] = {en, zh},
        WORDS(WORD_ROW)
#undef WORD_ROW
    };
    return words[w][config->language == LANGUAGE_ZH];
}

/* A new line to be written into, RECEIPT_LINE_MAX bytes; the last one again when the slip is full. */
static char *add(struct receipt *out, unsigned style)
{
    struct receipt_line *line = &out->line[out->count < RECEIPT_LINES ? out->count++ : RECEIPT_LINES - 1];
    line->style = style;
    return line->text;
}

static void put(struct receipt *out, unsigned style, const char *text)
{
    snprintf(add(out, style), RECEIPT_LINE_MAX, "%s", text);
}

/* "label value", or nothing when there is no value. */
static void put_pair(struct receipt *out, const char *label, const char *value)
{
    if (value[0])
        snprintf(add(out, HAL_PRINT_NORMAL), RECEIPT_LINE_MAX, "%s %s", label, value);
}

/* S swipe, I chip, T contactless, F fallback (DOMAIN 1.6). */
static char entry_letter(const struct journal_entry *entry)
{
    struct iso_de60 de60;
    if (entry->entry[0] == '0' && entry->entry[1] == '5')
        return 'I';
    if (entry->entry[0] == '0' && entry->entry[1] == '7')
        return 'T';
    return iso_de60_parse(entry->de60, &de60) == OK && de60.condition[0] == '2' ? 'F' : 'S';
}

static const enum word kind_words[] = {
    [KIND_SALE] = WORD_KIND_SALE, [KIND_LOAD] = WORD_KIND_LOAD, [KIND_LOAD_CASH] = WORD_KIND_CASH, /* an inquiry has no
                                                                                                      slip */
};

static void put_head(const struct config *config, const struct journal_entry *entry, bool reprint, struct receipt *out)
{
    put(out, HAL_PRINT_CENTRE | HAL_PRINT_DOUBLE, word(config, WORD_TITLE));
    if (reprint)
        put(out, HAL_PRINT_CENTRE, word(config, WORD_COPY));
    put(out, HAL_PRINT_CENTRE, config->merchant_name);
    put_pair(out, word(config, WORD_MERCHANT), config->net.merchant_id);
    put_pair(out, word(config, WORD_TERMINAL), config->net.terminal_id);
    put_pair(out, word(config, WORD_OPERATOR), config->net.operator_id);
    snprintf(add(out, HAL_PRINT_NORMAL), RECEIPT_LINE_MAX, "%s %s /%c", word(config, WORD_CARD), entry->masked_pan,
             entry_letter(entry));
    put(out, HAL_PRINT_NORMAL, word(config, message_is_ec(entry) ? WORD_KIND_EC : kind_words[kind_of(entry)]));
}

static void put_numbers(const struct config *config, const struct journal_entry *entry, struct receipt *out)
{
    char amount[MONEY_TEXT];
    money_format(entry->amount_cents, amount);
    snprintf(add(out, HAL_PRINT_NORMAL), RECEIPT_LINE_MAX, "%s %06u", word(config, WORD_BATCH), entry->batch);
    snprintf(add(out, HAL_PRINT_NORMAL), RECEIPT_LINE_MAX, "%s %06u", word(config, WORD_TRACE), entry->trace);
    put_pair(out, word(config, WORD_AUTH), entry->auth);
    put_pair(out, word(config, WORD_RRN), entry->rrn);
    if (strlen(entry->date) == 4 && strlen(entry->time) == 6)
        snprintf(add(out, HAL_PRINT_NORMAL), RECEIPT_LINE_MAX, "%s %.2s/%.2s %.2s:%.2s:%.2s", word(config, WORD_DATE),
                 entry->date, entry->date + 2, entry->time, entry->time + 2, entry->time + 4);
    snprintf(add(out, HAL_PRINT_DOUBLE), RECEIPT_LINE_MAX, "%s %s %s", word(config, WORD_AMOUNT), amount,
             config->currency_name);
}

/* Y1, Y3: the card approved without the host. */
static bool is_offline(const struct journal_entry *entry)
{
    return entry->response[0] == 'Y';
}

/* EMV Book 3 6.5.5.4, the reasons of 9F27. */
static void put_advice(const struct config *config, const struct journal_entry *entry, struct receipt *out)
{
    static const enum word reasons[] = {WORD_NO_REASON, WORD_NOT_ALLOWED, WORD_PIN_LIMIT, WORD_NOT_PROVEN};
    size_t reason = (size_t)(entry->advice[0] - '0');
    if (!entry->advice[0])
        return;
    if (reason >= sizeof reasons / sizeof *reasons)
        reason = 0;
    put_pair(out, word(config, WORD_ADVICE), word(config, reasons[reason]));
}

/* A stripe or fallback slip carries no cryptogram data: its members are empty. */
static void put_chip(const struct config *config, const struct journal_entry *entry, struct receipt *out)
{
    put_pair(out, word(config, WORD_APPLICATION), entry->app_name);
    put_pair(out, "AID:", entry->aid);
    bool asked = entry_letter(entry) == 'T' && !is_offline(entry); /* a tap has no second cryptogram */
    put_pair(out, asked ? "ARQC:" : "TC:", entry->ac);
    put_pair(out, "ATC:", entry->atc);
    put_pair(out, "TVR:", entry->tvr);
    put_pair(out, "TSI:", entry->tsi);
    put_advice(config, entry, out);
}

/* Of a sale that a cut went through: nothing to sign, and the word of an approval must not stand here. */
static void put_unknown(const struct config *config, struct receipt *out)
{
    put(out, HAL_PRINT_CENTRE | HAL_PRINT_DOUBLE, word(config, WORD_UNKNOWN));
    put(out, HAL_PRINT_NORMAL, word(config, WORD_UNKNOWN_WHY));
}

static void put_foot(const struct config *config, const struct journal_entry *entry, struct receipt *out)
{
    put(out, HAL_PRINT_CENTRE | HAL_PRINT_DOUBLE, word(config, WORD_APPROVED));
    if (is_offline(entry))
        put(out, HAL_PRINT_CENTRE, word(config, WORD_OFFLINE));
    bool sealed = strcmp(entry->refused, NET_UPLOAD_SEALED) == 0;
    put_pair(out, word(config, sealed ? WORD_UPLOAD_SEALED : WORD_UPLOAD_REFUSED), entry->refused);
    if (entry->signature) {
        put(out, HAL_PRINT_NORMAL, word(config, WORD_SIGNATURE));
        put(out, HAL_PRINT_NORMAL, "");
        put(out, HAL_PRINT_NORMAL, "________________________");
        put(out, HAL_PRINT_NORMAL, word(config, WORD_AGREE));
    } else {
        put(out, HAL_PRINT_NORMAL, word(config, entry->pin ? WORD_PIN : WORD_NO_CVM));
    }
}

void receipt_format(const struct config *config, const struct journal_entry *entry, bool reprint, struct receipt *out)
{
    memset(out, 0, sizeof *out);
    put_head(config, entry, reprint, out);
    put_numbers(config, entry, out);
    put_chip(config, entry, out);
    if (entry->outcome == FIRMWARE_DISCLOSED)
        put_unknown(config, out);
    else
        put_foot(config, entry, out);
}

void receipt_add_balance(const struct config *config, const char *balance, struct receipt *out)
{
    put_pair(out, word(config, WORD_BALANCE), balance);
}
