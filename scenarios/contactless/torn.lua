-- Taps that are torn while the card may pay offline (DOMAIN 3.9): before the last record nothing was paid, at the last
-- record nobody knows.
local shop = require "shop"
local t = bench.terminal { profile = "unionpay-tap-offline" }

-- Records of qpboc-offline-00 after GET PROCESSING OPTIONS: 1.1, 2.1, 2.2, three of file 4, 5.1.
local RECORDS = 7

local function begin(card)
  t:power_on()
  t:sale("12.00")
  expect.screen(t, "present_card")
  t:tap(card)
end

local function pays_after_all(card, before)
  expect.screen(t, "tap_again")
  t:tap(card:heal())
  expect.screen(t, "approved_balance")
  t:untap()
  host.wait("0200", 1)
  t:wait_idle()
  expect.equal(card:counters().purse, before - 1200, "paid once")
  expect.equal(host.count "0200", 1, "messages")
  expect.equal(host.last("0200").de60.type, "36", "DE60.1: electronic cash, uploaded")
end

scenario "Torn at GET PROCESSING OPTIONS: presented again, the purse pays once" {
  tags = { "contactless", "offline", "torn" },
  covers = { "DOMAIN 3.9 torn tap, offline" },
  run = function()
    local card = cards.load("qpboc-offline-00"):fault { at = "gpo", kind = "remove", after = 1 }
    local before = card:counters().purse
    begin(card)
    pays_after_all(card, before)
  end,
}

for _, n in ipairs { 1, 4, RECORDS - 1 } do
  scenario("Torn after record " .. n .. " of " .. RECORDS .. " was sent: presented again, the purse pays once") {
    tags = { "contactless", "offline", "torn" },
    covers = { "DOMAIN 3.9 torn tap, offline" },
    run = function()
      local card = cards.load("qpboc-offline-00"):fault { at = "read_record", kind = "remove", nth = n, after = 1 }
      local before = card:counters().purse
      begin(card)
      pays_after_all(card, before)
    end,
  }
end

for after, what in pairs { [1] = "the card paid", [0] = "the card did not pay" } do
  scenario("Torn at the last record: nobody knows, and the customer is told so; " .. what) {
    tags = { "contactless", "offline", "torn", "unknown" },
    covers = { "DOMAIN 3.9 torn tap, offline", "DOMAIN 5.4" },
    run = function()
      local card = cards.load "qpboc-offline-00"
      card:fault { at = "read_record", kind = "remove", nth = RECORDS, after = after }
      local before = card:counters().purse
      begin(card)
      expect.screen(t, "payment_unknown")
      t:wait_idle()
      expect.equal(card:counters().purse, before - 1200 * after, "purse")
      expect.equal(shop.last_record(t).outcome, "disclosed")
      expect.equal(host.count "0200", 0, "requests")
        expect.never_shown(t, "tap_again")
      expect.printed(t, "RESULT UNKNOWN")
    end,
  }
end

scenario "The power goes while the records are read: the boot discloses it" {
  tags = { "contactless", "offline", "power", "unknown" },
  covers = { "DOMAIN 3.9 torn tap, offline", "DOMAIN 5.4" },
  run = function()
    local card = cards.load("qpboc-offline-00")
    t:power_on()
    t:cut_after("apdu", { nth = 5 })
    t:sale("12.00")
    t:tap(card)
    t:wait_off()
    t:untap()
    t:power_on()
    t:wait_idle()
    expect.equal(shop.last_record(t).outcome, "disclosed")
  end,
}

-- Swept: posbench sweep scenarios/contactless/torn.lua
scenario "An offline tap that may lose its power, or its card, at any moment" {
  tags = { "contactless", "offline", "power", "sweep" },
  covers = { "DOMAIN 3.9 torn tap, offline", "DOMAIN 5.2" },
  run = function()
    local card = cards.load "qpboc-offline-01"
    t:power_on()
    t:sale("12.00")
    t:tap(card)
    expect.screen(t, "approved_balance")
    t:untap()
    host.wait("0200", 1)
    t:wait_idle()
  end,
}
