-- The power goes around the card's own decision: an approval with its upload, or a disclosed unknown.
local shop = require "shop"
local t = bench.terminal { profile = "unionpay-offline" }

local function back()
  t:wait_off()
  t:remove()
  bench.wait(5)
  t:power_on()
  t:wait_idle(300)
end

local function disclosed(card, before)
  local records = t:inspect().records
  expect.equal(#records, 1, "records")
  expect.equal(records[1].outcome, "disclosed")
  expect.printed(t, "RESULT UNKNOWN")
  expect.not_printed(t, "APPROVED")
  expect.never_shown(t, "approved")
  expect.equal(#t:inspect().uploads, 0, "uploads")
  bench.wait(300)
  expect.equal(host.count "0220", 0, "uploads sent")
  shop.not_charged(card, before)
  expect.equal(t:inspect().state.debit, 0, "total of the batch")
end

scenario "Cut when the TC has come and nothing is written: a disclosed unknown" {
  tags = { "offline", "power" }, covers = { "DOMAIN 5.2" },
  run = function()
    local card = cards.load "action-offline-approves"
    local before = card:balance()
    t:power_on()
    t:sale "12.00"
    t:cut_after("se") -- the card number is sealed
    t:insert(card)
    back()
    disclosed(card, before)
  end,
}

scenario "Cut before the card is asked, when the intent is written: a disclosed unknown" {
  tags = { "offline", "power" }, covers = { "DOMAIN 5.2" },
  run = function()
    local card = cards.load "action-offline-approves"
    local before = card:balance()
    t:power_on()
    t:sale "12.00"
    t:cut_after("rng", { nth = 2 }) -- drawn for the card, after the one for risk management
    t:insert(card)
    back()
    disclosed(card, before)
  end,
}

scenario "Cut before the intent: nothing has happened" {
  tags = { "offline", "power" }, covers = { "DOMAIN 5.2" },
  run = function()
    local card = cards.load "action-offline-approves"
    local before = card:balance()
    t:power_on()
    t:sale "12.00"
    t:cut_after("rng")
    t:insert(card)
    back()
    expect.equal(#t:inspect().records, 0, "records")
    expect.never_shown(t, "payment_unknown")
    shop.not_charged(card, before)
  end,
}

scenario "Cut when the approval is shown: the slip follows as a copy, and the upload" {
  tags = { "offline", "power" }, covers = { "DOMAIN 5.2", "DOMAIN 5.4" },
  run = function()
    local card = cards.load "action-offline-approves"
    local before = card:balance()
    t:power_on()
    t:sale "12.00"
    t:cut_after("screen", { nth = 2 }) -- reading card, approved
    t:insert(card)
    back()
    host.wait("0220", 1)
    t:wait_idle()
    expect.printed(t, "** COPY **")
    expect.printed(t, "APPROVED BY THE CARD, OFFLINE")
    expect.equal(card:balance(), before - 1200, "balance at the issuer")
    expect.never_shown(t, "payment_unknown")
  end,
}

scenario "Cut when the upload has left, and when its answer has come: booked once" {
  tags = { "offline", "power", "upload" }, covers = { "DOMAIN 5.2", "DOMAIN 5.4" },
  run = function()
    local card = cards.load "offline-often"
    local before, sales = card:balance(), 0
    t:power_on()
    for _, moment in ipairs { "send", "recv" } do
      shop.insert_for(t, card, "12.00")
      expect.screen(t, "approved")
      t:cut_after(moment)
      t:remove()
      back()
      for _ = 1, 10 do
        if #t:inspect().uploads == 0 then break end
        bench.wait(30)
      end
      sales = sales + 1
      expect.equal(card:balance(), before - 1200 * sales, "balance after a cut at " .. moment)
      expect.equal(#t:inspect().uploads, 0, "uploads left")
    end
  end,
}

scenario "An unknown that is cut while it is told: told again, once in the journal" {
  tags = { "offline", "power" }, covers = { "DOMAIN 5.2" },
  run = function()
    local card = cards.load "action-offline-approves"
    local before = card:balance()
    t:power_on()
    t:sale "12.00"
    t:cut_after("se") -- the card number is sealed
    t:insert(card)
    t:wait_off()
    t:remove()
    t:cut_after("screen", { nth = 2 }) -- starting, unknown
    t:power_on()
    t:wait_off()
    bench.wait(5)
    t:power_on()
    expect.screen(t, "payment_unknown", 60)
    t:wait_idle(300)
    disclosed(card, before)
  end,
}

scenario "An unknown and no paper: its slip is due until there is some" {
  tags = { "offline", "power", "printer" }, covers = { "DOMAIN 1.6" },
  run = function()
    local card = cards.load "action-offline-approves"
    t:power_on()
    t:sale "12.00"
    t:cut_after("se") -- the card number is sealed
    t:insert(card)
    t:wait_off()
    t:remove()
    t:paper(false)
    t:power_on()
    expect.screen(t, "printer_paper", 60)
    t:keys "CANCEL"
    t:wait_idle()
    expect.not_printed(t, "RESULT UNKNOWN")
    t:paper(true)
    expect.printed(t, "RESULT UNKNOWN")
    t:wait_idle()
  end,
}

scenario "No paper for an offline approval: the slip follows, the upload does not wait for it" {
  tags = { "offline", "printer" }, covers = { "DOMAIN 1.6", "DOMAIN 5.4" },
  run = function()
    t:power_on()
    t:paper(false)
    shop.insert_for(t, cards.load "action-offline-approves", "12.00")
    expect.screen(t, "approved")
    t:remove()
    expect.screen(t, "printer_paper")
    t:keys "CANCEL"
    host.wait("0220", 1)
    t:wait_idle()
    t:paper(true)
    expect.printed(t, "APPROVED BY THE CARD, OFFLINE")
    expect.never_shown(t, "upload_refused")
    t:wait_idle()
  end,
}

-- How a card goes away: without its TC nobody is charged, so this is no unknown.
for _, fault in ipairs { "remove", "mute", "garble" } do
  scenario("The card ends the first GENERATE AC by " .. fault .. ": not approved, not charged") {
    tags = { "offline", "card" }, covers = { "DOMAIN 2.11" },
    run = function()
      local card = cards.load("action-offline-approves"):fault { at = "generate_ac", kind = fault }
      local before = card:balance()
      t:power_on()
      t:sale "12.00"
      t:insert(card)
      bench.wait(10)
      t:remove()
      t:wait_idle(300)
      expect.equal(shop.last_record(t).outcome, "refused")
      expect.never_shown(t, "approved")
      expect.equal(#t:inspect().uploads, 0, "uploads")
      shop.not_charged(card, before)
    end,
  }
end

scenario "The card is pulled when it has given its TC: approved, and uploaded" {
  tags = { "offline", "card" }, covers = { "DOMAIN 2.11", "DOMAIN 5.4" },
  run = function()
    local card = cards.load "action-offline-approves"
    t:power_on()
    t:sale "12.00"
    t:pull_after("se")
    t:insert(card)
    expect.screen(t, "approved")
    host.wait("0220", 1)
    t:wait_idle()
    expect.equal(#host.ledger(), 1, "bookings")
  end,
}

scenario "The storage is full when the TC has come: out of service, and told after the next start" {
  tags = { "offline", "storage" }, covers = { "DOMAIN 5.2", "DOMAIN 5.4" },
  run = function()
    local card = cards.load "action-offline-approves"
    local before = card:balance()
    t:power_on()
    t:sale "12.00"
    t:cut_after("screen", { nth = 2 }) -- reading card, out of service
    bench.start(function()
      for _ = 1, 400 do
        if #t:inspect().records > 0 then break end
        bench.wait(0.01)
      end
      t:storage_fault { kind = "full", at = 1, lasting = true }
    end)
    t:insert(card)
    t:wait_off()
    t:remove()
    t:storage_repair()
    t:power_on()
    t:wait_idle(300)
    disclosed(card, before)
  end,
}
