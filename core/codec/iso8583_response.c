/*
 * What DE39 means to the terminal (Q/CUP 006.6 response codes and the older POS list; DOMAIN 4.7): class for the
 * transaction flow, text for display and receipt. Codes that neither list has are "transaction failed".
 */
#include "core/codec/iso8583.h"

#include <string.h>

/* '?' in a code stands for any character; exact rows come first. The last row answers for everything else. */
static const struct iso_response responses[] = {
    {"00", ISO_APPROVE, "approved", "交易成功"},
    {"01", ISO_DECLINE, "ask cardholder to call issuer", "请持卡人与发卡银行联系"},
    {"02", ISO_DECLINE, "call issuer, special condition", "请与发卡银行联系,特殊条件"},
    {"03", ISO_DECLINE, "invalid merchant", "无效商户"},
    {"04", ISO_CAPTURE, "pick up card", "此卡被没收"},
    {"05", ISO_DECLINE, "authentication failed", "持卡人认证失败"},
    {"06", ISO_DECLINE, "error", "交易出错"},
    {"07", ISO_DECLINE, "pick up card, special condition", "特殊条件下没收卡"},
    {"09", ISO_DECLINE, "request in progress", "请求正在处理中"},
    {"10", ISO_APPROVE, "approved for part of the amount", "部分金额批准"},
    {"11", ISO_APPROVE, "approved, VIP", "成功,VIP客户"},
    {"12", ISO_DECLINE, "invalid transaction", "无效交易"},
    {"13", ISO_DECLINE, "invalid amount", "无效金额"},
    {"14", ISO_DECLINE, "no such card", "无效卡号"},
    {"15", ISO_DECLINE, "no such issuer", "此卡无对应发卡方"},
    {"16", ISO_APPROVE, "approved, update track 3", "成功,更新第三磁道"},
    {"19", ISO_DECLINE, "enter transaction again", "请重做交易"},
    {"20", ISO_DECLINE, "invalid response", "无效应答"},
    {"21", ISO_DECLINE, "card not initialised", "该卡未初始化"},
    {"22", ISO_DECLINE, "wrong operation or time", "操作有误或超出交易允许天数"},
    {"23", ISO_DECLINE, "unacceptable fee", "不可接受的手续费"},
    {"25", ISO_DECLINE, "original transaction not found", "没有原始交易"},
    {"30", ISO_DECLINE, "message format error, try again", "报文格式错误,请重试"},
    {"31", ISO_DECLINE, "bank not supported", "不支持的银行"},
    {"33", ISO_DECLINE, "expired card", "过期卡"},
    {"34", ISO_CAPTURE, "suspected fraud", "有作弊嫌疑"},
    {"35", ISO_DECLINE, "contact acquirer", "请与受理方联系"},
    {"36", ISO_DECLINE, "restricted card", "受限制的卡"},
    {"37", ISO_DECLINE, "call acquirer security", "请联系受理方安全部门"},
    {"38", ISO_DECLINE, "PIN tries exceeded", "密码错误次数超限"},
    {"39", ISO_DECLINE, "no credit account", "无此信用卡账户"},
    {"40", ISO_DECLINE, "function not supported", "不支持的交易"},
    {"41", ISO_CAPTURE, "lost card", "挂失卡"},
    {"42", ISO_DECLINE, "no such account", "无此账户"},
    {"43", ISO_CAPTURE, "stolen card", "被窃卡"},
    {"44", ISO_DECLINE, "no investment account", "无此投资账户"},
    {"45", ISO_DECLINE, "fallback not allowed, use the chip", "不允许降级交易,请使用芯片"},
    {"51", ISO_DECLINE, "insufficient funds", "可用余额不足"},
    {"52", ISO_DECLINE, "no cheque account", "无此支票账户"},
    {"53", ISO_DECLINE, "no savings account", "无此储蓄账户"},
    {"54", ISO_DECLINE, "expired card", "该卡已过期"},
    {"55", ISO_DECLINE, "wrong PIN", "密码错误"},
    {"56", ISO_DECLINE, "no card record", "无此卡记录"},
    {"57", ISO_DECLINE, "not permitted to cardholder", "不允许此卡交易"},
    {"58", ISO_DECLINE, "not permitted at this terminal", "不允许该终端交易"},
    {"59", ISO_DECLINE, "suspected card", "卡片校验错"},
    {"60", ISO_DECLINE, "contact acquirer", "请与受理方联系"},
    {"61", ISO_DECLINE, "amount limit exceeded", "交易金额超限"},
    {"62", ISO_DECLINE, "restricted card", "受限制的卡"},
    {"63", ISO_DECLINE, "security violation", "违反安全规定"},
    {"64", ISO_DECLINE, "amount differs from the original", "与原交易金额不符"},
    {"65", ISO_DECLINE, "count limit exceeded", "交易次数超限"},
    {"66", ISO_DECLINE, "call acquirer security", "请联系受理方安全部门"},
    {"67", ISO_DECLINE, "pick up card", "没收卡"},
    {"68", ISO_DECLINE, "issuer timed out, try again", "发卡方超时,请重试"},
    {"75", ISO_DECLINE, "PIN tries exceeded", "密码错误次数超限"},
    {"77", ISO_RESIGN, "batch number mismatch, sign in again", "批次号不符,请重新签到"},
    {"79", ISO_RESIGN, "offline totals mismatch, upload again", "脱机交易对账不平,请重新上送"},
    {"90", ISO_DECLINE, "day end running, try again", "日期切换,请稍后重试"},
    {"91", ISO_DECLINE, "issuer unavailable, try again", "发卡方状态异常,请稍后重试"},
    {"92", ISO_DECLINE, "issuer line down", "发卡方线路异常,请稍后重试"},
    {"93", ISO_DECLINE, "transaction violates law", "交易违法,不能完成"},
    {"94", ISO_DECLINE, "duplicate transaction", "重复交易,请稍后重试"},
    {"95", ISO_DECLINE, "totals do not agree", "对账不平"},
    {"96", ISO_DECLINE, "switch malfunction", "交换中心异常,请稍后重试"},
    {"97", ISO_DECLINE, "terminal not registered", "终端未登记"},
    {"98", ISO_DECLINE, "issuer timed out", "发卡方超时"},
    {"99", ISO_RESIGN, "PIN format error, sign in again", "PIN格式错,请重新签到"},
    {"A0", ISO_RESIGN, "MAC check failed, sign in again", "MAC校验错,请重新签到"},
    {"A1", ISO_DECLINE, "currency mismatch", "转账货币不一致"},
    {"A2", ISO_APPROVE, "approved, with a fault", "有缺陷的成功"},
    {"A3", ISO_DECLINE, "payee account wrong", "资金到账行账号错误"},
    {"A4", ISO_APPROVE, "approved after all", "交易成功,请向资金到账行确认"},
    {"A5", ISO_APPROVE, "approved after all", "交易成功,请向资金到账行确认"},
    {"A6", ISO_APPROVE, "approved after all", "交易成功,请向资金到账行确认"},
    {"A7", ISO_DECLINE, "security processing failed", "安全处理失败"},
    {"A8", ISO_DECLINE, "payee information missing", "缺少收款人信息"},
    {"B1", ISO_DECLINE, "no arrears", "无欠费"},
    {"C1", ISO_DECLINE, "acquirer status error", "受理方状态非法"},
    {"N1", ISO_DECLINE, "passbook full", "存折页满"},
    {"P1", ISO_DECLINE, "no phone number on file", "未登记手机号"},
    {"Y1", ISO_APPROVE, "approved offline", "脱机批准"},
    {"Y3", ISO_APPROVE, "approved offline, unable to go online", "无法联机,脱机批准"},
    {"Z1", ISO_DECLINE, "declined offline", "脱机拒绝"},
    {"Z3", ISO_DECLINE, "declined offline, unable to go online", "无法联机,脱机拒绝"},
    {"D?", ISO_DECLINE, "acquirer error", "受理方错误"},
    {"F?", ISO_DECLINE, "file error", "文件错误"},
    {"??", ISO_DECLINE, "transaction failed", "交易失败"},
};

const struct iso_response *iso_response(const char *code)
{
    const struct iso_response *last = &responses[sizeof responses / sizeof *responses - 1];
    if (strnlen(code, 3) != 2)
        return last;
    for (const struct iso_response *row = responses; row < last; row++)
        if (row->code[0] == code[0] && (row->code[1] == '?' || row->code[1] == code[1]))
            return row;
    return last;
}
