local shop = require "shop"
local t = bench.terminal { profile = "unionpay-intl" }

-- A morning at the till, for the closure and its benchmark: the more a journal holds, the more a cut can spoil. Amounts
-- differ, so that a booking found later tells whose it is.
local sales = {
  { amount = "12.00", by = "chip" },
  { amount = "3.20", by = "stripe" },
  { amount = "45.90", by = "chip" },
  { amount = "88.00", by = "chip", card = "empty-account", ends = "declined" },
  { amount = "7.50", by = "stripe" },
  { amount = "19.99", by = "stripe", ends = "no_answer" },
  { amount = "5.00", by = "chip" },
  { amount = "120.00", by = "stripe" },
  { amount = "0.80", by = "chip" },
  { amount = "64.10", by = "chip" },
}

local function sell(sale, card)
  local ends = sale.ends or "approved"
  if ends == "no_answer" then host.rule { on = "0200", action = "silent_after" } end
  if sale.by == "chip" then
    shop.pay_with_pin(t, card, sale.amount)
  else
    t:sale(sale.amount)
    expect.screen(t, "insert_card")
    t:swipe(card)
  end
  expect.screen(t, ends)
  if ends == "no_answer" then host.wait("0400", 1, 900) end
  shop.leave(t)
end

scenario "A sign-in and ten sales, chip and stripe: one declined, one unanswered and reversed" {
  tags = { "power", "sweep", "reversal" }, covers = { "DOMAIN 5.2", "DOMAIN 5.3", "DOMAIN 7.5" },
  run = function()
    local usual = { chip = "unionpay-credit", stripe = "stripe-only" }
    local wallet = {}
    for _, sale in ipairs(sales) do
      sale.card = sale.card or usual[sale.by]
      wallet[sale.card] = wallet[sale.card] or cards.load(sale.card)
    end
    t:power_on()
    for _, sale in ipairs(sales) do sell(sale, wallet[sale.card]) end
    expect.equal(host.count "0400", 1, "reversals")
    expect.equal(t:inspect().state.count, 8, "sales approved")
  end,
  -- The next customer, when everything that was left is done.
  after = function()
    shop.pay_with_pin(t, cards.load "unionpay-credit", "5.00")
    expect.screen(t, "approved")
    shop.leave(t)
  end,
}
