local shop = require "shop"
local intl = bench.terminal { profile = "unionpay-intl" }
local cn = bench.terminal { profile = "unionpay-cn" }

local function three_failures(t, card)
  t:power_on()
  t:sale "12.00"
  for _ = 1, 3 do
    t:insert(card)
    expect.screen(t, "chip_error")
    t:remove()
  end
end

scenario "Dead chip: three tries, then the stripe, online, coded as fallback" {
  tags = { "fallback", "chip" }, covers = { "DOMAIN 1.2", "DOMAIN 1.3", "DOMAIN 1.4" },
  run = function()
    local card = cards.load("unionpay-debit"):fault { at = "reset", kind = "mute" }
    three_failures(intl, card)
    expect.screen(intl, "please_swipe")
    intl:swipe(card)
    expect.screen(intl, "enter_pin")
    intl:pin "123456"
    expect.screen(intl, "approved")
    intl:wait_idle()
    local request = host.last "0200"
    expect.equal(request.de60.ic_condition, "2", "60.5: the last chip attempt failed")
    expect.equal(request.de22, "021", "DE22: stripe with PIN")
    expect.equal(request.de55, nil, "no chip data")
    expect.printed(intl, "12.00")
  end,
}

scenario "Dead chip in China: the stripe stays closed" {
  tags = { "fallback", "chip", "china" }, covers = { "DOMAIN 1.5" },
  run = function()
    local card = cards.load("unionpay-debit"):fault { at = "reset", kind = "mute" }
    three_failures(cn, card)
    expect.screen(cn, "use_chip")
    cn:swipe(card)
    cn:wait_idle()
    expect.equal(host.count "0200", 0, "requests")
    expect.never_shown(cn, "approved")
  end,
}

scenario "A chip card swiped without trying the chip is refused" {
  tags = { "fallback", "stripe" }, covers = { "DOMAIN 1.2" },
  run = function()
    local card = cards.load "unionpay-credit"
    intl:power_on()
    intl:sale "12.00"
    expect.screen(intl, "insert_card")
    intl:swipe(card)
    expect.screen(intl, "use_chip")
    intl:insert(card)
    expect.screen(intl, "enter_pin")
    intl:pin "123456"
    expect.screen(intl, "approved")
    shop.leave(intl)
    expect.equal(host.count "0200", 1, "requests")
    expect.equal(host.last("0200").de22, "051", "DE22: chip")
  end,
}

scenario "A card without a chip pays by stripe, not as fallback" {
  tags = { "stripe", "sale" }, covers = { "DOMAIN 1.2", "DOMAIN 4.4" },
  run = function()
    local card = cards.load "stripe-only"
    intl:power_on()
    intl:sale "30.00"
    expect.screen(intl, "insert_card")
    intl:swipe(card)
    expect.screen(intl, "approved")
    intl:wait_idle()
    expect.equal(host.last("0200").de60.ic_condition, "1", "60.5: no chip failure before")
    expect.equal(host.last("0200").de22, "022", "DE22: stripe, service code 101 asks for no PIN")
    expect.printed(intl, "SIGN")
  end,
}

scenario "In fallback another card without a chip starts over as a normal swipe" {
  tags = { "fallback", "stripe" }, covers = { "DOMAIN 1.2" },
  run = function()
    local dead = cards.load("unionpay-debit"):fault { at = "reset", kind = "mute" }
    local other = cards.load "stripe-only"
    three_failures(intl, dead)
    expect.screen(intl, "please_swipe")
    intl:swipe(other)
    expect.screen(intl, "not_chip_card")
    intl:wait_idle()
    expect.equal(host.count "0200", 0, "requests")
  end,
}

scenario "Pulling the card is not a chip failure: no fallback" {
  tags = { "fallback", "chip" }, covers = { "DOMAIN 1.3" },
  run = function()
    local card = cards.load("unionpay-debit"):fault { at = "select", kind = "remove" }
    intl:power_on()
    shop.insert_for(intl, card, "12.00")
    expect.screen(intl, "card_removed")
    intl:wait_idle()
    expect.never_shown(intl, "please_swipe")
    expect.equal(host.count "0200", 0, "requests")
  end,
}
