-- Words that many scenarios share: a customer pays, the books agree.
local shop = {}

-- A chip sale up to the PIN question (or the next screen when the card asks for none).
function shop.insert_for(t, card, amount)
  t:sale(amount)
  expect.screen(t, "insert_card")
  t:insert(card)
end

-- A chip sale with online PIN, as far as the host is asked.
function shop.pay_with_pin(t, card, amount, pin)
  shop.insert_for(t, card, amount)
  expect.screen(t, "enter_pin")
  t:pin(pin or "123456")
end

-- A sale up to the tap; what the terminal makes of it comes next.
function shop.tap_for(t, card, amount)
  t:sale(amount)
  expect.screen(t, "present_card")
  t:tap(card)
end

-- A tap that was declined without the host, journalled as that.
function shop.tap_declined(t)
  expect.screen(t, "declined")
  t:untap()
  t:wait_idle()
  expect.equal(host.count "0200", 0, "requests")
  expect.equal(shop.last_record(t).outcome, "refused")
end

-- The customer takes the card, the terminal comes back to rest.
function shop.leave(t)
  t:remove()
  t:wait_idle()
end

-- The last journal record.
function shop.last_record(t)
  local records = t:inspect().records
  return records[#records]
end

-- The method of the CVM result (9F34 byte 1 without its "apply next" bit).
function shop.cvm(request)
  return tonumber(request.de55["9F34"]:sub(1, 2), 16) & 0x3F
end

-- CVM results and a byte of the TVR, as the last request had them.
function shop.cvm_results()
  return host.last("0200").de55["9F34"]
end
function shop.tvr(byte)
  return tonumber(host.last("0200").de55["95"]:sub(2 * byte - 1, 2 * byte), 16)
end

-- Nothing was charged to the card.
function shop.not_charged(card, before)
  expect.equal(card:balance(), before, "balance at the issuer")
end

return shop
