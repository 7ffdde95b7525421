-- Every status word that a terminal can meet, at every command of a sale, and what becomes of the sale (DOMAIN 1.3, 2.2
-- to 2.4, 2.6, 2.8, 2.11). The expectations are the rules' alone: a row names the command, the words, and the end.
local shop = require "shop"
local plain = bench.terminal { profile = "unionpay-intl" }
local signing = bench.terminal { profile = "unionpay-oda" }
local by_card = bench.terminal { profile = "unionpay-offline-pin" }

local WARNINGS = { 0x6200, 0x6281, 0x6283, 0x6300, 0x63C2 }
local ERRORS = {
  0x6400, 0x6581, 0x6700, 0x6882, 0x6981, 0x6982, 0x6983, 0x6984, 0x6985, 0x6987, 0x6988, 0x6A80, 0x6A81, 0x6A82,
  0x6A83, 0x6A84, 0x6A86, 0x6A88, 0x6B00, 0x6D00, 0x6E00, 0x6F00, 0x9001, 0x9F00,
}

-- All of them without those named.
local function all(without)
  local words, skip = {}, {}
  for _, word in ipairs(without or {}) do skip[word] = true end
  for _, list in ipairs { WARNINGS, ERRORS } do
    for _, word in ipairs(list) do
      if not skip[word] then words[#words + 1] = word end
    end
  end
  return words
end

-- ends(terminal, card, shown): how one sale goes on, from the card in the slot to the idle screen.
local function approved(t)
  expect.screen(t, "enter_pin")
  t:pin "123456"
  expect.screen(t, "approved")
end

local function stops_at(screen)
  return function(t, card, before)
    expect.screen(t, screen)
    expect.equal(card:balance(), before, "balance")
  end
end

local function ends_after_pin(screen)
  return function(t, card, before)
    expect.screen(t, "enter_pin")
    t:pin "123456"
    expect.screen(t, screen)
    bench.wait(120) -- a reversal is delivered
    expect.equal(card:balance(), before, "balance")
  end
end

local DEBIT, LISTED = "unionpay-debit", "unionpay-no-pse" -- T=1 with a directory; T=0 without

-- One sale for each word. `with_data`: the card has done what it was told and sends its data, with that word behind.
local function play(t, row, card, word, with_data)
  card:fault { at = row.at, nth = row.nth, kind = "sw", sw = word, after = with_data }
  local before, requests = card:balance(), host.count "0200"
  local name = ("after %04X at %s%s"):format(word, row.at, with_data and ", with data" or "")
  shop.insert_for(t, card, "12.00")
  row.goes(t, card, before)
  t:remove()
  bench.wait(1)
  t:keys "CANCEL"
  t:wait_idle(60)
  expect.equal(host.count "0200" - requests, row.requests, "requests " .. name)
  if row.charged then expect.equal(before - card:balance(), row.charged, "charged " .. name) end
  if row.tvr then
    local byte = shop.tvr(row.tvr[1])
    expect.equal(byte & row.tvr[2], row.tvr[2], "TVR byte " .. row.tvr[1] .. " " .. name)
  end
  if row.cvm then expect.equal(host.last("0200").de55["9F34"]:sub(1, 2), row.cvm, "CVM results " .. name) end
  card:heal()
end

local function case(what, row)
  local t = row.terminal or plain
  scenario(("Status words at %s, %s: %d words"):format(row.name or row.at, what, #row.words)) {
    tags = { "chip", "card", "fault" },
    covers = { "DOMAIN 1.3", "DOMAIN 2.2 status words", row.covers },
    run = function()
      t:power_on()
      local card = cards.load(row.card)
      for _, word in ipairs(row.words) do
        if not row.after then play(t, row, card, word, false) end
        if row.card == DEBIT or row.after then play(t, row, card, word, true) end
      end
      expect.equal(#t:inspect().reversals, 0, "reversals left")
      if not row.fallback then expect.never_shown(t, "please_swipe") end
    end,
  }
end

-- Selection: 6A81 is a blocked card, 6283 a blocked application, 6A82 nothing in common; other words a broken chip.
case("the list of AIDs decides", { at = "select", card = DEBIT, words = all { 0x6A81 }, goes = approved, requests = 1,
  charged = 1200, covers = "DOMAIN 2.3 directory", name = "SELECT of the environment" })
case("the card is blocked", { at = "select", card = DEBIT, words = { 0x6A81 }, goes = stops_at "card_blocked",
  requests = 0, covers = "DOMAIN 2.3 blocked card", name = "SELECT of the environment" })
case("the list of AIDs decides", { at = "read_record", card = DEBIT, words = all(), goes = approved, requests = 1,
  charged = 1200, covers = "DOMAIN 2.3 malformed directory", name = "READ RECORD of the directory" })
for _, where in ipairs { { DEBIT, "the final SELECT" }, { LISTED, "SELECT by the list of AIDs" } } do
  local card, name = where[1], where[2]
  local nth = card == DEBIT and 2 or 3 -- behind the environment, and the list's first AID
  case("the card is blocked", { at = "select", nth = nth, card = card, words = { 0x6A81 },
    goes = stops_at "card_blocked", requests = 0, covers = "DOMAIN 2.3 blocked card", name = name })
  case("the application is blocked", { at = "select", nth = nth, card = card, words = { 0x6283 }, after = true,
    goes = stops_at "app_blocked", requests = 0, covers = "DOMAIN 2.3 blocked application", name = name })
  case("nothing in common", { at = "select", nth = nth, card = card, words = { 0x6A82 },
    goes = stops_at "not_accepted", requests = 0, covers = "DOMAIN 2.3 empty list", name = name, fallback = true })
  -- A file that is not there may be said in another word as well (6A83 to a SELECT by name).
  case("a chip that does not work", { at = "select", nth = nth, card = card,
    words = all { 0x6A81, 0x6283, 0x6A82, 0x6A83 }, goes = stops_at "chip_error", requests = 0,
    covers = "DOMAIN 2.3 final selection", name = name, fallback = true })
end

-- GET PROCESSING OPTIONS: 6985 takes the application away, anything else ends the sale.
case("the application is taken away", { at = "gpo", card = DEBIT, words = { 0x6985 }, goes = stops_at "not_accepted",
  requests = 0, covers = "DOMAIN 2.4 6985", fallback = true })
case("the sale ends", { at = "gpo", card = DEBIT, words = all { 0x6985 }, goes = stops_at "card_error", requests = 0,
  covers = "DOMAIN 2.4 GPO" })
case("the sale ends", { at = "read_record", nth = 3, card = DEBIT, words = all(), goes = stops_at "card_error",
  requests = 0, covers = "DOMAIN 2.4 READ RECORD", name = "READ RECORD of the AFL" })

-- GET DATA: what a card does not tell does not end a sale; counters that are missing count as exceeded. The same
-- goes for a word behind the data: over T=0 they come at the second command, when the length is known.
for _, way in ipairs { {}, { 2, ", behind the data" } } do
  local nth, after, behind = way[1], way[1] and true, way[2] or ""
  case("both limits count as exceeded", { at = "get_data", nth = nth, after = after, card = "unionpay-limits",
    words = all(), requests = 1, goes = function(t) expect.screen(t, "approved") end, tvr = { 4, 0x60 },
    covers = "DOMAIN 2.9 velocity", name = "GET DATA of the ATC" .. behind })
  case("the PIN is asked for all the same", { at = "get_data", nth = nth, after = after,
    card = "unionpay-offline-pin-plain", words = all(), requests = 1, terminal = by_card,
    covers = "DOMAIN 2.8 try counter", name = "GET DATA of the try counter" .. behind,
    goes = function(t) expect.screen(t, "enter_pin") t:pin "1234" expect.screen(t, "approved") end })
  -- A challenge that does not come is a PIN that was not verified.
  case("the PIN was not verified", { at = "get_challenge", nth = nth, after = after,
    card = "unionpay-offline-pin-enciphered", words = all(), requests = 1, terminal = by_card,
    covers = "DOMAIN 2.6 enciphered PIN", name = "GET CHALLENGE" .. behind, cvm = "41",
    goes = function(t)
      for _ = 1, 2 do -- the list goes on with a PIN in clear
        expect.screen(t, "card_pin")
        t:pin "1234"
      end
      expect.screen(t, "approved")
    end })
end

-- Signing: a refusal ends the sale (Book 3 6.5.9), whether or not a signature comes with it.
case("the sale ends", { at = "internal_authenticate", card = "unionpay-dda", words = all(), requests = 0,
  goes = stops_at "card_error", terminal = signing, covers = "DOMAIN 2.6 DDA" })
case("the sale ends", { at = "get_response", nth = 4, after = true, card = "unionpay-dda", words = all(), requests = 0,
  goes = stops_at "card_error", terminal = signing, covers = "DOMAIN 2.6 DDA",
  name = "internal_authenticate, behind the data" })

-- GENERATE AC: the first leaves nothing behind; after the host's yes the second leaves a reversal.
case("the sale ends", { at = "generate_ac", card = DEBIT, words = all(), goes = ends_after_pin "card_error",
  requests = 0, covers = "DOMAIN 2.11 GENERATE AC" })
case("the approval is undone", { at = "generate_ac_2", card = DEBIT, words = all(),
  goes = ends_after_pin "contact_issuer", requests = 1, charged = 0, covers = "DOMAIN 2.11 second GENERATE AC" })
case("the card decides", { at = "external_authenticate", card = "unionpay-strict-issuer", words = all(), requests = 1,
  goes = ends_after_pin "contact_issuer", charged = 0, covers = "DOMAIN 2.11 issuer authentication" })
case("the card decides", { at = "external_authenticate", card = DEBIT, words = all(), requests = 1, goes = approved,
  charged = 1200, covers = "DOMAIN 2.11 issuer authentication", name = "external_authenticate of a lenient card" })
