local shop = require "shop"
local t = bench.terminal { profile = "unionpay-intl" }

-- A sale at the running terminal whose storage fails at the at-th operation after the host has got the request.
local function pay_with(card, fault)
  shop.insert_for(t, card, "12.00")
  expect.screen(t, "enter_pin")
  local requests = host.count "0200"
  bench.start(function()
    host.wait("0200", requests + 1)
    t:storage_fault(fault)
  end)
  t:pin "123456"
end

-- The same as the first thing in the morning. Leaves the terminal as it then stands; returns the card and its balance
-- before.
local function sale_with(fault)
  local card = cards.load "unionpay-debit"
  local before = card:balance()
  t:power_on()
  pay_with(card, fault)
  return card, before
end

-- The medium is replaced or freed, the terminal switched off and on; then the books are even and it sells again.
local function repair_and_sell(card, before, charged)
  t:storage_repair()
  t:power_cut()
  t:remove()
  t:power_on()
  t:wait_idle()
  bench.wait(30)
  expect.equal(#t:inspect().reversals, 0, "reversals due")
  expect.equal(card:balance(), before - charged, "balance after the repair")
  shop.pay_with_pin(t, card, "5.00")
  expect.screen(t, "approved")
  shop.leave(t)
  expect.equal(card:balance(), before - charged - 500, "balance after the next sale")
end

scenario "Disk full when the approval is to be recorded: not approved, reversed at once, sold again later" {
  tags = { "power", "storage", "reversal" }, covers = { "DOMAIN 7.5", "DOMAIN 5.2" },
  run = function()
    local card, before = sale_with { kind = "full", at = 1 }
    expect.screen(t, "journal_full")
    expect.screen(t, "remove_card")
    expect.never_shown(t, "approved")
    t:remove()
    bench.wait(30)
    repair_and_sell(card, before, 0)
    expect.equal(host.count "0400", 1, "reversals")
  end,
}

scenario "Disk full before a sale: nothing is sent" {
  tags = { "power", "storage" }, covers = { "DOMAIN 7.5" },
  run = function()
    local card = cards.load "unionpay-debit"
    local before = card:balance()
    t:power_on()
    t:wait_idle()
    t:storage_fault { kind = "full" }
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "journal_full")
    expect.equal(host.count "0200", 0, "requests")
    repair_and_sell(card, before, 0)
  end,
}

