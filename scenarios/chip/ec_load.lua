local shop = require "shop"
-- Loads of electronic cash from the operator's menu: from the card's account (45) and with cash (46). The host's answer
-- carries the script that writes the new balance; what the card has not written is reversed.
local t = bench.terminal { profile = "unionpay-ec" }

local function case(name, body)
  scenario(name) { tags = { "chip", "ec", "load" }, covers = { "DOMAIN 3.9 contact EC", "DOMAIN 4.3" }, run = body }
end

local function purse(card) return card:counters().purse end

-- From rest to the card; row 3 of the menu is the load from the account, row 4 the one with cash.
local function begin(card, amount, row)
  t:keys "FUNC"
  expect.screen(t, "menu_row")
  t:keys((row or "3") .. " ENTER")
  expect.screen(t, "enter_amount")
  t:keys(amount .. " ENTER")
  expect.screen(t, "insert_card")
  if card then t:insert(card) end
end

local function load(card, amount, row)
  begin(card, amount, row)
  expect.screen(t, "enter_pin")
  t:pin "123456"
end

-- The load ends on this screen, is reversed with this reason, and neither purse nor account are other than before.
local function undone(card, screen, reason, amount, prepare)
  local account, held = card:balance(), purse(card)
  t:power_on()
  if prepare then prepare() end
  load(card, amount or "5000")
  expect.screen(t, screen)
  shop.leave(t)
  host.wait("0400", 1, 900)
  bench.wait(10)
  local reversal = host.last "0400"
  expect.equal(reversal.de39, reason, "DE39 of the reversal")
  expect.equal(reversal.de3, "600000", "DE3 of the reversal")
  expect.equal(reversal.de25, "91", "DE25 of the reversal")
  expect.equal(reversal.de60.type, "45", "DE60.1 of the reversal")
  expect.equal(card:balance(), account, "account")
  expect.equal(shop.last_record(t).outcome, "reversed", "journal")
  expect.equal(purse(card), held, "purse")
  return reversal
end

case("From the account: charged once, and the card has it", function()
  local card = cards.load "unionpay-ec"
  local before = card:balance()
  t:power_on()
  load(card, "5000")
  expect.screen(t, "approved")
  shop.leave(t)
  local request = host.last "0200"
  expect.equal(request.de3, "600000", "DE3")
  expect.equal(request.de25, "91", "DE25")
  expect.equal(request.de60.type, "45", "DE60.1")
  expect.equal(request.de55["9C"], "60", "9C")
  expect.truth(request.de52, "PIN block")
  expect.equal(card:balance(), before - 5000, "account")
  expect.equal(purse(card), 15000, "purse")
  local record = shop.last_record(t)
  expect.equal(record.kind, "other", "kind")
  expect.equal(record.outcome, "done", "journal")
  expect.printed(t, "EC LOAD")
  expect.printed(t, "APPROVED")
end)

case("With cash: the purse has it, the account keeps its own", function()
  local card = cards.load "unionpay-ec"
  local before = card:balance()
  t:power_on()
  load(card, "5000", "4")
  expect.screen(t, "approved")
  shop.leave(t)
  expect.equal(host.last("0200").de3, "630000", "DE3")
  expect.equal(host.last("0200").de60.type, "46", "DE60.1")
  expect.equal(host.last("0200").de55["9C"], "63", "9C")
  expect.equal(card:balance(), before, "account")
  expect.equal(purse(card), 15000, "purse")
end)

case("An empty purse is filled, and pays", function()
  local card = cards.load "unionpay-ec-empty"
  local before = card:balance()
  t:power_on()
  load(card, "3000")
  expect.screen(t, "approved")
  shop.leave(t)
  shop.insert_for(t, card, "12.00")
  expect.screen(t, "approved_balance")
  shop.leave(t)
  expect.equal(purse(card), 1800, "purse")
  host.wait("0200", 2, 900)
  t:wait_idle()
  expect.equal(host.last("0200").de60.type, "36", "DE60.1 of the upload")
  expect.equal(card:balance(), before - 3000, "account: the load, and not the sale")
end)

