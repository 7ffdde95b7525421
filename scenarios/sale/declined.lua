local shop = require "shop"
local t = bench.terminal { profile = "unionpay-intl" }

scenario "Declined 51: insufficient funds" {
  tags = { "sale", "decline" }, covers = { "DOMAIN 4.7" },
  run = function()
    local card = cards.load "unionpay-credit"
    local before = card:balance()
    t:power_on()
    shop.pay_with_pin(t, card, "99999.00")
    expect.screen(t, "declined")
    shop.leave(t)
    shop.not_charged(card, before)
    expect.equal(shop.last_record(t).response, "51")
    expect.equal(shop.last_record(t).outcome, "refused")
    expect.equal(host.count "0400", 0, "a decline needs no reversal")
  end,
}

scenario "Declined 41: lost card" {
  tags = { "sale", "decline" }, covers = { "DOMAIN 4.7" },
  run = function()
    local card = cards.load "unionpay-credit"
    t:power_on()
    host.rule { on = "0200", action = "code", code = "41" }
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "declined")
    shop.leave(t)
    expect.equal(shop.last_record(t).response, "41")
    expect.never_shown(t, "approved")
  end,
}

scenario "55, then the right PIN: a new GPO, ATC, cryptogram and trace number" {
  tags = { "sale", "pin" }, covers = { "DOMAIN 4.7" },
  run = function()
    local card = cards.load "unionpay-debit"
    local atc = card:counters().atc
    t:power_on()
    shop.pay_with_pin(t, card, "12.00", "999999")
    expect.screen(t, "pin_again")
    local first = host.last "0200"
    t:pin "123456"
    expect.screen(t, "approved")
    shop.leave(t)
    local second = host.last "0200"
    expect.different(second.de11, first.de11, "trace number")
    expect.different(second.de55["9F36"], first.de55["9F36"], "ATC")
    expect.different(second.de55["9F26"], first.de55["9F26"], "cryptogram")
    expect.different(second.de55["9F37"], first.de55["9F37"], "unpredictable number")
    expect.equal(card:counters().atc, atc + 2, "ATC of the card")
  end,
}

scenario "Three wrong PINs end the sale" {
  tags = { "sale", "pin" }, covers = { "DOMAIN 4.7" },
  run = function()
    local card = cards.load "unionpay-debit"
    local before = card:balance()
    t:power_on()
    shop.pay_with_pin(t, card, "12.00", "999999")
    for _ = 1, 2 do
      expect.screen(t, "pin_again")
      t:pin "999999"
    end
    expect.screen(t, "declined")
    shop.leave(t)
    shop.not_charged(card, before)
  end,
}

scenario "Cancelled while the PIN is asked: nothing is sent" {
  tags = { "sale", "cancel" }, covers = { "DOMAIN 5.2" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "enter_pin")
    t:keys "CANCEL"
    expect.screen(t, "cancelled")
    shop.leave(t)
    expect.equal(host.count "0200", 0, "requests")
  end,
}