-- 1 to 8 are the commit of the host's answer. The card still waits for its second GENERATE AC and must get it: the emv
-- oracle counts the cryptograms that went online.
for _, lasting in ipairs { false, true } do
  scenario("Write error at each operation that keeps the host's answer" .. (lasting and ", and at all after it" or "") ..
           ": the card is finished, the sale undone") {
    tags = { "power", "storage", "reversal", "emv" }, covers = { "DOMAIN 7.5", "DOMAIN 5.2", "DOMAIN 2.11" },
    run = function()
      local card = cards.load "unionpay-debit"
      local before = card:balance()
      t:power_on()
      for at = 1, 8 do
        pay_with(card, { kind = "error", at = at, lasting = lasting })
        expect.screen(t, "storage_failed")
        t:remove()
        t:storage_repair()
        t:power_cut()
        t:power_on()
        t:wait_idle()
        bench.wait(30)
        expect.equal(#t:inspect().reversals, 0, "reversals due")
      end
      expect.never_shown(t, "approved")
      expect.equal(card:balance(), before, "balance")
      expect.equal(host.count "0400", 8, "reversals")
    end,
  }
end

-- 9 to 15 are the commit of the outcome: frames of the write-ahead log, then their sync.
for _, place in ipairs { { "first write", 9 }, { "last write", 14 }, { "sync", 15 } } do
  scenario("Write error at the " .. place[1] .. " of the journal commit: out of service, settled at power-up") {
    tags = { "power", "storage", "reversal", "commit" }, covers = { "DOMAIN 7.5", "DOMAIN 5.2" },
    run = function()
      local card, before = sale_with { kind = "error", at = place[2] }
      expect.screen(t, "storage_failed")
      expect.never_shown(t, "approved")
      bench.wait(5)
      repair_and_sell(card, before, 0)
    end,
  }
end

scenario "Every write fails once the outcome is recorded: the money stands, the slip comes after the repair" {
  tags = { "power", "storage", "printer" }, covers = { "DOMAIN 7.5", "DOMAIN 5.2" },
  run = function()
    local card, before = sale_with { kind = "error", at = 16, lasting = true }
    expect.screen(t, "storage_failed")
    bench.wait(5)
    repair_and_sell(card, before, 1200)
    expect.printed(t, "12.00")
    expect.equal(t:inspect().records[1].outcome, "done")
    expect.equal(host.count "0400", 0, "reversals")
  end,
}

scenario "A bad block under the running image: it is read, not written, and boots" {
  tags = { "storage", "boot" }, covers = { "DOMAIN 7.5" },
  run = function()
    t:storage_fault { kind = "bad-block", area = "slot-a", block = 0 }
    t:storage_fault { kind = "bad-block", area = "slot-b", block = 3 }
    for _ = 1, 3 do
      t:power_on()
      t:wait_idle()
      t:power_cut()
    end
    t:power_on()
    t:wait_idle()
  end,
}

scenario "Worn-out flash: selling and rebooting erase nothing" {
  tags = { "storage", "boot" }, covers = { "DOMAIN 7.5" },
  run = function()
    for _, area in ipairs { "boot", "slot-a", "slot-b" } do
      t:storage_fault { kind = "wear", area = area, erases = 0 } -- the next erase fails
    end
    local card = cards.load "unionpay-debit"
    local before = card:balance()
    t:power_on()
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "approved")
    shop.leave(t)
    t:power_cut { mode = "torn" }
    t:power_on()
    t:wait_idle()
    expect.equal(card:balance(), before - 1200, "balance")
  end,
}

scenario "The data base cannot be read at power-up: out of service, nothing lost once it can" {
  tags = { "power", "storage" }, covers = { "DOMAIN 7.5" },
  run = function()
    local card = cards.load "unionpay-debit"
    local before = card:balance()
    t:power_on()
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "approved")
    shop.leave(t)
    local records = t:inspect().records
    t:power_cut()
    t:storage_fault { kind = "read-error", file = "store.db", lasting = true }
    t:power_on()
    expect.screen(t, "storage_failed")
    t:power_cut()
    t:storage_repair()
    t:power_on()
    t:wait_idle()
    expect.equal(t:inspect().records, records, "journal")
    expect.equal(card:balance(), before - 1200, "balance")
  end,
}

scenario "Brown-out while the host works on a sale: three starts in vain, then it is reversed" {
  tags = { "power", "storage", "reversal" }, covers = { "DOMAIN 7.5", "DOMAIN 5.2", "DOMAIN 5.3" },
  run = function()
    local card = cards.load "unionpay-debit"
    local before = card:balance()
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "enter_pin")
    t:cut_after("send", { mode = "brown-out" })
    t:pin "123456"
    t:wait_off()
    t:remove()
    expect.equal(t:screen().name, "", "display without power")
    t:power_on()
    t:wait_idle()
    bench.wait(10)
    expect.equal(#t:inspect().reversals, 0, "reversals due")
    expect.never_shown(t, "approved")
    shop.not_charged(card, before)
  end,
}

scenario "Brown-out inside the journal commit: approved and recorded, or reversed" {
  tags = { "power", "storage", "commit" }, covers = { "DOMAIN 7.5", "DOMAIN 5.2" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:power_on()
    for operation = 1, 16, 3 do
      local before = card:balance()
      shop.insert_for(t, card, "12.00")
      expect.screen(t, "enter_pin")
      t:cut_after("recv", { storage = operation, when = "inside", mode = "brown-out", seed = operation })
      t:pin "123456"
      t:wait_off()
      t:remove()
      t:power_on()
      t:wait_idle()
      bench.wait(10)
      expect.equal(#t:inspect().reversals, 0, "reversals due")
      local done = shop.last_record(t).outcome == "done"
      expect.equal(card:balance(), done and before - 1200 or before, "balance")
    end
  end,
}
