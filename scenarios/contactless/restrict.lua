-- Restrictions of a tap that the card approved: expiry, cash and cashback, stopped cards (DOMAIN 3.9, 2.7), and what
-- the card wants then (9F6C bits 4, 3 and 2).
local shop = require "shop"
local t = bench.terminal { profile = "unionpay-tap-offline" }
local no_host = bench.terminal { profile = "unionpay-tap-offline-only" }
local cash = bench.terminal { profile = "unionpay-tap-cash" }
local cashback = bench.terminal { profile = "unionpay-tap-cashback" }

local function tap(terminal, card)
  terminal:power_on()
  shop.tap_for(terminal, card, "12.00")
end

scenario "An application that expired yesterday is declined" {
  tags = { "contactless", "offline", "declined", "expired" },
  covers = { "DOMAIN 3.9 qPBOC offline, expired", "DOMAIN 2.7 expired" },
  run = function()
    tap(t, cards.load "qpboc-offline-expired")
    shop.tap_declined(t)
  end,
}

scenario "An expired application that wants the host then (CTQ 08)" {
  tags = { "contactless", "offline", "expired" },
  covers = { "DOMAIN 3.9 CTQ go online if expired" },
  run = function()
    local card = cards.load "qpboc-offline-expired-online"
    tap(t, card)
    expect.screen(t, "approved")
    t:untap()
    t:wait_idle()
    expect.equal(host.count "0200", 1, "requests")
  end,
}

scenario "An expired application that wants the host, and there is none: declined" {
  tags = { "contactless", "offline", "offline-only", "declined", "expired" },
  covers = { "DOMAIN 3.9 CTQ go online if expired", "DOMAIN 3.9 TTQ offline-only" },
  run = function()
    tap(no_host, cards.load "qpboc-offline-expired-online")
    shop.tap_declined(no_host)
  end,
}

scenario "A stopped card is declined, whatever it approved" {
  tags = { "contactless", "offline", "declined" },
  covers = { "DOMAIN 3.9 qPBOC offline, stopped cards", "DOMAIN 2.9 exception file" },
  run = function()
    tap(t, cards.load "qpboc-offline-stopped")
    shop.tap_declined(t)
  end,
}

for what, terminal in pairs { cash = cash, cashback = cashback } do
  scenario("Not for " .. what .. ", and no wish of the card: declined") {
    tags = { "contactless", "offline", "declined" },
    covers = { "DOMAIN 3.9 qPBOC offline, usage", "DOMAIN 2.7 usage" },
    run = function()
      tap(terminal, cards.load "qpboc-offline-no-cash")
      shop.tap_declined(terminal)
    end,
  }

  scenario("Not for " .. what .. " through the air: the card wants its chip to be used") {
    tags = { "contactless", "offline", "interface" },
    covers = { "DOMAIN 3.9 CTQ another interface for cash and cashback" },
    run = function()
      tap(terminal, cards.load "qpboc-offline-cash-by-chip")
      expect.screen(terminal, "use_contact")
      terminal:untap()
      expect.screen(terminal, "insert_card")
      terminal:keys "CANCEL"
      terminal:wait_idle()
      expect.equal(host.count "0200", 0, "requests")
      end,
  }
end

scenario "A record of the AFL that is not there: another interface, and the purse is as it was" {
  tags = { "contactless", "offline", "interface" },
  covers = { "DOMAIN 3.9 another interface", "DOMAIN 2.4 AFL" },
  run = function()
    local card = cards.load "broken-tap-record"
    local before = card:counters().purse
    tap(t, card)
    expect.screen(t, "use_contact")
    t:untap()
    expect.screen(t, "insert_card")
    t:keys "CANCEL"
    t:wait_idle()
    expect.equal(card:counters().purse, before, "purse")
    expect.equal(t:inspect().state.count, 0, "nothing in the journal")
  end,
}

scenario "An offline approval without any record is no qPBOC: another interface" {
  tags = { "contactless", "offline", "interface" },
  covers = { "DOMAIN 3.9 another interface" },
  run = function()
    tap(t, cards.load "qpboc-offline")
    expect.screen(t, "use_contact")
    t:untap()
    expect.screen(t, "insert_card")
    t:keys "CANCEL"
    t:wait_idle()
    expect.equal(t:inspect().state.count, 0, "nothing in the journal")
  end,
}
