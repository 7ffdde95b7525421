local shop = require "shop"
local t = bench.terminal { profile = "unionpay-intl" }

scenario "The line is back for the next sale: another trace number, and it is approved" {
  tags = { "network" }, covers = { "DOMAIN 5.2", "DOMAIN 5.3" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:power_on()
    net.down()
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "no_line")
    shop.leave(t)
    expect.equal(#t:inspect().reversals, 0, "reversals due")
    net.up()
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "approved")
    shop.leave(t)
    expect.equal(host.count "0400", 0, "reversals")
  end,
}

scenario "The first try to connect takes too long, the second one works" {
  tags = { "network" }, covers = { "DOMAIN 5.1", "DOMAIN 6.4" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "enter_pin")
    net.speed { latency_ms = 30000 }
    bench.start(function()
      bench.wait(20)
      net.speed {}
    end)
    t:pin "123456"
    expect.screen(t, "approved")
    shop.leave(t)
  end,
}

scenario "The answer comes in two pieces, split at any byte" {
  tags = { "network" }, covers = { "DOMAIN 4.1", "DOMAIN 5.7" },
  run = function()
    local card = cards.load "unionpay-no-cvm"
    t:power_on()
    for _, at in ipairs { 0, 1, 2, 3, 12, 13, 14, 15, 40, 100, 120, 140 } do
      shop.insert_for(t, card, "1.00")
      net.fault { direction = "to_terminal", kind = "split", at = at }
      expect.screen(t, "approved", 30)
      shop.leave(t)
    end
  end,
}

-- The connection stands, then the link dies before a byte of the request has left.
scenario "The link dies between connecting and sending" {
  tags = { "network" }, covers = { "DOMAIN 5.2", "DOMAIN 5.3" },
  run = function()
    local card = cards.load "unionpay-debit"
    local before = card:balance()
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "enter_pin")
    net.down_after("line", { what = "connected" })
    t:pin "123456"
    t:wait_idle(600)
    t:remove()
    expect.equal(host.count "0200", 0, "requests")
    shop.not_charged(card, before)
    expect.equal(#t:inspect().reversals, 0, "reversals due: nothing was sent")
    net.up()
    bench.wait(120)
    expect.equal(host.count "0400", 0, "reversals")
  end,
}

scenario "Half-open: the answer never arrives although the link is up" {
  tags = { "network", "reversal" }, covers = { "DOMAIN 5.2", "DOMAIN 5.7" },
  run = function()
    local card = cards.load "unionpay-debit"
    local before = card:balance()
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "enter_pin")
    net.fault { direction = "to_terminal", kind = "hold", at = 0 }
    t:pin "123456"
    expect.screen(t, "no_answer")
    shop.leave(t)
    host.wait("0400", 1, 900)
    bench.wait(10)
    shop.not_charged(card, before)
  end,
}

-- The answer is cut or bent at each of a range of bytes.
for _, kind in ipairs { "drop", "corrupt" } do
  for first = 0, 140, 35 do
    scenario("Bytes " .. first .. " to " .. first + 34 .. " of the answer, one at a time: " .. kind) {
      tags = { "network", "reversal" }, covers = { "DOMAIN 5.5", "DOMAIN 5.7" },
      run = function()
        local card = cards.load "unionpay-no-cvm"
        t:power_on()
        for at = first, first + 34, 5 do
          shop.insert_for(t, card, "1.00")
          net.fault { direction = "to_terminal", kind = kind, at = at }
          t:wait_idle(600)
          net.up()
          t:remove()
          bench.wait(150)
          expect.equal(#t:inspect().reversals, 0, "reversals left after byte " .. at)
        end
      end,
    }
  end
end

scenario "The request is cut in its middle: the host never sees it, the reversal is answered 25" {
  tags = { "network", "reversal" }, covers = { "DOMAIN 5.2" },
  run = function()
    local card = cards.load "unionpay-debit"
    local before = card:balance()
    t:power_on()
    shop.insert_for(t, card, "12.00")
    expect.screen(t, "enter_pin")
    net.fault { direction = "to_host", kind = "drop", at = 100 }
    t:pin "123456"
    expect.screen(t, "no_answer")
    shop.leave(t)
    net.up()
    host.wait("0400", 1, 900)
    bench.wait(5)
    expect.equal(host.count "0200", 0, "requests")
    shop.not_charged(card, before)
    expect.equal(shop.last_record(t).outcome, "reversed")
  end,
}

scenario "The link flaps all day: at the end nothing is charged that was not sold" {
  tags = { "network", "long" }, covers = { "DOMAIN 5.2", "DOMAIN 5.3" },
  run = function()
    local card = cards.load "unionpay-no-cvm"
    local before = card:balance()
    t:power_on()
    for i = 1, 12 do
      shop.insert_for(t, card, "1.00")
      local kinds = { { "send" }, { "host", { what = "request" } }, { "host", { what = "answer" } }, { "recv" } }
      net.down_after(kinds[i % 4 + 1][1], kinds[i % 4 + 1][2])
      t:wait_idle(600)
      net.up()
      t:remove()
      bench.wait(150)
    end
    local state = t:inspect()
    expect.equal(#state.reversals, 0, "reversals left")
    expect.equal(before - card:balance(), state.state.debit, "charged and in the books")
  end,
}
