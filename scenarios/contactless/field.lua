-- What happens in the field: torn taps, silence, two cards, power cuts (DOMAIN 3.9).
local shop = require "shop"
local t = bench.terminal { profile = "unionpay-tap" }

scenario "A torn tap: the card is presented again and pays once" {
  tags = { "contactless", "torn" },
  covers = { "DOMAIN 3.9" },
  run = function()
    local card = cards.load("qpboc-debit"):fault { at = "gpo", kind = "remove", after = 1 }
    local before, atc = card:balance(), card:counters().atc
    t:power_on()
    t:sale("12.00")
    t:tap(card)
    expect.screen(t, "tap_again")
    t:tap(card:heal())
    t:untap()
    expect.screen(t, "approved")
    t:wait_idle()
    expect.equal(card:counters().atc, atc + 2, "the card had counted the torn one")
    expect.equal(card:balance(), before - 1200, "charged once")
    expect.equal(host.count "0200", 1, "requests")
  end,
}

scenario "Taken away after the directory: presented again, it pays" {
  tags = { "contactless", "torn" },
  covers = { "DOMAIN 3.9" },
  run = function()
    local card = cards.load "qpboc-debit"
    local before = card:balance()
    t:power_on()
    t:sale("12.00")
    expect.screen(t, "present_card")
    t:pull_after "apdu"
    t:tap(card)
    expect.screen(t, "tap_again")
    t:tap(card)
    expect.screen(t, "approved")
    t:untap()
    t:wait_idle()
    expect.equal(card:balance(), before - 1200, "charged once")
  end,
}

scenario "Three torn taps: the card has to be inserted" {
  tags = { "contactless", "torn" },
  covers = { "DOMAIN 3.9", "DOMAIN 1.3" },
  run = function()
    local card = cards.load("qpboc-debit"):fault { at = "select", kind = "remove", nth = 1 }
    t:power_on()
    t:sale("12.00")
    for _ = 1, 2 do
      t:tap(card)
      expect.screen(t, "tap_again")
    end
    t:tap(card)
    expect.screen(t, "use_contact")
    expect.screen(t, "insert_card")
    t:insert(card:heal())
    expect.screen(t, "enter_pin")
    t:pin("123456")
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(host.count "0200", 1, "requests")
  end,
}

scenario "A silent card: the chip reader is asked for" {
  tags = { "contactless", "mute" },
  covers = { "DOMAIN 3.9" },
  run = function()
    local card = cards.load("qpboc-debit"):fault { at = "gpo", kind = "mute", nth = 0 }
    t:power_on()
    t:sale("12.00")
    t:tap(card)
    expect.screen(t, "use_contact")
    expect.screen(t, "insert_card")
    t:untap()
    t:keys "CANCEL"
    t:wait_idle()
    expect.equal(host.count "0200", 0, "requests")
  end,
}

scenario "Two cards in the field: one is taken away, the other pays" {
  tags = { "contactless", "collision" },
  covers = { "DOMAIN 3.9" },
  run = function()
    local a, b = cards.load "qpboc-debit", cards.load "qpboc-signature"
    local before = b:balance()
    t:power_on()
    t:tap(a)
    t:tap(b)
    t:sale("12.00")
    expect.screen(t, "one_card")
    t:untap(a)
    t:untap(b)
    expect.screen(t, "approved")
    t:wait_idle()
    expect.equal(b:balance(), before - 1200, "the one that stayed pays")
    expect.equal(host.count "0200", 1, "requests")
  end,
}

scenario "A card held there before the amount pays as soon as the field is on" {
  tags = { "contactless" },
  covers = { "DOMAIN 3.9" },
  run = function()
    local card = cards.load "qpboc-debit"
    t:power_on()
    t:tap(card)
    t:sale("12.00")
    expect.screen(t, "approved")
    t:untap()
    t:wait_idle()
    expect.equal(host.last("0200").de22, "072", "DE22")
  end,
}

scenario "A garbled status word of GET PROCESSING OPTIONS: another interface" {
  tags = { "contactless", "interface" },
  covers = { "DOMAIN 3.9" },
  run = function()
    local card = cards.load("qpboc-debit"):fault { at = "gpo", kind = "sw", sw = 0x6A80 }
    t:power_on()
    t:sale("12.00")
    t:tap(card)
    t:untap()
    expect.screen(t, "use_contact")
    expect.screen(t, "insert_card")
    t:keys "CANCEL"
    t:wait_idle()
    expect.equal(host.count "0200", 0, "requests")
  end,
}

scenario "CANCEL while the field is on" {
  tags = { "contactless", "cancel" },
  covers = { "DOMAIN 3.9" },
  run = function()
    local card = cards.load "qpboc-debit"
    t:power_on()
    t:sale("12.00")
    expect.screen(t, "present_card")
    t:keys "CANCEL"
    expect.screen(t, "cancelled")
    t:tap(card)
    t:untap()
    t:wait_idle()
    expect.equal(host.count "0200", 0, "requests")
    expect.never_shown(t, "hold_card")
  end,
}

scenario "The power goes after the request of a tap: the reversal is sent after the boot" {
  tags = { "contactless", "power", "reversal" },
  covers = { "DOMAIN 3.9", "DOMAIN 5.3" },
  run = function()
    local card = cards.load "qpboc-debit"
    local before = card:balance()
    t:power_on()
    t:cut_after "send"
    t:sale("12.00")
    t:tap(card)
    t:wait_off()
    t:untap()
    t:power_on()
    t:wait_idle()
    expect.equal(host.count "0400", 1, "reversals")
    shop.not_charged(card, before)
    expect.equal(t:inspect().state.count, 0, "nothing in the batch")
  end,
}

-- Swept: posbench sweep scenarios/contactless/field.lua
scenario "A tap sale that may lose its power at any storage operation" {
  tags = { "contactless", "power", "sweep" },
  covers = { "DOMAIN 3.9", "DOMAIN 5.2" },
  run = function()
    local card = cards.load "qpboc-debit"
    t:power_on()
    t:sale("12.00")
    t:tap(card)
    expect.screen(t, "approved")
    t:untap()
    t:wait_idle()
  end,
}
