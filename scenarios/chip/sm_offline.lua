local shop = require "shop"
local t = bench.terminal { profile = "unionpay-offline" }

-- A TC by SM4 comes to the issuer with the upload of an offline sale, who computes it again.

scenario "A TC by SM4 is uploaded and booked" {
  tags = { "chip", "sm", "offline" }, covers = { "DOMAIN 3.7 SM4" },
  run = function()
    local card = cards.load "unionpay-sm4-offline"
    local before = card:balance()
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "approved", 900)
    shop.leave(t)
    host.wait("0220", 1)
    t:wait_idle()
    local upload = host.last("0220").de55
    expect.equal(upload["9F27"], "40", "a TC")
    expect.equal(upload["9F10"]:sub(15, 16), "04", "algorithm in 9F10")
    expect.equal(card:balance(), before - 1200, "balance at the issuer")
  end,
}

scenario "A TC by SM4 that is wrong is not booked" {
  tags = { "chip", "sm", "offline" }, covers = { "DOMAIN 3.7 SM4", "DOMAIN 3.4 wrong cryptogram" },
  run = function()
    local card = cards.load("unionpay-sm4-offline"):twist "wrong_cryptogram"
    local before = card:balance()
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "approved", 900)
    shop.leave(t)
    host.wait("0220", 2)
    t:wait_idle()
    expect.equal(t:inspect().uploads[1].refused, "05", "refused for good")
    expect.equal(#host.ledger(), 0, "bookings")
    expect.equal(card:balance(), before, "balance at the issuer")
  end,
}
