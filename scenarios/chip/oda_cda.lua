-- Combined authentication in whole sales: what is asked for, what an answer without a good signature leads to at the
-- first and at the second GENERATE AC (EMV Book 2 6.6, Book 4 6.3.2.2).
local shop = require "shop"
local t = bench.terminal { profile = "unionpay-oda" }

local function pay(card)
  t:power_on()
  shop.pay_with_pin(t, card, "12.00")
end

local function case(name, body)
  scenario(name) { tags = { "chip", "oda" }, covers = { "DOMAIN 2.6 CDA", "DOMAIN 2.11" }, run = body }
end

case("Both cryptograms are asked for with a signature: the card gives none without", function()
  pay(cards.load "select-cda-strict")
  expect.screen(t, "approved")
  shop.leave(t)
  expect.equal(host.last("0200").de55["95"], "0000048000", "TVR in the request")
end)

case("The signature around the second cryptogram is broken: no approval, and the host's is taken back", function()
  local card = cards.load "unionpay-cda-t1"
  local before = card:balance()
  card:fault { at = "generate_ac", kind = "corrupt", nth = 2, byte = 40 }
  pay(card)
  expect.screen(t, "contact_issuer")
  t:remove()
  host.wait("0400", 1, 900)
  t:wait_idle()
  expect.equal(host.count "0200", 1, "requests")
  expect.equal(host.last("0400").de39, "06", "reason")
  expect.never_shown(t, "approved")
  shop.not_charged(card, before)
end)

case("Format 80 where a signature was asked for: card error, nothing sent", function()
  pay(cards.load "select-cda-format-80")
  expect.screen(t, "card_error")
  shop.leave(t)
  expect.equal(host.count "0200", 0, "requests")
end)

case("An AAC needs no signature: declined offline", function()
  local card = cards.load "select-cda-declines"
  local before = card:balance()
  pay(card)
  expect.screen(t, "declined")
  shop.leave(t)
  expect.equal(host.count "0200", 0, "requests")
  shop.not_charged(card, before)
  expect.equal(shop.last_record(t).response, "Z1", "response code on the journal")
end)
