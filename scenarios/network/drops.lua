local shop = require "shop"
local t = bench.terminal { profile = "unionpay-intl" }

scenario "No line before the request: nothing sent, nothing to reverse" {
  tags = { "network" }, covers = { "DOMAIN 5.2", "DOMAIN 5.3" },
  run = function()
    local card = cards.load "unionpay-debit"
    local before = card:balance()
    t:power_on()
    net.down()
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "no_line")
    shop.leave(t)
    expect.equal(host.count "0200", 0, "requests")
    expect.equal(#t:inspect().reversals, 0, "reversals due")
    net.up()
    shop.not_charged(card, before)
  end,
}

-- The link dies at a given record line; afterwards it is back and the reversal is delivered.
local function dropped(kind, options)
  local card = cards.load "unionpay-debit"
  local before = card:balance()
  t:power_on()
  shop.insert_for(t, card, "12.00")
  expect.screen(t, "enter_pin")
  net.down_after(kind, options)
  t:pin "123456"
  expect.screen(t, "no_answer")
  shop.leave(t)
  net.up()
  host.wait("0400", 1, 900)
  bench.wait(5)
  shop.not_charged(card, before)
  expect.never_shown(t, "approved")
end

scenario "The link drops after the request left" {
  tags = { "network", "reversal" }, covers = { "DOMAIN 5.2" },
  run = function() dropped "send" end,
}

scenario "The link drops when the host has the request" {
  tags = { "network", "reversal" }, covers = { "DOMAIN 5.2" },
  run = function() dropped("host", { what = "request" }) end,
}

scenario "The link drops after the answer was sent" {
  tags = { "network", "reversal" }, covers = { "DOMAIN 5.2" },
  run = function() dropped("host", { what = "answer" }) end,
}

scenario "Half an answer arrives, then the link is gone" {
  tags = { "network", "reversal" }, covers = { "DOMAIN 5.7" },
  run = function()
    local card = cards.load "unionpay-debit"
    local before = card:balance()
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "enter_pin")
    net.fault { direction = "to_terminal", kind = "drop", at = 60 }
    t:pin "123456"
    expect.screen(t, "no_answer")
    shop.leave(t)
    net.up()
    host.wait("0400", 1, 900)
    bench.wait(5)
    shop.not_charged(card, before)
  end,
}

scenario "One byte of the answer is corrupted" {
  tags = { "network", "reversal", "mac" }, covers = { "DOMAIN 5.5" },
  run = function()
    local card = cards.load "unionpay-debit"
    local before = card:balance()
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "enter_pin")
    net.fault { direction = "to_terminal", kind = "corrupt", at = 70 }
    t:pin "123456"
    t:wait_idle(400)
    host.wait("0400", 1, 900)
    bench.wait(5)
    expect.never_shown(t, "approved")
    shop.not_charged(card, before)
  end,
}

scenario "A slow line: 1200 bit/s and two seconds of latency still end in an approval" {
  tags = { "network" }, covers = { "DOMAIN 6.4" },
  run = function()
    local card = cards.load "unionpay-debit"
    net.speed { latency_ms = 2000, bytes_per_s = 120 }
    t:power_on()
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "approved")
    shop.leave(t)
  end,
}
