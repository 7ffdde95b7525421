-- Downloads that come a second time: what is due is not forgotten, and what was had is not lost.
local keys = require "keys"
local t = bench.terminal { profile = "unionpay-keyless" }

local covers = { "DOMAIN 2.6 CA key download", "DOMAIN 4.7", "DOMAIN 5.7" }

scenario "Downloaded keys stay when the host has nothing more to hand out" {
  tags = { "host", "keys" }, covers = covers,
  run = function()
    t:power_on()
    keys.fetch(t, { offer = { "F1" } })
    keys.fetch(t, { offer = {} })
    keys.expect_tvr(t, "unionpay-sda", "02")
  end,
}

scenario "The host does not know the MAC key any more: signed in anew, and the download comes to its end" {
  tags = { "host", "keys" }, covers = covers,
  run = function()
    t:power_on()
    host.keys { offer = { "F1" } }
    host.rule { on = "0820", action = "code", code = "A0" }
    keys.end_of_download(t, "download_failed", 90)
    bench.wait(90)
    t:wait_idle()
    expect.equal(host.last("0820").de60.network, "371", "the download came to its end")
    keys.expect_tvr(t, "unionpay-sda", "02")
  end,
}

scenario "A wrong MAC, when nobody asks a second time: tried again by itself" {
  tags = { "host", "keys" }, covers = covers,
  run = function()
    t:power_on()
    host.keys { offer = { "F1" } }
    host.rule { on = "0820", action = "wrong_mac" }
    keys.end_of_download(t, "download_failed", 90)
    host.keys { offer = { "F1" }, demand = 0 }
    bench.wait(90)
    t:wait_idle()
    expect.equal(host.last("0820").de60.network, "371", "the download came to its end")
    keys.expect_tvr(t, "unionpay-sda", "02")
  end,
}
