-- Sales over a reader at character level: the core speaks T=0 and T=1 itself, and nobody above sees a difference.
local shop = require "shop"
local bytes = bench.terminal { profile = "unionpay-character" }
local tpdu = bench.terminal { profile = "unionpay-intl" }

-- What counts of a sale: money, request, what the card said, how the cardholder was verified.
local function sale(t, card)
  local before, atc = card:balance(), card:counters().atc
  t:power_on()
  shop.pay_with_pin(t, card, "12.34")
  expect.screen(t, "approved")
  shop.leave(t)
  local request = host.last "0200"
  return {
    charged = before - card:balance(), atc = card:counters().atc - atc, amount = request.de4, entry = request.de22,
    cid = request.de55["9F27"], tvr = request.de55["95"], cvm = request.de55["9F34"], condition = request.de60.ic_condition,
  }
end

local profiles = {
  ["unionpay-credit"] = "T=0", ["unionpay-debit"] = "T=1", ["visa-cvn18"] = "T=1, another scheme",
  ["line-chained"] = "T=1 with an IFSC of 32", ["line-fast-t0"] = "T=0 at four times the speed",
  ["line-fast-t1"] = "T=1 at four times the speed", ["unionpay-no-pse"] = "a list of applications to try",
}
local names = {}
for name in pairs(profiles) do names[#names + 1] = name end
table.sort(names)

for _, name in ipairs(names) do
  scenario("A sale at character level is the sale at TPDU level: " .. profiles[name]) {
    tags = { "l1", "sale" }, covers = { "DOMAIN 3.1", "DOMAIN 3.2", "DOMAIN 3.3" },
    run = function()
      local card = cards.load(name)
      local first = sale(tpdu, card)
      local second = sale(bytes, card)
      -- the second sale of one card: what the first one left on the card (new card, counters) shows in the TVR only
      first.tvr, second.tvr = nil, nil
      expect.equal(second, first, "outcome at character level")
      expect.equal(second.charged, 1234, "charged")
    end,
  }
end

scenario "Two sales one after the other: T=1 begins anew with each reset" {
  tags = { "l1", "sale" }, covers = { "DOMAIN 3.3" },
  run = function()
    local card = cards.load "unionpay-debit"
    bytes:power_on()
    for _ = 1, 2 do
      shop.pay_with_pin(bytes, card, "5.00")
      expect.screen(bytes, "approved")
      shop.leave(bytes)
    end
    expect.equal(host.count "0200", 2, "requests")
  end,
}
