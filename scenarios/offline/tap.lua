local t = bench.terminal { profile = "unionpay-tap-offline" }

-- To be cut into: a tap that the card pays from its purse, and its upload.
scenario "A sign-in and a tap paid from the purse, uploaded" {
  tags = { "offline", "contactless", "power", "sweep" },
  covers = { "DOMAIN 3.9 qPBOC offline", "DOMAIN 5.2", "DOMAIN 5.4" },
  run = function()
    local card = cards.load "qpboc-offline-01"
    t:power_on()
    t:sale "12.00"
    expect.screen(t, "present_card")
    t:tap(card)
    expect.screen(t, "approved_balance")
    t:untap()
    host.wait("0200", 1)
    t:wait_idle()
  end,
}
