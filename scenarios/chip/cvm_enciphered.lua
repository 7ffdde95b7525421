local shop = require "shop"
local t = bench.terminal { profile = "unionpay-offline-pin" }

-- The PIN goes to the card under the card's own key; the PIN is 1234, three tries.
local RIGHT, WRONG = "1234", "4321"

local function pay(card, pin)
  t:power_on()
  shop.insert_for(t, card, "12.00")
  expect.screen(t, "card_pin")
  t:pin(pin or RIGHT)
end

for name, of in pairs { ["unionpay-offline-pin-enciphered"] = "a PIN key of its own",
                        ["unionpay-offline-pin-icc-key"] = "the key of its dynamic authentication" } do
  scenario("Enciphered PIN, right at once, under " .. of) {
    tags = { "chip", "cvm", "pin", "oda" }, covers = { "DOMAIN 2.6", "DOMAIN 2.8" },
    run = function()
      local card = cards.load(name)
      pay(card)
      expect.screen(t, "pin_right")
      expect.screen(t, "approved")
      shop.leave(t)
      expect.equal(shop.cvm_results(), "440302", "CVM results: enciphered PIN")
      expect.equal(shop.tvr(3), 0x00, "TVR byte 3")
      expect.equal(card:counters().pin_tries, 3, "tries in the card")
    end,
  }

  scenario("Enciphered PIN, wrong and then right, each with a challenge of its own, under " .. of) {
    tags = { "chip", "cvm", "pin", "oda" }, covers = { "DOMAIN 2.6", "DOMAIN 2.8" },
    run = function()
      local card = cards.load(name)
      pay(card, WRONG)
      expect.screen(t, "card_pin_again")
      expect.equal(card:counters().pin_tries, 2, "tries in the card")
      t:pin(RIGHT)
      expect.screen(t, "approved")
      shop.leave(t)
      expect.equal(shop.cvm_results(), "440302", "CVM results")
    end,
  }
end

scenario "Enciphered PIN and signature" {
  tags = { "chip", "cvm", "pin", "oda" }, covers = { "DOMAIN 2.6", "DOMAIN 2.8" },
  run = function()
    pay(cards.load "unionpay-offline-pin-signature")
    expect.screen(t, "approved_signature")
    shop.leave(t)
    expect.equal(shop.cvm_results(), "450300", "CVM results: open, the signature is still to come")
  end,
}

scenario "The card's PIN key cannot be recovered: that rule fails, the PIN goes in clear by the next" {
  tags = { "chip", "cvm", "pin", "oda" }, covers = { "DOMAIN 2.6", "DOMAIN 2.8" },
  run = function()
    pay(cards.load "broken-pin-key")
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(shop.cvm_results(), "410302", "CVM results: plaintext PIN")
    expect.equal(shop.tvr(3), 0x00, "TVR byte 3")
  end,
}

scenario "No challenge from the card: the PIN is not sent, the next rule asks for it again" {
  tags = { "chip", "cvm", "pin", "fault" }, covers = { "DOMAIN 2.6", "DOMAIN 2.8" },
  run = function()
    local card = cards.load("unionpay-offline-pin-icc-key"):fault { at = "get_challenge", kind = "sw", sw = 0x6D00 }
    pay(card)
    expect.screen(t, "card_pin")
    t:pin(RIGHT)
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(shop.cvm_results(), "410302", "CVM results: plaintext PIN")
    expect.equal(card:counters().pin_tries, 3, "tries in the card")
  end,
}

scenario "The last try of an enciphered PIN is wrong: blocked, and no rule for a PIN is worth asking again" {
  tags = { "chip", "cvm", "pin", "oda" }, covers = { "DOMAIN 2.6", "DOMAIN 2.8" },
  run = function()
    local card = cards.load "unionpay-offline-pin-icc-key"
    pay(card, WRONG)
    expect.screen(t, "card_pin_again")
    t:pin(WRONG)
    expect.screen(t, "card_pin_last")
    t:pin(WRONG)
    expect.screen(t, "pin_blocked")
    t:wait_idle(300)
    t:remove()
    expect.equal(shop.tvr(3), 0x20, "TVR byte 3: try limit exceeded")
    expect.equal(shop.cvm_results(), "1F0002", "CVM results: the list ends with no CVM")
    expect.equal(card:counters().pin_tries, 0, "tries in the card")
  end,
}

scenario "One try left from the start: it is said to be the last" {
  tags = { "chip", "cvm", "pin" }, covers = { "DOMAIN 2.8" },
  run = function()
    local card = cards.load "unionpay-pin-one-try"
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "card_pin_last")
    t:pin(RIGHT)
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(shop.tvr(3), 0x00, "TVR byte 3")
  end,
}

scenario "A card whose PIN was blocked elsewhere" {
  tags = { "chip", "cvm", "pin" }, covers = { "DOMAIN 2.8" },
  run = function()
    local card = cards.load "unionpay-pin-blocked"
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "pin_blocked")
    bench.wait(5)
    if t:screen().name == "enter_pin" then t:pin "123456" end
    t:wait_idle(300)
    t:remove()
    expect.equal(shop.tvr(3) & 0x20, 0x20, "TVR byte 3: try limit exceeded")
    expect.never_shown(t, "card_pin")
  end,
}

scenario "A card that keeps its try counter to itself" {
  tags = { "chip", "cvm", "pin" }, covers = { "DOMAIN 2.8" },
  run = function()
    local card = cards.load "unionpay-pin-hidden"
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "enter_pin")
    t:pin(RIGHT)
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(shop.cvm_results(), "410302", "CVM results: plaintext PIN")
  end,
}
