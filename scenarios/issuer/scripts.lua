local shop = require "shop"
local t = bench.terminal { profile = "unionpay-intl" }

-- Templates with one or more commands (86), as the host appends them to DE55.
local function script(template, ...)
  local body = "9F180401020304"
  for _, command in ipairs { ... } do body = body .. string.format("86%02X%s", #command // 2, command) end
  return string.format("%s%02X%s", template, #body // 2, body)
end
local WRONG_MAC = "8424000008" .. "1122334455667788" -- PIN change/unblock without data: its MAC cannot be right
local HARMLESS = "80CA9F3600"                        -- GET DATA: a card answers it at any time

-- Bit "script failed" of the card verification results in 9F10 of a later request, and the number of scripts there.
local function card_says(request)
  local cvr3 = tonumber(request.de55["9F10"]:sub(13, 14), 16)
  return { failed = cvr3 & 0x08 ~= 0, count = cvr3 >> 4 }
end

local function sale(card, screen)
  shop.pay_with_pin(t, card, "12.00")
  expect.screen(t, screen or "approved")
  shop.leave(t)
end

for _, template in ipairs { "71", "72" } do
  scenario("A script " .. template .. " with a wrong MAC reaches the card and fails, the sale stands") {
    tags = { "issuer", "script" }, covers = { "DOMAIN 2.11", "DOMAIN 3.8" },
    run = function()
      local card = cards.load "unionpay-debit"
      local before = card:balance()
      t:power_on()
      host.rule { on = "0200", action = "script", script = script(template, WRONG_MAC) }
      sale(card)
      expect.equal(shop.last_record(t).outcome, "done")
      expect.equal(card:balance(), before - 1200, "balance at the issuer")
      expect.equal(host.count "0400", 0, "reversals")
      sale(card)
      expect.truth(card_says(host.last "0200").failed, "the card remembers that a script failed")
    end,
  }

  scenario("A script " .. template .. " that does no harm leaves no trace of a failure") {
    tags = { "issuer", "script" }, covers = { "DOMAIN 2.11" },
    run = function()
      local card = cards.load "unionpay-credit"
      t:power_on()
      host.rule { on = "0200", action = "script", script = script(template, HARMLESS, HARMLESS) }
      sale(card)
      sale(card)
      expect.equal(card_says(host.last "0200").failed, false, "a script failed")
    end,
  }
end

scenario "Script results travel with the reversal when the card refuses in the end" {
  tags = { "issuer", "script", "reversal" }, covers = { "DOMAIN 2.11", "DOMAIN 4.5a" },
  run = function()
    local card = cards.load("unionpay-debit"):twist "second_ac_refused"
    local before = card:balance()
    t:power_on()
    host.rule { on = "0200", action = "script", script = script("71", HARMLESS, WRONG_MAC, HARMLESS) }
    sale(card, "contact_issuer")
    host.wait("0400", 1, 900)
    bench.wait(5)
    expect.equal(host.last("0400").de55.DF31, "1201020304", "second command failed, script 01020304")
    expect.equal(tonumber(host.last("0400").de55["95"]:sub(9, 10), 16) & 0x20, 0x20, "TVR: script failed before GAC 2")
    shop.not_charged(card, before)
  end,
}

scenario "Two scripts, one before and one after the second GENERATE AC" {
  tags = { "issuer", "script", "reversal" }, covers = { "DOMAIN 2.11" },
  run = function()
    local card = cards.load("unionpay-debit"):twist "second_ac_refused"
    t:power_on()
    host.rule { on = "0200", action = "script", script = script("71", HARMLESS) .. script("72", WRONG_MAC, HARMLESS) }
    sale(card, "contact_issuer")
    host.wait("0400", 1, 900)
    bench.wait(5)
    expect.equal(host.last("0400").de55.DF31, "20010203041101020304", "one performed, one failed at its first command")
  end,
}

scenario "A script that stops at a failed command does not run the rest of it" {
  tags = { "issuer", "script" }, covers = { "DOMAIN 2.11" },
  run = function()
    local card = cards.load("unionpay-debit"):twist "second_ac_refused"
    t:power_on()
    host.rule { on = "0200", action = "script", script = script("71", "00FF000000", HARMLESS) .. script("71", HARMLESS) }
    sale(card, "contact_issuer")
    host.wait("0400", 1, 900)
    bench.wait(5)
    expect.equal(host.last("0400").de55.DF31, "11010203042001020304", "the next script still runs")
  end,
}

scenario "The card is pulled while a script runs after the approval: the sale stands" {
  tags = { "issuer", "script", "removal" }, covers = { "DOMAIN 2.11" },
  run = function()
    local card = cards.load("unionpay-debit"):fault { at = "get_data", kind = "remove" }
    local before = card:balance()
    t:power_on()
    host.rule { on = "0200", action = "script", script = script("72", HARMLESS) }
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "approved")
    t:wait_idle()
    expect.equal(shop.last_record(t).outcome, "done")
    expect.equal(card:balance(), before - 1200, "balance at the issuer")
  end,
}

for _, junk in ipairs { "71", "7105", "72FF00", "719F1801" } do
  scenario("Chip data of the answer that are no TLV (" .. junk .. "): no script, no crash, the books agree") {
    tags = { "issuer", "script" }, covers = { "DOMAIN 2.11", "DOMAIN 5.5" },
    run = function()
      local card = cards.load "unionpay-debit"
      t:power_on()
      host.rule { on = "0200", action = "script", script = junk }
      shop.pay_with_pin(t, card, "12.00")
      t:wait_idle(600)
      bench.wait(5)
      expect.equal(#t:inspect().reversals, 0, "reversals left")
    end,
  }
end

scenario "No issuer authentication data in the answer: the card decides" {
  tags = { "issuer" }, covers = { "DOMAIN 2.11" },
  run = function()
    local tolerant, strict = cards.load "unionpay-debit", cards.load "unionpay-strict-issuer"
    t:power_on()
    host.rule { on = "0200", action = "no_arpc", nth = 0 }
    sale(tolerant)
    local before = strict:balance()
    shop.pay_with_pin(t, strict, "12.00")
    expect.screen(t, "contact_issuer")
    shop.leave(t)
    host.wait("0400", 1, 900)
    bench.wait(5)
    expect.equal(host.last("0400").de39, "06", "reason")
    shop.not_charged(strict, before)
  end,
}
