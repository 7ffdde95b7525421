local shop = require "shop"
local t = bench.terminal { profile = "unionpay-intl" }

local function chosen(keys, aid, label)
  local card = cards.load "unionpay-two-applications"
  local before = card:balance()
  t:power_on()
  shop.insert_for(t, card, "12.00")
  expect.screen(t, "choose_application")
  expect.truth(t:screen().text:find("UnionPay Debit", 1, true), "the first name by priority")
  t:keys(keys)
  expect.screen(t, "enter_pin")
  t:pin "123456"
  expect.screen(t, "approved")
  shop.leave(t)
  expect.equal(host.last("0200").de55["84"], aid, "DF name")
  expect.printed(t, label)
  expect.printed(t, "AID: " .. aid)
  expect.equal(card:balance(), before - 1200, "balance at the issuer")
end

scenario "Two applications: the first is offered, ENTER takes it" {
  tags = { "card", "choice" }, covers = { "DOMAIN 2.3" },
  run = function() chosen("ENTER", "A000000333010101", "UnionPay Debit") end,
}
scenario "Two applications: DOWN and ENTER take the second" {
  tags = { "card", "choice" }, covers = { "DOMAIN 2.3" },
  run = function() chosen("DOWN ENTER", "A000000333010102", "UnionPay Credit") end,
}
scenario "Two applications: UP from the first comes to the last" {
  tags = { "card", "choice" }, covers = { "DOMAIN 2.3" },
  run = function() chosen("UP ENTER", "A000000333010102", "UnionPay Credit") end,
}
scenario "Two applications: by number" {
  tags = { "card", "choice" }, covers = { "DOMAIN 2.3" },
  run = function() chosen("2 ENTER", "A000000333010102", "UnionPay Credit") end,
}

scenario "The chosen application refuses (6985): the other one is offered" {
  tags = { "card", "choice" }, covers = { "DOMAIN 2.4" },
  run = function()
    local card = cards.load("unionpay-two-applications"):fault { at = "gpo", kind = "sw", sw = 0x6985 }
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "choose_application")
    t:keys "DOWN ENTER"
    bench.wait(5)
    if t:screen().name == "choose_application" then t:keys "ENTER" end
    expect.screen(t, "enter_pin")
    t:pin "123456"
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(host.last("0200").de55["84"], "A000000333010101", "DF name")
  end,
}

scenario "The chosen application is blocked meanwhile: the other one is taken" {
  tags = { "card", "choice" }, covers = { "DOMAIN 2.3" },
  run = function()
    local card = cards.load("unionpay-two-applications"):fault { at = "select", kind = "sw", sw = 0x6283, nth = 2 }
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "choose_application")
    t:keys "ENTER"
    bench.wait(5)
    if t:screen().name == "choose_application" then t:keys "ENTER" end
    expect.screen(t, "enter_pin")
    t:pin "123456"
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(host.last("0200").de55["84"], "A000000333010102", "DF name")
  end,
}
