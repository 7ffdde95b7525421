-- Issuer scripts for a card of SM4: MAC and enciphered PIN are made with SM4 keys, and the card does what they say.
local shop = require "shop"
local t = bench.terminal { profile = "unionpay-offline-pin" }

local NEW_PIN, UNBLOCK_PIN, LIMIT = "84240002", "84240000", "04DA9F580100"

local function script(command)
  local body = ("86%02X%s"):format(#command // 2, command)
  return ("72%02X%s"):format(#body // 2, body)
end

local function sale(card, pin)
  shop.insert_for(t, card, "12.00")
  expect.screen(t, "card_pin")
  t:pin(pin)
  expect.screen(t, "approved")
  shop.leave(t)
end

-- CVR byte 4 of the last request: the last script failed.
local function failed()
  return tonumber(host.last("0200").de55["9F10"]:sub(13, 14), 16) & 0x08 ~= 0
end

scenario "A new PIN, enciphered by SM4" {
  tags = { "chip", "sm", "script" }, covers = { "DOMAIN 3.8 SM4" },
  run = function()
    local card = cards.load "unionpay-sm4-pin"
    t:power_on()
    host.rule { on = "0200", action = "issuer_script", script = script(NEW_PIN), new_pin = "98765" }
    sale(card, "1234")
    sale(card, "98765")
    expect.equal(failed(), false, "a script failed")
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "card_pin")
    t:pin "1234"
    expect.screen(t, "card_pin_again")
    t:pin "98765"
    expect.screen(t, "approved")
    shop.leave(t)
  end,
}

for _, mac in ipairs { "wrong", "none", "other_atc", "other_ac" } do
  scenario("Nothing happens to an SM4 card with a MAC that is " .. mac:gsub("_", " ")) {
    tags = { "chip", "sm", "script" }, covers = { "DOMAIN 3.8 SM4" },
    run = function()
      local card = cards.load "unionpay-sm4-pin"
      t:power_on()
      for _, command in ipairs { NEW_PIN, UNBLOCK_PIN, LIMIT } do
        host.clear()
        host.rule { on = "0200", action = "issuer_script", script = script(command), mac = mac, new_pin = "98765" }
        sale(card, "1234")
      end
      host.clear()
      sale(card, "1234")
      expect.equal(failed(), true, "the card says that a script failed")
    end,
  }
end
