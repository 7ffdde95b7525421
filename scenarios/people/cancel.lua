local shop = require "shop"
local t = bench.terminal { profile = "unionpay-intl" }

-- After whatever was broken off, the terminal sells again.
local function still_sells(card)
  shop.pay_with_pin(t, card, "5.00")
  expect.screen(t, "approved")
  shop.leave(t)
  expect.equal(host.count "0200", 1, "requests")
  expect.equal(t:inspect().state.count, 1, "sales")
end

local function phases(act, words, seconds)
  scenario(words .. " while the amount is asked") {
    tags = { "people" }, covers = { "DOMAIN 5.1", "DOMAIN 5.2" },
    run = function()
      local card = cards.load "unionpay-debit"
      t:power_on()
      t:keys "1"
      expect.screen(t, "enter_amount")
      act()
      expect.screen(t, "cancelled", seconds)
      t:wait_idle()
      still_sells(card)
    end,
  }

  scenario(words .. " while the card is asked") {
    tags = { "people" }, covers = { "DOMAIN 5.1", "DOMAIN 5.2" },
    run = function()
      local card = cards.load "unionpay-debit"
      t:power_on()
      t:sale "12.00"
      expect.screen(t, "insert_card")
      act()
      expect.screen(t, "cancelled", seconds)
      t:wait_idle()
      still_sells(card)
    end,
  }

  scenario(words .. " while the application is asked") {
    tags = { "people", "chip" }, covers = { "DOMAIN 2.3", "DOMAIN 5.1" },
    run = function()
      local both, card = cards.load "unionpay-two-applications", cards.load "unionpay-debit"
      t:power_on()
      shop.insert_for(t, both, "12.00")
      expect.screen(t, "choose_application")
      act()
      expect.screen(t, "cancelled", seconds)
      shop.leave(t)
      still_sells(card)
    end,
  }

  scenario(words .. " while the PIN is asked") {
    tags = { "people", "pin" }, covers = { "DOMAIN 5.1", "DOMAIN 5.2" },
    run = function()
      local card = cards.load "unionpay-debit"
      t:power_on()
      shop.insert_for(t, card, "12.00")
      expect.screen(t, "enter_pin")
      t:keys "1 2 3"
      act()
      expect.screen(t, "cancelled", seconds)
      shop.leave(t)
      expect.never_shown(t, "please_swipe")
      still_sells(card)
    end,
  }

  scenario(words .. " while the PIN of a stripe sale is asked") {
    tags = { "people", "pin", "stripe" }, covers = { "DOMAIN 5.1", "DOMAIN 5.2" },
    run = function()
      local dead = cards.load("unionpay-debit"):fault { at = "reset", kind = "mute" }
      local card = cards.load "unionpay-credit"
      t:power_on()
      t:sale "12.00"
      for _ = 1, 3 do
        t:insert(dead)
        expect.screen(t, "chip_error")
        t:remove()
      end
      expect.screen(t, "please_swipe")
      t:swipe(dead)
      expect.screen(t, "enter_pin")
      act()
      expect.screen(t, "cancelled", seconds)
      t:wait_idle()
      still_sells(card)
    end,
  }
end

phases(function() t:keys "CANCEL" end, "CANCEL", 2)
phases(function() bench.wait(75) end, "Nobody does anything", 30)

scenario "The card is pulled while the PIN is asked: nothing sent, no fallback" {
  tags = { "people", "removal" }, covers = { "DOMAIN 1.3" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "enter_pin")
    t:keys "1 2"
    t:remove()
    expect.screen(t, "card_removed", 5)
    t:wait_idle()
    expect.equal(host.count "0200", 0, "requests")
    still_sells(card)
  end,
}

scenario "The card is pulled while the terminal connects: nothing is sent" {
  tags = { "people", "removal" }, covers = { "DOMAIN 5.2" },
  run = function()
    local card = cards.load "unionpay-debit"
    local before = card:balance()
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "enter_pin")
    t:pull_after("line", { what = "connect" })
    t:pin "123456"
    expect.screen(t, "card_removed")
    t:wait_idle()
    expect.equal(host.count "0200", 0, "requests")
    shop.not_charged(card, before)
  end,
}

