-- Application selection: what is on the card, what the cardholder sees, what is taken (EMV Book 1 section 12).
local shop = require "shop"
local t = bench.terminal { profile = "unionpay-intl" }

local debit, credit = "A000000333010101", "A000000333010102"

local function case(name, body, covers)
  scenario(name) { tags = { "chip", "selection" }, covers = covers or { "DOMAIN 2.3" }, run = body }
end

-- The sale goes through with the application `aid`.
local function pays(aid)
  expect.screen(t, "enter_pin")
  t:pin "123456"
  expect.screen(t, "approved")
  shop.leave(t)
  expect.equal(host.last("0200").de55["84"], aid, "DF name")
  expect.printed(t, "AID: " .. aid)
end

local function insert(name)
  local card = cards.load(name)
  t:power_on()
  shop.insert_for(t, card, "12.00")
  return card
end

-- Without a question.
local function takes(name, aid)
  insert(name)
  pays(aid)
  expect.never_shown(t, "choose_application")
end

-- The names that are offered, in their order; then `keys`.
local function offers(name, names, keys, aid)
  insert(name)
  expect.screen(t, "choose_application")
  for _, text in ipairs(names) do
    expect.equal(t:screen().rows[2], text, "the name offered")
    t:keys "DOWN"
  end
  expect.equal(t:screen().rows[2], names[1], "all names, once round")
  t:keys(keys)
  pays(aid)
end

local function refused(name, screen, stripe)
  insert(name)
  expect.screen(t, screen)
  shop.leave(t)
  expect.equal(host.count "0200", 0, "requests")
  if not stripe then expect.never_shown(t, "please_swipe") end
  expect.never_shown(t, "approved")
end

-- Directories

case("Directories below the PSE: the applications of both are offered by the names they have there", function()
  offers("select-nested-directories", { "Nested Credit", "Nested Debit" }, "DOWN ENTER", debit)
end)
case("A directory that names itself and the PSE: each is read once", function()
  takes("select-directory-loop", debit)
end)
case("A directory that is not there is passed over", function() takes("select-directory-lost", debit) end)
case("A directory that breaks off: the list of AIDs finds what it had not named yet", function()
  offers("select-directory-malformed", { "UnionPay Debit", "UnionPay Credit" }, "DOWN ENTER", credit)
end)
case("A directory whose second record is refused: the list of AIDs", function()
  takes("select-directory-refused", debit)
end)
case("A blocked PSE (6283): the list of AIDs", function() takes("select-pse-blocked", debit) end)
case("A PSE with file 11 as its directory: the list of AIDs", function() takes("select-pse-file-11", debit) end)
case("6A81 to the PSE: card blocked, no fallback", function() refused("select-pse-card-blocked", "card_blocked") end,
  { "DOMAIN 1.3", "DOMAIN 2.3" })
case("6A81 to an AID: card blocked, no fallback", function() refused("select-application-6a81", "card_blocked") end,
  { "DOMAIN 1.3", "DOMAIN 2.3" })

-- Partial names

case("DF names longer than the AID: SELECT NEXT finds both, by priority", function()
  offers("select-long-names", { "Current", "Savings" }, "DOWN ENTER", debit .. "01")
end)
case("A blocked application among them is left out, SELECT NEXT goes on", function()
  offers("select-next-blocked", { "Deposit", "Savings" }, "ENTER", debit .. "03")
end)
case("SELECT NEXT answers with warnings without end: the terminal stops, the first name is taken", function()
  takes("select-next-warning", debit .. "01")
end)
scenario "A terminal that wants the AID exactly takes no longer name" {
  tags = { "chip", "selection" }, covers = { "DOMAIN 2.3" },
  run = function()
    local exact = bench.terminal { profile = "unionpay-exact" }
    exact:power_on()
    shop.insert_for(exact, cards.load "select-long-names", "12.00")
    expect.screen(exact, "not_accepted")
    shop.leave(exact)
    shop.pay_with_pin(exact, cards.load "unionpay-no-pse", "12.00")
    expect.screen(exact, "approved")
    shop.leave(exact)
    expect.equal(host.count "0200", 1, "requests")
  end,
}

-- Names

case("Preferred names in a character set of the terminal's", function()
  offers("select-preferred-name", { "Mein Konto", "Meine Karte" }, "ENTER", debit)
end)
case("Preferred names in another character set: the labels", function()
  offers("select-strange-set", { "UnionPay Debit", "UnionPay Credit" }, "ENTER", debit)
end)
case("Labels with signs that are not allowed: the AIDs", function()
  offers("select-strange-label", { debit, credit }, "DOWN ENTER", credit)
end)

-- Confirmation and choice

local function asked(keys)
  insert "select-confirm"
  expect.screen(t, "confirm_application")
  expect.equal(t:screen().rows[2], "UnionPay Debit", "what is asked")
  if keys then t:keys(keys) end
end
local function ended_by_cardholder()
  expect.screen(t, "cancelled", 90)
  shop.leave(t)
  expect.equal(host.count "0200", 0, "requests")
  expect.never_shown(t, "please_swipe")
end

case("The only application wants confirmation: ENTER gives it", function()
  asked "ENTER"
  pays(debit)
end)
case("The only application wants confirmation: CANCEL ends the sale", function()
  asked "CANCEL"
  ended_by_cardholder()
end)
case("The only application wants confirmation: other keys give none, and the time runs out", function()
  asked "DOWN 5 CLEAR"
  expect.equal(t:screen().name, "confirm_application", "still asked")
  ended_by_cardholder()
end)
case("Card pulled at the question: nothing is sent", function()
  asked()
  t:remove()
  expect.screen(t, "card_removed")
  t:wait_idle()
  expect.equal(host.count "0200", 0, "requests")
end)
case("Choice among two: the time runs out", function()
  insert "select-strange-set"
  expect.screen(t, "choose_application")
  ended_by_cardholder()
end)
case("Choice among two: CANCEL", function()
  insert "select-strange-set"
  expect.screen(t, "choose_application")
  t:keys "CANCEL"
  ended_by_cardholder()
end)

-- Final SELECT

case("The chosen application answers under another name: out, the other one is taken", function()
  insert "select-other-name-first"
  expect.screen(t, "choose_application")
  t:keys "ENTER"
  expect.screen(t, "enter_pin")
  pays(debit)
end)
case("The only application answers under another name: the chip has failed", function()
  refused("select-other-name-only", "chip_error", true)
end, { "DOMAIN 1.3", "DOMAIN 2.3" })
case("Bytes behind the FCI: the chip has failed", function() refused("select-bad-fci", "chip_error", true) end,
  { "DOMAIN 1.3", "DOMAIN 2.3" })
case("6985 to GET PROCESSING OPTIONS: the other application, without reading the directory again", function()
  insert "select-no-options"
  expect.screen(t, "choose_application")
  t:keys "ENTER"
  pays(credit)
end, { "DOMAIN 2.3", "DOMAIN 2.4" })
