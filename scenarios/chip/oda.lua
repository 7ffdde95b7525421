local shop = require "shop"
local t = bench.terminal { profile = "unionpay-oda" }

-- Offline data authentication in whole sales. TVR byte 1: 80 not performed, 40 SDA failed, 20 ICC data missing, 08 DDA
-- failed, 04 CDA failed, 02 SDA selected. Bytes 3 and 4 are the same in all of them: online PIN entered, over the floor
-- limit. What went wrong stands in the terminal's log by name.

local function pay(name)
  local card = cards.load(name)
  t:power_on()
  shop.pay_with_pin(t, card, "12.00")
  return card
end

local good = {
  { "unionpay-sda", "02", "SDA" },
  { "unionpay-dda", "00", "DDA, answer in format 80" },
  { "unionpay-dda-format2", "00", "DDA, answer in format 77" },
  { "unionpay-dda-issuer-file", "00", "DDA over a record of file 11, which is signed as a whole" },
  { "unionpay-no-ddol", "00", "DDA by the terminal's default DDOL" },
  { "unionpay-cda", "00", "CDA at both cryptograms, exponent 3" },
  { "unionpay-cda-65537", "00", "CDA at both cryptograms, exponent 65537" },
  { "unionpay-sm2", "00", "CDA with SM2 and SM3" },
}
for _, g in ipairs(good) do
  scenario("Approved with " .. g[3]) {
    tags = { "chip", "oda" }, covers = { "DOMAIN 2.6", "DOMAIN 2.1", "DOMAIN 3.10" },
    run = function()
      pay(g[1])
      expect.screen(t, "approved")
      shop.leave(t)
      local request = host.last("0200")
      expect.equal(request.de55["95"], g[2] .. "00048000", "TVR in the request")
      expect.equal(#request.de55["9F26"], 16, "cryptogram in the request")
    end,
  }
end

scenario "A card without offline data authentication: not performed" {
  tags = { "chip", "oda" }, covers = { "DOMAIN 2.6" },
  run = function()
    pay "unionpay-credit"
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(host.last("0200").de55["95"], "8000048000", "TVR in the request")
  end,
}

-- Failures that go online, because TAC-online names them: the issuer sees the bit.
local online = {
  { "broken-issuer-trailer", "42" }, { "broken-issuer-header", "42" }, { "broken-issuer-format", "42" },
  { "broken-issuer-hash", "42" }, { "broken-issuer-id", "42" }, { "broken-issuer-expired", "42" },
  { "broken-issuer-revoked", "42" }, { "broken-issuer-algorithm", "42" }, { "broken-unknown-index", "42" },
  { "broken-missing-remainder", "62" }, { "broken-tag-list-other", "42" }, { "broken-ssad-hash", "42" },
  { "broken-ssad-static", "42" }, { "broken-sm2-issuer", "42" },
  { "broken-icc-hash", "08" }, { "broken-icc-pan", "08" }, { "broken-icc-expired", "08" },
  { "broken-icc-static", "08" }, { "broken-sdad-hash", "08" }, { "broken-sdad-trailer", "08" },
  { "broken-ddol-without-un", "08" },
  { "select-data-signed-sda", "42" }, { "select-data-signed-dda", "08" }, { "select-data-signed-cda", "04" },
}
for _, f in ipairs(online) do
  scenario("Offline data authentication fails, the issuer is told: " .. f[1]) {
    tags = { "chip", "oda" }, covers = { "DOMAIN 2.6", "DOMAIN 2.1", "DOMAIN 3.4" },
    run = function()
      pay(f[1])
      expect.screen(t, "approved")
      shop.leave(t)
      expect.equal(host.last("0200").de55["95"], f[2] .. "00048000", "TVR in the request")
      expect.truth(t:receipt():find(f[2] .. "00048000", 1, true), "TVR on the slip, which is made from the journal")
    end,
  }
end

-- A signature around the cryptogram that does not hold: nothing is asked of the host, the card gets its second GENERATE
-- AC with an AAC, and the sale is declined offline.
for _, name in ipairs { "broken-cda-hash", "broken-cda-cid", "broken-cda-signature", "broken-sm2-cda" } do
  scenario("CDA fails at the first cryptogram: declined offline: " .. name) {
    tags = { "chip", "oda" }, covers = { "DOMAIN 2.6", "DOMAIN 2.11" },
    run = function()
      local card = pay(name)
      local before = card:balance()
      expect.screen(t, "declined")
      shop.leave(t)
      expect.equal(host.count "0200", 0, "requests")
      shop.not_charged(card, before)
      expect.equal(shop.last_record(t).response, "Z1", "response code on the journal")
    end,
  }
end

scenario "A plain cryptogram where a signed one was asked for: card error, nothing sent" {
  tags = { "chip", "oda" }, covers = { "DOMAIN 2.6", "DOMAIN 2.11" },
  run = function()
    pay "broken-cda-missing"
    expect.screen(t, "card_error")
    shop.leave(t)
    expect.equal(host.count "0200", 0, "requests")
  end,
}
