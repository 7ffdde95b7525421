-- A busy counter: customer after customer, each with a card that signs its cryptograms. `posbench bench sale` measures it.
local shop = require "shop"
local t = bench.terminal { profile = "unionpay-oda" }

scenario "Four hundred sales with CDA and online PIN, one behind the other: all booked, totals agree" {
  tags = { "sale", "chip", "oda", "long" }, covers = { "DOMAIN 2.6", "DOMAIN 5.2" },
  run = function()
    local card = cards.load "unionpay-cda"
    t:power_on()
    for _ = 1, 400 do
      shop.pay_with_pin(t, card, "1.00")
      expect.screen(t, "approved")
      shop.leave(t)
    end
    expect.equal(#host.ledger(), 400, "bookings")
    expect.equal(t:inspect().state.debit, 40000, "total of the batch")
  end,
}
