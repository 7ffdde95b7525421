local shop = require "shop"
local t = bench.terminal { profile = "unionpay-intl" }

local function pay(card, amount, screen)
  shop.pay_with_pin(t, card, amount or "12.00")
  expect.screen(t, screen or "approved")
  shop.leave(t)
end

scenario "10, a part of the amount approved: not what was asked for, so it is undone" {
  tags = { "host", "reversal" }, covers = { "DOMAIN 4.7", "DOMAIN 5.5" },
  run = function()
    local card = cards.load "unionpay-debit"
    local before = card:balance()
    t:power_on()
    host.rule { on = "0200", action = "code", code = "10" }
    pay(card, "12.00", "contact_issuer")
    host.wait("0400", 1, 900)
    bench.wait(5)
    expect.equal(host.last("0400").de39, "06", "reason: received, not to be completed")
    expect.never_shown(t, "approved")
    expect.not_printed(t, "APPROVED")
    shop.not_charged(card, before)
  end,
}

for _, code in ipairs { "ZZ", "7Q", "Z9", "88" } do
  scenario("An unknown response code (" .. code .. ") is a decline") {
    tags = { "host", "decline" }, covers = { "DOMAIN 4.7" },
    run = function()
      local card = cards.load "unionpay-debit"
      local before = card:balance()
      t:power_on()
      host.rule { on = "0200", action = "code", code = code }
      pay(card, "12.00", "declined")
      expect.equal(shop.last_record(t).response, code)
      expect.equal(shop.last_record(t).outcome, "refused")
      expect.equal(host.count "0400", 0, "reversals")
      shop.not_charged(card, before)
    end,
  }
end

-- Codes of the approve set beside 00.
for _, code in ipairs { "11", "A2", "A4", "A5", "A6" } do
  scenario("Response code " .. code .. " approves") {
    tags = { "host" }, covers = { "DOMAIN 4.7" },
    run = function()
      local card = cards.load "unionpay-no-cvm"
      local before = card:balance()
      t:power_on()
      host.rule { on = "0200", action = "code", code = code }
      shop.insert_for(t, card, "12.00")
      expect.screen(t, "approved")
      shop.leave(t)
      expect.equal(shop.last_record(t).response, code)
      expect.equal(card:balance(), before - 1200, "balance at the issuer")
    end,
  }
end

-- Declines of every class, and what the screen says.
local declines = {
  ["01"] = "call issuer", ["04"] = "pick up", ["43"] = "stolen", ["54"] = "expired", ["61"] = "limit", ["75"] = "PIN",
  ["91"] = "unavailable", ["96"] = "malfunction",
}
for code, words in pairs(declines) do
  scenario("Declined " .. code .. ": the reason is shown") {
    tags = { "host", "decline" }, covers = { "DOMAIN 4.7" },
    run = function()
      local card = cards.load "unionpay-no-cvm"
      t:power_on()
      host.rule { on = "0200", action = "code", code = code }
      shop.insert_for(t, card, "12.00")
      expect.screen(t, "declined")
      expect.truth(t:screen().text:gsub("%s+", " "):find(words, 1, true), "screen says \"" .. words .. "\": " .. t:screen().text)
      shop.leave(t)
      expect.equal(shop.last_record(t).response, code)
      expect.not_printed(t, "APPROVED")
    end,
  }
end

for _, code in ipairs { "99", "77", "A0" } do
  scenario("Declined " .. code .. ": signs in again before the next sale, which works") {
    tags = { "host", "sign-in" }, covers = { "DOMAIN 4.7", "DOMAIN 4.8" },
    run = function()
      local card = cards.load "unionpay-debit"
      t:power_on()
      local signed_in = host.count "0800"
      host.rule { on = "0200", action = "code", code = code }
      pay(card, "12.00", "declined")
      expect.equal(shop.last_record(t).outcome, "refused")
      bench.wait(120)
      expect.equal(host.count "0800", signed_in + 1, "sign-ins")
      pay(card, "12.00")
      expect.equal(host.count "0800", signed_in + 1, "one sign-in is enough")
      expect.equal(host.count "0400", 0, "reversals")
    end,
  }

  scenario("Declined " .. code .. ", then the power fails: the sign-in is not forgotten") {
    tags = { "host", "sign-in", "power" }, covers = { "DOMAIN 4.7", "DOMAIN 5.2" },
    run = function()
      local card = cards.load "unionpay-debit"
      t:power_on()
      local signed_in = host.count "0800"
      host.rule { on = "0200", action = "code", code = code }
      host.rule { on = "0800", action = "silent_before", nth = 1 }
      pay(card, "12.00", "declined")
      expect.equal(host.count "0800", signed_in + 1, "sign-ins that reached the host")
      t:power_cut()
      t:power_on()
      t:wait_idle()
      expect.equal(host.count "0800", signed_in + 2, "signed in after power-up")
      pay(card, "12.00")
    end,
  }
end

scenario "An answer that comes twice is counted once, and not for the next customer" {
  tags = { "host", "duplicate" }, covers = { "DOMAIN 5.5", "DOMAIN 5.7" },
  run = function()
    local one, two = cards.load "unionpay-debit", cards.load "unionpay-credit"
    local before = two:balance()
    t:power_on()
    host.rule { on = "0200", action = "duplicate", delay = 0 }
    pay(one, "12.00")
    host.rule { on = "0200", action = "code", code = "51" }
    pay(two, "12.00", "declined")
    expect.equal(shop.last_record(t).outcome, "refused")
    shop.not_charged(two, before)
    expect.equal(t:inspect().state.count, 1, "sales in the batch")
  end,
}

