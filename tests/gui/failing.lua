local t = bench.terminal { profile = "unionpay-intl" }

-- For tests/gui/failing.script: what the window shows when a scenario does not hold.
scenario "An idle terminal is expected to have approved something" {
  run = function()
    t:power_on()
    t:wait_idle()
    expect.screen(t, "approved")
  end,
}
