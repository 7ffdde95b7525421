local shop = require "shop"
local intl = bench.terminal { profile = "unionpay-intl" }
local cn = bench.terminal { profile = "unionpay-cn" }

-- Waits until the other customers of this scenario have gone.
local function together(count)
  local left = 0
  return {
    leave = function() left = left + 1 end,
    wait = function() while left < count do bench.wait(1) end end,
  }
end

local function pay(t, card, amount, pin)
  shop.pay_with_pin(t, card, amount, pin)
  expect.screen(t, "approved")
  shop.leave(t)
end

scenario "Two customers at two terminals at the same time" {
  tags = { "terminals", "sale" }, covers = { "DOMAIN 5.2", "DOMAIN 5.4" },
  run = function()
    local one, two = cards.load "unionpay-debit", cards.load "unionpay-credit"
    local before_one, before_two = one:balance(), two:balance()
    local others = together(1)
    bench.start(function()
      cn:power_on()
      for _ = 1, 3 do pay(cn, two, "7.00") end
      others.leave()
    end)
    intl:power_on()
    for _ = 1, 2 do pay(intl, one, "12.00") end
    others.wait()
    expect.equal(one:balance(), before_one - 2400, "balance of the first card")
    expect.equal(two:balance(), before_two - 2100, "balance of the second card")
    expect.equal(intl:inspect().state.count, 2, "sales of the first terminal")
    expect.equal(cn:inspect().state.count, 3, "sales of the second terminal")
    expect.equal(intl:inspect().state.debit, 2400, "total of the first terminal")
    expect.equal(cn:inspect().state.debit, 2100, "total of the second terminal")
    expect.equal(shop.last_record(intl).trace + 1, intl:inspect().state.next_trace, "its own trace numbers")
    expect.equal(shop.last_record(cn).trace + 1, cn:inspect().state.next_trace, "its own trace numbers")
  end,
}

scenario "One terminal loses its power while the other one sells" {
  tags = { "terminals", "power", "reversal" }, covers = { "DOMAIN 5.2", "DOMAIN 5.3" },
  run = function()
    local one, two = cards.load "unionpay-debit", cards.load "unionpay-credit"
    local before_one, before_two = one:balance(), two:balance()
    local others = together(1)
    bench.start(function()
      cn:power_on()
      for _ = 1, 4 do pay(cn, two, "3.00") end
      others.leave()
    end)
    intl:power_on()
    shop.insert_for(intl, one, "12.00")
    expect.screen(intl, "enter_pin")
    intl:cut_after "send"
    intl:pin "123456"
    intl:wait_off()
    intl:remove()
    intl:power_on()
    intl:wait_idle()
    others.wait()
    expect.equal(one:balance(), before_one, "what was cut off is undone")
    expect.equal(two:balance(), before_two - 1200, "the other terminal's sales stand")
    expect.equal(#cn:inspect().reversals, 0, "reversals of the other terminal")
  end,
}

scenario "Both reset together: neither knows anything of the other" {
  tags = { "terminals", "boot" }, covers = { "DOMAIN 5.2" },
  run = function()
    local one, two = cards.load "unionpay-debit", cards.load "unionpay-credit"
    intl:power_on()
    cn:power_on()
    pay(intl, one, "12.00")
    pay(cn, two, "8.00")
    for _, t in ipairs { intl, cn } do t:power_cut() end
    cn:power_on()
    intl:power_on()
    pay(cn, two, "9.00")
    pay(intl, one, "13.00")
    expect.equal(cn:inspect().state.debit, 1700, "total of the Chinese terminal")
    expect.equal(intl:inspect().state.debit, 2500, "total of the other")
  end,
}
