local shop = require "shop"
local t = bench.terminal { profile = "unionpay-intl" }

-- A card that ends before anything is sent.
local function refused(name, screen)
  local card = cards.load(name)
  t:power_on()
  shop.insert_for(t, card, "12.00")
  expect.screen(t, screen)
  shop.leave(t)
  expect.equal(host.count "0200", 0, "requests")
  expect.never_shown(t, "please_swipe")
  expect.never_shown(t, "approved")
end

scenario "A blocked card ends the sale, without fallback" {
  tags = { "card" }, covers = { "DOMAIN 1.3", "DOMAIN 2.3" },
  run = function() refused("blocked-card", "card_blocked") end,
}

scenario "A blocked application ends the sale, without fallback" {
  tags = { "card" }, covers = { "DOMAIN 1.3", "DOMAIN 2.3" },
  run = function() refused("blocked-application", "app_blocked") end,
}

scenario "An expired application goes online with its TVR bit, the host declines 54" {
  tags = { "card", "decline" }, covers = { "DOMAIN 2.7", "DOMAIN 2.10" },
  run = function()
    local card = cards.load "expired"
    t:power_on()
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "declined")
    shop.leave(t)
    local tvr = shop.tvr(2)
    expect.truth(tvr & 0x40 ~= 0, "TVR byte 2 bit 7: expired application")
    expect.equal(shop.last_record(t).response, "54")
  end,
}

scenario "No common application: the chip counts as failed, UnionPay falls back to the stripe" {
  tags = { "card", "fallback" }, covers = { "DOMAIN 1.3", "DOMAIN 2.3" },
  run = function()
    local card = cards.load "no-common-aid"
    t:power_on()
    t:sale "12.00"
    t:insert(card)
    expect.screen(t, "not_accepted")
    t:remove()
    expect.equal(host.count "0200", 0, "requests")
    t:keys "CANCEL"
  end,
}

scenario "A wrong cryptogram: the host refuses, nothing is booked" {
  tags = { "card", "cryptogram" }, covers = { "DOMAIN 3.7" },
  run = function()
    local card = cards.load("unionpay-debit"):twist "wrong_cryptogram"
    local before = card:balance()
    t:power_on()
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "declined")
    shop.leave(t)
    shop.not_charged(card, before)
  end,
}

scenario "The card refuses the second GENERATE AC after an approval: reversed" {
  tags = { "card", "reversal" }, covers = { "DOMAIN 2.11", "DOMAIN 5.2" },
  run = function()
    local card = cards.load("unionpay-debit"):twist "second_ac_refused"
    local before = card:balance()
    t:power_on()
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "contact_issuer")
    shop.leave(t)
    host.wait("0400", 1, 900)
    bench.wait(5)
    expect.equal(host.last("0400").de39, "06", "reason")
    shop.not_charged(card, before)
    expect.never_shown(t, "approved")
  end,
}

scenario "Conditions not satisfied on GPO: the next application is taken" {
  tags = { "card" }, covers = { "DOMAIN 2.4" },
  run = function()
    local card = cards.load("unionpay-debit"):twist "gpo_6985_once"
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "not_accepted")
    shop.leave(t)
    expect.equal(host.count "0200", 0, "requests")
  end,
}

-- The card is pulled at three points.
local function pulled(at, screen, options)
  local fault = { at = at, kind = "remove" }
  for key, value in pairs(options or {}) do fault[key] = value end
  local card = cards.load("unionpay-debit"):fault(fault)
  local before = card:balance()
  t:power_on()
  shop.insert_for(t, card, "12.00")
  if at ~= "read_record" then
    expect.screen(t, "enter_pin")
    t:pin "123456"
  end
  expect.screen(t, screen)
  t:wait_idle()
  bench.wait(5)
  shop.not_charged(card, before)
  expect.never_shown(t, "approved")
end

scenario "Card pulled while its records are read: nothing sent" {
  tags = { "card", "removal" }, covers = { "DOMAIN 1.3" },
  run = function()
    pulled("read_record", "card_removed")
    expect.equal(host.count "0200", 0, "requests")
  end,
}

scenario "Card pulled at the first GENERATE AC: nothing sent" {
  tags = { "card", "removal" }, covers = { "DOMAIN 2.11" },
  run = function()
    pulled("generate_ac", "card_removed")
    expect.equal(host.count "0200", 0, "requests")
  end,
}

scenario "Card pulled before the second GENERATE AC, after the approval: reversed" {
  tags = { "card", "removal", "reversal" }, covers = { "DOMAIN 2.11", "DOMAIN 5.2" },
  run = function()
    pulled("generate_ac_2", "contact_issuer")
    host.wait("0400", 1, 900)
    expect.equal(host.last("0400").de39, "06", "reason")
  end,
}

scenario "Card pulled after it has worked on the second GENERATE AC: reversed all the same" {
  tags = { "card", "removal", "reversal" }, covers = { "DOMAIN 2.11", "DOMAIN 5.2" },
  run = function()
    pulled("generate_ac_2", "contact_issuer", { after = true })
    host.wait("0400", 1, 900)
  end,
}
