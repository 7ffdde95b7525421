-- Taps that end at the host: qPBOC online (DOMAIN 3.9), with each way of verifying the cardholder.
local shop = require "shop"
local t = bench.terminal { profile = "unionpay-tap" }

-- Up to the tap: the terminal offers it, the customer holds the card there and takes it away again.
local function tap_for(card, amount)
  shop.tap_for(t, card, amount)
  t:untap()
end

scenario "Tap approved online without PIN below the CVM limit" {
  tags = { "contactless", "sale" },
  covers = { "DOMAIN 3.9", "DOMAIN 4.5", "DOMAIN 1.6" },
  run = function()
    local card = cards.load "qpboc-debit"
    local before, atc = card:balance(), card:counters().atc
    t:power_on()
    tap_for(card, "12.00")
    expect.screen(t, "approved")
    t:wait_idle()
    local request = host.last "0200"
    expect.equal(request.de22, "072", "DE22: contactless, no PIN")
    expect.equal(request.de60.capability, "6", "DE60.4: contact and contactless chip")
    expect.equal(request.de55["9F27"], "80", "an online cryptogram")
    expect.equal(request.de55["95"], "0000000000", "no terminal verification results in a tap")
    expect.equal(request.de55["84"], "A000000333010101", "DF name")
    expect.equal(request.de23, "001", "DE23")
    expect.truth(not request.de52, "no PIN block")
    expect.equal(card:balance(), before - 1200, "balance at the issuer")
    expect.equal(card:counters().atc, atc + 1, "ATC")
    expect.equal(shop.last_record(t).outcome, "done")
    expect.equal(host.count "0400", 0, "reversals")
    expect.printed(t, card:masked_pan() .. " /T")
    expect.printed(t, "ARQC:")
    expect.never_shown(t, "enter_pin")
  end,
}

scenario "Tap at the CVM limit: the card asks for the online PIN" {
  tags = { "contactless", "pin" },
  covers = { "DOMAIN 3.9", "DOMAIN 2.3" },
  run = function()
    local card = cards.load "qpboc-debit"
    local before = card:balance()
    t:power_on()
    tap_for(card, "1000.00")
    expect.screen(t, "enter_pin")
    t:pin("123456")
    expect.screen(t, "approved")
    t:wait_idle()
    expect.equal(host.last("0200").de22, "071", "DE22: contactless with PIN")
    expect.equal(shop.cvm(host.last "0200"), 0x02, "CVM: online PIN")
    expect.truth(host.last("0200").de52, "PIN block sent")
    expect.equal(card:balance(), before - 100000, "balance at the issuer")
  end,
}

scenario "One cent below the CVM limit nobody is asked" {
  tags = { "contactless", "pin" },
  covers = { "DOMAIN 3.9" },
  run = function()
    t:power_on()
    tap_for(cards.load "qpboc-debit", "999.99")
    expect.screen(t, "approved")
    t:wait_idle()
    expect.never_shown(t, "enter_pin")
    expect.equal(host.last("0200").de22, "072", "DE22")
  end,
}

scenario "A card that always wants the PIN gets it, whatever the amount" {
  tags = { "contactless", "pin" },
  covers = { "DOMAIN 3.9" },
  run = function()
    t:power_on()
    tap_for(cards.load "qpboc-pin-always", "1.00")
    expect.screen(t, "enter_pin")
    t:pin("123456")
    expect.screen(t, "approved")
    t:wait_idle()
    expect.equal(host.last("0200").de22, "071", "DE22")
  end,
}

scenario "A card that asks for a signature" {
  tags = { "contactless", "signature" },
  covers = { "DOMAIN 3.9" },
  run = function()
    t:power_on()
    tap_for(cards.load "qpboc-signature", "1500.00")
    expect.screen(t, "approved_signature")
    t:wait_idle()
    expect.equal(host.last("0200").de22, "072", "DE22: no PIN")
    expect.equal(shop.cvm(host.last "0200"), 0x1E, "CVM: signature")
    expect.printed(t, "SIGN")
  end,
}

scenario "Without qualifiers of the card the terminal verifies by its own limit" {
  tags = { "contactless", "pin" },
  covers = { "DOMAIN 3.9" },
  run = function()
    t:power_on()
    tap_for(cards.load "qpboc-no-ctq", "2000.00")
    expect.screen(t, "enter_pin")
    t:pin("123456")
    expect.screen(t, "approved")
    t:wait_idle()
  end,
}

scenario "Wrong PIN after a tap: declined, nothing charged" {
  tags = { "contactless", "pin", "declined" },
  covers = { "DOMAIN 3.9", "DOMAIN 4.7" },
  run = function()
    local card = cards.load "qpboc-debit"
    local before = card:balance()
    t:power_on()
    tap_for(card, "1200.00")
    expect.screen(t, "enter_pin")
    t:pin("654321")
    expect.screen(t, "declined")
    t:wait_idle()
    shop.not_charged(card, before)
    expect.equal(host.count "0400", 0, "reversals")
  end,
}

scenario "PIN entry cancelled after a tap: nothing is sent" {
  tags = { "contactless", "pin", "cancel" },
  covers = { "DOMAIN 3.9" },
  run = function()
    local card = cards.load "qpboc-debit"
    local before = card:balance()
    t:power_on()
    tap_for(card, "1200.00")
    expect.screen(t, "enter_pin")
    t:keys "12 CANCEL"
    expect.screen(t, "cancelled")
    t:wait_idle()
    expect.equal(host.count "0200", 0, "requests")
    shop.not_charged(card, before)
  end,
}

scenario "The issuer declines a tap" {
  tags = { "contactless", "declined" },
  covers = { "DOMAIN 3.9", "DOMAIN 4.7" },
  run = function()
    local card = cards.load "qpboc-debit"
    local before = card:balance()
    t:power_on()
    host.rule { on = "0200", action = "code", code = "51" }
    tap_for(card, "12.00")
    expect.screen(t, "declined")
    t:wait_idle()
    shop.not_charged(card, before)
    expect.equal(host.count "0400", 0, "reversals")
  end,
}

scenario "A wrong cryptogram in a tap is found by the issuer" {
  tags = { "contactless", "declined" },
  covers = { "DOMAIN 3.9", "DOMAIN 3.7" },
  run = function()
    local card = cards.load("qpboc-debit"):twist "wrong_cryptogram"
    local before = card:balance()
    t:power_on()
    tap_for(card, "12.00")
    expect.screen(t, "declined")
    t:wait_idle()
    shop.not_charged(card, before)
  end,
}

scenario "No answer to a tap: the reversal follows with the same DE22" {
  tags = { "contactless", "reversal" },
  covers = { "DOMAIN 3.9", "DOMAIN 5.3" },
  run = function()
    local card = cards.load "qpboc-debit"
    local before = card:balance()
    t:power_on()
    host.rule { on = "0200", action = "silent_after" }
    tap_for(card, "12.00")
    expect.screen(t, "no_answer", 120)
    t:wait_idle()
    expect.equal(host.count "0400", 1, "reversals")
    expect.equal(host.last("0400").de22, "072", "DE22 of the reversal")
    shop.not_charged(card, before)
  end,
}
