local shop = require "shop"
local intl = bench.terminal { profile = "unionpay-intl" }

-- Every card that should be able to pay does so, whatever its protocol, cryptogram and way of verifying the cardholder.
local paying = {
  { "unionpay-credit", pin = true, aid = "A000000333010102" },
  { "unionpay-debit", pin = true, aid = "A000000333010101" },
  { "unionpay-signature", sign = true },
  { "unionpay-no-cvm" },
  { "unionpay-foreign", pin = true },
  { "unionpay-no-pse", pin = true },
  { "unionpay-new", pin = true },
  { "unionpay-strict-issuer", pin = true },
  { "visa-credit", sign = true, aid = "A0000000031010" },
  { "visa-cvn18", pin = true, aid = "A0000000031010" },
}

for _, p in ipairs(paying) do
  scenario("Card " .. p[1] .. " pays") {
    tags = { "card", "sale" }, covers = { "DOMAIN 2.3", "DOMAIN 2.4", "DOMAIN 2.8", "DOMAIN 3.7" },
    run = function()
      local card = cards.load(p[1])
      local before, atc = card:balance(), card:counters().atc
      intl:power_on()
      shop.insert_for(intl, card, "12.34")
      if p.pin then
        expect.screen(intl, "enter_pin")
        intl:pin "123456"
      end
      expect.screen(intl, p.sign and "approved_signature" or "approved")
      expect.truth(intl:screen().text:find("12.34", 1, true), "the amount on the display")
      shop.leave(intl)
      local request = host.last "0200"
      expect.equal(card:balance(), before - 1234, "balance at the issuer")
      expect.equal(card:counters().atc, atc + 1, "ATC")
      expect.equal(request.de4, "000000001234", "DE4")
      expect.equal(request.de55["9F02"], "000000001234", "amount told to the card")
      expect.equal(request.de55["9A"], "260615", "transaction date")
      expect.equal(request.de55["9F36"], string.format("%04X", atc + 1), "ATC in DE55")
      expect.equal(request.de60.capability, "5", "60.4: contact chip")
      expect.equal(request.de60.ic_condition, "0", "60.5: a chip was read")
      expect.equal(request.de22, p.pin and "051" or "052", "DE22")
      if p.aid then expect.equal(request.de55["84"], p.aid, "DF name") end
      for _, words in ipairs { "AUTH: ", "REF NO: ", "TVR: " .. request.de55["95"], "ATC: " .. request.de55["9F36"],
                               "TSI: 7800", "AMOUNT: 12.34 CNY", "/I", p.sign and "SIGNATURE:" or "NO SIGNATURE" } do
        expect.printed(intl, words)
      end
      expect.equal(#shop.last_record(intl).auth, 6, "authorisation code in the journal")
    end,
  }
end

scenario "A card that is worn out: the counter ends, the last transaction counts, the next is refused by the card" {
  tags = { "card" }, covers = { "DOMAIN 3.4" },
  run = function()
    local card = cards.load "unionpay-worn"
    intl:power_on()
    for _ = 1, 3 do
      shop.insert_for(intl, card, "1.00")
      expect.truth(intl:screen().name ~= "approved", "asks for a PIN or ends")
      bench.wait(3)
      if intl:screen().name == "enter_pin" then intl:pin "123456" end
      bench.wait(3)
      shop.leave(intl)
    end
    expect.never_shown(intl, "please_swipe")
  end,
}

scenario "A lost card is declined and said to be lost" {
  tags = { "card", "decline" }, covers = { "DOMAIN 4.7" },
  run = function()
    local card = cards.load "lost-card"
    intl:power_on()
    shop.pay_with_pin(intl, card, "12.00")
    expect.screen(intl, "declined")
    expect.truth(intl:screen().text:find("lost card", 1, true), "the reason")
    shop.leave(intl)
    expect.equal(shop.last_record(intl).response, "41")
  end,
}

scenario "The issuer's action code declines offline: nothing is sent, the journal knows" {
  tags = { "card", "decline" }, covers = { "DOMAIN 2.10" },
  run = function()
    local card = cards.load "unionpay-denied"
    intl:power_on()
    shop.pay_with_pin(intl, card, "12.00")
    expect.screen(intl, "declined")
    shop.leave(intl)
    expect.equal(host.count "0200", 0, "requests")
    expect.equal(shop.last_record(intl).response, "Z1")
    expect.equal(shop.last_record(intl).outcome, "refused")
    expect.never_shown(intl, "please_swipe")
  end,
}

scenario "Abroad only, not yet valid, another version: the TVR says all of it" {
  tags = { "card" }, covers = { "DOMAIN 2.7", "DOMAIN 2.10" },
  run = function()
    local cn = bench.terminal { profile = "unionpay-cn" }
    local card = cards.load "unionpay-restricted"
    intl:power_on() -- at home: the service is not allowed, which the action codes answer with a decline
    shop.pay_with_pin(intl, card, "12.00")
    expect.screen(intl, "declined")
    shop.leave(intl)
    expect.equal(shop.last_record(intl).response, "Z1")
    expect.equal(host.count "0200", 0, "requests")
    cn:power_on() -- abroad
    shop.pay_with_pin(cn, card, "12.00")
    expect.screen(cn, "approved")
    shop.leave(cn)
    expect.equal(host.last("0200").de55["95"], "80A0048000", "TVR: version, not yet effective")
  end,
}

scenario "The application expires: good on its last day, a bit of the TVR on the next" {
  tags = { "card" }, covers = { "DOMAIN 2.7" },
  run = function()
    local card = cards.load "unionpay-last-day" -- 26-06-15, effective on the same day
    intl:power_on()
    for _, tvr in ipairs { "8000048000", "8040048000" } do
      shop.pay_with_pin(intl, card, "12.00")
      expect.screen(intl, "approved")
      shop.leave(intl)
      expect.equal(host.last("0200").de55["95"], tvr, "TVR")
      bench.wait(15 * 3600)
    end
  end,
}

scenario "Velocity: three transactions since the last one online, the limit is two" {
  tags = { "card", "risk" }, covers = { "DOMAIN 2.9" },
  run = function()
    local card = cards.load "unionpay-limits"
    intl:power_on()
    shop.insert_for(intl, card, "12.00")
    expect.screen(intl, "approved")
    shop.leave(intl)
    local tvr = host.last("0200").de55["95"]
    expect.equal(tonumber(tvr:sub(7, 8), 16), 0xC0, "TVR byte 4: floor limit, lower offline limit")
    shop.insert_for(intl, card, "12.00")
    expect.screen(intl, "approved")
    shop.leave(intl)
    expect.equal(shop.tvr(4), 0x80, "TVR byte 4 after an online transaction")
  end,
}

for _, with_data in ipairs { false, true } do
  scenario("Velocity without the card's counters (6A88" .. (with_data and " beside data" or "") .. "): both limits count") {
    tags = { "card", "risk" }, covers = { "DOMAIN 2.9" },
    run = function()
      local card = cards.load "unionpay-limits"
      -- over T=0 the counter comes with the second answer, after 6Cxx
      for nth = with_data and 2 or 1, 4, 2 do
        card:fault { at = "get_data", kind = "sw", sw = 0x6A88, nth = with_data and nth or 0, after = with_data }
      end
      intl:power_on()
      shop.insert_for(intl, card, "12.00")
      expect.screen(intl, "approved")
      shop.leave(intl)
      expect.equal(shop.tvr(4), 0xE0, "TVR byte 4")
    end,
  }
end

scenario "A data object that comes twice is a card error" {
  tags = { "card" }, covers = { "DOMAIN 2.4" },
  run = function()
    local card = cards.load "unionpay-double-data"
    intl:power_on()
    shop.insert_for(intl, card, "12.00")
    expect.screen(intl, "card_error")
    shop.leave(intl)
    expect.equal(host.count "0200", 0, "requests")
    expect.never_shown(intl, "please_swipe")
  end,
}

scenario "A card that is used for the first time says so, where the terminal checks velocity" {
  tags = { "card", "risk" }, covers = { "DOMAIN 2.9" },
  run = function()
    local card = cards.load "unionpay-first-use"
    intl:power_on()
    for _, byte2 in ipairs { 0x08, 0x00 } do
      shop.pay_with_pin(intl, card, "12.00")
      expect.screen(intl, "approved")
      shop.leave(intl)
      expect.equal(shop.tvr(2), byte2, "TVR byte 2: new card")
    end
  end,
}

scenario "Floor limit: the last sale to the same card counts, one to another card does not" {
  tags = { "card", "risk" }, covers = { "DOMAIN 2.9" },
  run = function()
    local border = bench.terminal { profile = "unionpay-border" } -- floor limit 50.00
    local one, two = cards.load "unionpay-limits", cards.load "unionpay-no-cvm"
    border:power_on()
    for _, sale in ipairs { { one, "30.00", 0x00 }, { two, "30.00", 0x00 }, { one, "30.00", 0x80 }, { two, "50.00", 0x80 },
                            { two, "0.01", 0x80 } } do
      shop.insert_for(border, sale[1], sale[2])
      expect.screen(border, "approved")
      shop.leave(border)
      local byte4 = shop.tvr(4)
      expect.equal(byte4 & 0x80, sale[3], "TVR byte 4: over the floor limit with " .. sale[2])
    end
  end,
}
