/*
 * The screens of the core: one table of id, name, role, English and Chinese text. A new screen is one new line.
 * Rows are separated by '\n' (4 rows of 20 narrow cells); %s is filled by the caller (amount, name, code text).
 */
#ifndef POSBENCH_CORE_APP_SCREENS_H
#define POSBENCH_CORE_APP_SCREENS_H

#include "core/firmware.h"

/* X(name, role, english, chinese) */
#define SCREEN_TABLE(X) \
    X(starting, BUSY, "Starting...", "正在启动...") \
    X(signing_in, BUSY, "Signing in\nPlease wait", "正在签到\n请稍候") \
    X(sign_in_failed, FAILED, "Sign-in failed\n%s\nENTER: try again", "签到失败\n%s\n按确认键重试") \
    X(idle, IDLE, "Welcome\nAmount, then ENTER", "欢迎使用\n请输入金额") \
    X(enter_amount, ASK, "Amount\n%s\nENTER: go on", "请输入金额\n%s\n按确认键继续") \
    X(insert_card, ASK, "%s\nInsert or swipe", "%s\n请插卡或刷卡") \
    X(please_swipe, ASK, "%s\nPlease swipe", "%s\n请刷卡") \
    X(use_chip, ASK, "%s\nPlease use chip", "%s\n请使用芯片") \
    X(insert_again, ASK, "%s\nInsert card again", "%s\n请重新插卡") \
    X(reading_card, BUSY, "Reading card\nDo not remove", "正在读卡\n请勿拔卡") \
    X(choose_application, ASK, "Choose\n%s\nENTER: take it", "请选择应用\n%s\n按确认键选择") \
    X(enter_pin, ASK, "%s\nEnter PIN\n%s", "%s\n请输入密码\n%s") \
    X(pin_again, ASK, "%s\nWrong PIN, try again\n%s", "%s\n密码错误 请重输\n%s") \
    X(connecting, BUSY, "Connecting\nPlease wait", "正在连接\n请稍候") \
    X(sending, BUSY, "Sending\nPlease wait", "正在发送\n请稍候") \
    X(waiting_host, BUSY, "Waiting for host\nPlease wait", "等待响应\n请稍候") \
    X(reversing, BUSY, "Reversal\nPlease wait", "正在冲正\n请稍候") \
    X(approved, APPROVED, "%s\nAPPROVED", "%s\n交易成功") \
    X(approved_signature, APPROVED, "%s\nAPPROVED\nPlease sign", "%s\n交易成功\n请签名") \
    X(declined, DECLINED, "%s\nDECLINED\n%s", "%s\n交易拒绝\n%s") \
    X(contact_issuer, UNKNOWN, "%s\nNOT APPROVED\nContact issuer", "%s\n交易未成功\n请联系发卡行") \
    X(no_answer, UNKNOWN, "%s\nNO ANSWER\nReversal follows", "%s\n无响应\n将自动冲正") \
    X(bad_answer, UNKNOWN, "%s\nWRONG ANSWER\nReversal follows", "%s\n响应错误\n将自动冲正") \
    X(no_line, FAILED, "%s\nNO CONNECTION\nNothing was sent", "%s\n通讯失败\n交易未发送") \
    X(reversal_blocked, FAILED, "Reversal is due\nNo sale before it\n%s", "冲正未完成\n不能进行交易\n%s") \
    X(chip_error, FAILED, "Chip not readable\nRemove card", "芯片读取失败\n请拔卡") \
    X(card_error, FAILED, "Card error\nRemove card", "卡片错误\n请拔卡") \
    X(card_removed, FAILED, "Card removed\nNot charged", "卡已拔出\n交易未完成") \
    X(card_blocked, FAILED, "Card blocked\nRemove card", "卡片已锁定\n请拔卡") \
    X(app_blocked, FAILED, "Application blocked\nRemove card", "应用已锁定\n请拔卡") \
    X(not_accepted, FAILED, "Card not accepted\nRemove card", "不支持此卡\n请拔卡") \
    X(swipe_error, FAILED, "Stripe not readable\nSwipe again", "磁条读取失败\n请重新刷卡") \
    X(not_chip_card, FAILED, "Not a chip card\nSwipe again", "非芯片卡\n请重新刷卡") \
    X(cancelled, FAILED, "Cancelled\nNothing was sent", "交易取消\n交易未发送") \
    X(remove_card, ASK, "%s\nRemove card", "%s\n请拔卡") \
    X(printing, BUSY, "Printing", "正在打印") \
    X(printer_paper, ASK, "Printer: no paper\nENTER: try again\nCANCEL: later", "打印机缺纸\n确认: 重试\n取消: 稍后") \
    X(journal_full, FAILED, "Journal is full\nSettle first", "交易存储已满\n请先结算") \
    X(storage_failed, HALT, "Storage failed\nCall service\n%s", "存储故障\n请联系服务\n%s") \
    X(config_failed, HALT, "Configuration wrong\n%s", "参数错误\n%s") \
    X(present_card, ASK, "%s\nTap, insert or swipe", "%s\n请挥卡 插卡或刷卡") \
    X(hold_card, BUSY, "Reading card\nHold it still", "正在读卡\n请勿移开") \
    X(tap_again, ASK, "%s\nPresent card again\nor insert it", "%s\n请重新挥卡\n或插卡") \
    X(one_card, ASK, "%s\nMore than one card\nPresent one only", "%s\n多张卡片\n请只挥一张卡") \
    X(use_contact, FAILED, "%s\nInsert or swipe\nthis card", "%s\n请插卡或刷卡") \
    X(confirm_application, ASK, "Pay with\n%s\nENTER: yes\nCANCEL: no", "使用此应用\n%s\n确认: 是\n取消: 否") \
    X(menu, ASK, "Menu\n1: Card log\nCANCEL: back", "菜单\n1: 卡片交易记录\n取消: 返回") \
    X(menu_row, ASK, "Menu\n%s\nENTER: take it\nCANCEL: back", "菜单\n%s\n确认: 选择\n取消: 返回") \
    X(load_log_card, ASK, "Load log\nInsert card", "圈存记录\n请插卡") \
    X(purse_card, ASK, "Purse balance\nInsert card", "电子现金余额\n请插卡") \
    X(purse, ASK, "Purse %s\nHolds up to %s\nOne sale %s\nANY KEY: end", \
      "余额 %s\n余额上限 %s\n单笔限额 %s\n任意键: 结束") \
    X(account_balance, ASK, "Account balance\n%s", "账户可用余额\n%s") \
    X(purse_none, FAILED, "No purse\nRemove card", "卡片无电子现金\n请拔卡") \
    X(log_card, ASK, "Card log\nInsert card", "卡片交易记录\n请插卡") \
    X(log_page, ASK, "%s\n%s\n%s\nUP DOWN, CANCEL: end", "%s\n%s\n%s\n上下翻页 取消: 结束") \
    X(log_none, FAILED, "No card log\nRemove card", "卡片无交易记录\n请拔卡") \
    X(log_removed, FAILED, "Card removed", "卡已拔出") \
    X(log_cancelled, FAILED, "Cancelled\nRemove card", "已取消\n请拔卡") \
    X(card_pin, ASK, "%s\nPIN, %s tries left\n%s", "%s\n密码 还可试%s次\n%s") \
    X(card_pin_again, ASK, "%s\nWrong, %s tries left\n%s", "%s\n密码错误 还剩%s次\n%s") \
    X(card_pin_last, ASK, "%s\nPIN, last try\n%s", "%s\n最后一次输入密码\n%s") \
    X(pin_right, BUSY, "PIN right\nDo not remove", "密码正确\n请勿拔卡") \
    X(pin_blocked, BUSY, "PIN blocked\nDo not remove", "密码已锁定\n请勿拔卡") \
    X(downloading, BUSY, "Updating\n%s\n%s", "正在更新\n%s\n%s") \
    X(download_done, BUSY, "Updated\n%s\n%s", "更新完成\n%s\n%s") \
    X(download_failed, FAILED, "Not updated\n%s\n%s", "更新失败\n%s\n%s") \
    X(check_identity, ASK, "Check document %s\n%s\nENTER: is right\nCANCEL: is wrong", \
      "请核对证件 %s\n%s\n确认: 相符\n取消: 不符") \
    X(payment_unknown, DISCLOSE, "%s\nRESULT UNKNOWN\nSee slip %s", "%s\n交易结果未知\n见凭条 %s") \
    X(uploading, BUSY, "Uploading\nPlease wait", "正在上送\n请稍候") \
    X(upload_refused, NEUTRAL, "Upload refused\n%s\nKeep the slip", "上送被拒绝\n%s\n请保留凭条") \
    X(approved_balance, APPROVED, "%s\nAPPROVED\nBalance %s", "%s\n交易成功\n余额 %s") \
    X(upload_sealed, NEUTRAL, "Cannot be uploaded\n%s\nKeep the slip", "无法上送\n%s\n请保留凭条")

enum screen {
    SCREEN_NONE,
#define SCREEN_ENUM(name, role, en, zh) SCREEN_##name,
    SCREEN_TABLE(SCREEN_ENUM)
#undef SCREEN_ENUM
    SCREEN_COUNT
};

extern const struct firmware_screen screen_catalogue[];

enum language { LANGUAGE_EN, LANGUAGE_ZH };

/* Shows a screen; the %s of its text are filled from `args` in order (missing: ""). */
int screen_show(const struct hal *hal, enum language language, enum screen id, const char *const *args, size_t count);

#endif
