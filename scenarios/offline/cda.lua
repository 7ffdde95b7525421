-- Approvals without the host from cards that sign their cryptograms: a TC counts only inside a good signature, at the
-- first and at the second GENERATE AC (EMV Book 2 6.6, Book 4 6.3.2.2).
local shop = require "shop"
local t = bench.terminal { profile = "unionpay-offline-oda" }

local function case(name, body)
  scenario(name) { tags = { "offline", "chip", "oda" }, covers = { "DOMAIN 2.6 CDA", "DOMAIN 2.10", "DOMAIN 2.11" }, run = body }
end

-- The sale is in the journal as declined, with this code; nothing was sent or is due, nobody paid.
local function declined(card, before, code)
  shop.leave(t)
  expect.equal(#t:inspect().records, 1, "records")
  expect.equal(shop.last_record(t).outcome, "refused")
  expect.equal(shop.last_record(t).response, code)
  expect.equal(#t:inspect().uploads, 0, "uploads")
  expect.equal(host.count "0200" + host.count "0220", 0, "requests")
  expect.never_shown(t, "approved")
  shop.not_charged(card, before)
end

-- The sale is booked once, after the card's word.
local function booked(code)
  shop.leave(t)
  host.wait("0220", 1, 900)
  t:wait_idle()
  local upload = host.last "0220"
  expect.equal(#t:inspect().uploads, 0, "uploads left")
  expect.equal(shop.last_record(t).response, code)
  expect.equal(upload.de55["9F27"], "40", "a TC")
  expect.equal(upload.de55["95"]:sub(1, 2), "00", "TVR: authenticated")
  expect.equal(host.count "0200", 0, "requests")
  expect.printed(t, "TC: " .. upload.de55["9F26"])
end

case("Y1: the first cryptogram is a TC in a good signature", function()
  t:power_on()
  shop.insert_for(t, cards.load "offline-cda", "12.00")
  expect.screen(t, "approved", 900)
  booked "Y1"
end)

case("Z1: the first cryptogram is a TC, and its signature covers other data", function()
  local card = cards.load "broken-cda-offline"
  local before = card:balance()
  t:power_on()
  shop.insert_for(t, card, "12.00")
  expect.screen(t, "declined", 900)
  declined(card, before, "Z1")
end)

case("Y3: no line, and the second cryptogram is a TC in a good signature", function()
  t:power_on()
  net.down()
  shop.insert_for(t, cards.load "offline-cda", "300.00")
  expect.screen(t, "approved", 900)
  net.up()
  booked "Y3"
end)

case("Z3: no line, and the signature around the second cryptogram is broken", function()
  local card = cards.load "offline-cda"
  local before = card:balance()
  card:fault { at = "generate_ac", kind = "corrupt", nth = 2, byte = 40 }
  t:power_on()
  net.down()
  shop.insert_for(t, card, "300.00")
  expect.screen(t, "no_line", 900)
  declined(card, before, "Z3")
end)

case("The signature around the ARQC is broken: nothing is sent, the card is asked for an AAC", function()
  local card = cards.load "offline-cda"
  local before = card:balance()
  card:fault { at = "generate_ac", kind = "corrupt", nth = 1, byte = 40 }
  t:power_on()
  shop.insert_for(t, card, "300.00")
  expect.screen(t, "declined", 900)
  declined(card, before, "Z1")
end)
