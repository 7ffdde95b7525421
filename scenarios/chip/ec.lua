local shop = require "shop"
-- Electronic cash on the contact interface (JR/T 0025.13): the terminal takes it up to 200.00 and uploads it; `offline`
-- never goes online, `online` always does.
local t = bench.terminal { profile = "unionpay-ec" }
local offline = bench.terminal { profile = "unionpay-ec-offline" }
local online = bench.terminal { profile = "unionpay-ec-online" }

local function case(name, body)
  scenario(name) { tags = { "chip", "ec" }, covers = { "DOMAIN 3.9 contact EC" }, run = body }
end

local function purse(card) return card:counters().purse end

-- A sale that the purse pays; returns when the customer has gone.
local function pay(at, card, amount)
  shop.insert_for(at, card, amount)
  expect.screen(at, "approved_balance")
  expect.equal(at:screen().rows[3], string.format("Balance %.2f", purse(card) / 100), "what is left")
  shop.leave(at)
end

-- The same through the account, with the online PIN when it is asked for; the request.
local function pay_online(at, card, amount)
  local before = host.count "0200"
  shop.insert_for(at, card, amount)
  bench.wait(5)
  local asked = at:screen().name == "enter_pin"
  if asked then at:pin "123456" end
  expect.screen(at, "approved")
  shop.leave(at)
  expect.equal(host.count "0200", before + 1, "requests")
  return host.last "0200", asked
end

case("Paid from the purse: no host, no PIN, and the sale is uploaded", function()
  local card = cards.load "unionpay-ec"
  local before = card:balance()
  t:power_on()
  pay(t, card, "12.00")
  expect.equal(purse(card), 8800, "purse")
  host.wait("0200", 1, 900)
  t:wait_idle()
  local upload = host.last "0200"
  expect.equal(upload.de60.type, "36", "DE60.1")
  expect.equal(upload.de55["8A"], "5931", "8A is Y1")
  expect.equal(upload.de55["9F27"], "40", "a TC")
  expect.equal(upload.de55["9F74"], "454343303031", "authorisation code")
  expect.equal(upload.de35, nil, "no track is kept")
  expect.equal(upload.de52, nil, "no PIN block")
  expect.equal(card:balance(), before, "the account is not charged for what is in the purse")
  expect.equal(shop.last_record(t).outcome, "done", "journal")
  expect.printed(t, "TYPE: EC SALE")
  expect.printed(t, "88.00")
  expect.printed(t, "APPROVED")
end)

case("One fen: the smallest amount there is", function()
  local card = cards.load "unionpay-ec"
  t:power_on()
  pay(t, card, "0.01")
  expect.equal(purse(card), 9999, "purse")
end)

-- Threshold 10.00 of 100.00 in the purse: 90.00 leaves it, a cent more does not.
case("What leaves exactly the threshold is paid from the purse", function()
  local card = cards.load "unionpay-ec"
  t:power_on()
  pay(t, card, "90.00")
  expect.equal(purse(card), 1000, "purse")
end)

case("A cent below the threshold: online with the online PIN, and the purse stays as it is", function()
  local card = cards.load "unionpay-ec"
  local before = card:balance()
  t:power_on()
  local request, asked = pay_online(t, card, "90.01")
  expect.truth(asked, "online PIN")
  expect.equal(request.de60.type, "22", "DE60.1: an ordinary sale")
  expect.truth(request.de52, "PIN block")
  expect.equal(request.de55["9F27"], "80", "an ARQC")
  expect.equal(purse(card), 10000, "purse")
  expect.equal(card:balance(), before - 9001, "account")
end)

case("A purse near its threshold goes online at once", function()
  local card = cards.load "unionpay-ec-low"
  t:power_on()
  pay(t, card, "5.00")
  pay_online(t, card, "1.00")
  expect.equal(purse(card), 2000, "purse")
end)

