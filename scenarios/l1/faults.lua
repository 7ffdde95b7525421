-- What a card does to its line, and what becomes of the sale: cured by the protocol, a technical fallback while no
-- application was chosen yet, an end without fallback after that (DOMAIN 1.3).
local shop = require "shop"
local t = bench.terminal { profile = "unionpay-character" }

local T0, T1 = "unionpay-credit", "unionpay-debit"
local WWT = 9600 + 480                          -- etu, with what the terminal adds
local BWT, BWT_MARGIN = 16 * 960 + 11, 960      -- BWI 4, as the ATR of this card says
local CWT = 2 + 11 + 4                          -- CWI 1

local function text(fault)
  local words = {}
  for _, key in ipairs { "nth", "byte", "times", "value", "etu" } do
    if fault[key] then words[#words + 1] = key .. " " .. fault[key] end
  end
  return fault.kind .. " at " .. fault.at .. (#words > 0 and ", " .. table.concat(words, ", ") or "")
end

local function faulty(name, fault) return cards.load(name):fault(fault) end

local function case(what, name, fault, body)
  scenario(("%s: %s (%s)"):format(name == T0 and "T=0" or name == T1 and "T=1" or name, text(fault), what)) {
    tags = { "l1", "card" }, covers = { "DOMAIN 1.3", "DOMAIN 3.1", "DOMAIN 3.2", "DOMAIN 3.3", "DOMAIN 3.4" },
    run = function() body(name, fault) end,
  }
end

-- The sale does not notice.
local function pays(name, fault)
  case("the sale goes through", name, fault, function()
    local card = faulty(name, fault)
    local before = card:balance()
    t:power_on()
    shop.insert_for(t, card, "12.34")
    expect.screen(t, "enter_pin", 40)
    t:pin "123456"
    expect.screen(t, "approved", 60)
    shop.leave(t)
    expect.equal(before - card:balance(), 1234, "charged")
    expect.equal(host.count "0200", 1, "requests")
  end)
end

-- The chip counts as failed; the third time the stripe opens, and the sale says that it is a fallback.
local function falls_back(name, fault)
  case("technical fallback", name, fault, function()
    local card = faulty(name, fault)
    t:power_on()
    t:sale "12.00"
    for _ = 1, 3 do
      t:insert(card)
      expect.screen(t, "chip_error", 90)
      t:remove()
    end
    expect.screen(t, "please_swipe")
    t:swipe(card)
    bench.wait(3)
    if t:screen().name == "enter_pin" then t:pin "123456" end -- as the service code says
    t:wait_idle(40)
    expect.equal(host.last("0200").de60.ic_condition, "2", "60.5")
    expect.equal(host.count "0200", 1, "requests")
  end)
end

-- After the choice of the application a failure is no reason to swipe.
local function ends(name, fault)
  case("no fallback", name, fault, function()
    local card = faulty(name, fault)
    local before = card:balance()
    t:power_on()
    shop.insert_for(t, card, "12.00")
    if fault.at == "generate_ac" then
      expect.screen(t, "enter_pin")
      t:pin "123456"
    end
    expect.screen(t, "card_error", 90)
    t:remove()
    t:wait_idle(10)
    expect.never_shown(t, "please_swipe")
    expect.equal(host.count "0200", 0, "requests")
    shop.not_charged(card, before)
  end)
end

-- T=0: procedure bytes, the work waiting time at its limit and one etu past it.
pays(T0, { at = "command", nth = 0, kind = "one_by_one" })
pays(T0, { at = "select", kind = "nulls", times = 20 })
pays(T0, { at = "generate_ac", kind = "nulls", times = 3, etu = WWT })
pays(T0, { at = "select", kind = "slow", etu = WWT })
pays(T0, { at = "read_record", kind = "slow", byte = 1, etu = WWT })
pays(T0, { at = "get_response", kind = "parity", byte = 4, times = 3 })
falls_back(T0, { at = "select", kind = "slow", etu = WWT + 1 })
falls_back(T0, { at = "select", kind = "nulls", times = 0, etu = 5000 })
falls_back(T0, { at = "select", kind = "wrong_procedure", value = 0x5B })
falls_back(T0, { at = "select", kind = "silent", byte = 1 })
falls_back(T0, { at = "get_response", kind = "parity", byte = 4, times = 4 })
ends(T0, { at = "read_record", nth = 5, kind = "slow", byte = 1, etu = WWT + 1 })
ends(T0, { at = "generate_ac", kind = "silent" })
ends(T0, { at = "gpo", kind = "wrong_procedure", value = 0x00 })

-- T=1: what the protocol repairs.
pays(T1, { at = "select", kind = "slow", etu = BWT + BWT_MARGIN })
pays(T1, { at = "select", kind = "slow", etu = BWT + BWT_MARGIN + 1 }) -- asked again
pays(T1, { at = "select", kind = "slow", byte = 5, etu = CWT })
pays(T1, { at = "select", kind = "slow", byte = 5, etu = CWT + 1 }) -- a torn block, asked again
pays(T1, { at = "generate_ac", kind = "wtx", times = 1, value = 3, etu = 3 * BWT + BWT_MARGIN })
pays(T1, { at = "select", kind = "wtx", times = 10, value = 1 })
pays(T1, { at = "generate_ac", kind = "bad_lrc", times = 1 })
pays(T1, { at = "select", kind = "bad_lrc", times = 2 })
pays(T1, { at = "read_record", kind = "bad_sequence", times = 1 })
pays(T1, { at = "generate_ac", kind = "resend", times = 2 })
pays(T1, { at = "select", kind = "ifs", value = 16 })
pays("line-chained", { at = "generate_ac", kind = "bad_lrc", times = 1 })
pays("line-chained", { at = "generate_ac", kind = "resend", times = 1 })
pays("line-fast-t1", { at = "generate_ac", kind = "wtx", times = 2, value = 2 })
pays("line-fast-t0", { at = "select", kind = "slow", etu = 4 * WWT })

-- T=1: three failures in a row, and what ends it at once.
falls_back(T1, { at = "select", kind = "bad_lrc", times = 0 })
falls_back(T1, { at = "select", kind = "bad_sequence", times = 0 })
falls_back(T1, { at = "select", kind = "resend", times = 0 })
falls_back(T1, { at = "select", kind = "silent", byte = 0 })
falls_back(T1, { at = "select", kind = "wtx", times = 0, value = 1 })
falls_back(T1, { at = "select", kind = "abort" })
ends(T1, { at = "read_record", nth = 3, kind = "bad_lrc", times = 0 })
ends(T1, { at = "generate_ac", kind = "abort" })
falls_back("line-fast-t0", { at = "select", kind = "slow", etu = 4 * WWT + 1 })

-- The answer to reset: refused, one warm reset; or deactivated at once.
pays(T0, { at = "reset", nth = 1, kind = "bad_ts" })
pays(T1, { at = "reset", nth = 1, kind = "bad_tck" })
falls_back(T0, { at = "reset", kind = "bad_ts" })
falls_back(T1, { at = "reset", kind = "bad_tck" })
falls_back(T0, { at = "reset", nth = 1, kind = "endless" })
falls_back(T0, { at = "reset", nth = 1, kind = "silent", byte = 4 })
pays(T0, { at = "reset", kind = "slow", byte = 0, etu = 112 })
falls_back(T0, { at = "reset", kind = "slow", byte = 0, etu = 113 })
pays(T0, { at = "reset", kind = "slow", byte = 2, etu = 10080 })
falls_back(T0, { at = "reset", kind = "slow", byte = 2, etu = 10081 })

-- The bench's own faults of the reader, which know commands, work on bytes as well.
for _, name in ipairs { T0, T1 } do
  falls_back(name, { at = "reset", kind = "mute" })
  falls_back(name, { at = "select", kind = "mute" })
  falls_back(name, { at = "select", kind = "broken" })
  falls_back(name, { at = "select", kind = "garble" })
  falls_back(name, { at = "select", kind = "truncate", byte = 1 })
  ends(name, { at = "gpo", kind = "mute" })
  ends(name, { at = "generate_ac", kind = "sw", sw = 0x6F00 })
end
pays(T1, { at = "select", kind = "corrupt", byte = 6 })

-- A card that is late by the clock, and one that sends more than it has announced.
pays(T0, { at = "select", kind = "delay", ms = 1000 })
falls_back(T0, { at = "select", kind = "delay", ms = 1100 })
ends(T0, { at = "generate_ac", kind = "delay", ms = 1100 })
pays(T1, { at = "select", kind = "delay", ms = 1600 })
pays(T1, { at = "generate_ac", kind = "delay", ms = 1800 }) -- asked again
pays(T1, { at = "select", kind = "extend", byte = 1 })      -- the block is torn: asked again
falls_back(T0, { at = "select", kind = "extend", byte = 1 })
ends(T0, { at = "gpo", kind = "extend", byte = 2 })
