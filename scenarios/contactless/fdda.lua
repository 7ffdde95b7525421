-- Fast dynamic data authentication of a tap that the card approved (DOMAIN 3.9, 2.6): what is signed, what fails, and
-- what the card wants then (9F6C bits 6 and 5).
local shop = require "shop"
local t = bench.terminal { profile = "unionpay-tap-offline" }
local plain = bench.terminal { profile = "unionpay-tap-no-chip" }

local function tap(terminal, card)
  terminal:power_on()
  shop.tap_for(terminal, card, "12.00")
end

for name, why in pairs {
  ["broken-tap-hash"] = "the hash is wrong",
  ["broken-tap-amount"] = "another amount is signed",
  ["broken-tap-qualifiers"] = "the qualifiers were changed on the way",
  ["broken-tap-revoked"] = "the issuer's certificate was revoked",
  ["qpboc-offline-sda"] = "static data authentication alone is not enough",
} do
  scenario("fDDA fails and the card has no wish, declined: " .. why) {
    tags = { "contactless", "offline", "fdda", "declined" },
    covers = { "DOMAIN 3.9 fDDA", "DOMAIN 2.6 DDA" },
    run = function()
      tap(t, cards.load(name))
      shop.tap_declined(t)
    end,
  }
end

for name, why in pairs {
  ["broken-tap-missing"] = "no signature at all (CTQ 20)",
  ["broken-tap-certificate"] = "the certificate has expired (CTQ 30: the host before the chip)",
} do
  scenario("fDDA fails and the card wants the host: " .. why) {
    tags = { "contactless", "offline", "fdda" },
    covers = { "DOMAIN 3.9 fDDA", "DOMAIN 3.9 CTQ go online if authentication fails" },
    run = function()
      local card = cards.load(name)
      local before = card:balance()
      tap(t, card)
      expect.screen(t, "approved")
      t:untap()
      t:wait_idle()
      expect.equal(host.count "0200", 1, "requests")
      expect.equal(host.last("0200").de55["9F27"], "40", "with the TC that the card gave")
        expect.equal(card:balance(), before - 1200, "balance at the issuer")
    end,
  }
end

scenario "fDDA fails and the card wants its chip to be used (CTQ 10)" {
  tags = { "contactless", "offline", "fdda", "interface" },
  covers = { "DOMAIN 3.9 fDDA", "DOMAIN 3.9 CTQ another interface if authentication fails" },
  run = function()
    local card = cards.load "broken-tap-number"
    tap(t, card)
    expect.screen(t, "use_contact")
    t:untap()
    expect.screen(t, "insert_card")
    t:insert(card)
    expect.screen(t, "enter_pin")
    t:pin("123456")
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(host.count "0200", 1, "requests")
    expect.equal(host.last("0200").de22, "051", "DE22: contact chip")
  end,
}

scenario "The card wants its chip to be used, and 9F66 says that there is no reader for it: declined" {
  tags = { "contactless", "offline", "fdda", "declined" },
  covers = { "DOMAIN 3.9 fDDA", "DOMAIN 3.9 TTQ contact" },
  run = function()
    tap(plain, cards.load "broken-tap-number")
    shop.tap_declined(plain)
  end,
}

scenario "A terminal that knows version 00 alone cannot check a signature of version 01" {
  tags = { "contactless", "offline", "fdda", "declined" },
  covers = { "DOMAIN 3.9 fDDA version", "DOMAIN 3.9 TTQ byte 4" },
  run = function()
    tap(plain, cards.load "qpboc-offline-unbooked")
    shop.tap_declined(plain)
  end,
}

scenario "A terminal that knows version 00 alone takes a signature of version 00" {
  tags = { "contactless", "offline", "fdda" },
  covers = { "DOMAIN 3.9 fDDA version" },
  run = function()
    local card = cards.load "qpboc-offline-00"
    local before = card:counters().purse
    tap(plain, card)
    expect.screen(plain, "approved_balance")
    plain:untap()
    host.wait("0200", 1)
    plain:wait_idle()
    expect.equal(card:counters().purse, before - 1200, "purse")
  end,
}
