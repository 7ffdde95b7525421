local shop = require "shop"
local t = bench.terminal { profile = "unionpay-intl" }

-- CVM list of unionpay-limits: no CVM under 100.00, PIN over 500.00 or else signature, signature over 100.00.
local amounts = {
  { "99.99", "1F0602", "approved" },
  { "100.01", "1E0700", "approved_signature" },
  { "500.00", "1E0700", "approved_signature" },
  { "500.01", "420900", "approved", pin = "123456" },
  { "500.02", "1E0700", "approved_signature", pin = "" },
}
for _, a in ipairs(amounts) do
  scenario("CVM list with amounts: " .. a[1] .. (a.pin == "" and ", PIN declined" or "")) {
    tags = { "card", "cvm" }, covers = { "DOMAIN 2.8" },
    run = function()
      local card = cards.load "unionpay-limits"
      t:power_on()
      shop.insert_for(t, card, a[1])
      if a.pin then
        expect.screen(t, "enter_pin")
        t:pin(a.pin)
      end
      expect.screen(t, a[3])
      shop.leave(t)
      expect.equal(host.last("0200").de55["9F34"], a[2], "CVM results")
      expect.equal(host.last("0200").de52 ~= nil, a.pin == "123456", "PIN block sent")
      if not a.pin then expect.never_shown(t, "enter_pin") end
    end,
  }
end

scenario "100.00 is neither under nor over the amount in the CVM list: no rule applies" {
  tags = { "card", "cvm" }, covers = { "DOMAIN 2.8" },
  run = function()
    local card = cards.load "unionpay-limits"
    t:power_on()
    shop.insert_for(t, card, "100.00")
    t:wait_idle()
    t:remove()
    local tvr = host.last("0200").de55["95"]
    expect.equal(tonumber(tvr:sub(5, 6), 16), 0x80, "TVR byte 3: verification not successful")
    expect.equal(host.last("0200").de55["9F34"]:sub(5, 6), "01", "CVM results: failed")
  end,
}

scenario "A method nobody knows, then the PIN" {
  tags = { "card", "cvm" }, covers = { "DOMAIN 2.8" },
  run = function()
    local card = cards.load "unionpay-strange-cvm"
    t:power_on()
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(shop.tvr(3), 0x44, "TVR byte 3: unrecognised CVM, online PIN")
    expect.equal(host.last("0200").de55["9F34"], "020000", "CVM results")
  end,
}

scenario "PIN declined where the list ends with it: verification failed" {
  tags = { "card", "cvm", "pin" }, covers = { "DOMAIN 2.8" },
  run = function()
    local card = cards.load "unionpay-strange-cvm"
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "enter_pin")
    t:keys "ENTER"
    t:wait_idle()
    t:remove()
    expect.equal(shop.tvr(3), 0xC8, "TVR byte 3: failed, unrecognised, no PIN")
    expect.equal(host.last("0200").de22, "052", "DE22: no PIN")
    expect.equal(host.last("0200").de52, nil, "no PIN block")
  end,
}

scenario "PIN declined where a signature may follow: signature" {
  tags = { "card", "cvm", "pin" }, covers = { "DOMAIN 2.8" },
  run = function()
    local card = cards.load "unionpay-credit"
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "enter_pin")
    t:keys "ENTER"
    expect.screen(t, "approved_signature")
    shop.leave(t)
    expect.equal(host.last("0200").de55["9F34"], "1E0300", "CVM results: signature")
    expect.equal(shop.tvr(3), 0x08, "TVR byte 3: PIN not entered")
    expect.printed(t, "SIGNATURE:")
  end,
}

scenario "Offline PIN is not offered by this terminal: the next rule is taken" {
  tags = { "card", "cvm" }, covers = { "DOMAIN 2.8" },
  run = function()
    local card = cards.load "unionpay-offline-pin"
    t:power_on()
    shop.insert_for(t, card, "12.00")
    bench.wait(5)
    if t:screen().name == "enter_pin" then t:pin "123456" end
    t:wait_idle()
    t:remove()
    expect.different(shop.cvm(host.last "0200"), 0x01, "CVM: not plaintext PIN")
  end,
}
