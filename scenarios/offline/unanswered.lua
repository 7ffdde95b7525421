local shop = require "shop"
local t = bench.terminal { profile = "unionpay-offline" }

-- For deeper sweeps: two sales that the card approves, one at once (Y1) and one when the host gives no answer (Y3, with
-- the reversal of what was asked), and their uploads.
scenario "A sign-in, a Y1, and a Y3 after a request without an answer, both uploaded" {
  tags = { "offline", "power", "sweep" }, covers = { "DOMAIN 2.10", "DOMAIN 5.2", "DOMAIN 5.4" },
  run = function()
    local card = cards.load "offline-often"
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "approved")
    shop.leave(t)
    host.wait("0220", 1)
    t:wait_idle()
    host.rule { on = "0200", action = "silent_after" }
    shop.insert_for(t, card, "300.00")
    expect.screen(t, "approved", 900)
    shop.leave(t)
    host.wait("0220", 2, 900)
    t:wait_idle()
  end,
  -- The next customer, when everything that was left is done.
  after = function()
    shop.insert_for(t, cards.load "offline-signature", "5.00")
    expect.screen(t, "approved", 900)
    shop.leave(t)
  end,
}
