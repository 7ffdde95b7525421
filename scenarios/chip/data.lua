-- Processing options, AFL, records and data object lists: good and bad ones (EMV Book 3 sections 5, 7, 10.1, 10.2).
local shop = require "shop"
local t = bench.terminal { profile = "unionpay-intl" }

-- Cards that pay, and what the request then holds.
local good = {
  { "format-77", "options in format 77 with other objects in them", "DOMAIN 2.4" },
  { "long-form", "lengths in the long forms, filler bytes between objects", "DOMAIN 2.5" },
  { "issuer-file", "a record of file 11 in no format", "DOMAIN 2.4" },
  { "template-inside", "what a template inside a record holds does not count twice", "DOMAIN 2.4" },
  { "lists", "a CDOL that cuts and fills up, with unknown and constructed tags", "DOMAIN 2.5" },
  { "tdol", "a CDOL with the TC hash, over the card's TDOL", "DOMAIN 2.5", tvr = "8000048000" },
  { "default-tdol", "a CDOL with the TC hash, over the default TDOL", "DOMAIN 2.5", tvr = "8000048080" },
}
for _, g in ipairs(good) do
  scenario("Taken: " .. g[2]) {
    tags = { "chip", "data" }, covers = { g[3] },
    run = function()
      t:power_on()
      shop.pay_with_pin(t, cards.load("select-data-" .. g[1]), "12.00")
      expect.screen(t, "approved")
      shop.leave(t)
      expect.equal(host.last("0200").de55["95"], g.tvr or "8000048000", "TVR")
    end,
  }
end

-- The list that is configured does not change what the TVR says: the card's own was not used.
local names = bench.terminal { profile = "unionpay-names" }
scenario "Taken: a CDOL with the TC hash, over the default TDOL that the terminal has for this application" {
  tags = { "chip", "data" }, covers = { "DOMAIN 2.5 TDOL" },
  run = function()
    names:power_on()
    shop.pay_with_pin(names, cards.load "select-data-configured-tdol", "12.00")
    expect.screen(names, "approved")
    shop.leave(names)
    expect.equal(host.last("0200").de55["95"], "8000048080", "TVR")
  end,
}

-- Cards that break a rule after their application was chosen: card error, nothing sent, no stripe.
local bad = {
  { "options-short", "options without an AFL" },
  { "options-odd", "options whose AFL has a byte too few" },
  { "options-behind", "a byte behind the options" },
  { "options-without-aip", "options in format 77 without 82" },
  { "options-refused", "options refused with 6A80" },
  { "afl-file-0", "AFL with file 0" },
  { "afl-file-31", "AFL with file 31" },
  { "afl-low-bits", "AFL with bits below the file number" },
  { "afl-record-0", "AFL that begins with record 0" },
  { "afl-backwards", "AFL that ends before it begins" },
  { "afl-too-many-signed", "AFL with more signed records than records" },
  { "afl-no-record", "AFL with a record that is not there" },
  { "record-refused", "a record refused with 6985" },
  { "no-template", "a record without template 70" },
  { "other-template", "a record in template 77" },
  { "behind-template", "a byte behind template 70" },
  { "cut-record", "an object longer than its record" },
  { "endless-length", "a length of four bytes" },
  { "twice", "the expiry date twice" },
  { "no-pan", "no PAN" },
  { "no-expiry", "no expiry date" },
  { "no-day", "an expiry date that is no day" },
  { "no-month", "an effective date in a thirteenth month" },
  { "no-cdol1", "no CDOL1" },
  { "no-cdol2", "no CDOL2" },
  { "other-track", "track 2 of another account" },
}
for _, b in ipairs(bad) do
  scenario("Card error: " .. b[2]) {
    tags = { "chip", "data" }, covers = { "DOMAIN 2.4", "DOMAIN 1.3" },
    run = function()
      t:power_on()
      shop.insert_for(t, cards.load("select-data-" .. b[1]), "12.00")
      expect.screen(t, "card_error")
      shop.leave(t)
      expect.equal(host.count "0200", 0, "requests")
      expect.never_shown(t, "please_swipe")
      expect.never_shown(t, "enter_pin")
    end,
  }
end