case("Below the threshold and no line: ordinary debit, which the terminal's action codes refuse", function()
  local card = cards.load "unionpay-ec"
  t:power_on()
  net.down()
  shop.insert_for(t, card, "95.00")
  expect.screen(t, "enter_pin")
  t:pin "123456"
  expect.screen(t, "no_line")
  shop.leave(t)
  expect.equal(purse(card), 10000, "purse: not paid from it")
  expect.equal(#t:inspect().records, 0, "journal: nothing was sent, nothing approved")
  net.up()
end)

case("Below the threshold, offline only: the purse pays all the same", function()
  local card = cards.load "unionpay-ec"
  offline:power_on()
  pay(offline, card, "95.00")
  expect.equal(purse(card), 500, "purse")
end)

case("All of it, offline only: the purse is empty", function()
  local card = cards.load "unionpay-ec"
  offline:power_on()
  pay(offline, card, "100.00")
  expect.equal(purse(card), 0, "purse")
end)

case("A terminal that is always online takes no electronic cash", function()
  local card = cards.load "unionpay-ec"
  online:power_on()
  local request = pay_online(online, card, "12.00")
  expect.equal(request.de55["9F27"], "80", "an ARQC")
  expect.equal(purse(card), 10000, "purse")
end)

-- The limits: of the terminal 200.00, of one sale of the card, of what is in it.
for _, l in ipairs {
  { "over the terminal's limit", "unionpay-ec-full", "200.01" },
  { "over the card's limit for one sale", "unionpay-ec-single", "30.01" },
  { "more than the purse holds", "unionpay-ec", "100.01" },
  { "one cent, and the purse is empty", "unionpay-ec-empty", "0.01" },
  { "in another currency than the purse's", "unionpay-ec-dollar", "12.00" },
} do
  case("Not from the purse: " .. l[1], function()
    local card = cards.load(l[2])
    local before, held = card:balance(), purse(card)
    t:power_on()
    net.up()
    shop.insert_for(t, card, l[3])
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(purse(card), held, "purse")
    expect.equal(shop.last_record(t).response, "Y1", "an ordinary approval of the card, without the host")
    host.wait("0220", 1, 900)
    t:wait_idle()
    expect.equal(host.last("0220").de60.type, "30", "DE60.1: an offline sale")
    expect.equal(#host.ledger(), 1, "bookings")
    expect.equal(card:balance(), before - host.ledger()[1].amount, "account")
  end)
end

for _, l in ipairs {
  { "the terminal's limit", "unionpay-ec-full", "200.00", 99000 - 20000 },
  { "the card's limit for one sale", "unionpay-ec-single", "30.00", 50000 - 3000 },
} do
  case("Exactly " .. l[1] .. " is paid from the purse", function()
    local card = cards.load(l[2])
    t:power_on()
    pay(t, card, l[3])
    expect.equal(purse(card), l[4], "purse")
  end)
end

case("Static data, and every reason to ask the issuer left open: the purse asks nobody", function()
  local card = cards.load "unionpay-ec-sda"
  t:power_on()
  pay(t, card, "12.00")
  expect.equal(purse(card), 8800, "purse")
end)

for _, b in ipairs { "unionpay-ec-broken", "unionpay-ec-silent" } do
  case("A purse that cannot be read: the card would pay from it, so it is asked for an ARQC: " .. b, function()
    local card = cards.load(b)
    local before = card:balance()
    t:power_on()
    local request, asked = pay_online(t, card, "12.00")
    expect.truth(asked, "online PIN")
    expect.equal(request.de60.type, "22", "DE60.1: an ordinary sale")
    expect.equal(request.de55["9F27"], "80", "an ARQC")
    expect.equal(card:balance(), before - 1200, "account")
    expect.equal(purse(card), 10000, "purse")
  end)

  case("The same where nobody can be asked is declined: " .. b, function()
    local card = cards.load(b)
    offline:power_on()
    shop.insert_for(offline, card, "12.00")
    expect.screen(offline, "declined")
    shop.leave(offline)
    expect.equal(purse(card), 10000, "purse")
  end)
end

case("A signature that does not hold: the sale goes online, and the purse keeps its money", function()
  local card = cards.load "broken-ec-signature"
  t:power_on()
  local request = pay_online(t, card, "12.00")
  expect.equal(tonumber(request.de55["95"]:sub(1, 2), 16) & 0x08, 0x08, "TVR: DDA failed")
  expect.equal(purse(card), 10000, "purse")
end)

case("A stopped card is declined, whatever is in its purse", function()
  local card = cards.load "unionpay-ec-stopped"
  t:power_on()
  shop.insert_for(t, card, "12.00")
  expect.screen(t, "declined")
  shop.leave(t)
  expect.equal(purse(card), 10000, "purse")
  expect.equal(host.count "0200", 0, "requests")
  expect.equal(shop.last_record(t).response, "Z1", "journal")
end)

case("A card that declines: nothing leaves the purse", function()
  local card = cards.load("unionpay-ec"):twist "first_ac_declined"
  t:power_on()
  shop.insert_for(t, card, "12.00")
  expect.screen(t, "declined")
  shop.leave(t)
  expect.equal(purse(card), 10000, "purse")
end)

case("Several sales, one behind the other, down to the threshold", function()
  local card = cards.load "unionpay-ec"
  t:power_on()
  for _ = 1, 4 do pay(t, card, "20.00") end
  expect.equal(purse(card), 2000, "purse")
  host.wait("0200", 4, 1800)
  t:wait_idle()
  expect.equal(#host.ledger(), 4, "bookings")
  local sum = 0
  for _, line in ipairs(host.ledger()) do sum = sum + line.amount end
  expect.equal(sum, 8000, "booked")
end)

case("The balance cannot be asked for, because the card falls silent: no sale, and nothing leaves the purse", function()
  local card = cards.load("unionpay-ec"):fault { at = "get_data", kind = "mute" }
  t:power_on()
  shop.insert_for(t, card, "12.00")
  expect.screen(t, "card_error")
  shop.leave(t)
  expect.equal(purse(card), 10000, "purse")
end)

case("The card is pulled at the cryptogram: disclosed as unknown, never charged twice", function()
  local card = cards.load("unionpay-ec"):fault { at = "generate_ac", kind = "remove", after = 1 }
  t:power_on()
  shop.insert_for(t, card, "12.00")
  expect.screen(t, "payment_unknown")
  t:wait_idle(600)
  expect.equal(purse(card), 8800, "purse: the card had paid")
  expect.equal(shop.last_record(t).outcome, "disclosed", "journal")
  expect.equal(host.count "0200", 0, "uploads")
end)
