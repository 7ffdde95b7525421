local shop = require "shop"
local t = bench.terminal { profile = "unionpay-offline-pin" }

local HARMLESS = "80CA9F3600" -- GET DATA: a card answers it at any time

local function script(template, id, ...)
  local body = id and "9F1804" .. id or ""
  for _, command in ipairs { ... } do body = body .. string.format("86%02X%s", #command // 2, command) end
  local length = #body // 2
  return template .. (length > 127 and "81" or "") .. string.format("%02X", length) .. body
end

local function repeated(count)
  local commands = {}
  for i = 1, count do commands[i] = HARMLESS end
  return table.unpack(commands)
end

-- A sale that the card refuses in the end, so that a reversal carries the script results.
local function results(scripts)
  local card = cards.load("unionpay-debit"):twist "second_ac_refused"
  t:power_on()
  host.rule { on = "0200", action = "script", script = scripts }
  shop.pay_with_pin(t, card, "12.00")
  expect.screen(t, "contact_issuer")
  shop.leave(t)
  host.wait("0400", 1, 900)
  bench.wait(5)
  return host.last("0400").de55.DF31, tonumber(host.last("0400").de55["95"]:sub(9, 10), 16) & 0x30
end

scenario "A script of more than 128 bytes runs to its end" {
  tags = { "chip", "issuer", "script" }, covers = { "DOMAIN 2.11" },
  run = function()
    local found, bits = results(script("71", "0A0B0C0D", repeated(19)))
    expect.equal(found, "200A0B0C0D", "performed")
    expect.equal(bits, 0x00, "TVR byte 5")
  end,
}

scenario "The seventeenth command of a script fails: the results count to fifteen" {
  tags = { "chip", "issuer", "script" }, covers = { "DOMAIN 2.11" },
  run = function()
    local commands = { repeated(16) }
    commands[17] = "00FF000000"
    local found, bits = results(script("71", "0A0B0C0D", table.unpack(commands)))
    expect.equal(found, "1F0A0B0C0D", "failed, at the fifteenth or later")
    expect.equal(bits, 0x20, "TVR byte 5: before the final cryptogram")
  end,
}

scenario "A command that no card knows: the script has failed there" {
  tags = { "chip", "issuer", "script" }, covers = { "DOMAIN 2.11" },
  run = function()
    local found, bits = results(script("71", "0A0B0C0D", HARMLESS, HARMLESS, "80FE000000"))
    expect.equal(found, "130A0B0C0D", "failed at the third")
    expect.equal(bits, 0x20, "TVR byte 5: before the final cryptogram")
  end,
}

scenario "Without an identifier the results have zeros for it; a script without commands was not performed" {
  tags = { "chip", "issuer", "script" }, covers = { "DOMAIN 2.11" },
  run = function()
    local found, bits = results(script("71", nil, HARMLESS) .. script("71", "0A0B0C0D"))
    expect.equal(found, "2000000000" .. "000A0B0C0D", "performed; not performed")
    expect.equal(bits, 0x20, "TVR byte 5: before the final cryptogram")
  end,
}

scenario "A script that fails after the second GENERATE AC has a bit of its own" {
  tags = { "chip", "issuer", "script" }, covers = { "DOMAIN 2.11" },
  run = function()
    local found, bits = results(script("72", "0A0B0C0D", "80FE000000") .. script("71", "01020304", HARMLESS))
    expect.equal(found, "2001020304" .. "110A0B0C0D", "71 first, whatever their order in the answer")
    expect.equal(bits, 0x10, "TVR byte 5: after the final cryptogram")
  end,
}

-- EXTERNAL AUTHENTICATE: anything but 9000 is a failed authentication.
for _, sw in ipairs { 0x6300, 0x6985, 0x6982 } do
  scenario(string.format("EXTERNAL AUTHENTICATE answered %04X: TVR byte 5 says so to the card", sw)) {
    tags = { "chip", "issuer" }, covers = { "DOMAIN 2.11" },
    run = function()
      local card = cards.load("unionpay-debit"):fault { at = "external_authenticate", kind = "sw", sw = sw }
      card:twist "second_ac_refused"
      t:power_on()
      shop.pay_with_pin(t, card, "12.00")
      expect.screen(t, "contact_issuer")
      shop.leave(t)
      host.wait("0400", 1, 900)
      bench.wait(5)
      expect.equal(tonumber(host.last("0400").de55["95"]:sub(9, 10), 16) & 0x40, 0x40, "TVR: issuer authentication")
    end,
  }
end
