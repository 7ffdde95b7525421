local shop = require "shop"
local t = bench.terminal { profile = "unionpay-intl" }

-- A sale whose power dies at a given record line. Afterwards the terminal comes back, undoes what is unknown,
-- and the next sale works.
local function cut(kind, options, sent)
  local card = cards.load "unionpay-debit"
  local before = card:balance()
  t:power_on()
  shop.insert_for(t, card, "12.00")
  expect.screen(t, "enter_pin")
  t:cut_after(kind, options)
  t:pin "123456"
  t:wait_off()
  t:remove()
  bench.wait(10)
  t:power_on()
  t:wait_idle()
  bench.wait(5)
  expect.equal(#t:inspect().reversals, 0, "reversals left after power-up")
  if sent == "undone" then
    shop.not_charged(card, before)
    expect.equal(host.count "0400", 1, "reversals delivered")
    expect.never_shown(t, "approved")
  end
  local charged = before - card:balance()
  shop.pay_with_pin(t, card, "5.00")
  expect.screen(t, "approved")
  shop.leave(t)
  expect.equal(card:balance(), before - charged - 500, "balance after the next sale")
end

scenario "Power cut before the request is sent: nothing was sent, nothing is charged" {
  tags = { "power" }, covers = { "DOMAIN 5.2" },
  run = function()
    local card = cards.load "unionpay-debit"
    local before = card:balance()
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "enter_pin")
    t:cut_after("line", { what = "connected" })
    t:pin "123456"
    t:wait_off()
    t:remove()
    t:power_on()
    t:wait_idle()
    expect.equal(host.count "0200", 0, "requests")
    shop.not_charged(card, before)
  end,
}

scenario "Power cut after the request was sent: reversed at power-up" {
  tags = { "power", "reversal" }, covers = { "DOMAIN 5.2", "DOMAIN 5.3" },
  run = function() cut("send", {}, "undone") end,
}

scenario "Power cut when the answer has arrived: reversed at power-up" {
  tags = { "power", "reversal" }, covers = { "DOMAIN 5.2", "DOMAIN 5.3" },
  run = function() cut("recv", {}, "undone") end,
}

scenario "Power cut when the request was sent, torn sectors" {
  tags = { "power", "reversal" }, covers = { "DOMAIN 5.2", "DOMAIN 7.5" },
  run = function() cut("send", { mode = "torn" }, "undone") end,
}

-- The storage operations after the answer are the journal commit: cut before, inside and after each of the first 12.
for _, when in ipairs { "before", "inside", "after" } do
  scenario("Power cut " .. when .. " each storage operation of the journal commit") {
    tags = { "power", "commit" }, covers = { "DOMAIN 5.2", "DOMAIN 7.5" },
    run = function()
      local card = cards.load "unionpay-debit"
      t:power_on()
      for operation = 1, 12 do
        shop.insert_for(t, card, "12.00")
        expect.screen(t, "enter_pin")
        local mode = operation % 2 == 0 and "none" or "torn"
        t:cut_after("recv", { storage = operation, when = when, mode = mode, seed = operation })
        t:pin "123456"
        t:wait_off()
        t:remove()
        bench.wait(10)
        t:power_on()
        t:wait_idle()
        bench.wait(5)
        expect.equal(#t:inspect().reversals, 0, "reversals left after power-up")
      end
    end,
  }
end

scenario "Power cut while the slip is printed: it is printed at power-up" {
  tags = { "power", "printer" }, covers = { "DOMAIN 5.2" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:power_on()
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "approved")
    t:cut_after("print", { nth = 4 })
    t:remove()
    t:wait_off()
    t:power_on()
    expect.screen(t, "printing")
    t:wait_idle()
    expect.printed(t, "12.00")
    expect.equal(shop.last_record(t).outcome, "done")
    expect.equal(t:inspect().state.print_pending, false, "slip due")
  end,
}

scenario "Paper out after the approval: the slip waits, the money stands" {
  tags = { "printer" }, covers = { "DOMAIN 5.2" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:power_on()
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "approved")
    t:paper(false)
    t:remove()
    expect.screen(t, "printer_paper")
    t:paper(true)
    t:keys "ENTER"
    t:wait_idle()
    expect.printed(t, "12.00")
    expect.equal(shop.last_record(t).outcome, "done")
  end,
}

scenario "Two idle reboots leave the same storage" {
  tags = { "power", "boot" }, covers = { "DOMAIN 5.2" },
  run = function()
    t:power_on()
    t:wait_idle()
    t:power_cut()
    local first = t:hash()
    for _ = 1, 2 do
      t:power_on()
      t:wait_idle()
      t:power_cut()
      expect.equal(t:hash(), first, "hash of everything durable")
    end
  end,
}
