local shop = require "shop"
-- What a terminal asks the card for, by its type (9F35) and the action codes; this core takes no approval that the host
-- has not given, whoever else would.
local offline = bench.terminal { profile = "unionpay-offline-only" }
local online = bench.terminal { profile = "unionpay-border" } -- 9F35 21: online only
local both = bench.terminal { profile = "unionpay-forced" }   -- TAC-Default names nothing

scenario "Offline only, and an action code for that case is hit: declined, Z1" {
  tags = { "chip", "action" }, covers = { "DOMAIN 2.10" },
  run = function()
    local card = cards.load "unionpay-no-cvm"
    local before = card:balance()
    offline:power_on()
    shop.insert_for(offline, card, "12.00")
    expect.screen(offline, "declined")
    expect.truth(offline:screen().text:find "Declined offline", "the screen says why")
    shop.leave(offline)
    expect.equal(host.count "0200", 0, "requests")
    expect.equal(shop.last_record(offline).response, "Z1", "response code")
    shop.not_charged(card, before)
  end,
}

scenario "Offline only, and nothing stands against it: the card's TC is refused by name" {
  tags = { "chip", "action" }, covers = { "DOMAIN 2.10", "DOMAIN 2.11" },
  run = function()
    local card = cards.load "action-offline-approves"
    local before = card:balance()
    offline:power_on()
    shop.insert_for(offline, card, "12.00")
    expect.screen(offline, "declined")
    expect.truth(offline:screen().text:find "No offline approval", "the screen says why")
    shop.leave(offline)
    expect.equal(host.count "0200", 0, "requests")
    expect.never_shown(offline, "approved")
    expect.not_printed(offline, "SIGNATURE:")
    shop.not_charged(card, before)
  end,
}

scenario "Offline only, over the floor limit: IAC-Default of an issuer that wants the host" {
  tags = { "chip", "action" }, covers = { "DOMAIN 2.9", "DOMAIN 2.10" },
  run = function()
    local card = cards.load "unionpay-credit"
    offline:power_on()
    shop.insert_for(offline, card, "300.00")
    bench.wait(5)
    if offline:screen().name == "enter_pin" then offline:keys "ENTER" end
    expect.screen(offline, "declined")
    shop.leave(offline)
    expect.equal(host.count "0200", 0, "requests")
  end,
}

scenario "Online only: a card that would approve alone goes online" {
  tags = { "chip", "action" }, covers = { "DOMAIN 2.10" },
  run = function()
    local card = cards.load "action-offline-approves"
    online:power_on()
    shop.insert_for(online, card, "12.00")
    expect.screen(online, "approved")
    shop.leave(online)
    expect.equal(host.count "0200", 1, "requests")
  end,
}

for _, c in ipairs { { online, "online only" }, { both, "able to do both" } } do
  scenario("Unable to go online, " .. c[2] .. ": not approved, nothing to reverse") {
    tags = { "chip", "action", "network" }, covers = { "DOMAIN 2.10", "DOMAIN 2.11" },
    run = function()
      local card = cards.load "action-offline-approves"
      local before = card:balance()
      c[1]:power_on()
      net.down()
      shop.insert_for(c[1], card, "12.00")
      expect.screen(c[1], "no_line", 300)
      shop.leave(c[1])
      net.up()
      expect.never_shown(c[1], "approved")
      expect.equal(#c[1]:inspect().reversals, 0, "reversals")
      shop.not_charged(card, before)
    end,
  }
end

scenario "The issuer's denial code is hit: declined before the host is asked" {
  tags = { "chip", "action" }, covers = { "DOMAIN 2.10" },
  run = function()
    local card = cards.load "unionpay-denied"
    online:power_on()
    shop.insert_for(online, card, "12.00")
    bench.wait(5)
    if online:screen().name == "enter_pin" then online:pin "123456" end
    expect.screen(online, "declined")
    shop.leave(online)
    expect.equal(host.count "0200", 0, "requests")
    expect.equal(shop.last_record(online).response, "Z1", "response code")
  end,
}

scenario "The card declines although the terminal asked to go online: Z1, no request" {
  tags = { "chip", "action" }, covers = { "DOMAIN 2.11" },
  run = function()
    local card = cards.load("unionpay-credit"):twist "first_ac_declined"
    both:power_on()
    shop.insert_for(both, card, "12.00")
    expect.screen(both, "enter_pin")
    both:pin "123456"
    expect.screen(both, "declined")
    shop.leave(both)
    expect.equal(host.count "0200", 0, "requests")
  end,
}
