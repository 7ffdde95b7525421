-- Taps that the card pays from its purse, and those that the card sends to the host (DOMAIN 3.9): 9F66 of the terminal,
-- 9F68, balance and limits of the card.
local shop = require "shop"
local t = bench.terminal { profile = "unionpay-tap-offline" }
local no_host = bench.terminal { profile = "unionpay-tap-offline-only" }
local crowded = bench.terminal { profile = "unionpay-tap-one-pending" }

local function tap(terminal, card, amount)
  shop.tap_for(terminal, card, amount or "12.00")
end

-- The purse paid, the host was not asked, and got the upload.
local function paid_from_purse(terminal, card, before, cents)
  expect.screen(terminal, "approved_balance")
  terminal:untap()
  host.wait("0200", 1)
  terminal:wait_idle()
  expect.equal(host.count "0200", 1, "messages")
  expect.equal(host.last("0200").de60.type, "36", "DE60.1: electronic cash, uploaded")
  expect.printed(terminal, string.format("BALANCE: %d.%02d", (before - cents) // 100, (before - cents) % 100))
  expect.equal(card:counters().purse, before - cents, "purse")
  expect.equal(shop.last_record(terminal).outcome, "done")
end

-- The host was asked, the purse is as it was.
local function paid_by_host(terminal, card, before)
  expect.screen(terminal, "approved")
  terminal:untap()
  terminal:wait_idle()
  expect.equal(host.count "0200", 1, "requests")
  expect.equal(host.last("0200").de55["9F27"], "80", "an online cryptogram")
  expect.equal(card:counters().purse, before, "purse")
end

for name, what in pairs {
  ["qpboc-offline-01"] = "fDDA version 01, in a record",
  ["qpboc-offline-00"] = "fDDA version 00, in the answer",
  ["qpboc-offline-sm2"] = "fDDA with SM2",
  ["qpboc-offline-last-day"] = "on its last day",
} do
  scenario("A card pays from its purse: " .. what) {
    tags = { "contactless", "offline", "fdda" },
    covers = { "DOMAIN 3.9 qPBOC offline", "DOMAIN 3.9 fDDA" },
    run = function()
      local card = cards.load(name)
      local before = card:counters().purse
      t:power_on()
      tap(t, card)
      paid_from_purse(t, card, before, 1200)
      local upload = host.last "0200"
      expect.equal(upload.de22, "072", "DE22")
      expect.equal(upload.de55["9F27"], "40", "a TC")
      expect.equal(upload.de55["95"], "0000000000", "a tap has no verification results")
      expect.printed(t, "/T")
      expect.never_shown(t, "sending")
    end,
  }
end

scenario "At the floor limit the card may pay; a cent above, the host is asked" {
  tags = { "contactless", "offline", "limit" },
  covers = { "DOMAIN 3.9 limits", "DOMAIN 3.9 TTQ cryptogram required" },
  run = function()
    local card = cards.load "qpboc-offline-01"
    local before = card:counters().purse
    t:power_on()
    tap(t, card, "100.01")
    paid_by_host(t, card, before)
    tap(t, card, "100.00")
    expect.screen(t, "approved_balance")
    t:untap()
    host.wait("0200", 2)
    t:wait_idle()
    expect.equal(host.last("0200").de60.type, "36", "DE60.1: electronic cash, uploaded")
    expect.equal(card:counters().purse, before - 10000, "purse")
  end,
}

for name, why in pairs {
  ["qpboc-offline-poor"] = "more than the purse holds",
  ["qpboc-offline-single"] = "above the single limit (9F78)",
  ["qpboc-offline-threshold"] = "too little would stay in the purse (9F6D)",
  ["qpboc-offline-currency"] = "another currency than the purse's",
  ["qpboc-offline-host-only"] = "no low value check in 9F68",
} do
  scenario("The card asks for the host: " .. why) {
    tags = { "contactless", "offline", "limit" },
    covers = { "DOMAIN 3.9 qPBOC online", "DOMAIN 3.9 9F68" },
    run = function()
      local card = cards.load(name)
      local before = card:counters().purse
      t:power_on()
      tap(t, card)
      paid_by_host(t, card, before)
      expect.never_shown(t, "enter_pin")
    end,
  }
end

scenario "Another currency, and 9F68 forbids it: the card declines" {
  tags = { "contactless", "offline", "declined" },
  covers = { "DOMAIN 3.9 9F68" },
  run = function()
    local card = cards.load "qpboc-offline-currency-refused"
    t:power_on()
    tap(t, card)
    expect.screen(t, "declined")
    t:untap()
    t:wait_idle()
    expect.equal(host.count "0200", 0, "requests")
    expect.equal(shop.last_record(t).outcome, "refused")
  end,
}

scenario "Above the card's own CVM limit (9F6B) the PIN sends the tap to the host" {
  tags = { "contactless", "offline", "pin" },
  covers = { "DOMAIN 3.9 CTQ online PIN" },
  run = function()
    local card = cards.load "qpboc-offline-pin"
    local before = card:counters().purse
    t:power_on()
    tap(t, card)
    expect.screen(t, "enter_pin")
    t:pin("123456")
    paid_by_host(t, card, before)
    expect.equal(host.last("0200").de22, "071", "DE22")
  end,
}

scenario "Below it nobody is asked, and the purse pays" {
  tags = { "contactless", "offline", "pin" },
  covers = { "DOMAIN 3.9 CTQ online PIN" },
  run = function()
    local card = cards.load "qpboc-offline-pin"
    local before = card:counters().purse
    t:power_on()
    tap(t, card, "10.00")
    paid_from_purse(t, card, before, 1000)
    expect.never_shown(t, "enter_pin")
  end,
}

scenario "A signature does not need the host: the purse pays, the slip is signed" {
  tags = { "contactless", "offline", "signature" },
  covers = { "DOMAIN 3.9 CTQ signature" },
  run = function()
    local card = cards.load "qpboc-offline-signature"
    local before = card:counters().purse
    t:power_on()
    tap(t, card)
    expect.screen(t, "approved_signature")
    t:untap()
    host.wait("0200", 1)
    t:wait_idle()
    expect.equal(host.last("0200").de60.type, "36", "DE60.1: electronic cash, uploaded")
    expect.equal(card:counters().purse, before - 1200, "purse")
    expect.printed(t, "SIGN")
  end,
}

scenario "A reader without a host takes what the purse can pay, down to its last cent" {
  tags = { "contactless", "offline", "offline-only" },
  covers = { "DOMAIN 3.9 TTQ offline-only", "DOMAIN 3.9 qPBOC offline" },
  run = function()
    local card = cards.load "qpboc-offline-threshold"
    local before = card:counters().purse
    no_host:power_on()
    tap(no_host, card)
    paid_from_purse(no_host, card, before, 1200)
  end,
}

scenario "A reader without a host: a purse that holds too little is declined by the card" {
  tags = { "contactless", "offline", "offline-only", "declined" },
  covers = { "DOMAIN 3.9 TTQ offline-only" },
  run = function()
    local card = cards.load "qpboc-offline-poor"
    no_host:power_on()
    tap(no_host, card)
    expect.screen(no_host, "declined")
    no_host:untap()
    no_host:wait_idle()
    expect.equal(host.count "0200", 0, "requests")
    expect.equal(card:counters().purse, 500, "purse")
  end,
}

scenario "A reader without a host keeps its field off above the floor limit" {
  tags = { "contactless", "offline", "offline-only", "limit" },
  covers = { "DOMAIN 3.9 TTQ offline-only", "DOMAIN 3.9 limits" },
  run = function()
    no_host:power_on()
    no_host:sale("100.01")
    expect.screen(no_host, "insert_card")
    no_host:keys "CANCEL"
    no_host:wait_idle()
    expect.never_shown(no_host, "present_card")
  end,
}

scenario "No room for another approval: the terminal requires an online cryptogram" {
  tags = { "contactless", "offline" },
  covers = { "DOMAIN 3.9 TTQ cryptogram required", "DOMAIN 5.4" },
  run = function()
    local card = cards.load "qpboc-offline-01"
    local before = card:counters().purse
    crowded:power_on()
    tap(crowded, card)
    expect.screen(crowded, "approved_balance")
    crowded:untap()
    crowded:wait_idle()
    tap(crowded, card)
    expect.screen(crowded, "approved")
    crowded:untap()
    crowded:wait_idle()
    expect.equal(host.count "0200", 1, "requests")
    expect.equal(card:counters().purse, before - 1200, "purse: the first one")
  end,
}

scenario "Passed over for the next application (6985): one intent for the tap, and nothing left of it" {
  tags = { "contactless", "offline" }, covers = { "DOMAIN 3.9 qPBOC offline", "DOMAIN 3.9 PPSE" },
  run = function()
    t:power_on()
    t:sale "12.00"
    expect.screen(t, "present_card")
    t:tap(cards.load("qpboc-two-applications"):twist "gpo_6985_once")
    expect.screen(t, "approved", 120)
    t:untap()
    t:wait_idle()
    expect.equal(host.count "0200", 1, "requests")
    expect.equal(#t:inspect().records, 1, "records")
    expect.never_shown(t, "payment_unknown")
  end,
}
