-- Cards that approve without the host, and what follows: slip, journal, upload, one booking (DOMAIN 2.10, 5.4).
local shop = require "shop"
local t = bench.terminal { profile = "unionpay-offline" }

-- A sale that the card approves, to the end of the slip.
local function approved(card, amount)
  shop.insert_for(t, card, amount)
  expect.screen(t, "approved", 900)
  shop.leave(t)
end

-- All uploads are done, and each sale of these amounts stands once in the host's ledger.
local function booked(amounts)
  host.wait("0220", #amounts)
  t:wait_idle()
  expect.equal(#t:inspect().uploads, 0, "uploads left")
  local seen = {}
  for _, entry in ipairs(host.ledger()) do seen[#seen + 1] = entry.amount end
  expect.equal(seen, amounts, "bookings")
end

scenario "Y1: a card approves below the floor limit, and the host books it once" {
  tags = { "offline", "chip" }, covers = { "DOMAIN 2.10", "DOMAIN 5.4", "DOMAIN 4.5" },
  run = function()
    local card = cards.load "action-offline-approves"
    local before = card:balance()
    t:power_on()
    approved(card, "12.00")
    booked { 1200 }
    local sale, upload = shop.last_record(t), host.last "0220"
    expect.equal(sale.outcome, "done")
    expect.equal(sale.response, "Y1")
    expect.truth(#sale.rrn > 0, "the host's reference number is in the journal")
    expect.equal(tonumber(upload.de11), sale.trace, "trace number")
    expect.equal(upload.de60.type, "30", "DE60.1")
    expect.equal(upload.de14, "3012", "expiry")
    expect.equal(upload.de23, "001", "sequence number")
    expect.truth(not upload.de35, "no track was kept for it")
    expect.equal(upload.de55["8A"], "5931", "8A is Y1")
    expect.equal(upload.de55["9F27"], "40", "a TC")
    expect.equal(host.count "0200", 0, "requests")
    expect.equal(card:balance(), before - 1200, "balance at the issuer")
    expect.printed(t, "APPROVED BY THE CARD, OFFLINE")
    expect.printed(t, "TC: " .. upload.de55["9F26"])
  end,
}

scenario "Y3: over the floor limit, and the line does not open" {
  tags = { "offline", "chip" }, covers = { "DOMAIN 2.10", "DOMAIN 2.11" },
  run = function()
    local card = cards.load "action-offline-approves"
    t:power_on()
    net.down()
    approved(card, "300.00")
    expect.equal(shop.last_record(t).response, "Y3")
    expect.equal(#t:inspect().uploads, 1, "uploads due")
    net.up()
    booked { 30000 }
    expect.equal(host.last("0220").de55["8A"], "5933", "8A is Y3")
    expect.equal(host.count "0200", 0, "requests")
  end,
}

scenario "Y3 after a request without an answer: the request is reversed, the card's approval is booked" {
  tags = { "offline", "chip", "reversal" }, covers = { "DOMAIN 2.10", "DOMAIN 5.2", "DOMAIN 5.3" },
  run = function()
    local card = cards.load "action-offline-approves"
    local before = card:balance()
    t:power_on()
    host.rule { on = "0200", action = "silent_after" }
    approved(card, "300.00")
    host.wait("0220", 1)
    t:wait_idle()
    expect.equal(host.count "0400", 1, "reversals")
    expect.different(host.last("0220").de11, host.last("0200").de11, "a trace number of its own")
    expect.equal(card:balance(), before - 30000, "charged once")
    expect.equal(#t:inspect().reversals, 0, "reversals left")
  end,
}

scenario "A card that wants the host asked: online, and the intent leaves no trace" {
  tags = { "offline", "chip" }, covers = { "DOMAIN 2.11" },
  run = function()
    local card = cards.load "offline-asks-host"
    t:power_on()
    approved(card, "12.00")
    expect.equal(host.count "0200", 1, "requests")
    expect.equal(host.count "0220", 0, "uploads")
    expect.equal(#t:inspect().records, 1, "records")
    expect.equal(shop.last_record(t).response, "00")
  end,
}

scenario "A card that wants the host asked, and no line: it lets the TC through at the second cryptogram" {
  tags = { "offline", "chip" }, covers = { "DOMAIN 2.10", "DOMAIN 2.11" },
  run = function()
    local card = cards.load "offline-asks-host"
    t:power_on()
    net.down()
    approved(card, "12.00")
    expect.equal(shop.last_record(t).response, "Y3")
    net.up()
    booked { 1200 }
  end,
}

scenario "A card that declines instead: no slip, no upload" {
  tags = { "offline", "chip" }, covers = { "DOMAIN 2.11" },
  run = function()
    local card = cards.load("action-offline-approves"):twist "first_ac_declined"
    local before = card:balance()
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "declined")
    shop.leave(t)
    expect.equal(#t:inspect().records, 1, "records")
    expect.equal(shop.last_record(t).outcome, "refused")
    expect.equal(shop.last_record(t).response, "Z1")
    expect.equal(#t:inspect().uploads, 0, "uploads")
    expect.never_shown(t, "approved")
    shop.not_charged(card, before)
  end,
}

scenario "A card that declines after the line has failed: Z3" {
  tags = { "offline", "chip" }, covers = { "DOMAIN 2.11" },
  run = function()
    local card = cards.load("action-offline-approves"):twist "second_ac_refused"
    t:power_on()
    net.down()
    shop.insert_for(t, card, "300.00")
    expect.screen(t, "no_line", 900)
    shop.leave(t)
    expect.equal(shop.last_record(t).outcome, "refused")
    expect.equal(shop.last_record(t).response, "Z3")
    expect.never_shown(t, "approved")
    expect.equal(#t:inspect().uploads, 0, "uploads")
  end,
}

scenario "Signature: the slip of an offline approval has the line to sign on" {
  tags = { "offline", "chip", "cvm" }, covers = { "DOMAIN 1.6", "DOMAIN 2.8" },
  run = function()
    t:power_on()
    shop.insert_for(t, cards.load "offline-signature", "12.00")
    expect.screen(t, "approved")
    t:remove()
    expect.screen(t, "approved_signature")
    t:wait_idle()
    expect.printed(t, "SIGNATURE:")
    booked { 1200 }
  end,
}

scenario "Several wait while the line is down, and each is booked once, the oldest first" {
  tags = { "offline", "upload" }, covers = { "DOMAIN 5.4" },
  run = function()
    local card = cards.load "offline-often"
    local before = card:balance()
    t:power_on()
    net.down()
    for _, amount in ipairs { "1.00", "2.00", "3.00", "4.00" } do approved(card, amount) end
    local state = t:inspect()
    expect.equal(#state.uploads, 4, "uploads due")
    expect.equal(state.state.debit, 1000, "total of the batch")
    expect.equal(state.state.count, 4, "sales of the batch")
    net.up()
    booked { 100, 200, 300, 400 }
    expect.equal(card:balance(), before - 1000, "balance at the issuer")
    expect.equal(t:inspect().state.debit, 1000, "total of the batch")
  end,
}

scenario "A split over the floor limit goes online: the offline sale before it counts" {
  tags = { "offline", "risk" }, covers = { "DOMAIN 2.9" },
  run = function()
    local card = cards.load "offline-often"
    t:power_on()
    approved(card, "150.00")
    approved(card, "60.00")
    expect.equal(host.count "0200", 1, "requests")
    expect.equal(host.count "0220", 1, "uploads")
  end,
}

scenario "A wrong cryptogram as TC: the terminal cannot know, the host refuses to book" {
  tags = { "offline", "upload" }, covers = { "DOMAIN 3.6", "DOMAIN 5.4" },
  run = function()
    local card = cards.load("action-offline-approves"):twist "wrong_cryptogram"
    local before = card:balance()
    t:power_on()
    approved(card, "12.00")
    host.wait("0220", 2)
    t:wait_idle()
    expect.equal(t:inspect().uploads[1].refused, "05", "refused for good")
    expect.printed(t, "UPLOAD REFUSED BY THE BANK: 05")
    shop.not_charged(card, before)
  end,
}
