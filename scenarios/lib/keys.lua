-- Words of the scenarios in which the host hands out CA keys and applications.
local shop = require "shop"
local keys = {}

-- An approved sale; the TVR that went to the host.
function keys.pay(t, card, amount)
  shop.pay_with_pin(t, cards.load(card or "unionpay-sda"), amount or "12.00")
  expect.screen(t, "approved")
  shop.leave(t)
  return host.last("0200").de55["95"]
end

-- A sale that tells whether the card can be authenticated. TVR byte 1 of a card with SDA: 02 good, 42 failed; with DDA
-- 00 and 08; with CDA 00 and 04.
function keys.expect_tvr(t, card, first_byte, why)
  expect.equal(keys.pay(t, card), first_byte .. "00048000", why or ("TVR of " .. card))
end

-- The sale in whose answer the host asks for the download, and the download.
function keys.fetch(t, offer)
  host.keys(offer)
  keys.pay(t)
  t:wait_idle()
end

-- The same sale up to the screen in which the download ends; what is on it, on one line.
function keys.end_of_download(t, screen, seconds)
  shop.pay_with_pin(t, cards.load "unionpay-sda", "12.00")
  expect.screen(t, "approved")
  t:remove()
  expect.screen(t, screen, seconds)
  local said = t:screen().text:gsub("%s+", " ")
  t:wait_idle()
  return said
end

return keys
