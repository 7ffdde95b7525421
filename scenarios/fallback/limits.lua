local shop = require "shop"
local intl = bench.terminal { profile = "unionpay-intl" }
local border = bench.terminal { profile = "unionpay-border" }

local function dead(name) return cards.load(name):fault { at = "reset", kind = "mute" } end

local function failures(t, card, amount, count)
  t:sale(amount)
  for _ = 1, count do
    t:insert(card)
    expect.screen(t, "chip_error")
    t:remove()
  end
end

scenario "The fallback permit ends with its window: the chip is asked for again" {
  tags = { "fallback" }, covers = { "DOMAIN 1.3" },
  run = function()
    local card = dead "visa-credit"
    border:power_on()
    failures(border, card, "12.00", 1)
    expect.screen(border, "please_swipe")
    bench.wait(40) -- the window of this terminal is 30 seconds
    border:swipe(card)
    expect.screen(border, "use_chip")
    border:keys "CANCEL"
    border:wait_idle()
    expect.equal(host.count "0200", 0, "requests")
  end,
}

scenario "The permit belongs to its sale: the next one begins with the chip" {
  tags = { "fallback" }, covers = { "DOMAIN 1.3" },
  run = function()
    local card = dead "unionpay-debit"
    intl:power_on()
    failures(intl, card, "12.00", 3)
    expect.screen(intl, "please_swipe")
    intl:keys "CANCEL"
    intl:wait_idle()
    intl:sale "12.00"
    intl:swipe(card)
    expect.screen(intl, "use_chip")
    intl:keys "CANCEL"
    intl:wait_idle()
    expect.equal(host.count "0200", 0, "requests")
  end,
}

scenario "Over the limit for fallback the stripe stays closed" {
  tags = { "fallback" }, covers = { "DOMAIN 1.3" },
  run = function()
    local card = dead "unionpay-debit"
    intl:power_on()
    failures(intl, card, "5000.01", 3)
    expect.screen(intl, "use_chip")
    intl:wait_idle()
    expect.never_shown(intl, "please_swipe")
    expect.equal(host.count "0200", 0, "requests")
  end,
}

scenario "At the limit for fallback the stripe opens" {
  tags = { "fallback" }, covers = { "DOMAIN 1.3" },
  run = function()
    local card = dead "unionpay-debit"
    intl:power_on()
    failures(intl, card, "5000.00", 3)
    expect.screen(intl, "please_swipe")
    intl:swipe(card)
    expect.screen(intl, "enter_pin")
    intl:pin "123456"
    expect.screen(intl, "approved")
    intl:wait_idle()
  end,
}

scenario "No common application is a chip that failed: UnionPay falls back at once" {
  tags = { "fallback" }, covers = { "DOMAIN 1.3" },
  run = function()
    local card = cards.load "no-common-aid"
    intl:power_on()
    intl:sale "12.00"
    intl:insert(card)
    expect.screen(intl, "not_accepted")
    intl:remove()
    expect.screen(intl, "please_swipe")
    intl:swipe(card)
    bench.wait(3)
    if intl:screen().name == "enter_pin" then intl:pin "123456" end
    intl:wait_idle()
    expect.equal(host.last("0200").de60.ic_condition, "2", "60.5")
  end,
}

scenario "The failed chip is remembered over a power cut, a good chip clears it" {
  tags = { "fallback", "power" }, covers = { "DOMAIN 1.4" },
  run = function()
    local card, good = dead "unionpay-debit", cards.load "unionpay-credit"
    intl:power_on()
    expect.equal(intl:inspect().state.last_chip_failed, false, "at the start")
    failures(intl, card, "12.00", 1)
    expect.equal(intl:inspect().state.last_chip_failed, true, "after one failure")
    intl:power_cut()
    intl:power_on()
    expect.equal(intl:inspect().state.last_chip_failed, true, "after the power cut")
    shop.pay_with_pin(intl, good, "5.00")
    expect.screen(intl, "approved")
    shop.leave(intl)
    expect.equal(intl:inspect().state.last_chip_failed, false, "after a good chip")
  end,
}

scenario "The chip works at the second try: no fallback" {
  tags = { "fallback", "chip" }, covers = { "DOMAIN 1.3" },
  run = function()
    local card = dead "unionpay-debit"
    intl:power_on()
    failures(intl, card, "12.00", 2)
    card:heal()
    intl:insert(card)
    expect.screen(intl, "enter_pin")
    intl:pin "123456"
    expect.screen(intl, "approved")
    shop.leave(intl)
    expect.equal(host.last("0200").de22, "051", "DE22: chip")
    expect.equal(host.last("0200").de60.ic_condition, "0", "60.5")
    expect.equal(intl:inspect().state.last_chip_failed, false, "last chip failed")
  end,
}

