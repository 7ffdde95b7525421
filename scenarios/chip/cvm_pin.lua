local shop = require "shop"
local t = bench.terminal { profile = "unionpay-offline-pin" }

-- The PIN that the card checks (1234, three tries); behind it in the list: online PIN, signature, nothing.
local RIGHT, WRONG = "1234", "4321"

local function insert(card, screen)
  t:power_on()
  shop.insert_for(t, card, "12.00")
  expect.screen(t, screen or "card_pin")
end

scenario "The card checks the PIN: right at once" {
  tags = { "chip", "cvm", "pin" }, covers = { "DOMAIN 2.8" },
  run = function()
    local card = cards.load "unionpay-offline-pin"
    insert(card)
    expect.truth(t:screen().text:find "3 tries left", "the screen says how many tries there are")
    t:pin(RIGHT)
    expect.screen(t, "pin_right")
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(shop.cvm_results(), "410302", "CVM results")
    expect.equal(shop.tvr(3), 0x00, "TVR byte 3")
    expect.equal(host.last("0200").de52, nil, "PIN block to the host")
    expect.equal(host.last("0200").de22, "052", "DE22")
    expect.never_shown(t, "enter_pin")
    expect.equal(card:counters().pin_tries, 3, "tries in the card")
  end,
}

scenario "Wrong, then right: the tries are told, and the card counts afresh" {
  tags = { "chip", "cvm", "pin" }, covers = { "DOMAIN 2.8" },
  run = function()
    local card = cards.load "unionpay-offline-pin"
    insert(card)
    t:pin(WRONG)
    expect.screen(t, "card_pin_again")
    expect.truth(t:screen().text:find "2 tries left", "two tries")
    expect.equal(card:counters().pin_tries, 2, "tries in the card")
    t:pin(RIGHT)
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(shop.cvm_results(), "410302", "CVM results")
    expect.equal(card:counters().pin_tries, 3, "tries in the card")
  end,
}

scenario "The last try is said to be the last, and is right" {
  tags = { "chip", "cvm", "pin" }, covers = { "DOMAIN 2.8" },
  run = function()
    local card = cards.load "unionpay-offline-pin"
    insert(card)
    t:pin(WRONG)
    expect.screen(t, "card_pin_again")
    t:pin(WRONG)
    expect.screen(t, "card_pin_last")
    t:pin(RIGHT)
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(shop.tvr(3), 0x00, "TVR byte 3")
  end,
}

-- Wrong three times: PIN blocked, "PIN try limit exceeded".
local function block(card)
  insert(card)
  t:pin(WRONG)
  expect.screen(t, "card_pin_again")
  t:pin(WRONG)
  expect.screen(t, "card_pin_last")
  t:pin(WRONG)
  expect.screen(t, "pin_blocked")
end

scenario "Wrong three times: blocked in the card, the list goes on with the online PIN" {
  tags = { "chip", "cvm", "pin" }, covers = { "DOMAIN 2.8" },
  run = function()
    local card = cards.load "unionpay-offline-pin"
    block(card)
    expect.screen(t, "enter_pin")
    t:pin "123456"
    t:wait_idle()
    t:remove()
    expect.equal(shop.cvm_results(), "420300", "CVM results: online PIN")
    expect.equal(shop.tvr(3), 0x24, "TVR byte 3: try limit exceeded, online PIN entered")
    expect.equal(card:counters().pin_tries, 0, "tries in the card")
  end,
}

scenario "A PIN that was blocked before is not asked for" {
  tags = { "chip", "cvm", "pin" }, covers = { "DOMAIN 2.8" },
  run = function()
    local card = cards.load "unionpay-offline-pin"
    block(card)
    expect.screen(t, "enter_pin")
    t:keys "CANCEL"
    expect.screen(t, "cancelled")
    shop.leave(t)
    shop.insert_for(t, card, "13.00")
    expect.screen(t, "pin_blocked")
    expect.screen(t, "enter_pin")
    t:pin "123456"
    t:wait_idle()
    t:remove()
    expect.equal(shop.tvr(3), 0x24, "TVR byte 3: try limit exceeded, online PIN entered")
    expect.equal(host.count "0200", 1, "requests")
  end,
}

scenario "PIN declined: neither this one nor the online PIN is asked for, a signature is" {
  tags = { "chip", "cvm", "pin" }, covers = { "DOMAIN 2.8" },
  run = function()
    local card = cards.load "unionpay-offline-pin"
    insert(card)
    t:keys "ENTER"
    expect.screen(t, "approved_signature")
    shop.leave(t)
    expect.equal(shop.cvm_results(), "1E0300", "CVM results: signature")
    expect.equal(shop.tvr(3), 0x08, "TVR byte 3: PIN not entered")
    expect.never_shown(t, "enter_pin")
    expect.equal(card:counters().pin_tries, 3, "tries in the card")
  end,
}

scenario "PIN declined after a wrong one" {
  tags = { "chip", "cvm", "pin" }, covers = { "DOMAIN 2.8" },
  run = function()
    local card = cards.load "unionpay-offline-pin"
    insert(card)
    t:pin(WRONG)
    expect.screen(t, "card_pin_again")
    t:keys "ENTER"
    expect.screen(t, "approved_signature")
    shop.leave(t)
    expect.equal(shop.tvr(3), 0x08, "TVR byte 3: PIN not entered")
    expect.equal(card:counters().pin_tries, 2, "tries in the card")
  end,
}

