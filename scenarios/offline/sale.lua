local shop = require "shop"
local t = bench.terminal { profile = "unionpay-offline" }

-- What a sweep cuts into: a sale that the card approves, and its upload.
scenario "A sign-in and a sale that the card approves, uploaded" {
  tags = { "offline", "power", "sweep" }, covers = { "DOMAIN 2.10", "DOMAIN 5.2", "DOMAIN 5.4" },
  run = function()
    local card = cards.load "offline-often"
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "approved")
    shop.leave(t)
    host.wait("0220", 1)
    t:wait_idle()
  end,
  -- The next customer, when everything that was left is done.
  after = function()
    shop.insert_for(t, cards.load "offline-signature", "5.00")
    expect.screen(t, "approved", 900)
    shop.leave(t)
  end,
}
