local shop = require "shop"
local t = bench.terminal { profile = "unionpay-intl" }

-- The stripe's side of what scenarios/host/answers.lua asks of the chip: no card that could still object.
local function swiped(card)
  t:sale "12.00"
  expect.screen(t, "insert_card")
  t:swipe(card)
end

local undone = {
  { "silence before booking", { action = "silent_before" }, "no_answer", "98" },
  { "silence after booking", { action = "silent_after" }, "no_answer", "98" },
  { "an answer after the timer", { action = "late", delay = 75 }, "no_answer", "98" },
  { "a wrong MAC", { action = "wrong_mac" }, "bad_answer", "A0" },
  { "no MAC", { action = "no_mac" }, "bad_answer", "A0" },
  { "another trace number", { action = "wrong_trace" }, "no_answer", "98" },
  { "hung up after booking", { action = "hang_up" }, "no_answer", "98" },
  { "a part of the amount", { action = "code", code = "10" }, "contact_issuer", "06" },
}
for _, u in ipairs(undone) do
  scenario("Stripe sale, " .. u[1] .. ": undone") {
    tags = { "host", "stripe", "reversal" }, covers = { "DOMAIN 5.2", "DOMAIN 5.3" },
    run = function()
      local card = cards.load "stripe-only"
      local before = card:balance()
      t:power_on()
      local rule = { on = "0200" }
      for key, value in pairs(u[2]) do rule[key] = value end
      host.rule(rule)
      swiped(card)
      expect.screen(t, u[3])
      t:wait_idle()
      host.wait("0400", 1, 900)
      bench.wait(60)
      expect.equal(host.last("0400").de39, u[4], "reason")
      expect.equal(host.last("0400").de55, nil, "no chip data")
      expect.equal(shop.last_record(t).outcome, "reversed")
      expect.never_shown(t, "approved")
      expect.not_printed(t, "APPROVED")
      shop.not_charged(card, before)
    end,
  }
end

for _, kind in ipairs { "send", "recv" } do
  scenario("Stripe sale, power cut after " .. kind .. ": undone at power-up") {
    tags = { "power", "stripe", "reversal" }, covers = { "DOMAIN 5.2" },
    run = function()
      local card = cards.load "stripe-only"
      local before = card:balance()
      t:power_on()
      t:sale "12.00"
      t:cut_after(kind)
      t:swipe(card)
      t:wait_off()
      t:power_on()
      t:wait_idle()
      bench.wait(5)
      expect.equal(host.count "0400", 1, "reversals")
      shop.not_charged(card, before)
    end,
  }
end

scenario "Stripe sale declined: no reversal, no slip" {
  tags = { "host", "stripe", "decline" }, covers = { "DOMAIN 4.7" },
  run = function()
    local card = cards.load "stripe-only"
    local before = card:balance()
    t:power_on()
    host.rule { on = "0200", action = "code", code = "51" }
    swiped(card)
    expect.screen(t, "declined")
    t:wait_idle()
    expect.equal(host.count "0400", 0, "reversals")
    expect.not_printed(t, "APPROVED")
    shop.not_charged(card, before)
  end,
}

scenario "Stripe sale without a line: nothing sent" {
  tags = { "network", "stripe" }, covers = { "DOMAIN 5.2" },
  run = function()
    local card = cards.load "stripe-only"
    t:power_on()
    net.down()
    swiped(card)
    expect.screen(t, "no_line")
    t:wait_idle()
    expect.equal(#t:inspect().reversals, 0, "reversals due")
    net.up()
  end,
}
