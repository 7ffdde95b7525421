local shop = require "shop"
local t = bench.terminal { profile = "unionpay-offline-pin" }

local function insert()
  local card = cards.load "cvm-identity"
  t:power_on()
  shop.insert_for(t, card, "12.00")
  expect.screen(t, "check_identity")
  expect.truth(t:screen().text:find "X10101", "the number that the card tells")
end

scenario "Identity document: it is the cardholder's" {
  tags = { "chip", "cvm" }, covers = { "DOMAIN 2.8" },
  run = function()
    insert()
    t:keys "ENTER"
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(host.last("0200").de55["9F34"], "600302", "CVM results")
    expect.equal(host.last("0200").de55["95"]:sub(5, 6), "00", "TVR byte 3")
  end,
}

scenario "Identity document: it is somebody else's, a signature follows" {
  tags = { "chip", "cvm" }, covers = { "DOMAIN 2.8" },
  run = function()
    insert()
    t:keys "CANCEL"
    expect.screen(t, "approved_signature")
    shop.leave(t)
    expect.equal(host.last("0200").de55["9F34"], "1E0300", "CVM results")
  end,
}
