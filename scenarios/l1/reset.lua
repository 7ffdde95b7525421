-- Resets at character level: what is refused for good, and the warm reset seen on the record.
local shop = require "shop"
local t = bench.terminal { profile = "unionpay-character" }

scenario "A T=1 card that asks for a CRC is turned away after its warm reset" {
  tags = { "l1", "card" }, covers = { "DOMAIN 3.1" },
  run = function()
    local card = cards.load "line-crc"
    t:power_on()
    t:sale "12.00"
    t:insert(card)
    expect.screen(t, "chip_error")
    t:remove()
    expect.equal(host.count "0200", 0, "requests")
  end,
}

scenario "A refused cold answer is followed by exactly one warm reset" {
  tags = { "l1", "card" }, covers = { "DOMAIN 3.1" },
  run = function()
    local card = cards.load("unionpay-credit"):fault { at = "reset", nth = 1, kind = "bad_ts" }
    t:power_on()
    t:sale "12.00"
    t:pull_after("atr", { nth = 2 }) -- without a second answer nobody would pull the card
    t:insert(card)
    t:wait_idle(30)
    expect.equal(host.count "0200", 0, "requests")
    card:heal()
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "approved")
    shop.leave(t)
  end,
}

scenario "The card is pulled in the middle of a block" {
  tags = { "l1", "card" }, covers = { "DOMAIN 1.3", "DOMAIN 3.4" },
  run = function()
    local card = cards.load("unionpay-debit"):fault { at = "generate_ac", kind = "remove", after = 1 }
    local before = card:balance()
    t:power_on()
    shop.pay_with_pin(t, card, "12.00")
    t:wait_idle(30)
    expect.never_shown(t, "please_swipe")
    expect.equal(host.count "0200", 0, "requests")
    shop.not_charged(card, before)
  end,
}

scenario "Power goes while a block is on its way" {
  tags = { "l1", "power" }, covers = { "DOMAIN 5.1" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:power_on()
    t:sale "12.00"
    t:cut_after("wire", { nth = 5 })
    t:insert(card)
    t:wait_off()
    t:remove()
    t:power_on()
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(host.count "0200", 1, "requests")
  end,
}
