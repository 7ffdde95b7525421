-- How the cardholder is verified after a tap where the terminal lacks a way (9F66 byte 1 bits 3 and 2; DOMAIN 3.9).
local shop = require "shop"
local signature = bench.terminal { profile = "unionpay-tap-signature" }
local pin = bench.terminal { profile = "unionpay-tap-pin" }
local neither = bench.terminal { profile = "unionpay-tap-no-cvm" }

local function tap(terminal, card, amount)
  terminal:power_on()
  shop.tap_for(terminal, card, amount)
end

-- 9F6C of each: PIN always; a signature if one is wanted; nothing said.
for _, name in ipairs { "qpboc-pin-always", "qpboc-signature", "qpboc-no-ctq" } do
  scenario("Without online PIN a signature is taken: " .. name) {
    tags = { "contactless", "signature" },
    covers = { "DOMAIN 3.9 CTQ and TTQ, signature" },
    run = function()
      tap(signature, cards.load(name), "1500.00")
      expect.screen(signature, "approved_signature")
      signature:untap()
      signature:wait_idle()
      expect.equal(host.last("0200").de55["9F34"], "1E0000", "CVM results")
      expect.equal(host.last("0200").de22, "072", "DE22: no PIN")
      expect.equal(shop.cvm(host.last "0200"), 0x1E, "CVM: signature")
      expect.never_shown(signature, "enter_pin")
    end,
  }

  scenario("Without signature the online PIN is asked for: " .. name) {
    tags = { "contactless", "pin" },
    covers = { "DOMAIN 3.9 CTQ and TTQ, online PIN" },
    run = function()
      tap(pin, cards.load(name), "1500.00")
      expect.screen(pin, "enter_pin")
      pin:untap()
      pin:pin("123456")
      expect.screen(pin, "approved")
      pin:wait_idle()
      expect.equal(host.last("0200").de22, "071", "DE22")
      expect.equal(shop.cvm(host.last "0200"), 0x02, "CVM: online PIN")
    end,
  }

  scenario("Without either the tap is declined: " .. name) {
    tags = { "contactless", "declined" },
    covers = { "DOMAIN 3.9 CTQ and TTQ, no method" },
    run = function()
      tap(neither, cards.load(name), "1500.00")
      expect.screen(neither, "declined")
      neither:untap()
      neither:wait_idle()
      expect.equal(host.count "0200", 0, "requests")
      expect.equal(shop.last_record(neither).outcome, "refused")
    end,
  }
end

scenario "Without either, a tap below the CVM limit needs nobody verified" {
  tags = { "contactless" },
  covers = { "DOMAIN 3.9 CTQ and TTQ, no method" },
  run = function()
    tap(neither, cards.load "qpboc-no-ctq", "999.99")
    expect.screen(neither, "approved")
    neither:untap()
    neither:wait_idle()
    expect.equal(host.last("0200").de22, "072", "DE22")
  end,
}
