local shop = require "shop"
local t = bench.terminal { profile = "unionpay-intl" }

local function approved(card)
  t:power_on()
  shop.pay_with_pin(t, card, "12.00")
  expect.screen(t, "approved")
end

-- Slips on the roll: how often the words of an approved one stand there.
local function count(words)
  local n, at = 0, 1
  while true do
    local from, to = t:receipt():find(words, at, true)
    if not from then return n end
    n, at = n + 1, to + 1
  end
end

scenario "One sale, one slip, not marked as a copy" {
  tags = { "printer" }, covers = { "DOMAIN 1.6", "DOMAIN 5.2" },
  run = function()
    local card = cards.load "unionpay-debit"
    approved(card)
    shop.leave(t)
    bench.wait(300)
    expect.equal(count "TRACE:", 1, "slips")
    expect.not_printed(t, "COPY")
    expect.printed(t, card:masked_pan() .. " /I")
  end,
}

scenario "A declined sale prints no slip of an approval" {
  tags = { "printer", "decline" }, covers = { "DOMAIN 1.6" },
  run = function()
    local card = cards.load "empty-account"
    t:power_on()
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "declined")
    shop.leave(t)
    expect.not_printed(t, "APPROVED")
  end,
}

scenario "Paper ends in the middle of the slip: printed again from the top, marked as a copy" {
  tags = { "printer" }, covers = { "DOMAIN 5.2" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:power_on()
    shop.pay_with_pin(t, card, "12.00")
    expect.screen(t, "approved")
    t:remove()
    expect.screen(t, "printing")
    bench.wait(0.2)
    t:paper(false)
    expect.screen(t, "printer_paper")
    t:paper(true)
    t:keys "ENTER"
    t:wait_idle()
    expect.printed(t, "COPY")
    expect.equal(t:inspect().state.print_pending, false, "slip due")
  end,
}

scenario "No paper, CANCEL: the slip is kept and comes when paper is put in" {
  tags = { "printer" }, covers = { "DOMAIN 5.2" },
  run = function()
    local card = cards.load "unionpay-debit"
    approved(card)
    t:paper(false)
    t:remove()
    expect.screen(t, "printer_paper")
    t:keys "CANCEL"
    t:wait_idle()
    expect.equal(t:inspect().state.print_pending, true, "slip due")
    expect.not_printed(t, "APPROVED")
    t:paper(true)
    expect.screen(t, "printing")
    t:wait_idle()
    expect.equal(count "APPROVED", 1, "slips")
    expect.printed(t, "COPY")
    expect.equal(t:inspect().state.print_pending, false, "slip due")
  end,
}

scenario "No paper and nobody there: the terminal goes on, two slips come together later" {
  tags = { "printer" }, covers = { "DOMAIN 5.2" },
  run = function()
    local card = cards.load "unionpay-debit"
    t:power_on()
    t:paper(false)
    for _ = 1, 2 do
      shop.pay_with_pin(t, card, "12.00")
      expect.screen(t, "approved")
      t:remove()
      expect.screen(t, "printer_paper")
      bench.wait(75)
      t:wait_idle()
    end
    t:paper(true)
    t:wait_idle()
    bench.wait(30)
    expect.equal(count "TRACE:", 2, "slips")
    expect.equal(t:inspect().state.print_pending, false, "slip due")
  end,
}

scenario "Power cut with a slip due, no paper at power-up: it still comes" {
  tags = { "printer", "power" }, covers = { "DOMAIN 5.2" },
  run = function()
    local card = cards.load "unionpay-debit"
    approved(card)
    t:cut_after("print", { nth = 3 })
    t:remove()
    t:wait_off()
    t:paper(false)
    t:power_on()
    expect.screen(t, "printer_paper")
    t:keys "CANCEL"
    t:wait_idle()
    expect.equal(t:inspect().state.print_pending, true, "slip due")
    t:power_cut()
    t:paper(true)
    t:power_on()
    t:wait_idle()
    expect.printed(t, "COPY")
    expect.printed(t, "APPROVED")
    expect.equal(t:inspect().state.print_pending, false, "slip due")
  end,
}

scenario "Power cut when the slip is out but not ticked off: the second one says that it is a copy" {
  tags = { "printer", "power" }, covers = { "DOMAIN 5.2" },
  run = function()
    local card = cards.load "unionpay-debit"
    approved(card)
    t:cut_after "cut"
    t:remove()
    t:wait_off()
    t:power_on()
    t:wait_idle()
    expect.equal(count "APPROVED", 2, "slips")
    expect.equal(count "COPY", 1, "copies")
    expect.equal(t:inspect().state.count, 1, "sales")
  end,
}

scenario "A fallback slip says F and carries no cryptogram" {
  tags = { "printer", "fallback" }, covers = { "DOMAIN 1.6" },
  run = function()
    local card = cards.load("unionpay-credit"):fault { at = "reset", kind = "mute" }
    t:power_on()
    t:sale "12.00"
    for _ = 1, 3 do
      t:insert(card)
      expect.screen(t, "chip_error")
      t:remove()
    end
    t:swipe(card)
    expect.screen(t, "approved")
    t:wait_idle()
    expect.printed(t, card:masked_pan() .. " /F")
    expect.printed(t, "SIGNATURE:")
    expect.not_printed(t, "TC:")
    expect.not_printed(t, "TVR:")
  end,
}
