-- How much may be owed by the host: number, sum, and the room to record it.
local shop = require "shop"
local t = bench.terminal { profile = "unionpay-offline" }

local function approved(card, amount)
  shop.insert_for(t, card, amount)
  expect.screen(t, "approved", 900)
  shop.leave(t)
end

-- The host takes sales and no uploads.
local function uploads_stay()
  t:power_on()
  host.rule { on = "0220", nth = 0, action = "silent_before" }
end

scenario "Five may wait: the sixth sale goes to the host" {
  tags = { "offline", "limits" }, covers = { "DOMAIN 2.10", "DOMAIN 5.4" },
  run = function()
    local card = cards.load "offline-often"
    uploads_stay()
    for _ = 1, 5 do approved(card, "10.00") end
    expect.equal(host.count "0200", 0, "requests")
    approved(card, "10.00")
    expect.equal(host.count "0200", 1, "requests")
    expect.equal(#t:inspect().uploads, 5, "uploads due")
    expect.equal(shop.last_record(t).response, "00")
  end,
}

scenario "The sum that may wait: one cent more goes to the host" {
  tags = { "offline", "limits" }, covers = { "DOMAIN 2.10" },
  run = function()
    local card = cards.load "offline-often"
    uploads_stay()
    approved(card, "199.00")
    approved(cards.load "offline-signature", "199.99")
    approved(cards.load "action-offline-approves", "1.01")
    expect.equal(host.count "0200", 0, "exactly the sum is no more than the sum")
    approved(card, "0.01") -- with the one before still below the floor limit
    expect.equal(host.count "0200", 1, "requests")
    expect.equal(#t:inspect().uploads, 3, "uploads due")
  end,
}

scenario "No room and no line: declined, though card and action codes would let it through" {
  tags = { "offline", "limits" }, covers = { "DOMAIN 2.10" },
  run = function()
    local card = cards.load "offline-often"
    t:power_on()
    net.down()
    for _ = 1, 5 do approved(card, "10.00") end
    shop.insert_for(t, card, "10.00")
    expect.screen(t, "no_line", 900)
    shop.leave(t)
    expect.equal(#t:inspect().uploads, 5, "uploads due")
    expect.equal(t:inspect().state.debit, 5000, "total of the batch")
  end,
}

scenario "The storage is full before the card is read: the sale ends, and nothing is charged" {
  tags = { "offline", "storage" }, covers = { "DOMAIN 5.4" },
  run = function()
    local card = cards.load "action-offline-approves"
    local before = card:balance()
    t:power_on()
    shop.insert_for(t, cards.load "offline-often", "1.00")
    expect.screen(t, "approved")
    shop.leave(t)
    host.wait("0220", 1)
    t:wait_idle()
    t:sale "12.00"
    expect.screen(t, "insert_card")
    t:storage_fault { kind = "full", at = 1, lasting = true }
    t:insert(card)
    expect.screen(t, "journal_full", 120)
    t:storage_repair()
    shop.leave(t)
    bench.wait(60)
    expect.equal(#t:inspect().uploads, 0, "uploads due")
    expect.equal(#host.ledger(), 1, "bookings")
    expect.never_shown(t, "payment_unknown")
    shop.not_charged(card, before)
  end,
}

scenario "A hundred sales in a row, some with the line and some without: all booked, totals agree" {
  tags = { "offline", "upload", "long" }, covers = { "DOMAIN 5.4" },
  run = function()
    local card = cards.load "offline-often"
    local before = card:balance()
    t:power_on()
    for i = 1, 100 do
      if i % 7 == 3 then net.down() elseif i % 7 == 6 then net.up() end
      approved(card, "1.00")
    end
    net.up()
    bench.wait(300)
    t:wait_idle()
    expect.equal(#t:inspect().uploads, 0, "uploads left")
    expect.equal(t:inspect().state.count, 100, "sales of the batch")
    expect.equal(card:balance(), before - 10000, "balance at the issuer")
  end,
}
