local shop = require "shop"
local t = bench.terminal { profile = "unionpay-intl" }

scenario "Chip sale approved with online PIN" {
  tags = { "sale", "chip", "smoke" },
  covers = { "DOMAIN 2.3", "DOMAIN 2.8", "DOMAIN 2.11", "DOMAIN 5.2" },
  run = function()
    local card = cards.load "unionpay-debit"
    local before, atc = card:balance(), card:counters().atc
    t:power_on()
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "approved")
    shop.leave(t)

    local request = host.last "0200"
    expect.equal(request.de4, "000000001200", "DE4")
    expect.equal(request.de22, "051", "DE22: contact chip with PIN")
    expect.equal(request.de55["9F27"], "80", "the card asked to go online")
    expect.equal(shop.cvm(request), 0x02, "CVM: online PIN")
    expect.truth(request.de52, "PIN block sent")
    expect.equal(card:balance(), before - 1200, "balance at the issuer")
    expect.equal(card:counters().atc, atc + 1, "ATC")
    expect.equal(shop.last_record(t).outcome, "done")
    expect.equal(host.count "0400", 0, "reversals")
    expect.printed(t, card:masked_pan())
    expect.printed(t, "12.00")
  end,
}

scenario "Chip sale approved with signature" {
  tags = { "sale", "chip", "signature" },
  covers = { "DOMAIN 2.8" },
  run = function()
    local card = cards.load "unionpay-signature"
    t:power_on()
    shop.insert_for(t, card, "8.50")
    expect.screen(t, "approved_signature")
    shop.leave(t)
    expect.equal(host.last("0200").de22, "052", "DE22: chip, no PIN")
    expect.equal(shop.cvm(host.last "0200"), 0x1E, "CVM: signature")
    expect.never_shown(t, "enter_pin")
    expect.printed(t, "SIGN")
  end,
}

scenario "Chip sale without any cardholder verification" {
  tags = { "sale", "chip" },
  covers = { "DOMAIN 2.8" },
  run = function()
    local card = cards.load "unionpay-no-cvm"
    t:power_on()
    shop.insert_for(t, card, "3.00")
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(host.last("0200").de55["9F34"], "1F0002", "CVM result: no CVM required, successful")
  end,
}

scenario "A Visa card pays too: another AID, another cryptogram" {
  tags = { "sale", "chip", "visa" },
  covers = { "DOMAIN 3.6", "DOMAIN 3.7" },
  run = function()
    local card = cards.load "visa-credit"
    local before = card:balance()
    t:power_on()
    shop.insert_for(t, card, "45.10")
    expect.screen(t, "approved_signature")
    shop.leave(t)
    expect.equal(host.last("0200").de55["84"], "A0000000031010", "DF name")
    expect.equal(card:balance(), before - 4510, "balance at the issuer")
  end,
}

scenario "Two sales in a row: traces, ATC and totals go on" {
  tags = { "sale", "chip" },
  covers = { "DOMAIN 5.4" },
  run = function()
    local card = cards.load "unionpay-credit"
    local atc = card:counters().atc
    t:power_on()
    local traces = {}
    for i, amount in ipairs { "10.00", "20.00" } do
      shop.pay_with_pin(t, card, amount)
      expect.screen(t, "approved")
      shop.leave(t)
      traces[i] = tonumber(host.last("0200").de11)
    end
    expect.equal(traces[2], traces[1] + 1, "trace numbers follow each other")
    expect.equal(card:counters().atc, atc + 2, "ATC")
    local state = t:inspect().state
    expect.equal(state.debit, 3000, "total of the batch in cents")
    expect.equal(state.count, 2, "count of the batch")
  end,
}
