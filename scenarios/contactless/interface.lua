-- Taps that do not end at the host: declined by the card, or another interface is asked for (DOMAIN 3.9, 1.3).
local shop = require "shop"
local t = bench.terminal { profile = "unionpay-tap" }

local function tap(card, amount)
  shop.tap_for(t, card, amount or "12.00")
  t:untap()
end

-- After a tap that was refused the field stays off, and the same card pays with its chip.
local function pays_with_chip(card)
  expect.screen(t, "insert_card")
  t:insert(card)
  expect.screen(t, "enter_pin")
  t:pin("123456")
  expect.screen(t, "approved")
  shop.leave(t)
  expect.equal(host.count "0200", 1, "requests")
  expect.equal(host.last("0200").de22, "051", "DE22: contact chip")
end

scenario "The card declines a tap: nothing is sent" {
  tags = { "contactless", "declined" },
  covers = { "DOMAIN 3.9" },
  run = function()
    local card = cards.load "qpboc-declined"
    local before = card:balance()
    t:power_on()
    tap(card)
    expect.screen(t, "declined")
    t:wait_idle()
    expect.equal(host.count "0200", 0, "requests")
    shop.not_charged(card, before)
  end,
}

scenario "A card that pays offline (TC) is declined by name: nobody could collect it" {
  tags = { "contactless", "declined", "offline" },
  covers = { "DOMAIN 3.9" },
  run = function()
    local card = cards.load "qpboc-offline"
    local before = card:balance()
    t:power_on()
    tap(card)
    expect.screen(t, "declined")
    t:wait_idle()
    expect.equal(host.count "0200", 0, "requests")
    shop.not_charged(card, before)
    expect.equal(t:inspect().state.count, 0, "nothing in the batch")
  end,
}

for profile, why in pairs {
  ["qpboc-no-ttq"] = "no 9F66 in the PDOL",
  ["qpboc-no-cryptogram"] = "no cryptogram in the answer",
  ["qpboc-malformed"] = "an answer that is cut off",
  ["qpboc-short-data"] = "an answer without track 2 data",
  ["qpboc-wild-ppse"] = "a payment environment without directory",
} do
  scenario("Another interface is asked for: " .. why) {
    tags = { "contactless", "interface" },
    covers = { "DOMAIN 3.9", "DOMAIN 1.3" },
    run = function()
      local card = cards.load(profile)
      t:power_on()
      tap(card)
      expect.screen(t, "use_contact")
      pays_with_chip(card)
    end,
  }
end

scenario "A card without a payment environment is not accepted by tap" {
  tags = { "contactless", "interface" },
  covers = { "DOMAIN 3.9" },
  run = function()
    local card = cards.load "qpboc-no-ppse"
    t:power_on()
    tap(card)
    expect.screen(t, "not_accepted")
    pays_with_chip(card)
  end,
}

scenario "An unknown application is not accepted by tap" {
  tags = { "contactless", "interface" },
  covers = { "DOMAIN 3.9", "DOMAIN 2.3" },
  run = function()
    local card = cards.load "qpboc-unknown-aid"
    t:power_on()
    tap(card)
    expect.screen(t, "not_accepted")
    pays_with_chip(card)
  end,
}

scenario "Of two applications the one with the higher priority pays" {
  tags = { "contactless", "selection" },
  covers = { "DOMAIN 3.9", "DOMAIN 2.3" },
  run = function()
    t:power_on()
    tap(cards.load "qpboc-two-applications")
    expect.screen(t, "approved")
    t:wait_idle()
    expect.equal(host.last("0200").de55["84"], "A000000333010102", "DF name")
  end,
}

scenario "An application that does not want to (6985) is passed over for the next" {
  tags = { "contactless", "selection" },
  covers = { "DOMAIN 3.9", "DOMAIN 2.3" },
  run = function()
    t:power_on()
    tap(cards.load("qpboc-two-applications"):twist "gpo_6985_once")
    expect.screen(t, "approved")
    t:wait_idle()
    expect.equal(host.last("0200").de55["84"], "A000000333010101", "DF name")
  end,
}

scenario "At the contactless limit the field stays off" {
  tags = { "contactless", "limit" },
  covers = { "DOMAIN 3.9" },
  run = function()
    local card = cards.load "qpboc-debit"
    t:power_on()
    t:sale("5000.00")
    expect.screen(t, "insert_card")
    t:tap(card)
    t:untap()
    expect.never_shown(t, "hold_card")
    pays_with_chip(card)
  end,
}

scenario "A dual-interface card that is inserted pays as a chip card" {
  tags = { "contactless", "chip" },
  covers = { "DOMAIN 3.9" },
  run = function()
    local card = cards.load "qpboc-debit"
    t:power_on()
    t:sale("12.00")
    expect.screen(t, "present_card")
    t:insert(card)
    expect.screen(t, "enter_pin")
    t:pin("123456")
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(host.last("0200").de22, "051", "DE22: contact chip")
  end,
}
