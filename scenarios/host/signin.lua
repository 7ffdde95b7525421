local shop = require "shop"
local t = bench.terminal { profile = "unionpay-intl" }

local function pay(card)
  shop.pay_with_pin(t, card, "12.00")
  expect.screen(t, "approved")
  shop.leave(t)
end

scenario "A new day asks for a new sign-in" {
  tags = { "host", "sign-in" }, covers = { "DOMAIN 4.8", "DOMAIN 5.1" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:power_on()
    pay(card)
    local signed_in = host.count "0800"
    bench.wait(15 * 3600)
    pay(card)
    expect.equal(host.count "0800", signed_in + 1, "sign-ins")
    expect.equal(host.last("0200").de55["9A"], "260616", "transaction date")
  end,
}

scenario "The same day does not" {
  tags = { "host", "sign-in" }, covers = { "DOMAIN 4.8" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:power_on()
    pay(card)
    local signed_in = host.count "0800"
    bench.wait(6 * 3600)
    pay(card)
    t:power_cut()
    t:power_on()
    pay(card)
    expect.equal(host.count "0800", signed_in, "sign-ins")
    expect.equal(host.last("0200").de55["9A"], "260615", "transaction date")
  end,
}

scenario "A sign-in that is refused is said so, and tried again by itself" {
  tags = { "host", "sign-in" }, covers = { "DOMAIN 4.8" },
  run = function()
    local card = cards.load "unionpay-debit"
    host.rule { on = "0800", action = "code", code = "97" }
    t:power_on()
    expect.screen(t, "sign_in_failed")
    t:wait_idle()
    bench.wait(90)
    expect.equal(host.count "0800", 2, "sign-ins")
    pay(card)
  end,
}

scenario "Not signed in: no sale is sent" {
  tags = { "host", "sign-in" }, covers = { "DOMAIN 4.8" },
  run = function()
    local card = cards.load "unionpay-debit"
    host.rule { on = "0800", action = "code", code = "97", nth = 0 }
    t:power_on()
    t:wait_idle()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "enter_pin")
    t:pin "123456"
    expect.screen(t, "sign_in_failed")
    shop.leave(t)
    expect.equal(host.count "0200", 0, "requests")
    host.clear()
  end,
}

scenario "The answer to the sign-in is lost: the keys are out of step until the next one" {
  tags = { "host", "sign-in" }, covers = { "DOMAIN 4.8" },
  run = function()
    local card = cards.load "unionpay-debit"
    host.rule { on = "0800", action = "silent_after" }
    t:power_on()
    t:wait_idle(600)
    pay(card)
    expect.truth(host.count "0800" >= 2, "signed in again")
  end,
}

scenario "A clock that lost its time is set by the sign-in, before any chip is judged" {
  tags = { "host", "sign-in", "clock" }, covers = { "DOMAIN 5.6" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:power_on()
    t:wait_idle()
    t:power_cut()
    t:clock(nil)
    local signed_in = host.count "0800"
    t:power_on()
    t:wait_idle()
    expect.equal(host.count "0800", signed_in + 1, "sign-ins")
    pay(card)
    expect.equal(host.last("0200").de55["9A"], "260615", "transaction date")
  end,
}

scenario "A lost clock and no line: no sale" {
  tags = { "network", "clock" }, covers = { "DOMAIN 5.6" },
  run = function()
    t:power_on()
    t:wait_idle()
    t:power_cut()
    t:clock(nil)
    net.down()
    t:power_on()
    t:wait_idle(600)
    t:sale "12.00"
    expect.equal(host.count "0200", 0, "requests")
    expect.never_shown(t, "insert_card")
    net.up()
  end,
}

scenario "A clock that runs a day behind is put right by the host" {
  tags = { "host", "clock" }, covers = { "DOMAIN 5.6" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:clock "2026-06-14 10:00:00"
    t:power_on()
    t:wait_idle()
    pay(card)
    expect.equal(host.last("0200").de55["9A"], "260615", "transaction date")
  end,
}
