-- What the issuer does to a card by script: it happens, it lasts into the next insertion, before (71) and after (72)
-- the second cryptogram, and with a MAC that is not right it does not happen.
local shop = require "shop"
local t = bench.terminal { profile = "unionpay-offline-pin" }

local BLOCK, UNBLOCK, BLOCK_CARD = "841E0000", "84180000", "84160000"
local UNBLOCK_PIN, PIN_WITH_OLD, PIN_WITHOUT_OLD = "84240000", "84240001", "84240002"

local function put_data(tag, value) return ("04DA%s%02X%s"):format(tag, #value // 2, value) end

-- Record 2.1 of card-scripts with another application version (9F08).
local OTHER_VERSION = "5A08" .. "6212345670096015" .. "5F340101" .. "5F2403301231" .. "5F2503200101" .. "5F28020156"
  .. "5F30020201" .. "9F0702FF00" .. "9F08020031"
local function update_record(objects)
  local record = ("70%02X%s"):format(#objects // 2, objects)
  return ("04DC0114%02X%s"):format(#record // 2, record)
end

local function script(template, ...)
  local body = "9F180401020304"
  for _, command in ipairs { ... } do body = body .. ("86%02X%s"):format(#command // 2, command) end
  return ("%s%02X%s"):format(template, #body // 2, body)
end

local function sale(card, pin, screen)
  shop.insert_for(t, card, "12.00")
  expect.screen(t, "card_pin")
  t:pin(pin or "1234")
  expect.screen(t, screen or "approved")
  shop.leave(t)
end

-- CVR byte 4 of the last request: scripts performed, and whether one failed.
local function reported()
  local cvr4 = tonumber(host.last("0200").de55["9F10"]:sub(13, 14), 16)
  return cvr4 >> 4, cvr4 & 0x08 ~= 0
end

local function case(template, what, commands, options, body)
  scenario(("%s by script %s: %s"):format(what, template, "it lasts")) {
    tags = { "card", "issuer", "script" }, covers = { "DOMAIN 2.11", "DOMAIN 3.4", "DOMAIN 3.8" },
    run = function()
      local card = cards.load "card-scripts"
      t:power_on()
      local rule = { on = "0200", action = "issuer_script", script = script(template, table.unpack(commands)) }
      for key, value in pairs(options) do rule[key] = value end
      host.rule(rule)
      body(card)
    end,
  }
end

local function refused_from_now(card, screen)
  shop.insert_for(t, card, "12.00")
  expect.screen(t, screen)
  shop.leave(t)
  expect.equal(host.count "0200", 1, "requests")
end

for _, template in ipairs { "71", "72" } do
  local last_word = template == "71" and "contact_issuer" or "approved" -- a card that is blocked gives no TC

  case(template, "The application is blocked", { BLOCK }, {}, function(card)
    sale(card, nil, last_word)
    expect.equal(card:counters().app_blocked, true, "application blocked")
    bench.wait(120)
    refused_from_now(card, "app_blocked")
  end)

  case(template, "Blocked and unblocked", { BLOCK, UNBLOCK }, {}, function(card)
    sale(card)
    expect.equal(card:counters().app_blocked, false, "application blocked")
    sale(card)
    expect.equal(reported(), 2, "scripts told to the issuer")
  end)

  case(template, "The card is blocked", { BLOCK_CARD }, {}, function(card)
    sale(card, nil, last_word)
    expect.equal(card:counters().blocked, true, "card blocked")
    bench.wait(120)
    refused_from_now(card, "card_blocked")
  end)

  case(template, "PIN tries are given back", { UNBLOCK_PIN }, {}, function(card)
    shop.insert_for(t, card, "12.00")
    for _, screen in ipairs { "card_pin", "card_pin_again", "card_pin_last" } do
      expect.screen(t, screen)
      t:pin "4321"
    end
    expect.equal(card:counters().pin_tries, 0, "tries")
    expect.screen(t, "enter_pin") -- the host's is next in the list
    t:pin "123456"
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(card:counters().pin_tries, 3, "tries after the script")
    sale(card)
  end)

  local ways = {
    { "without the old one", PIN_WITHOUT_OLD, {} }, { "with the old one", PIN_WITH_OLD, { old_pin = "1234" } },
  }
  for _, p in ipairs(ways) do
    p[3].new_pin = "98765"
    case(template, "A new PIN, sent " .. p[1], { p[2] }, p[3], function(card)
      sale(card)
      shop.insert_for(t, card, "12.00")
      expect.screen(t, "card_pin")
      t:pin "1234"
      expect.screen(t, "card_pin_again")
      t:pin "98765"
      expect.screen(t, "approved")
      shop.leave(t)
      sale(card, "98765")
    end)
  end

  case(template, "A limit is lowered", { put_data("9F58", "00") }, {}, function(card)
    sale(card)
    expect.equal(tonumber(card:counters().cvr:sub(5, 6), 16) & 0x20, 0, "CVR before: velocity exceeded")
    sale(card)
    expect.equal(tonumber(card:counters().cvr:sub(5, 6), 16) & 0x20, 0x20, "CVR after: velocity exceeded")
  end)

  case(template, "A record is written anew", { update_record(OTHER_VERSION) }, {}, function(card)
    sale(card)
    expect.equal(tonumber(card:counters().tvr:sub(3, 4), 16) & 0x80, 0, "TVR before: version mismatch")
    sale(card)
    expect.equal(tonumber(card:counters().tvr:sub(3, 4), 16) & 0x80, 0x80, "TVR after: version mismatch")
  end)

  local three = { put_data("9F58", "02"), put_data("9F59", "09"), UNBLOCK_PIN }
  case(template, "Three commands in a row", three, {}, function(card)
    sale(card)
    sale(card)
    local count, failed = reported()
    expect.equal(count, 3, "scripts told to the issuer")
    expect.equal(failed, false, "one failed")
    sale(card)
    expect.equal(reported(), 0, "told once: the issuer knows now")
  end)
end

local everything = {
  { BLOCK }, { BLOCK_CARD }, { PIN_WITHOUT_OLD }, { put_data("9F58", "00") }, { update_record(OTHER_VERSION) },
}
for _, mac in ipairs { "wrong", "none", "other_atc", "other_ac" } do
  scenario("No command works with a MAC that is " .. mac:gsub("_", " ")) {
    tags = { "card", "issuer", "script" }, covers = { "DOMAIN 3.8" },
    run = function()
      local card = cards.load "card-scripts"
      t:power_on()
      for i, commands in ipairs(everything) do
        host.clear()
        local template = i % 2 == 0 and "71" or "72"
        host.rule { on = "0200", action = "issuer_script", script = script(template, table.unpack(commands)),
          mac = mac, new_pin = "98765" }
        sale(card)
        local c = card:counters()
        expect.equal(c.blocked or c.app_blocked, false, "blocked by " .. commands[1])
      end
      host.clear()
      sale(card) -- with the old PIN
      local count, failed = reported()
      expect.equal(count, 0, "scripts performed")
      expect.equal(failed, true, "the card says that one failed")
      expect.equal(card:counters().cvr:sub(5, 6), "00", "CVR byte 3: no velocity, the old limit counts")
      expect.equal(card:counters().tvr:sub(3, 4), "00", "TVR byte 2: the old record counts")
    end,
  }
end

scenario("A new PIN with another old one than the card's is refused, the old one stays") {
  tags = { "card", "issuer", "script" }, covers = { "DOMAIN 3.8" },
  run = function()
    local card = cards.load "card-scripts"
    t:power_on()
    host.rule { on = "0200", action = "issuer_script", script = script("72", PIN_WITH_OLD),
      new_pin = "98765", old_pin = "9999" }
    sale(card)
    sale(card)
    local _, failed = reported()
    expect.equal(failed, true, "the card says that a script failed")
  end,
}
