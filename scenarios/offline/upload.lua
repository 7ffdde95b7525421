-- The upload when line and host are not as they should be: booked once, sooner or later, or named (DOMAIN 5.4).
local shop = require "shop"
local t = bench.terminal { profile = "unionpay-offline" }

local function approved(card, amount)
  shop.insert_for(t, card, amount)
  expect.screen(t, "approved", 900)
  shop.leave(t)
end

local function no_uploads_left()
  for _ = 1, 40 do
    if #t:inspect().uploads == 0 then break end
    bench.wait(30)
  end
  expect.equal(#t:inspect().uploads, 0, "uploads left")
  t:wait_idle()
end

scenario "The line is gone for a day: the upload waits, and is booked when it is back" {
  tags = { "offline", "upload", "long" }, covers = { "DOMAIN 5.4" },
  run = function()
    local card = cards.load "action-offline-approves"
    local before = card:balance()
    t:power_on()
    net.down()
    approved(card, "12.00")
    bench.wait(24 * 3600)
    expect.equal(#t:inspect().uploads, 1, "uploads due")
    shop.not_charged(card, before)
    net.up()
    no_uploads_left()
    expect.equal(card:balance(), before - 1200, "balance at the issuer")
  end,
}

-- What the host does to the upload, how often it gets one, and whether the key is renewed on the way.
for _, case in ipairs {
  { "silence before booking", "silent_before", 2 },
  { "silence after booking: the repeat is answered 94", "silent_after", 2 },
  { "the line closed after booking", "hang_up", 2 },
  { "garbage", "garbage", 2 },
  { "a wrong MAC", "wrong_mac", 2 },
  { "no MAC", "no_mac", 2 },
  { "another trace number", "wrong_trace", 2 },
  { "another amount", "wrong_amount", 2 },
  { "an answer after the timer", "late", 2 },
  { "two answers", "duplicate", 1 },
} do
  scenario("Upload and " .. case[1] .. ": booked once") {
    tags = { "offline", "upload", "host" }, covers = { "DOMAIN 5.4", "DOMAIN 5.5" },
    run = function()
      local card = cards.load "action-offline-approves"
      local before = card:balance()
      t:power_on()
      host.rule { on = "0220", action = case[2], delay = case[2] == "late" and 75 or nil }
      approved(card, "12.00")
      host.wait("0220", case[3], 900)
      no_uploads_left()
      expect.equal(card:balance(), before - 1200, "balance at the issuer")
      expect.equal(#host.ledger(), 1, "bookings")
      expect.equal(host.count "0220", case[3], "uploads sent")
      expect.equal(host.last("0220").de11, host.last("0220", case[3] - 1).de11, "the same trace number each time")
    end,
  }
end

scenario "The host does not know the MAC key any more: signed in anew, then booked" {
  tags = { "offline", "upload", "host" }, covers = { "DOMAIN 4.7", "DOMAIN 5.4" },
  run = function()
    t:power_on()
    host.rule { on = "0220", action = "code", code = "A0" }
    approved(cards.load "action-offline-approves", "12.00")
    no_uploads_left()
    expect.truth(host.count "0800" >= 2, "signed in again")
    expect.equal(#host.ledger(), 1, "bookings")
  end,
}

scenario "Refused by the host: kept, named on screen and slip, and the next sale goes on" {
  tags = { "offline", "upload", "host" }, covers = { "DOMAIN 5.4" },
  run = function()
    local card = cards.load "action-offline-approves"
    local before = card:balance()
    t:power_on()
    host.rule { on = "0220", nth = 0, action = "code", code = "14" }
    approved(card, "12.00")
    expect.screen(t, "upload_refused", 900)
    expect.printed(t, "UPLOAD REFUSED BY THE BANK: 14")
    t:wait_idle()
    expect.equal(host.count "0220", 2, "tries")
    local left = t:inspect().uploads
    expect.equal(#left, 1, "records that are kept")
    expect.equal(left[1].refused, "14")
    shop.not_charged(card, before)
    host.clear()
    approved(cards.load "offline-often", "5.00")
    host.wait("0220", 3)
    t:wait_idle()
    expect.equal(#host.ledger(), 1, "the next one is booked")
    expect.equal(#t:inspect().uploads, 1, "and the refused one is not sent again")
  end,
}

scenario "Refused once and booked the next time" {
  tags = { "offline", "upload", "host" }, covers = { "DOMAIN 5.4" },
  run = function()
    t:power_on()
    host.rule { on = "0220", action = "code", code = "96" }
    approved(cards.load "action-offline-approves", "12.00")
    no_uploads_left()
    expect.equal(host.count "0220", 2, "tries")
    expect.never_shown(t, "upload_refused")
    expect.not_printed(t, "UPLOAD REFUSED")
  end,
}

scenario "No reversal is overtaken: it goes first, then the upload" {
  tags = { "offline", "upload", "reversal" }, covers = { "DOMAIN 5.3", "DOMAIN 5.4" },
  run = function()
    t:power_on()
    host.rule { on = "0200", action = "silent_after" }
    host.rule { on = "0400", action = "silent_before" }
    approved(cards.load "action-offline-approves", "300.00")
    no_uploads_left()
    expect.equal(host.count "0400", 2, "reversals sent")
    expect.equal(host.last().mti, "0220", "the last message")
    expect.equal(host.last("", 1).mti, "0400", "the one before")
    expect.equal(#t:inspect().reversals, 0, "reversals left")
  end,
}

scenario "The line goes down at each byte of an upload: booked once" {
  tags = { "offline", "upload", "network" }, covers = { "DOMAIN 5.4" },
  run = function()
    local card = cards.load "offline-often"
    local before, sales = card:balance(), 0
    t:power_on()
    for at = 1, 421, 70 do
      net.fault { direction = "to_host", kind = "drop", at = at }
      approved(card, "1.00")
      net.up()
      no_uploads_left()
      sales = sales + 1
      expect.equal(card:balance(), before - 100 * sales, "balance after byte " .. at)
    end
  end,
}
