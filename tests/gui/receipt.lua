local t = bench.terminal { profile = "unionpay-cn" }

-- For tests/gui/golden-receipt.script: a sale whose screens and slip are in Chinese.
scenario "A customer in Shanghai pays 12.00 by chip and PIN" {
  run = function()
    local card = cards.load "unionpay-debit"
    t:power_on()
    expect.screen(t, "idle")
    t:sale "12.00"
    expect.screen(t, "insert_card")
    t:insert(card)
    expect.screen(t, "enter_pin")
    t:pin "123456"
    expect.screen(t, "approved")
    t:remove()
    t:wait_idle()
    expect.printed(t, "交易成功")
  end,
}
