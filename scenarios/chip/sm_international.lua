local shop = require "shop"
local t = bench.terminal { profile = "unionpay-oda" }

-- A terminal that does not say by DF69 that it knows the SM algorithms: a card with both takes 3DES, and one that has
-- nothing else uses SM4 all the same, which concerns card and issuer only.

for _, row in ipairs { { "unionpay-sm-either", "01", "0000048000" }, { "unionpay-sm4", "04", "8000048000" } } do
  scenario("Algorithm " .. row[2] .. " at a terminal without the SM algorithms: " .. row[1]) {
    tags = { "chip", "sm" }, covers = { "DOMAIN 3.10 DF69", "DOMAIN 3.7 SM4" },
    run = function()
      local card = cards.load(row[1])
      t:power_on()
      shop.pay_with_pin(t, card, "12.00")
      expect.screen(t, "approved")
      shop.leave(t)
      expect.equal(host.last("0200").de55["9F10"]:sub(15, 16), row[2], "algorithm in 9F10")
      expect.equal(host.last("0200").de55["95"], row[3], "TVR: the card with both is authenticated with RSA")
      expect.equal(#host.ledger(), 1, "booked once")
    end,
  }
end
