-- What a card remembers of one transaction and tells the issuer in the next: its card verification results (DOMAIN
-- 2.1), and what they make it do.
local shop = require "shop"
local t = bench.terminal { profile = "unionpay-offline-pin" }
local oda = bench.terminal { profile = "unionpay-oda" }

local function case(name, body)
  scenario(name) { tags = { "card", "cvr" }, covers = { "DOMAIN 2.1", "DOMAIN 3.4" }, run = body }
end

-- Byte 2, 3 or 4 of the results in the last cryptogram.
local function cvr(card, byte)
  return tonumber(card:counters().cvr:sub(2 * byte - 1, 2 * byte), 16)
end

local function has(card, byte, bit, wanted, what)
  expect.equal(cvr(card, byte) & bit ~= 0, wanted, what)
end

local function sale(card, screen)
  shop.insert_for(t, card, "12.00")
  expect.screen(t, "card_pin")
  t:pin "1234"
  expect.screen(t, screen or "approved")
  shop.leave(t)
  bench.wait(120) -- a reversal is through
end

case("Online and completed: nothing is left to tell", function()
  local card = cards.load "card-scripts"
  t:power_on()
  sale(card)
  expect.equal(card:counters().cvr, "03640000", "CVR: TC after ARQC, offline PIN verified")
  sale(card)
  expect.equal(card:counters().cvr, "03640000", "and again")
  expect.equal(card:counters().last_online_atc, card:counters().atc, "last online ATC")
end)

case("Torn out before the issuer's answer reached it: last online not completed, until one is", function()
  local card = cards.load("card-scripts"):fault { at = "external_authenticate", kind = "remove" }
  t:power_on()
  shop.insert_for(t, card, "12.00")
  expect.screen(t, "card_pin")
  t:pin "1234"
  t:wait_idle(120)
  bench.wait(120)
  card:heal()
  sale(card)
  has(card, 3, 0x80, true, "last online not completed")
  sale(card)
  has(card, 3, 0x80, false, "last online not completed")
end)

case("The issuer's authentication failed: said at once, and the next time", function()
  local card = cards.load "card-scripts"
  t:power_on()
  host.rule { on = "0200", action = "bad_arpc" }
  sale(card, "contact_issuer")
  has(card, 2, 0x08, true, "issuer authentication failed")
  sale(card)
  has(card, 2, 0x08, false, "issuer authentication failed")
  has(card, 3, 0x08, true, "it failed the last time online")
  sale(card)
  has(card, 3, 0x08, false, "it failed the last time online")
end)

case("The issuer did not authenticate itself: said the next time", function()
  local card = cards.load "card-scripts"
  t:power_on()
  host.rule { on = "0200", action = "no_arpc" }
  sale(card)
  sale(card)
  has(card, 3, 0x04, true, "not performed after the last online")
  sale(card)
  has(card, 3, 0x04, false, "not performed after the last online")
end)

case("A wrong PIN, and no try left", function()
  local card = cards.load "card-scripts"
  t:power_on()
  shop.insert_for(t, card, "12.00")
  expect.screen(t, "card_pin")
  t:pin "4321"
  expect.screen(t, "card_pin_again")
  t:pin "4321"
  expect.screen(t, "card_pin_last")
  t:pin "4321"
  expect.screen(t, "enter_pin")
  t:pin "123456"
  expect.screen(t, "approved")
  shop.leave(t)
  has(card, 2, 0x04, true, "offline PIN performed")
  has(card, 2, 0x02, true, "and failed")
  has(card, 3, 0x40, true, "PIN try limit exceeded")
  shop.insert_for(t, card, "12.00")
  expect.screen(t, "enter_pin")
  t:pin "123456"
  expect.screen(t, "approved")
  shop.leave(t)
  has(card, 2, 0x04, false, "offline PIN performed")
  has(card, 3, 0x40, true, "PIN try limit still exceeded")
  has(card, 4, 0x01, true, "PIN expected and not received")
end)

case("Without an issuer's answer: unable to go online", function()
  local card = cards.load "card-scripts"
  t:power_on()
  host.rule { on = "0200", action = "silent_before" }
  shop.insert_for(t, card, "12.00")
  expect.screen(t, "card_pin")
  t:pin "1234"
  bench.wait(200)
  shop.leave(t)
  has(card, 2, 0x01, true, "unable to go online")
  bench.wait(300)
  sale(card)
  has(card, 3, 0x80, true, "last online not completed")
end)

case("A new card says so until it was online", function()
  local card = cards.load "unionpay-new"
  t:power_on()
  for _, new in ipairs { true, false } do
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "approved")
    shop.leave(t)
    has(card, 3, 0x10, new, "new card")
  end
end)

case("DDA was performed, and the TVR is the terminal's", function()
  local card = cards.load "unionpay-dda"
  oda:power_on()
  shop.insert_for(oda, card, "12.00")
  bench.wait(4)
  if oda:screen().name == "enter_pin" then oda:pin "123456" end
  host.wait("0200", 1, 60)
  shop.leave(oda)
  has(card, 4, 0x02, true, "DDA performed")
  expect.equal(card:counters().tvr:sub(1, 2), "00", "TVR byte 1 as the card was told")
end)
