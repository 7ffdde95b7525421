local shop = require "shop"
local t = bench.terminal { profile = "unionpay-intl" }

-- A sale that ends without a decision: the reversal must undo whatever the host did.
local function undone(action, screen, options)
  options = options or {}
  local card = cards.load "unionpay-debit"
  local before = card:balance()
  t:power_on()
  host.rule { on = "0200", action = action, delay = options.delay }
  shop.pay_with_pin(t, card, "12.00")
  expect.screen(t, screen)
  shop.leave(t)
  host.wait("0400", 1)
  t:wait_idle()
  expect.never_shown(t, "approved")
  bench.wait(options.after or 5)
  shop.not_charged(card, before)
  expect.equal(host.last("0400").de11, host.last("0200").de11, "the reversal has the original trace number")
  expect.equal(host.last("0400").de39, options.reason or "98", "reason")
  expect.equal(shop.last_record(t).outcome, "reversed")
end

scenario "Silence before booking: reversed, answered 25" {
  tags = { "host", "reversal" }, covers = { "DOMAIN 5.2", "DOMAIN 5.3" },
  run = function() undone("silent_before", "no_answer") end,
}

scenario "Silence after booking: reversed" {
  tags = { "host", "reversal" }, covers = { "DOMAIN 5.2", "DOMAIN 5.3" },
  run = function() undone("silent_after", "no_answer") end,
}

scenario "An answer after the timer is ignored and reversed" {
  tags = { "host", "reversal" }, covers = { "DOMAIN 5.1", "DOMAIN 5.3" },
  run = function() undone("late", "no_answer", { delay = 75, after = 60 }) end,
}

scenario "A wrong MAC on the approval: no approval, reversal A0, new sign-in" {
  tags = { "host", "mac", "reversal" }, covers = { "DOMAIN 4.8", "DOMAIN 5.2" },
  run = function()
    undone("wrong_mac", "bad_answer", { reason = "A0" })
    expect.truth(host.count "0800" >= 2, "signed in again")
  end,
}

scenario "An approval with the MAC bit cleared is no approval" {
  tags = { "host", "mac", "reversal" }, covers = { "DOMAIN 5.5" },
  run = function() undone("no_mac", "bad_answer", { reason = "A0" }) end,
}

scenario "An answer to another trace number counts as no answer" {
  tags = { "host", "reversal" }, covers = { "DOMAIN 5.5" },
  run = function() undone("wrong_trace", "no_answer") end,
}

scenario "An answer with another amount counts as no answer" {
  tags = { "host", "reversal" }, covers = { "DOMAIN 5.5" },
  run = function() undone("wrong_amount", "no_answer") end,
}

scenario "Garbage instead of an answer" {
  tags = { "host", "reversal" }, covers = { "DOMAIN 5.5", "DOMAIN 5.7" },
  run = function() undone("garbage", "no_answer") end,
}

scenario "The reversal is repeated until the host confirms it" {
  tags = { "host", "reversal" }, covers = { "DOMAIN 5.3" },
  run = function()
    local card = cards.load "unionpay-debit"
    local before = card:balance()
    t:power_on()
    host.rule { on = "0200", action = "silent_after" }
    host.rule { on = "0400", action = "silent_before" }
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "no_answer")
    shop.leave(t)
    host.wait("0400", 2, 900)
    t:wait_idle()
    bench.wait(5)
    shop.not_charged(card, before)
    expect.equal(#t:inspect().reversals, 0, "reversals left")
  end,
}

scenario "No sale goes online while a reversal is due" {
  tags = { "host", "reversal" }, covers = { "DOMAIN 5.3" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:power_on()
    host.rule { on = "0200", action = "silent_after" }
    host.rule { on = "0400", nth = 0, action = "silent_before" }
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "no_answer")
    shop.leave(t)
    t:keys "700 ENTER"
    expect.screen(t, "insert_card")
    t:insert(card)
    expect.screen(t, "enter_pin")
    t:pin "123456"
    expect.screen(t, "reversal_blocked", 900)
    t:remove()
    expect.equal(host.count "0200", 1, "requests that reached the host")
    host.clear()
  end,
}

scenario "45: fallback not allowed, the screen asks for the chip" {
  tags = { "host", "fallback" }, covers = { "DOMAIN 1.5", "DOMAIN 4.7" },
  run = function()
    local card = cards.load("unionpay-debit"):fault { at = "reset", kind = "mute" }
    t:power_on()
    host.rule { on = "0200", action = "code", code = "45" }
    t:sale "12.00"
    for _ = 1, 3 do
      t:insert(card)
      expect.screen(t, "chip_error")
      t:remove()
    end
    expect.screen(t, "please_swipe")
    t:swipe(card)
    expect.screen(t, "enter_pin")
    t:pin "123456"
    expect.screen(t, "use_chip")
    t:wait_idle()
    expect.never_shown(t, "approved")
    expect.equal(shop.last_record(t).response, "45")
  end,
}

scenario "A wrong ARPC: the card refuses, the approval is reversed" {
  tags = { "host", "chip", "reversal" }, covers = { "DOMAIN 2.11", "DOMAIN 5.2" },
  run = function()
    local card = cards.load "unionpay-debit"
    local before = card:balance()
    t:power_on()
    host.rule { on = "0200", action = "bad_arpc" }
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "contact_issuer")
    shop.leave(t)
    host.wait("0400", 1)
    bench.wait(5)
    expect.equal(host.last("0400").de39, "06", "reason: received, not completed")
    shop.not_charged(card, before)
  end,
}

scenario "The host finds the request's MAC wrong (A0): no reversal, new sign-in" {
  tags = { "host", "mac" }, covers = { "DOMAIN 4.7", "DOMAIN 4.8" },
  run = function()
    local card = cards.load "unionpay-debit"
    local before = card:balance()
    t:power_on()
    host.rule { on = "0200", action = "code", code = "A0" }
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "declined")
    shop.leave(t)
    expect.truth(host.count "0800" >= 2, "signed in again")
    expect.equal(host.count "0400", 0, "reversals")
    shop.not_charged(card, before)
  end,
}
