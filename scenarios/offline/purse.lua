local shop = require "shop"
local t = bench.terminal { profile = "unionpay-ec" }

-- To be cut into: a sale that the purse of a chip card pays, and its upload.
scenario "A sign-in and a sale paid from the purse, uploaded" {
  tags = { "offline", "ec", "power", "sweep" },
  covers = { "DOMAIN 3.9 contact EC", "DOMAIN 5.2", "DOMAIN 5.4" },
  run = function()
    local card = cards.load "unionpay-ec"
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "approved_balance")
    shop.leave(t)
    host.wait("0200", 1)
    t:wait_idle()
  end,
}
