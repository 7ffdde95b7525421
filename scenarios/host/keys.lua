local shop = require "shop"
local t = bench.terminal { profile = "unionpay-keyless" }

local function pay(amount)
  shop.pay_with_pin(t, cards.load "unionpay-sda", amount)
  expect.screen(t, "approved")
  shop.leave(t)
end

-- What a sweep cuts into: a sale in whose answer the host asks for a download, the download, and a sale with the keys.
-- The card of the first sale is not authenticated, that of the last one is, wherever the power went away.
scenario "A terminal without CA keys fetches them, and the next card is authenticated" {
  tags = { "host", "keys", "sweep" }, covers = { "DOMAIN 2.6 CA key download", "DOMAIN 4.1", "DOMAIN 4.4" },
  run = function()
    host.keys { offer = { "F1", "F3" }, per_answer = 1 }
    t:power_on()
    pay "12.00"
    expect.equal(host.last("0200").de55["95"], "4200048000", "TVR without the key: SDA failed")
    expect.equal(host.count "0820", 3, "two lists and the end")
    pay "7.50"
    expect.equal(host.last("0200").de55["95"], "0200048000", "TVR with the key")
  end,
  -- Cut before the requirement was written down, the terminal hears it again with the answer to this sale.
  after = function()
    pay "5.00"
    pay "6.00"
    expect.equal(host.last("0200").de55["95"], "0200048000", "TVR with the key")
  end,
}