scenario "An answer that was lost meets the next request on the same line: it is not believed" {
  tags = { "host", "duplicate", "reversal" }, covers = { "DOMAIN 5.5" },
  run = function()
    local one, two = cards.load "unionpay-debit", cards.load "unionpay-credit"
    local before_one, before_two = one:balance(), two:balance()
    t:power_on()
    host.rule { on = "0200", action = "late", delay = 62 }
    pay(one, "12.00", "no_answer")
    bench.wait(90)
    host.rule { on = "0200", action = "code", code = "51" }
    pay(two, "12.00", "declined")
    shop.not_charged(one, before_one)
    shop.not_charged(two, before_two)
  end,
}

scenario "The host books and hangs up: reversed" {
  tags = { "host", "reversal" }, covers = { "DOMAIN 5.2", "DOMAIN 5.7" },
  run = function()
    local card = cards.load "unionpay-debit"
    local before = card:balance()
    t:power_on()
    host.rule { on = "0200", action = "hang_up" }
    pay(card, "12.00", "no_answer")
    host.wait("0400", 1, 900)
    bench.wait(5)
    shop.not_charged(card, before)
    expect.equal(shop.last_record(t).outcome, "reversed")
  end,
}

-- What a 0410 may say, and whether the matter is closed.
for code, closed in pairs { ["00"] = true, ["12"] = true, ["25"] = true, ["94"] = true, ["96"] = false, ["30"] = false,
                            ["91"] = false } do
  scenario("The reversal is answered " .. code .. ": " .. (closed and "done" or "it is repeated until it is confirmed")) {
    tags = { "host", "reversal" }, covers = { "DOMAIN 5.3" },
    run = function()
      local card = cards.load "unionpay-debit"
      local before = card:balance()
      t:power_on()
      host.rule { on = "0200", action = code == "25" and "silent_before" or "silent_after" }
      if code == "12" or code == "94" then -- the first 0400 is carried out, only its answer is lost
        host.rule { on = "0400", action = "silent_after", nth = 1 }
        host.rule { on = "0400", action = "code", code = code, nth = 2 }
      elseif code ~= "00" then
        host.rule { on = "0400", action = "code", code = code, nth = 1 }
      end
      pay(card, "12.00", "no_answer")
      host.wait("0400", 1, 900)
      bench.wait(400)
      local expected = (code == "00" or code == "25") and 1 or 2
      expect.equal(host.count "0400", expected, "reversals sent")
      expect.equal(#t:inspect().reversals, 0, "reversals left")
      shop.not_charged(card, before)
    end,
  }
end

scenario "A bad answer, then the confirmation: each reversal of one sale carries the same trace number" {
  tags = { "host", "reversal" }, covers = { "DOMAIN 5.3" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:power_on()
    host.rule { on = "0200", action = "silent_after" }
    host.rule { on = "0400", action = "wrong_mac", nth = 1 }
    host.rule { on = "0400", action = "silent_before", nth = 2 }
    pay(card, "12.00", "no_answer")
    bench.wait(600)
    expect.truth(host.count "0400" >= 3, "tries")
    for back = 0, host.count "0400" - 1 do
      expect.equal(host.last("0400", back).de11, host.last("0200").de11, "trace number")
    end
  end,
}

-- A decline whose MAC is missing or wrong closes nothing unless the profile lists its code.
scenario "A decline without a MAC does not end the reversal" {
  tags = { "host", "mac", "reversal" }, covers = { "DOMAIN 5.5" },
  run = function()
    local card = cards.load "empty-account"
    t:power_on()
    host.rule { on = "0200", action = "no_mac" }
    pay(card, "12.00", "bad_answer")
    host.wait("0400", 1, 900)
    bench.wait(5)
    expect.equal(host.last("0400").de39, "A0", "reason")
    expect.equal(shop.last_record(t).outcome, "reversed")
  end,
}

scenario "The PIN is wrong for ever: three are asked for, no more" {
  tags = { "host", "pin" }, covers = { "DOMAIN 4.7" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:power_on()
    host.rule { on = "0200", action = "code", code = "55", nth = 0 }
    shop.pay_with_pin(t, card, "12.00")
    for _ = 1, 2 do
      expect.screen(t, "pin_again")
      t:pin "123456"
    end
    expect.screen(t, "declined")
    shop.leave(t)
    expect.equal(host.count "0200", 3, "requests")
  end,
}

scenario "A reversal that nobody answers is tried three times in a row, then later again" {
  tags = { "host", "reversal" }, covers = { "DOMAIN 5.1", "DOMAIN 5.3" },
  run = function()
    local card = cards.load "unionpay-no-cvm"
    t:power_on()
    host.rule { on = "0200", action = "silent_after" }
    host.rule { on = "0400", action = "silent_before", nth = 0 }
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "no_answer")
    t:remove()
    host.wait("0400", 1)
    bench.wait(150)
    expect.equal(host.count "0400", 3, "tries within a minute each")
    host.clear()
    bench.wait(300)
    expect.equal(#t:inspect().reversals, 0, "reversals left")
  end,
}
