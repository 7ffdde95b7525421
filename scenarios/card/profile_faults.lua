-- Cards whose profile has faults ("faults" in cards/README.md): they misbehave wherever they are put in, until healed.
local shop = require "shop"
local t = bench.terminal { profile = "unionpay-intl" }
local contacts = bench.terminal { profile = "unionpay-character" }
local air = bench.terminal { profile = "unionpay-tap" }
local oda = bench.terminal { profile = "unionpay-oda" }

local function case(name, what, body)
  scenario(name .. ": " .. what) {
    tags = { "card", "fault" }, covers = { "DOMAIN 1.3", "DOMAIN 3.4" },
    run = function() body(cards.load(name)) end,
  }
end

local function pays(terminal, card)
  local before = card:balance()
  terminal:power_on()
  shop.insert_for(terminal, card, "12.00")
  expect.screen(terminal, "enter_pin", 60)
  terminal:pin "123456"
  expect.screen(terminal, "approved", 90)
  shop.leave(terminal)
  expect.equal(before - card:balance(), 1200, "charged")
end

for _, name in ipairs { "one-by-one", "parity", "wtx", "slow" } do
  case("card-fault-" .. name, "it pays at the contacts and over a reader of whole commands", function(card)
    pays(contacts, card)
    pays(t, card)
  end)
end

case("card-fault-lrc", "three blocks are lost, and the chip counts as failed; once healed it pays", function(card)
  contacts:power_on()
  contacts:sale "12.00"
  contacts:insert(card)
  expect.screen(contacts, "chip_error", 60)
  contacts:remove()
  contacts:keys "CANCEL"
  contacts:wait_idle()
  pays(contacts, card:heal())
end)

for _, terminal in ipairs { t, contacts } do
  case("card-fault-too-slow", "nobody waits ten seconds: the sale ends", function(card)
    terminal:power_on()
    shop.insert_for(terminal, card, "12.00")
    expect.screen(terminal, "enter_pin", 60)
    terminal:pin "123456"
    expect.screen(terminal, "card_error", 60)
    shop.leave(terminal)
    expect.equal(host.count "0200", 0, "requests")
  end)
end

case("card-fault-torn", "approved by the host, gone at the second cryptogram: reversed", function(card)
  local before = card:balance()
  t:power_on()
  shop.pay_with_pin(t, card, "12.00")
  expect.screen(t, "contact_issuer")
  t:wait_idle()
  host.wait("0400", 1, 900)
  bench.wait(5)
  shop.not_charged(card, before)
  expect.equal(card:counters().cvr:sub(1, 4), "0360", "the card has given its TC")
end)

case("card-fault-pan-twice", "a card error, each time anew", function(card)
  t:power_on()
  for _ = 1, 2 do
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "card_error")
    shop.leave(t)
  end
  expect.equal(host.count "0200", 0, "requests")
end)

case("card-fault-atc", "the host sees the ATC jump", function(card)
  t:power_on()
  shop.pay_with_pin(t, card, "12.00")
  expect.screen(t, "approved")
  shop.leave(t)
  expect.equal(host.last("0200").de55["9F36"], "FF01", "ATC")
end)

case("card-fault-certificate", "DDA fails", function(card)
  oda:power_on()
  shop.insert_for(oda, card, "12.00")
  bench.wait(4)
  if oda:screen().name == "enter_pin" then oda:pin "123456" end
  host.wait("0200", 1, 60)
  expect.truth(shop.tvr(1) & 0x08 ~= 0, "TVR byte 1: DDA failed")
  shop.leave(oda)
end)

case("card-fault-cryptogram", "the host refuses it", function(card)
  t:power_on()
  shop.pay_with_pin(t, card, "12.00")
  expect.screen(t, "declined")
  shop.leave(t)
  expect.equal(shop.last_record(t).response, "05", "response")
end)

-- A tap torn on either side of the card's work: it has counted, or it has not.
for _, after in ipairs { false, true } do
  scenario("A tap torn " .. (after and "after" or "before") .. " the card has worked: presented again, paid once") {
    tags = { "card", "fault", "contactless" }, covers = { "DOMAIN 3.4", "DOMAIN 3.9" },
    run = function()
      local card = after and cards.load("qpboc-debit"):fault { at = "gpo", kind = "remove", after = true }
        or cards.load "card-fault-torn-tap"
      local before, atc = card:balance(), card:counters().atc
      air:power_on()
      air:sale "12.00"
      air:tap(card)
      expect.screen(air, "tap_again")
      expect.equal(card:counters().atc, atc + (after and 1 or 0), "ATC after the torn tap")
      air:tap(card:heal())
      air:untap()
      expect.screen(air, "approved")
      air:wait_idle()
      expect.equal(card:balance(), before - 1200, "charged once")
    end,
  }
end
