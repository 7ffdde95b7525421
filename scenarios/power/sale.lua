local shop = require "shop"
local t = bench.terminal { profile = "unionpay-intl" }

-- What a sweep cuts into: the first boot with its sign-in, a chip sale that is approved, and a stripe sale whose answer
-- never comes, so that it is reversed.
scenario "A sign-in and two sales, chip and stripe, one of them unanswered" {
  tags = { "power", "sweep", "reversal" }, covers = { "DOMAIN 5.2", "DOMAIN 5.3", "DOMAIN 7.5" },
  run = function()
    local chip, stripe = cards.load "unionpay-credit", cards.load "stripe-only"
    t:power_on()
    shop.pay_with_pin(t, chip, "12.00")
    expect.screen(t, "approved")
    shop.leave(t)
    host.rule { on = "0200", action = "silent_after" }
    t:sale "7.50"
    expect.screen(t, "insert_card")
    t:swipe(stripe)
    expect.screen(t, "no_answer")
    host.wait("0400", 1, 900)
    t:wait_idle()
  end,
  -- The next customer, when everything that was left is done.
  after = function()
    shop.pay_with_pin(t, cards.load "unionpay-credit", "5.00")
    expect.screen(t, "approved")
    shop.leave(t)
  end,
}
