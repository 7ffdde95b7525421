local shop = require "shop"
-- Floor limit 200.00, random selection from 100.00 on (0 to 99 percent), a list of stopped cards; forced: a merchant
-- who wants every sale online.
local t = bench.terminal { profile = "unionpay-risk" }
local forced = bench.terminal { profile = "unionpay-forced" }

-- A sale whatever the cardholder is asked for; it has ended when this returns.
local function sale(at, card, amount)
  shop.insert_for(at, card, amount)
  bench.wait(5)
  if at:screen().name == "enter_pin" then at:pin "123456" end
  at:wait_idle(300)
  shop.leave(at)
end

local floor = {
  { "199.99", 0x00 }, { "200.00", 0x80 }, { "200.01", 0x80 }, { "99.99", 0x00 },
}
for _, f in ipairs(floor) do
  scenario("Floor limit 200.00, amount " .. f[1]) {
    tags = { "chip", "risk" }, covers = { "DOMAIN 2.9" },
    run = function()
      local card = cards.load "unionpay-no-cvm"
      t:power_on()
      sale(t, card, f[1])
      expect.equal(shop.tvr(4) & 0x80, f[2], "TVR byte 4: over the floor limit")
      if f[2] == 0x80 then expect.equal(shop.tvr(4) & 0x10, 0, "no random selection over the limit") end
      expect.equal(shop.tvr(2) & 0x08, 0, "not a new card")
    end,
  }
end

scenario "Split sales: two amounts under the floor limit that are over it together" {
  tags = { "chip", "risk" }, covers = { "DOMAIN 2.9" },
  run = function()
    local card, other = cards.load "unionpay-no-cvm", cards.load "unionpay-signature"
    t:power_on()
    sale(t, card, "110.00")
    expect.equal(shop.tvr(4) & 0x80, 0, "the first alone is under it")
    sale(t, other, "110.00")
    expect.equal(shop.tvr(4) & 0x80, 0, "another card's sale does not count")
    sale(t, card, "90.00")
    expect.equal(shop.tvr(4) & 0x80, 0x80, "both together reach it")
  end,
}

scenario "Random selection: never under the threshold, and at 199.99 both times of two" {
  tags = { "chip", "risk" }, covers = { "DOMAIN 2.9" },
  run = function()
    t:power_on()
    local low, high = 0, 0
    for _ = 1, 6 do
      sale(t, cards.load "unionpay-no-cvm", "50.00")
      low = low + (shop.tvr(4) & 0x10)
    end
    for i = 1, 2 do
      t:power_cut()
      t:power_on()
      sale(t, cards.load(i == 1 and "unionpay-credit" or "unionpay-debit"), "199.99")
      high = high + (shop.tvr(4) & 0x10)
    end
    expect.equal(low, 0, "selected under the threshold with a target of 0 percent")
    expect.equal(high, 2 * 0x10, "selected at 98 percent")
  end,
}

scenario "A stopped card: TVR byte 1 says so, and the sale goes online" {
  tags = { "chip", "risk" }, covers = { "DOMAIN 2.9" },
  run = function()
    local card, free = cards.load "unionpay-credit", cards.load "unionpay-offline-pin"
    t:power_on()
    sale(t, card, "12.00")
    expect.equal(shop.tvr(1) & 0x10, 0x10, "on the exception file")
    sale(t, free, "12.00")
    expect.equal(shop.tvr(1) & 0x10, 0, "the file names the card 02 of this account, this is 01")
  end,
}

scenario "The merchant forces the sale online" {
  tags = { "chip", "risk" }, covers = { "DOMAIN 2.9", "DOMAIN 2.10" },
  run = function()
    local card = cards.load "action-offline-approves"
    forced:power_on()
    sale(forced, card, "12.00")
    expect.equal(shop.tvr(4) & 0x08, 0x08, "TVR byte 4: merchant forced online")
    expect.equal(host.count "0200", 1, "requests")
  end,
}

-- Velocity: unionpay-limits has 9F14 and 9F23, unionpay-first-use has never been online.
scenario "Velocity: the card's counters cannot be read, both limits count as exceeded" {
  tags = { "chip", "risk", "fault" }, covers = { "DOMAIN 2.9" },
  run = function()
    local card = cards.load("unionpay-limits"):fault { at = "get_data", kind = "sw", sw = 0x6A88 }
    t:power_on()
    sale(t, card, "12.00")
    expect.equal(shop.tvr(4) & 0x60, 0x60, "TVR byte 4: lower and upper limit")
  end,
}

scenario "Velocity: a card that was never online is new" {
  tags = { "chip", "risk" }, covers = { "DOMAIN 2.9" },
  run = function()
    local card = cards.load "unionpay-first-use"
    t:power_on()
    sale(t, card, "12.00")
    expect.equal(shop.tvr(2) & 0x08, 0x08, "TVR byte 2: new card")
  end,
}
