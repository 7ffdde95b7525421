local shop = require "shop"
local t = bench.terminal { profile = "unionpay-intl" }

-- A sale is sent and its answer never comes; the terminal is off.
local function unknown_outcome(card)
  t:power_on()
  shop.insert_for(t, card, "12.00")
  expect.screen(t, "enter_pin")
  t:cut_after "send"
  t:pin "123456"
  t:wait_off()
  t:remove()
end

scenario "Three boots with a reversal due and a dead line: it is kept, nothing is sold, then it is delivered" {
  tags = { "power", "reversal", "network" }, covers = { "DOMAIN 5.2", "DOMAIN 5.3" },
  run = function()
    local card = cards.load "unionpay-debit"
    local before = card:balance()
    unknown_outcome(card)
    net.down()
    for _ = 1, 3 do
      t:power_on(600)
      t:wait_idle(600)
      expect.equal(#t:inspect().reversals, 1, "reversals due")
      shop.insert_for(t, card, "5.00")
      expect.screen(t, "enter_pin")
      t:pin "123456"
      t:wait_idle(600)
      expect.equal(host.count "0200", 1, "requests that reached the host")
      t:remove()
      t:power_cut()
    end
    net.up()
    t:power_on()
    t:wait_idle()
    expect.equal(host.count "0400", 1, "reversals delivered")
    expect.equal(#t:inspect().reversals, 0, "reversals due")
    shop.not_charged(card, before)
    shop.pay_with_pin(t, card, "5.00")
    expect.screen(t, "approved")
    shop.leave(t)
  end,
}

scenario "The line comes back by itself: the reversal leaves without anybody's help" {
  tags = { "network", "reversal" }, covers = { "DOMAIN 5.1", "DOMAIN 5.3" },
  run = function()
    local card = cards.load "unionpay-debit"
    local before = card:balance()
    unknown_outcome(card)
    net.down()
    t:power_on(600)
    t:wait_idle(600)
    bench.wait(600)
    net.up()
    bench.wait(120)
    expect.equal(host.count "0400", 1, "reversals delivered")
    shop.not_charged(card, before)
  end,
}

scenario "Power cut again while the reversal is under way: delivered once more, undone once" {
  tags = { "power", "reversal" }, covers = { "DOMAIN 5.2", "DOMAIN 5.3" },
  run = function()
    local card = cards.load "unionpay-debit"
    local before = card:balance()
    unknown_outcome(card)
    for _, kind in ipairs { "send", "recv" } do
      t:cut_after(kind)
      t:power_on()
      t:wait_off()
      bench.wait(5)
    end
    t:power_on()
    t:wait_idle()
    expect.truth(host.count "0400" >= 2, "reversals sent")
    expect.equal(#t:inspect().reversals, 0, "reversals due")
    shop.not_charged(card, before)
    local traces = host.last("0400", 0).de11 == host.last("0400", 1).de11
    expect.truth(traces, "the same trace number each time")
  end,
}

scenario "Power cut between reversal and the keys that have changed meanwhile: a new MAC, the same message" {
  tags = { "power", "reversal", "sign-in" }, covers = { "DOMAIN 5.3" },
  run = function()
    local card = cards.load "unionpay-debit"
    local before = card:balance()
    unknown_outcome(card)
    t:clock "2026-06-16 09:00:00" -- another day: sign-in first
    t:power_on()
    t:wait_idle()
    expect.equal(host.count "0800", 2, "sign-ins")
    expect.equal(host.count "0400", 1, "reversals")
    shop.not_charged(card, before)
  end,
}

-- Trace numbers: every one is used for one request, whatever happens in between.
scenario "No trace number twice over cuts, dead lines and declines" {
  tags = { "power", "network" }, covers = { "DOMAIN 5.2", "DOMAIN 5.4" },
  run = function()
    local card = cards.load "unionpay-debit"
    local seen = {}
    local function note()
      local trace = host.last("0200").de11
      expect.truth(not seen[trace], "trace " .. trace .. " is new")
      seen[trace] = true
    end
    t:power_on()
    for round = 1, 3 do
      shop.pay_with_pin(t, card, "1.00")
      expect.screen(t, "approved")
      shop.leave(t)
      note()
      net.down()
      shop.pay_with_pin(t, card, "2.00")
      expect.screen(t, "no_line")
      shop.leave(t)
      net.up()
      shop.insert_for(t, card, "3.00")
      expect.screen(t, "enter_pin")
      t:cut_after(round == 2 and "recv" or "send")
      t:pin "123456"
      t:wait_off()
      t:remove()
      bench.wait(3)
      note()
      t:power_on()
      t:wait_idle()
    end
  end,
}

-- What is shown must be on stable storage: the power goes at the moment of the approval, in every mode of losing data.
for _, mode in ipairs { "none", "all", "prefix", "random", "torn", "names", "data" } do
  scenario("Power cut when APPROVED is on the display, " .. mode .. " survives: it stays approved") {
    tags = { "power", "commit" }, covers = { "DOMAIN 5.2", "DOMAIN 7.5" },
    run = function()
      local card, poor = cards.load "unionpay-no-cvm", cards.load "empty-account"
      t:power_on()
      for seed = 1, 4 do
        shop.insert_for(t, card, "12.00")
        expect.screen(t, "approved")
        t:power_cut { mode = mode, seed = seed }
        t:remove()
        t:power_on()
        t:wait_idle()
        expect.equal(t:inspect().state.count, seed, "sales")
        expect.equal(host.count "0400", 0, "reversals")
      end
      shop.pay_with_pin(t, poor, "12.00")
      expect.screen(t, "declined")
      t:power_cut { mode = mode }
      t:remove()
      t:power_on()
      t:wait_idle()
      expect.equal(shop.last_record(t).outcome, "refused")
      expect.equal(host.count "0400", 0, "reversals")
    end,
  }
end

scenario "The journal is full: no further sale, nothing lost" {
  tags = { "journal", "long" }, covers = { "DOMAIN 5.4" },
  run = function()
    local card = cards.load "unionpay-no-cvm"
    t:power_on()
    for _ = 1, 500 do
      shop.insert_for(t, card, "0.10")
      expect.screen(t, "approved")
      shop.leave(t)
    end
    t:keys "1"
    expect.screen(t, "journal_full")
    t:wait_idle()
    expect.equal(host.count "0200", 500, "requests")
    expect.equal(t:inspect().state.count, 500, "sales")
  end,
}

scenario "More screens than the bench keeps: an approval that is signed counts once" {
  tags = { "signature", "long" }, covers = { "DOMAIN 5.4" },
  run = function()
    local card = cards.load "unionpay-signature"
    t:power_on()
    for _ = 1, 30 do
      shop.insert_for(t, card, "1.00")
      expect.screen(t, "approved_signature")
      shop.leave(t)
    end
    expect.equal(t:inspect().state.count, 30, "sales")
  end,
}

scenario "A busy day: many sales, cuts and reboots, the books agree" {
  tags = { "power", "long" }, covers = { "DOMAIN 5.2", "DOMAIN 5.4" },
  run = function()
    local card = cards.load "unionpay-no-cvm"
    local before = card:balance()
    t:power_on()
    for i = 1, 40 do
      shop.insert_for(t, card, "1.00")
      expect.screen(t, "approved")
      shop.leave(t)
      if i % 8 == 0 then
        t:power_cut { mode = i % 16 == 0 and "torn" or "none", seed = i }
        t:power_on()
        t:wait_idle()
      end
    end
    expect.equal(t:inspect().state.count, 40, "sales")
    expect.equal(card:balance(), before - 4000, "balance at the issuer")
  end,
}