scenario "CLEAR takes the amount back, CANCEL at rest does nothing" {
  tags = { "people" }, covers = { "DOMAIN 5.2" },
  run = function()
    local card = cards.load "unionpay-no-cvm"
    t:power_on()
    t:keys "CANCEL CLEAR MENU 0"
    t:wait_idle()
    t:keys "9 9"
    expect.truth(t:screen().text:find("0.99", 1, true), "the amount so far")
    t:keys "CLEAR 5 0 0"
    expect.truth(t:screen().text:find("5.00", 1, true), "the amount so far")
    t:keys "ENTER"
    expect.screen(t, "insert_card")
    t:insert(card)
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(host.last("0200").de4, "000000000500", "DE4")
  end,
}

scenario "A PIN of three digits is not taken" {
  tags = { "people", "pin" }, covers = { "DOMAIN 8.1" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "enter_pin")
    t:keys "1 2 3 ENTER"
    bench.wait(5)
    expect.equal(t:screen().name, "enter_pin", "still asked for")
    t:keys "4 5 6 ENTER"
    expect.screen(t, "approved")
    shop.leave(t)
  end,
}

scenario "CLEAR takes PIN digits back; the display shows stars only" {
  tags = { "people", "pin" }, covers = { "DOMAIN 8.1" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "enter_pin")
    t:keys "9 9 9"
    expect.truth(t:screen().text:find("***", 1, true), "three stars")
    expect.truth(not t:screen().text:find("****", 1, true), "no more than three stars")
    t:keys "CLEAR 1 2 3 4 5 6 ENTER"
    expect.screen(t, "approved")
    shop.leave(t)
  end,
}

scenario "The card stays in after the sale: the terminal asks for it and waits" {
  tags = { "people" }, covers = { "DOMAIN 2.11" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:power_on()
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "approved")
    expect.screen(t, "remove_card")
    bench.wait(20)
    expect.equal(t:screen().name, "remove_card")
    t:keys "1 2 CANCEL"
    bench.wait(10)
    expect.equal(t:screen().name, "remove_card")
    shop.leave(t)
    expect.printed(t, "12.00")
  end,
}

-- The whole way without one amount key before the card.
scenario "Card first: inserted at rest, then the amount" {
  tags = { "people", "chip" }, covers = { "DOMAIN 2.3" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:power_on()
    t:insert(card)
    expect.screen(t, "enter_amount")
    t:keys "1 2 0 0 ENTER"
    expect.screen(t, "enter_pin")
    t:pin "123456"
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(host.last("0200").de4, "000000001200", "DE4")
  end,
}

scenario "Stripe first: swiped at rest, then the amount" {
  tags = { "people", "stripe" }, covers = { "DOMAIN 1.2" },
  run = function()
    local card = cards.load "stripe-only"
    t:power_on()
    t:swipe(card)
    expect.screen(t, "enter_amount")
    t:keys "3 0 0 0 ENTER"
    expect.screen(t, "approved")
    t:wait_idle()
    expect.equal(host.last("0200").de4, "000000003000", "DE4")
    expect.equal(host.last("0200").de60.ic_condition, "1", "60.5")
    expect.printed(t, "SIGN")
  end,
}

scenario "Card first, then CANCEL: the card left in begins no new sale" {
  tags = { "people", "cancel" }, covers = { "DOMAIN 2.3" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:power_on()
    t:insert(card)
    expect.screen(t, "enter_amount")
    t:keys "CANCEL"
    expect.screen(t, "cancelled")
    shop.leave(t)
    bench.wait(60)
    t:wait_idle()
    still_sells(card)
  end,
}

scenario "A card that sits in the reader at power-up begins no sale" {
  tags = { "people", "boot" }, covers = { "DOMAIN 2.3" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:insert(card)
    t:power_on()
    t:wait_idle()
    expect.never_shown(t, "enter_amount")
    t:remove()
    still_sells(card)
  end,
}
