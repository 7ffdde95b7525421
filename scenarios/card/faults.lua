-- What a card says wrongly, takes too long for, or says too much: kind by kind, and what becomes of the sale. The
-- reader knows whole commands here; scenarios/l1/faults.lua has the same at its contacts.
local shop = require "shop"
local t = bench.terminal { profile = "unionpay-intl" }
local oda = bench.terminal { profile = "unionpay-oda" }

local T0, T1, TEMPLATE = "unionpay-credit", "unionpay-debit", "visa-cvn18"

local function text(fault)
  local words = {}
  for _, key in ipairs { "nth", "byte", "ms", "tag", "to", "value" } do
    if fault[key] then words[#words + 1] = key .. " " .. fault[key] end
  end
  return fault.kind .. " at " .. fault.at .. (#words > 0 and ", " .. table.concat(words, ", ") or "")
end

local function case(outcome, name, fault, charged, body)
  scenario(("%s: %s (%s)"):format(name, text(fault), outcome)) {
    tags = { "card", "fault" }, covers = { "DOMAIN 1.3", "DOMAIN 2.4", "DOMAIN 2.11", "DOMAIN 3.4" },
    run = function()
      local card = cards.load(name):fault(fault)
      local before = card:balance()
      t:power_on()
      body(card)
      shop.leave(t)
      bench.wait(60)
      expect.equal(before - card:balance(), charged, "charged after a minute")
    end,
  }
end

-- As far as the PIN, where there is one.
local function play(card)
  shop.insert_for(t, card, "12.00")
  bench.wait(15)
  if t:screen().name == "enter_pin" then t:pin "123456" end
end

local function pays(name, fault)
  case("it pays", name, fault, 1200, function(card)
    local before = card:balance()
    play(card)
    expect.screen(t, "approved")
    expect.equal(before - card:balance(), 1200, "charged")
  end)
end

-- Ended with `screen`, nothing asked of the host, no stripe behind it.
local function ends(screen, name, fault)
  case(screen, name, fault, 0, function(card)
    play(card)
    expect.screen(t, screen)
    expect.equal(host.count "0200", 0, "requests")
    expect.never_shown(t, "please_swipe")
    expect.never_shown(t, "approved")
  end)
end

-- The chip counts as failed: one of the attempts that open the stripe.
local function counts_as_failed(name, fault)
  case("the chip counts as failed", name, fault, 0, function(card)
    t:sale "12.00"
    t:insert(card)
    expect.screen(t, "chip_error")
    t:remove()
    t:keys "CANCEL"
    expect.equal(host.count "0200", 0, "requests")
    expect.equal(t:inspect().state.last_chip_failed, true, "last chip failed")
  end)
end

-- The host approved, the card's last word did not come: reversed.
local function is_reversed(name, fault)
  case("reversed", name, fault, 0, function(card)
    local before = card:balance()
    play(card)
    expect.screen(t, "contact_issuer")
    t:remove()
    host.wait("0400", 1, 900)
    bench.wait(5)
    expect.equal(card:balance(), before, "balance at the issuer")
    expect.never_shown(t, "approved")
  end)
end

local function is_declined(code, name, fault)
  case("declined " .. code, name, fault, 0, function(card)
    play(card)
    expect.screen(t, "declined")
    t:remove()
    t:wait_idle()
    expect.equal(shop.last_record(t).response, code, "response")
  end)
end

-- Too many bytes.
counts_as_failed(T1, { at = "reset", kind = "extend", byte = 3, nth = 0 })
counts_as_failed(T0, { at = "select", kind = "extend", byte = 3 })
counts_as_failed(T1, { at = "select", nth = 2, kind = "extend", byte = 3 })
pays(T1, { at = "select", kind = "extend" })                       -- the PSE: the list of AIDs is taken
pays(T1, { at = "external_authenticate", kind = "extend" })
ends("card_error", T0, { at = "gpo", kind = "extend" })
ends("card_error", T1, { at = "gpo", kind = "extend" })
ends("card_error", T1, { at = "read_record", nth = 3, kind = "extend" })
ends("card_error", T0, { at = "get_response", nth = 3, kind = "extend", byte = 2 })
ends("card_error", T1, { at = "generate_ac", kind = "extend" })
is_reversed(T1, { at = "generate_ac_2", kind = "extend" })

-- Too late: what the reader waits for, and a millisecond more.
pays(T1, { at = "reset", kind = "delay", ms = 12 })
counts_as_failed(T1, { at = "reset", kind = "delay", ms = 13 })
pays(T1, { at = "select", kind = "delay", ms = 1000 })
counts_as_failed(T0, { at = "select", kind = "delay", ms = 1001 })
counts_as_failed(T1, { at = "select", kind = "delay", ms = 1001 })
pays(T0, { at = "command", nth = 0, kind = "delay", ms = 300 })
pays(T1, { at = "generate_ac", kind = "delay", ms = 1000 })
ends("card_error", T1, { at = "generate_ac", kind = "delay", ms = 1001 })
is_reversed(T1, { at = "generate_ac_2", kind = "delay", ms = 1001 })

-- An object with another tag, value or length, twice, or not there.
pays(T1, { at = "select", kind = "duplicate_tag", tag = "50" })
counts_as_failed(T1, { at = "select", nth = 2, kind = "drop_tag", tag = "84" })
counts_as_failed(T1, { at = "select", nth = 2, kind = "mutate_value", tag = "84", to = "A000000333010199" })
counts_as_failed(T1, { at = "select", nth = 2, kind = "mutate_tag", tag = "6F", to = "70" })
ends("card_error", T1, { at = "gpo", kind = "mutate_tag", tag = "80", to = "81" })
ends("card_error", T1, { at = "gpo", kind = "mutate_value", tag = "80", to = "1C00080101" })
ends("card_error", T1, { at = "gpo", kind = "wrong_length", tag = "80" })
ends("card_error", T0, { at = "read_record", kind = "duplicate_tag", tag = "5A" })
ends("card_error", T1, { at = "read_record", kind = "drop_tag", tag = "5F24" })
ends("card_error", T1, { at = "read_record", kind = "drop_tag", tag = "8C" })
ends("card_error", T1, { at = "read_record", kind = "drop_tag", tag = "8D" })
ends("card_error", T1, { at = "read_record", kind = "mutate_tag", tag = "5A", to = "5F50" })
ends("card_error", T1, { at = "read_record", kind = "mutate_value", tag = "5A", to = "6212345678900000219F" })
ends("card_error", T0, { at = "read_record", kind = "wrong_length", tag = "5A" })
ends("card_error", T1, { at = "read_record", kind = "wrong_length", tag = "5A", value = 100 })
ends("card_error", T1, { at = "read_record", nth = 2, kind = "wrong_length", tag = "70" })
ends("card_error", TEMPLATE, { at = "generate_ac", kind = "drop_tag", tag = "9F26" })
ends("card_error", TEMPLATE, { at = "generate_ac", kind = "drop_tag", tag = "9F36" })
ends("card_error", TEMPLATE, { at = "generate_ac", kind = "duplicate_tag", tag = "9F26" })
ends("card_error", TEMPLATE, { at = "generate_ac", kind = "duplicate_tag", tag = "9F27" })
ends("card_error", TEMPLATE, { at = "generate_ac", kind = "mutate_value", tag = "9F27", to = "40" })
ends("card_error", TEMPLATE, { at = "generate_ac", kind = "mutate_value", tag = "9F27", to = "C0" })
ends("card_error", TEMPLATE, { at = "generate_ac", kind = "mutate_value", tag = "9F26", to = "11" })
is_reversed(TEMPLATE, { at = "generate_ac_2", kind = "wrong_length", tag = "77" })

-- Cryptograms and counters.
is_declined("05", T0, { at = "generate_ac", kind = "wrong_cryptogram" })
is_declined("05", T1, { at = "generate_ac", kind = "wrong_cryptogram" })
pays(T1, { at = "generate_ac_2", kind = "wrong_cryptogram" }) -- a TC that nobody sees before the settlement
pays(T1, { at = "gpo", kind = "atc_jump", to = "FF00" })
pays(T1, { at = "generate_ac", kind = "atc_jump", to = "0001" })
is_declined("Z1", T0, { at = "gpo", kind = "atc_jump", to = "FFFE" }) -- the last one: an AAC and no more
ends("not_accepted", T1, { at = "gpo", kind = "atc_jump", to = "FFFF" })

for tag, bits in pairs { ["90"] = 0x08, ["9F46"] = 0x08 } do
  scenario("A bent certificate " .. tag .. ": DDA fails, the TVR says so") {
    tags = { "card", "fault", "oda" }, covers = { "DOMAIN 2.6", "DOMAIN 3.4" },
    run = function()
      local card = cards.load("unionpay-dda"):fault { at = "read_record", kind = "wrong_certificate", tag = tag }
      oda:power_on()
      shop.insert_for(oda, card, "12.00")
      bench.wait(4)
      if oda:screen().name == "enter_pin" then oda:pin "123456" end
      host.wait("0200", 1, 60)
      local tvr = shop.tvr(1)
      expect.equal(tvr & 0x4C, bits, "TVR byte 1: what failed")
      shop.leave(oda)
    end,
  }
end

-- By INS, by number, and cells that make no sense.
scenario("A fault by INS and number hits that command alone") {
  tags = { "card", "fault" }, covers = { "DOMAIN 3.4" },
  run = function()
    local card = cards.load(T1):fault { ins = 0xB2, nth = 4, kind = "sw", sw = 0x6A83 }
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "card_error")
    shop.leave(t)
    card:heal():fault { ins = "B2", nth = 40, kind = "sw", sw = 0x6A83 }
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "approved")
    shop.leave(t)
  end,
}