case("Twice the same amount is two loads", function()
  local card = cards.load "unionpay-ec"
  t:power_on()
  for _ = 1, 2 do
    load(card, "1000")
    expect.screen(t, "approved")
    shop.leave(t)
  end
  expect.equal(purse(card), 12000, "purse")
  expect.equal(#host.ledger(), 2, "bookings")
end)

case("The host declines: nothing moves", function()
  local card = cards.load "unionpay-ec"
  local before = card:balance()
  t:power_on()
  host.rule { on = "0200", action = "code", code = "61" }
  load(card, "5000")
  expect.screen(t, "declined")
  shop.leave(t)
  expect.equal(card:balance(), before, "account")
  expect.equal(purse(card), 10000, "purse")
  expect.equal(host.count "0400", 0, "reversals")
end)

case("More than the account holds", function()
  local card = cards.load "unionpay-ec"
  t:power_on()
  load(card, "1000001")
  expect.screen(t, "declined")
  shop.leave(t)
  expect.equal(purse(card), 10000, "purse")
end)

case("A card without a purse: the issuer knows none", function()
  local card = cards.load "unionpay-debit"
  t:power_on()
  load(card, "5000")
  expect.screen(t, "declined")
  shop.leave(t)
  expect.equal(shop.last_record(t).response, "57", "DE39")
end)

case("More than the purse holds: the card refuses the script, the load is reversed", function()
  local reversal = undone(cards.load "unionpay-ec-full", "contact_issuer", "06")
  expect.equal(reversal.de55.DF31, "1100000001", "the first command failed")
end)

case("Exactly what the purse holds", function()
  local card = cards.load "unionpay-ec-full"
  t:power_on()
  load(card, "1000")
  expect.screen(t, "approved")
  shop.leave(t)
  expect.equal(purse(card), 100000, "purse")
end)

case("The script's MAC is not accepted: reversed", function()
  undone(cards.load("unionpay-ec"):fault { at = "put_data", kind = "sw", sw = 0x6988 }, "contact_issuer", "06")
end)

case("The card is pulled before the script: reversed", function()
  local card = cards.load("unionpay-ec"):fault { at = "put_data", kind = "remove" }
  undone(card, "contact_issuer", "06")
end)

case("The card refuses the second cryptogram: reversed, and no script can write any more", function()
  undone(cards.load("unionpay-ec"):twist "second_ac_refused", "contact_issuer", "06")
end)

case("The answer has no script: the purse is not loaded, so the account is not charged", function()
  undone(cards.load "unionpay-ec", "contact_issuer", "06", nil,
    function() host.rule { on = "0200", action = "no_arpc" } end)
end)

case("No answer: reversed", function()
  undone(cards.load "unionpay-ec", "no_answer", "98", nil,
    function() host.rule { on = "0200", action = "silent_after" } end)
end)

-- What nobody can put right at the counter: the card has written and could not say so. The issuer sees the balance in the
-- card's next 9F10.
case("The card is pulled after the script has been run: reversed, and the purse has the money", function()
  local card = cards.load("unionpay-ec"):fault { at = "put_data", kind = "remove", after = 1 }
  local before = card:balance()
  t:power_on()
  load(card, "5000")
  expect.screen(t, "contact_issuer")
  shop.leave(t)
  host.wait("0400", 1, 900)
  bench.wait(10)
  expect.equal(purse(card), 15000, "purse")
  expect.equal(card:balance(), before, "account")
end)

case("No line: nothing was sent", function()
  local card = cards.load "unionpay-ec"
  t:power_on()
  net.down()
  load(card, "5000")
  expect.screen(t, "no_line")
  shop.leave(t)
  expect.equal(purse(card), 10000, "purse")
  net.up()
end)

case("A wrong PIN is asked for again", function()
  local card = cards.load "unionpay-ec"
  t:power_on()
  begin(card, "5000")
  expect.screen(t, "enter_pin")
  t:pin "999999"
  expect.screen(t, "pin_again")
  t:pin "123456"
  expect.screen(t, "approved")
  shop.leave(t)
  expect.equal(purse(card), 15000, "purse")
end)

case("There is no purse on a stripe", function()
  local card = cards.load "unionpay-ec"
  t:power_on()
  begin(nil, "5000")
  t:swipe(card)
  bench.wait(2)
  expect.equal(t:screen().name, "insert_card", "screen")
  t:keys "CANCEL"
  t:wait_idle()
  expect.equal(host.count "0200", 0, "requests")
end)

case("CANCEL at the amount leads back", function()
  t:power_on()
  t:keys "FUNC 3 ENTER"
  expect.screen(t, "enter_amount")
  t:keys "CANCEL"
  t:wait_idle()
  expect.equal(host.count "0200", 0, "requests")
end)
