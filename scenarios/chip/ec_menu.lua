local shop = require "shop"
-- The operator's menu of a terminal that takes electronic cash, and what can be read from a card there.
local t = bench.terminal { profile = "unionpay-ec" }
local plain = bench.terminal { profile = "unionpay-intl" }

local function case(name, body)
  scenario(name) { tags = { "chip", "ec", "menu" }, covers = { "DOMAIN 3.9 contact EC", "DOMAIN 2.12" }, run = body }
end

local function open(row, ask)
  t:power_on()
  t:keys "FUNC"
  expect.screen(t, "menu_row")
  t:keys(row .. " ENTER")
  expect.screen(t, ask)
end

case("The rows go round, by arrow and by number", function()
  t:power_on()
  t:keys "FUNC"
  expect.screen(t, "menu_row")
  expect.equal(t:screen().rows[2], "1: Card log", "first row")
  t:keys "DOWN"
  expect.equal(t:screen().rows[2], "2: Purse balance", "next")
  t:keys "UP UP"
  expect.equal(t:screen().rows[2], "6: Account balance", "the last before the first")
  t:keys "3"
  expect.equal(t:screen().rows[2], "3: Load purse", "by number")
  t:keys "9"
  expect.equal(t:screen().rows[2], "3: Load purse", "there is no row 9")
  t:keys "CANCEL"
  t:wait_idle()
end)

case("Nobody chooses: the time runs out", function()
  t:power_on()
  t:keys "FUNC"
  expect.screen(t, "menu_row")
  t:wait_idle(120)
end)

case("A terminal that takes none has the card's log alone", function()
  plain:power_on()
  plain:keys "FUNC"
  expect.screen(plain, "menu")
  plain:keys "2 3 4 5 6"
  expect.equal(plain:screen().name, "menu", "screen")
  plain:keys "CANCEL"
  plain:wait_idle()
end)

case("The purse's balance, read from the card alone", function()
  open("2", "purse_card")
  t:insert(cards.load "unionpay-ec")
  expect.screen(t, "purse")
  expect.equal(t:screen().rows[1], "Purse 100.00", "balance")
  expect.equal(t:screen().rows[2], "Holds up to 1000.00", "limit")
  expect.equal(t:screen().rows[3], "One sale 200.00", "single limit")
  t:keys "ENTER"
  expect.screen(t, "remove_card")
  shop.leave(t)
  expect.equal(host.count "0200", 0, "requests")
end)

for _, o in ipairs {
  { "A card without a purse", "unionpay-debit", "purse_none" },
  { "A purse whose balance is no amount", "unionpay-ec-broken", "purse_none" },
  { "A blocked card", "blocked-card", "card_blocked" },
} do
  case(o[1] .. " is said so", function()
    open("2", "purse_card")
    t:insert(cards.load(o[2]))
    expect.screen(t, o[3])
    shop.leave(t)
  end)
end

case("The card is pulled while its purse is read", function()
  open("2", "purse_card")
  t:insert(cards.load("unionpay-ec"):fault { at = "get_data", kind = "remove" })
  expect.screen(t, "log_removed")
  t:wait_idle()
end)

case("Nobody inserts a card: back to rest", function()
  open("2", "purse_card")
  t:wait_idle(120)
end)

case("No load yet: the log is empty", function()
  open("5", "load_log_card")
  t:insert(cards.load "unionpay-ec")
  expect.screen(t, "log_none")
  shop.leave(t)
end)

case("A load and a sale stand in the card's logs", function()
  local card = cards.load "unionpay-ec"
  open("3", "enter_amount")
  t:keys "5000 ENTER"
  expect.screen(t, "insert_card")
  t:insert(card)
  expect.screen(t, "enter_pin")
  t:pin "123456"
  expect.screen(t, "approved")
  shop.leave(t)
  shop.insert_for(t, card, "12.00")
  expect.screen(t, "approved_balance")
  shop.leave(t)

  t:keys "FUNC 5 ENTER"
  t:insert(card)
  expect.screen(t, "log_page")
  expect.equal(t:screen().rows[1], "1/1 2026-06-15", "the load")
  expect.truth(t:screen().rows[2]:find("50.00", 1, true), "what was loaded")
  t:keys "CANCEL"
  shop.leave(t)

  t:keys "FUNC 1 ENTER"
  t:insert(card)
  expect.screen(t, "log_page")
  expect.equal(t:screen().rows[1], "1/2 2026-06-15", "two transactions, the newest first")
  expect.truth(t:screen().rows[2]:find("12.00", 1, true), "the sale")
  t:keys "DOWN"
  expect.truth(t:screen().rows[2]:find("50.00", 1, true), "the load")
  t:keys "CANCEL"
  shop.leave(t)
end)

-- The account's balance: online with the PIN, and nothing moves.
local function ask_account(card)
  open("6", "insert_card")
  t:insert(card)
  expect.screen(t, "enter_pin")
  t:pin "123456"
end

case("The account's balance, asked of the host", function()
  local card = cards.load "unionpay-ec"
  ask_account(card)
  expect.screen(t, "account_balance")
  expect.equal(t:screen().rows[2], "10000.00", "balance")
  shop.leave(t)
  local request = host.last "0200"
  expect.equal(request.de3, "310000", "DE3")
  expect.equal(request.de4, nil, "DE4")
  expect.equal(request.de60.type, "01", "DE60.1")
  expect.equal(request.de55["9C"], "31", "9C")
  expect.equal(#t:inspect().records, 0, "journal")
  expect.equal(#host.ledger(), 0, "bookings")
  expect.equal(card:counters().purse, 10000, "purse")
end)

case("The account is not asked offline: a card that would approve on its own goes online", function()
  local card = cards.load "action-offline-approves"
  ask_account(card)
  expect.screen(t, "account_balance")
  shop.leave(t)
  expect.equal(host.last("0200").de55["9F27"], "80", "an ARQC")
end)

for _, o in ipairs {
  { "declines", { on = "0200", action = "code", code = "62" } },
  { "is silent: nothing is reversed", { on = "0200", action = "silent_after" } },
} do
  case("The account's balance, and the host " .. o[1], function()
    t:power_on()
    host.rule(o[2])
    ask_account(cards.load "unionpay-ec")
    expect.screen(t, "declined")
    shop.leave(t)
    bench.wait(120)
    expect.equal(host.count "0400", 0, "reversals")
    expect.equal(#t:inspect().records, 0, "journal")
  end)
end

case("The account's balance without a line", function()
  t:power_on()
  net.down()
  ask_account(cards.load "unionpay-ec")
  expect.screen(t, "no_line")
  shop.leave(t)
  net.up()
end)