-- What happens after application selection is never a reason to swipe.
for _, at in ipairs { "read_record", "generate_ac" } do
  scenario("A chip that fails late (" .. at .. ") opens no stripe, however often") {
    tags = { "fallback" }, covers = { "DOMAIN 1.3" },
    run = function()
      local card = cards.load("unionpay-no-pse"):fault { at = at, kind = "mute" }
      intl:power_on()
      for _ = 1, 3 do
        shop.insert_for(intl, card, "12.00")
        bench.wait(4)
        if intl:screen().name == "enter_pin" then intl:pin "123456" end
        expect.screen(intl, "card_error")
        intl:remove()
        intl:wait_idle(10)
      end
      expect.never_shown(intl, "please_swipe")
      expect.equal(host.count "0200", 0, "requests")
    end,
  }
end

scenario "A card pulled three times opens no stripe" {
  tags = { "fallback", "removal" }, covers = { "DOMAIN 1.3" },
  run = function()
    local card = cards.load("unionpay-debit"):fault { at = "read_record", kind = "remove" }
    intl:power_on()
    for _ = 1, 3 do
      shop.insert_for(intl, card, "12.00")
      expect.screen(intl, "card_removed")
      intl:wait_idle(10)
    end
    expect.never_shown(intl, "please_swipe")
  end,
}

scenario "Declined by the host: no fallback after a decision" {
  tags = { "fallback", "decline" }, covers = { "DOMAIN 1.3" },
  run = function()
    local card = cards.load "empty-account"
    intl:power_on()
    shop.pay_with_pin(intl, card, "12.00")
    expect.screen(intl, "declined")
    shop.leave(intl)
    intl:sale "12.00"
    intl:swipe(card)
    expect.screen(intl, "use_chip")
    intl:keys "CANCEL"
    intl:wait_idle()
    expect.equal(host.count "0200", 1, "requests")
  end,
}

scenario "Foreign cards only: a domestic card with a dead chip is sent away" {
  tags = { "fallback", "china" }, covers = { "DOMAIN 1.5" },
  run = function()
    local card = dead "unionpay-debit" -- its number begins with 62
    border:power_on()
    failures(border, card, "12.00", 1)
    bench.wait(1)
    if border:screen().name == "please_swipe" then border:swipe(card) end
    expect.screen(border, "use_chip")
    border:keys "CANCEL"
    border:wait_idle()
    expect.equal(host.count "0200", 0, "requests")
  end,
}

scenario "Foreign cards only: a foreign card with a dead chip may swipe" {
  tags = { "fallback" }, covers = { "DOMAIN 1.5" },
  run = function()
    local card = dead "visa-credit"
    border:power_on()
    failures(border, card, "12.00", 1)
    expect.screen(border, "please_swipe")
    border:swipe(card)
    expect.screen(border, "approved")
    border:wait_idle()
    expect.equal(host.last("0200").de60.ic_condition, "2", "60.5")
  end,
}

scenario "Foreign cards only, over the limit: not even those" {
  tags = { "fallback" }, covers = { "DOMAIN 1.5" },
  run = function()
    local card = dead "visa-credit"
    border:power_on()
    failures(border, card, "100.01", 1)
    expect.screen(border, "use_chip")
    border:wait_idle()
    expect.equal(host.count "0200", 0, "requests")
  end,
}

scenario "No common application where that is no failure: the sale ends" {
  tags = { "fallback" }, covers = { "DOMAIN 1.3" },
  run = function()
    local card = cards.load "no-common-aid"
    border:power_on()
    border:sale "12.00"
    border:insert(card)
    expect.screen(border, "not_accepted")
    border:remove()
    border:wait_idle()
    expect.never_shown(border, "please_swipe")
  end,
}

scenario "A terminal that is online only sends every chip sale to the host" {
  tags = { "sale", "risk" }, covers = { "DOMAIN 2.10" },
  run = function()
    local card = cards.load "unionpay-limits"
    border:power_on()
    shop.insert_for(border, card, "12.00")
    expect.screen(border, "approved")
    shop.leave(border)
    expect.equal(host.last("0200").de55["9F35"], "21", "terminal type")
    expect.equal(host.last("0200").de55["9F27"], "80", "an online cryptogram")
  end,
}
