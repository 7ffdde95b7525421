-- The card wants an advice sent (9F27 bit 4, EMV Book 3 6.5.5.4). There is no message for it: the wish is kept with the
-- journal's record, with its reason, and stands on the slip where there is one.
local shop = require "shop"
local t = bench.terminal { profile = "unionpay-intl" }

local function case(name, body)
  scenario(name) { tags = { "chip", "advice" }, covers = { "DOMAIN 2.1 CID bits", "DOMAIN 2.11 advice" }, run = body }
end

-- A card whose `nth` cryptogram comes with this 9F27.
local function asking(name, nth, cid)
  local card = cards.load(name)
  card:fault { at = "generate_ac", kind = "mutate_value", nth = nth, tag = "9F27", to = cid }
  return card
end

case("Declined offline, PIN try limit exceeded", function()
  t:power_on()
  shop.pay_with_pin(t, asking("visa-cvn18", 1, "0A"):twist "first_ac_declined", "12.00")
  expect.screen(t, "declined")
  shop.leave(t)
  expect.equal(shop.last_record(t).response, "Z1")
  expect.equal(shop.last_record(t).advice, "2")
end)

case("Approved: a line on the slip", function()
  t:power_on()
  shop.pay_with_pin(t, asking("visa-cvn18", 2, "48"), "12.00")
  expect.screen(t, "approved")
  shop.leave(t)
  expect.equal(shop.last_record(t).outcome, "done")
  expect.equal(shop.last_record(t).advice, "0")
  expect.printed(t, "CARD ASKS FOR ADVICE: NO REASON")
end)

case("The host declines, and the card's last word is that the issuer was not proven", function()
  host.rule { on = "0200", action = "code", code = "51" }
  t:power_on()
  shop.pay_with_pin(t, asking("visa-cvn18", 2, "0B"), "12.00")
  expect.screen(t, "declined")
  shop.leave(t)
  expect.equal(shop.last_record(t).outcome, "refused")
  expect.equal(shop.last_record(t).response, "51")
  expect.equal(shop.last_record(t).advice, "3")
end)

case("The card takes back what the host approved: the advice is kept with the reversal", function()
  t:power_on()
  shop.pay_with_pin(t, asking("visa-cvn18", 2, "09"):twist "second_ac_refused", "12.00")
  expect.screen(t, "contact_issuer")
  t:remove()
  host.wait("0400", 1, 900)
  t:wait_idle()
  expect.equal(shop.last_record(t).advice, "1")
end)

case("No bit, no advice", function()
  t:power_on()
  shop.pay_with_pin(t, cards.load "visa-cvn18", "12.00")
  expect.screen(t, "approved")
  shop.leave(t)
  expect.equal(shop.last_record(t).advice, "")
  expect.not_printed(t, "ADVICE")
end)
