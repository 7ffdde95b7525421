local shop = require "shop"
local t = bench.terminal { profile = "unionpay-sm" }

-- Cards of the SM algorithms (JR/T 0025.17): cryptograms by SM4, signatures by SM2 over SM3. The issuer recomputes every
-- ARQC and answers by SM4; the terminal carries both, checks what is signed, and says by DF69 that it can.

local SM4, TDES = "04", "01" -- byte 8 of 9F10

local function algorithm(request)
  return request.de55["9F10"]:sub(15, 16)
end

local function pay(name, amount)
  local card = cards.load(name)
  t:power_on()
  shop.pay_with_pin(t, card, amount or "12.00")
  return card
end

local approved = {
  { "unionpay-sm4", "8000048000", SM4, "no offline data authentication" },
  { "unionpay-sm", "0000048000", SM4, "CDA with SM2 and SM3" },
  { "unionpay-sm-dda", "0000048000", SM4, "DDA with SM2 and SM3" },
  { "unionpay-sm4-strict", "8000048000", SM4, "a card that insists on its issuer's answer" },
  { "unionpay-sm-either", "0000048000", SM4, "a card that has both families: CDA with SM2 and SM3" },
  { "unionpay-sm2", "0000048000", TDES, "SM2 signatures around cryptograms by 3DES" },
}
for _, row in ipairs(approved) do
  scenario("Approved: " .. row[4]) {
    tags = { "chip", "sm" }, covers = { "DOMAIN 3.10 SM", "DOMAIN 3.7 SM4", "DOMAIN 3.6 SM4" },
    run = function()
      pay(row[1])
      expect.screen(t, "approved")
      shop.leave(t)
      local request = host.last("0200")
      expect.equal(algorithm(request), row[3], "algorithm in 9F10")
      expect.equal(request.de55["95"], row[2], "TVR in the request")
      expect.equal(request.de55["9F27"], "80", "an ARQC")
      expect.equal(#host.ledger(), 1, "booked once")
    end,
  }
end

scenario "An SM4 cryptogram that is wrong is declined by the issuer" {
  tags = { "chip", "sm" }, covers = { "DOMAIN 3.7 SM4", "DOMAIN 3.4 wrong cryptogram" },
  run = function()
    local card = cards.load("card-fault-sm4-cryptogram")
    local before = card:balance()
    t:power_on()
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "declined")
    shop.leave(t)
    shop.not_charged(card, before)
    expect.equal(algorithm(host.last("0200")), SM4, "algorithm in 9F10")
  end,
}

scenario "A strict SM4 card gives no TC without its issuer's answer" {
  tags = { "chip", "sm" }, covers = { "DOMAIN 3.7 SM4" },
  run = function()
    host.rule { on = "0200", action = "no_arpc" }
    local card = cards.load("unionpay-sm4-strict")
    local before = card:balance()
    t:power_on()
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "contact_issuer")
    shop.leave(t)
    host.wait("0400", 1, 900)
    bench.wait(5)
    shop.not_charged(card, before)
  end,
}

scenario "An SM4 card hears from its issuer that there is no money" {
  tags = { "chip", "sm" }, covers = { "DOMAIN 3.7 SM4" },
  run = function()
    local card = cards.load("unionpay-sm4")
    local before = card:balance()
    t:power_on()
    shop.pay_with_pin(t, card, "99999.99")
    expect.screen(t, "declined")
    shop.leave(t)
    shop.not_charged(card, before)
    expect.equal(card:counters().last_online_atc, card:counters().atc, "the card knows that it was online")
  end,
}

scenario "Two sales in a row: the issuer takes the second ARQC, too" {
  tags = { "chip", "sm" }, covers = { "DOMAIN 3.6 SM4" },
  run = function()
    local card = pay "unionpay-sm4"
    expect.screen(t, "approved")
    shop.leave(t)
    local first = host.last("0200").de55
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "approved")
    shop.leave(t)
    local second = host.last("0200").de55
    expect.truth(first["9F26"] ~= second["9F26"], "another cryptogram")
    expect.truth(first["9F36"] ~= second["9F36"], "another ATC")
    expect.equal(#host.ledger(), 2, "bookings")
  end,
}

scenario "An SM2 signature that is wrong goes to the issuer with an SM4 cryptogram" {
  tags = { "chip", "sm" }, covers = { "DOMAIN 3.10 issuer certificate" },
  run = function()
    pay "broken-sm-issuer"
    expect.screen(t, "approved")
    shop.leave(t)
    local request = host.last("0200")
    expect.equal(request.de55["95"], "4200048000", "TVR: SDA selected, failed")
    expect.equal(algorithm(request), SM4, "algorithm in 9F10")
  end,
}

scenario "An SM4 cryptogram in a CDA signature that does not hold is declined offline" {
  tags = { "chip", "sm" }, covers = { "DOMAIN 3.10 dynamic", "DOMAIN 2.6 CDA failure" },
  run = function()
    local card = cards.load("broken-sm-cda")
    local before = card:balance()
    t:power_on()
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "declined")
    shop.leave(t)
    shop.not_charged(card, before)
    expect.equal(host.count("0200"), 0, "the host was not asked")
  end,
}

scenario "The host is silent after it booked: the sale with an SM4 card is reversed, and nothing is charged" {
  tags = { "chip", "sm" }, covers = { "DOMAIN 2.11" },
  run = function()
    host.rule { on = "0200", action = "silent_after" }
    local card = cards.load("unionpay-sm4")
    local before = card:balance()
    t:power_on()
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "no_answer", 200)
    shop.leave(t)
    host.wait("0400", 1, 900)
    t:wait_idle()
    bench.wait(5)
    expect.equal(shop.last_record(t).outcome, "reversed")
    shop.not_charged(card, before)
  end,
}

-- 72 { 86 = APPLICATION BLOCK }; the issuer adds the MAC, by the algorithm of the cryptogram.
local block = "7207" .. "8605" .. "841E000000"

for _, row in ipairs { { "right", true }, { "wrong", false }, { "other_atc", false } } do
  scenario("APPLICATION BLOCK with a MAC by SM4 that is " .. row[1]) {
    tags = { "chip", "sm", "script" }, covers = { "DOMAIN 3.8 SM4", "DOMAIN 2.11" },
    run = function()
      host.rule { on = "0200", action = "issuer_script", script = block, mac = row[1] }
      local card = pay "unionpay-sm4"
      expect.screen(t, "approved")
      shop.leave(t)
      expect.equal(card:counters().app_blocked, row[2], "the application is blocked")
    end,
  }
end

-- How a PIN is enciphered under an SM2 key is not known here: the rule fails by name, nobody is asked for that PIN, the
-- card loses no try, and the list's next rule (online PIN) goes on.
scenario "An enciphered PIN under an SM2 key is not done: the next rule" {
  tags = { "chip", "sm", "cvm" }, covers = { "DOMAIN 2.8 SM2 key", "DOMAIN 3.10 SM" },
  run = function()
    local card = pay "unionpay-sm-pin"
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(host.last("0200").de55["9F34"], "420300", "CVM result: online PIN, unknown to the terminal")
    expect.equal(card:counters().pin_tries, 3, "tries left")
  end,
}
