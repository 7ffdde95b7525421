local shop = require "shop"
local t = bench.terminal { profile = "unionpay-intl" }

-- One field of an approval does not fit the request, under a good MAC: it is the answer to something else, so the
-- outcome is unknown and is undone.
local foreign = {
  { "the MTI is 0211", { field = 0, value = "0211" } },
  { "the MTI is 0230", { field = 0, value = "0230" } },
  { "another processing code", { field = 3, value = "200000" } },
  { "no amount", { field = 4 } },
  { "another time of day, one that is none", { field = 12, value = "256161" } },
  { "a month that is none", { field = 13, value = "1332" } },
  { "no reference number", { field = 37 } },
  { "a blank response code", { field = 39, value = "  " } },
  { "no response code", { field = 39 } },
  { "another terminal", { field = 41, value = "99999999" } },
  { "no terminal", { field = 41 } },
  { "another merchant", { field = 42, value = "999999999999999" } },
  { "another currency", { field = 49, value = "840" } },
  { "another condition code", { field = 25, value = "06" } },
  { "another batch", { field = 60, value = "22000009000500" } },
}

for _, f in ipairs(foreign) do
  scenario("An approval that does not fit: " .. f[1]) {
    tags = { "host", "reversal" }, covers = { "DOMAIN 5.5", "DOMAIN 5.7" },
    run = function()
      local card = cards.load "unionpay-no-cvm"
      local before = card:balance()
      t:power_on()
      local rule = { on = "0200", action = "field" }
      for key, value in pairs(f[2]) do rule[key] = value end
      host.rule(rule)
      shop.insert_for(t, card, "12.00")
      expect.screen(t, "no_answer")
      shop.leave(t)
      host.wait("0400", 1, 900)
      bench.wait(5)
      expect.never_shown(t, "approved")
      shop.not_charged(card, before)
      expect.equal(shop.last_record(t).outcome, "reversed")
    end,
  }
end

scenario "Fields that the terminal need not know change nothing" {
  tags = { "host" }, covers = { "DOMAIN 5.5" },
  run = function()
    local card = cards.load "unionpay-no-cvm"
    t:power_on()
    for _, rule in ipairs { { field = 15 }, { field = 32 }, { field = 44, value = "0000000000000000000000000" } } do
      rule.on, rule.action = "0200", "field"
      host.clear()
      host.rule(rule)
      shop.insert_for(t, card, "12.00")
      expect.screen(t, "approved")
      shop.leave(t)
    end
  end,
}

scenario "A sign-in that announces a new batch number: the next sale is in it" {
  tags = { "host", "sign-in" }, covers = { "DOMAIN 4.4", "DOMAIN 4.6" },
  run = function()
    local card = cards.load "unionpay-no-cvm"
    host.rule { on = "0800", action = "field", field = 60, value = "00000042003" }
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(host.last("0200").de60.batch, "000042", "DE60.2")
    expect.equal(t:inspect().state.batch, 42, "batch")
  end,
}

-- Working keys whose check values do not agree, or that are missing: not taken, and not signed in with.
local bad_keys = {
  { "PIK with a wrong check value", { hex = ("11"):rep(40) } },
  { "too short", { hex = ("00"):rep(24) } },
  { "none", {} },
}
for _, k in ipairs(bad_keys) do
  scenario("Working keys: " .. k[1]) {
    tags = { "host", "sign-in" }, covers = { "DOMAIN 4.8" },
    run = function()
      local card = cards.load "unionpay-debit"
      local rule = { on = "0800", action = "field", field = 62, nth = 1 }
      for key, value in pairs(k[2]) do rule[key] = value end
      host.rule(rule)
      t:power_on()
      expect.screen(t, "sign_in_failed")
      t:wait_idle()
      expect.equal(t:inspect().state.signed_in, false, "signed in")
      bench.wait(90)
      expect.equal(host.count "0800", 2, "sign-ins")
      expect.equal(t:inspect().state.signed_in, true, "signed in")
      shop.pay_with_pin(t, card, "12.00")
      expect.screen(t, "approved")
      shop.leave(t)
    end,
  }
end
