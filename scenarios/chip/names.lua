-- Preferred names (9F12) in the character sets of the display, which are those of 9F40 (EMV Book 1 12.2.4): the display
-- takes UTF-8, and a name that it cannot show as a whole is not shown at all.
local shop = require "shop"
local every_set = bench.terminal { profile = "unionpay-names" }
local set_1 = bench.terminal { profile = "unionpay-intl" }

local labels = { "UnionPay Debit", "UnionPay Credit" }
local latin, cyrillic = { "Débit Évasion", "Crédit" }, { "Дебет", "Кредит" }
local rows = {
  { every_set, "select-names-latin", latin, "character set 1, beyond ASCII" },
  { set_1, "select-names-latin", latin, "character set 1 on a display that has no other" },
  { every_set, "select-names-cyrillic", cyrillic, "character set 5" },
  { set_1, "select-names-cyrillic", labels, "character set 5 where there is none: the labels" },
  { every_set, "select-names-unassigned", { labels[1], "Πίστωση" }, "bytes that are no characters: the label" },
}
for _, r in ipairs(rows) do
  local t = r[1]
  scenario("Preferred names: " .. r[4]) {
    tags = { "chip", "selection" }, covers = { "DOMAIN 2.3 preferred name, code table" },
    run = function()
      t:power_on()
      shop.insert_for(t, cards.load(r[2]), "12.00")
      expect.screen(t, "choose_application")
      expect.equal(t:screen().rows[2], r[3][1], "the first name")
      t:keys "DOWN"
      expect.equal(t:screen().rows[2], r[3][2], "the second name")
      t:keys "ENTER"
      expect.screen(t, "enter_pin")
      t:pin "123456"
      expect.screen(t, "approved")
      shop.leave(t)
      expect.equal(host.last("0200").de55["84"], "A000000333010102", "DF name")
    end,
  }
end