local nonsense = {
  { T1, { kind = "one_by_one" }, "is of T=0, and this card speaks T=1" },
  { T0, { kind = "bad_lrc" }, "is of T=1, and this card speaks T=0" },
  { T0, { kind = "duplicate_tag", at = "reset", tag = "5A" }, "goes with a command, not with a reset" },
  { T0, { kind = "sw", at = "reset" }, "a reset has no status word" },
  { T0, { kind = "wrong_cryptogram", at = "verify" }, "goes with generate_ac" },
  { T0, { kind = "atc_jump", at = "select", to = "0001" }, "SELECT comes before it" },
  { T0, { kind = "mute", byte = 3 }, "byte goes with kind=corrupt" },
  { T0, { kind = "delay" }, "needs ms" },
  { T0, { kind = "tear" }, "there is no kind 'tear'; there are: mute, remove" },
}
for _, n in ipairs(nonsense) do
  scenario(("No such fault: %s at %s"):format(n[2].kind, n[2].at or "command")) {
    tags = { "card", "fault" }, covers = { "DOMAIN 3.4" },
    run = function()
      t:power_on()
      local card = cards.load(n[1])
      local ok, why = pcall(card.fault, card, n[2])
      expect.equal(ok, false, "taken")
      expect.truth(why:find(n[3], 1, true), "'" .. n[3] .. "' in: " .. why)
    end,
  }
end
