local shop = require "shop"
local t = bench.terminal { profile = "unionpay-cn" }

-- Words of the other language have no place on this screen; names, numbers and units have.
local allowed = { PIN = true, CNY = true, ENTER = true, CANCEL = true, TC = true, AID = true, ATC = true, TVR = true,
                  TSI = true, TEST = true, SHOP = true, CN = true, POSBENCH = true, UnionPay = true, Debit = true,
                  Credit = true, I = true, S = true, F = true }
local function in_chinese(text, where)
  for word in text:gmatch "%a+" do
    expect.truth(allowed[word] or word:match "^[A-F]+$" or word:match "^PB", where .. " has the word \"" .. word .. "\"")
  end
  expect.truth(text:find "[\xE4-\xE9][\x80-\xBF][\x80-\xBF]", where .. " has Chinese words")
end

local function shown(screen, words)
  expect.screen(t, screen)
  local text = t:screen().text
  in_chinese(text, "screen " .. screen)
  if words then expect.truth(text:find(words, 1, true), "screen " .. screen .. " says " .. words .. ": " .. text) end
end

scenario "A sale in Chinese: screens and slip" {
  tags = { "china", "sale" }, covers = { "DOMAIN 2.13" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:power_on()
    shown("idle", "欢迎使用")
    t:keys "1 2 0 0"
    shown("enter_amount", "请输入金额")
    t:keys "ENTER"
    shown("insert_card", "请插卡")
    t:insert(card)
    shown("enter_pin", "请输入密码")
    t:pin "123456"
    shown("approved", "交易成功")
    t:remove()
    t:wait_idle()
    for _, words in ipairs { "签购单", "交易类型: 消费", "金额: 12.00 CNY", "交易成功", "已输入密码", "凭证号:" } do
      expect.printed(t, words)
    end
    expect.not_printed(t, "APPROVED")
    expect.not_printed(t, "TRACE")
    in_chinese(t:receipt(), "the slip")
    expect.equal(host.last("0200").de55["9F1A"], "0156", "country")
  end,
}

scenario "A declined sale in Chinese, with the reason" {
  tags = { "china", "decline" }, covers = { "DOMAIN 4.7" },
  run = function()
    local card = cards.load "empty-account"
    t:power_on()
    shop.pay_with_pin(t, card, "12.00")
    shown("declined", "余额不足")
    shop.leave(t)
    host.rule { on = "0200", action = "code", code = "01" } -- eleven characters are wider than the display
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "declined")
    expect.equal(t:screen().rows[3], "请持卡人与发卡银行联", "the reason")
    expect.equal(t:screen().rows[4], "系", "the reason goes on below")
    shop.leave(t)
  end,
}

scenario "A signature slip in Chinese" {
  tags = { "china", "signature" }, covers = { "DOMAIN 1.6" },
  run = function()
    local card = cards.load "unionpay-signature"
    t:power_on()
    shop.insert_for(t, card, "12.00")
    shown("approved_signature", "请签名")
    shop.leave(t)
    expect.printed(t, "持卡人签名:")
    in_chinese(t:receipt(), "the slip")
  end,
}

scenario "No answer, the reversal, the line that is down: all in Chinese" {
  tags = { "china", "reversal" }, covers = { "DOMAIN 5.2" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:power_on()
    host.rule { on = "0200", action = "silent_after" }
    shop.pay_with_pin(t, card, "12.00")
    shown("no_answer", "冲正")
    shop.leave(t)
    bench.wait(120)
    net.down()
    shop.pay_with_pin(t, card, "12.00")
    shown("no_line", "通讯失败")
    shop.leave(t)
    net.up()
  end,
}

scenario "Wrong PIN, cancelled, card pulled: in Chinese" {
  tags = { "china", "pin" }, covers = { "DOMAIN 4.7" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:power_on()
    shop.pay_with_pin(t, card, "12.00", "999999")
    shown("pin_again", "密码错误")
    t:keys "CANCEL"
    shown("cancelled", "交易取消")
    shop.leave(t)
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "enter_pin")
    t:remove()
    shown("card_removed", "卡已拔出")
    t:wait_idle()
  end,
}

scenario "In China a chip card that is swiped is sent to the chip reader, in Chinese" {
  tags = { "china", "fallback" }, covers = { "DOMAIN 1.5" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:power_on()
    t:sale "12.00"
    t:swipe(card)
    shown("use_chip", "请使用芯片")
    t:insert(card)
    expect.screen(t, "enter_pin")
    t:pin "123456"
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(host.last("0200").de22, "051", "DE22")
  end,
}

scenario "In China a card without a chip pays by stripe" {
  tags = { "china", "stripe" }, covers = { "DOMAIN 1.5" },
  run = function()
    local card = cards.load "stripe-only"
    t:power_on()
    t:sale "12.00"
    t:swipe(card)
    expect.screen(t, "approved")
    t:wait_idle()
    expect.printed(t, "/S")
    expect.equal(host.last("0200").de60.ic_condition, "1", "60.5")
  end,
}

scenario "In English no Chinese word" {
  tags = { "sale" }, covers = { "DOMAIN 2.13" },
  run = function()
    local intl = bench.terminal { profile = "unionpay-intl" }
    local card, poor = cards.load "unionpay-debit", cards.load "empty-account"
    local function plain(text, where)
      expect.truth(not text:find "[\xE0-\xEF]", where .. " is in English: " .. text)
    end
    intl:power_on()
    shop.insert_for(intl, card, "12.00")
    expect.screen(intl, "enter_pin")
    plain(intl:screen().text, "the PIN screen")
    intl:pin "123456"
    expect.screen(intl, "approved")
    plain(intl:screen().text, "the approval")
    shop.leave(intl)
    plain(intl:receipt(), "the slip")
    shop.pay_with_pin(intl, poor, "12.00")
    expect.screen(intl, "declined")
    plain(intl:screen().text, "the decline")
    shop.leave(intl)
  end,
}