scenario "CANCEL at the card's PIN ends the sale, and the keypad is no PIN pad any more" {
  tags = { "chip", "cvm", "pin" }, covers = { "DOMAIN 2.8", "DOMAIN 8.1" },
  run = function()
    local card = cards.load "unionpay-offline-pin"
    insert(card)
    t:keys "12 CANCEL"
    expect.screen(t, "cancelled")
    shop.leave(t)
    expect.equal(host.count "0200", 0, "requests")
    t:sale "13.00"
    t:insert(card)
    expect.screen(t, "card_pin")
    t:pin(RIGHT)
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(host.last("0200").de4, "000000001300", "amount of the next sale")
  end,
}

scenario "Nobody types: the sale ends by itself" {
  tags = { "chip", "cvm", "pin" }, covers = { "DOMAIN 2.8", "DOMAIN 5.1" },
  run = function()
    local card = cards.load "unionpay-offline-pin"
    insert(card)
    expect.screen(t, "cancelled", 120)
    shop.leave(t)
    expect.equal(host.count "0200", 0, "requests")
  end,
}

scenario "Three digits are no PIN: nothing goes to the card" {
  tags = { "chip", "cvm", "pin" }, covers = { "DOMAIN 8.1" },
  run = function()
    local card = cards.load "unionpay-offline-pin"
    insert(card)
    t:keys "123 ENTER"
    bench.wait(2)
    expect.equal(card:counters().pin_tries, 3, "tries in the card")
    t:keys "4 ENTER"
    expect.screen(t, "approved")
    shop.leave(t)
  end,
}

scenario "The card is pulled while its PIN is typed" {
  tags = { "chip", "cvm", "removal" }, covers = { "DOMAIN 1.3", "DOMAIN 2.8" },
  run = function()
    local card = cards.load "unionpay-offline-pin"
    insert(card)
    t:keys "12"
    t:remove()
    expect.screen(t, "card_removed")
    t:wait_idle()
    expect.equal(host.count "0200", 0, "requests")
    expect.equal(card:counters().pin_tries, 3, "tries in the card")
  end,
}

-- What happens at VERIFY itself.
local at_verify = {
  { "the card is pulled", { kind = "remove" }, "card_removed" },
  { "the card falls silent", { kind = "mute" }, "card_error" },
  { "the answer is cut", { kind = "truncate", byte = 1 }, "card_error" },
}
for _, f in ipairs(at_verify) do
  scenario("VERIFY: " .. f[1]) {
    tags = { "chip", "cvm", "fault" }, covers = { "DOMAIN 1.3", "DOMAIN 2.8" },
    run = function()
      local fault = { at = "verify" }
      for key, value in pairs(f[2]) do fault[key] = value end
      local card = cards.load("unionpay-offline-pin"):fault(fault)
      insert(card)
      t:pin(RIGHT)
      expect.screen(t, f[3])
      t:remove()
      t:wait_idle()
      expect.equal(host.count "0200", 0, "requests")
      expect.never_shown(t, "please_swipe")
    end,
  }
end

local statuses = {
  { 0x6983, 0x20 }, { 0x6984, 0x20 }, { 0x63C0, 0x20 }, -- blocked
  { 0x6A81, 0x00 }, { 0x6985, 0x00 }, { 0x6300, 0x00 }, -- refused: the method has failed, no bit of its own
}
for _, s in ipairs(statuses) do
  scenario(string.format("VERIFY answered %04X: TVR byte 3 has %02X, the list goes on", s[1], s[2])) {
    tags = { "chip", "cvm", "fault" }, covers = { "DOMAIN 2.2", "DOMAIN 2.8" },
    run = function()
      local card = cards.load("unionpay-offline-pin"):fault { at = "verify", kind = "sw", sw = s[1] }
      insert(card)
      t:pin(RIGHT)
      expect.screen(t, "enter_pin")
      t:pin "123456"
      t:wait_idle()
      t:remove()
      expect.equal(shop.tvr(3), 0x04 | s[2], "TVR byte 3")
      expect.equal(shop.cvm_results(), "420300", "CVM results")
    end,
  }
end

scenario "The try counter cannot be read: the PIN is asked for without a number" {
  tags = { "chip", "cvm", "pin" }, covers = { "DOMAIN 2.8" },
  run = function()
    local card = cards.load("unionpay-offline-pin"):fault { at = "get_data", kind = "sw", sw = 0x6A88 }
    insert(card, "enter_pin")
    t:pin(WRONG)
    expect.screen(t, "card_pin_again")
    t:pin(RIGHT)
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(shop.cvm_results(), "410302", "CVM results")
  end,
}

scenario "PIN and signature: both, and the results leave it open" {
  tags = { "chip", "cvm", "pin" }, covers = { "DOMAIN 2.8" },
  run = function()
    local card = cards.load "cvm-pin-and-signature"
    insert(card)
    t:pin(RIGHT)
    expect.screen(t, "approved_signature")
    shop.leave(t)
    expect.equal(shop.cvm_results(), "030000", "CVM results")
    expect.printed(t, "SIGNATURE:")
  end,
}

scenario "PIN and signature, and the PIN is declined: verification failed" {
  tags = { "chip", "cvm", "pin" }, covers = { "DOMAIN 2.8" },
  run = function()
    local card = cards.load "cvm-pin-and-signature"
    insert(card)
    t:keys "ENTER"
    t:wait_idle()
    t:remove()
    expect.equal(shop.cvm_results(), "030001", "CVM results")
    expect.equal(shop.tvr(3), 0x88, "TVR byte 3: failed, PIN not entered")
  end,
}
