-- The log that a card keeps of its own transactions ("log" in its profile), newest first, read back with FUNC (EMV
-- Book 3 annex D). The reader of recorded logs is scenarios/chip/log.lua.
local shop = require "shop"
local t = bench.terminal { profile = "unionpay-intl" }

local function case(name, body)
  scenario(name) { tags = { "card", "log" }, covers = { "DOMAIN 2.12", "DOMAIN 3.4" }, run = body }
end

local function sale(card, amount, screen)
  shop.insert_for(t, card, amount)
  expect.screen(t, screen or "approved")
  shop.leave(t)
end

local function open(card)
  t:wait_idle()
  t:keys "FUNC"
  expect.screen(t, "menu")
  t:keys "1"
  expect.screen(t, "log_card")
  t:insert(card)
end

-- The log says exactly these amounts.
local function logged(card, ...)
  local amounts = { ... }
  open(card)
  for i, amount in ipairs(amounts) do
    expect.screen(t, "log_page")
    local rows = t:screen().rows
    expect.truth(rows[1]:find(("%d/%d 2026-06-15"):format(i, #amounts), 1, true), "entry " .. i .. ": " .. rows[1])
    expect.truth(rows[2]:find(amount, 1, true), amount .. " in: " .. rows[2])
    t:keys "DOWN"
  end
  t:keys "CANCEL"
  expect.screen(t, "remove_card")
  t:remove()
  t:wait_idle()
end

case("A new card's log is empty; each sale stands first in it", function()
  local card = cards.load "card-log"
  t:power_on()
  open(card)
  expect.screen(t, "log_none")
  t:remove()
  sale(card, "12.00")
  logged(card, "12.00")
  sale(card, "3.50")
  logged(card, "3.50", "12.00")
end)

case("The oldest entry goes when there is no more room", function()
  local card = cards.load "card-log"
  t:power_on()
  for i = 1, 7 do sale(card, i .. ".00") end
  logged(card, "7.00", "6.00", "5.00", "4.00", "3.00")
end)

case("What the card declines is not logged", function()
  local card = cards.load "card-log"
  t:power_on()
  sale(card, "12.00")
  host.rule { on = "0200", action = "code", code = "51" }
  sale(card, "99.00", "declined")
  card:twist "first_ac_declined"
  sale(card, "98.00", "declined")
  logged(card, "12.00")
end)

case("With another profile it is", function()
  local card = cards.load "card-log-declined"
  t:power_on()
  sale(card, "12.00")
  host.rule { on = "0200", action = "code", code = "51" }
  sale(card, "99.00", "declined")
  logged(card, "99.00", "12.00")
end)

case("A card that is torn out before its second cryptogram has logged nothing", function()
  local card = cards.load("card-log"):fault { at = "generate_ac_2", kind = "remove" }
  t:power_on()
  shop.insert_for(t, card, "12.00")
  expect.screen(t, "contact_issuer")
  t:wait_idle()
  card:heal()
  open(card)
  expect.screen(t, "log_none")
  t:remove()
end)
