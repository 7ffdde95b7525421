local keys = require "keys"
local t = bench.terminal { profile = "unionpay-keyless" }
local factory = bench.terminal { profile = "unionpay-oda" }
local chinese = bench.terminal { profile = "unionpay-cn" }

local covers = { "DOMAIN 2.6 CA key download", "DOMAIN 4.4" }

-- A card of each method and algorithm: not authenticated before the download, authenticated after it.
local methods = {
  { "unionpay-sda", "42", "02" }, { "unionpay-dda", "08", "00" }, { "unionpay-cda", "04", "00" },
  { "unionpay-cda-65537", "04", "00" }, { "unionpay-sm2", "04", "00" },
}
for _, m in ipairs(methods) do
  scenario("No CA key, then the download: " .. m[1]) {
    tags = { "host", "keys", "oda" }, covers = { "DOMAIN 2.6 CA key download", "DOMAIN 3.10 SM2 key download" },
    run = function()
      t:power_on()
      keys.expect_tvr(t, m[1], m[2], "TVR without the key")
      keys.fetch(t, { offer = { "F1", "F2", "F3" } })
      keys.expect_tvr(t, m[1], m[3], "TVR with the key")
    end,
  }
end

scenario "A list in three parts: each request says how many entries have come" {
  tags = { "host", "keys" }, covers = covers,
  run = function()
    t:power_on()
    keys.fetch(t, { offer = { "F1", "F2", "F3" }, per_answer = 1 })
    expect.equal(host.count "0820", 4, "three lists and the end")
    for back, request in ipairs { "313032", "313031", "313030" } do
      expect.equal(host.last("0820", back).de62, request, "list request, from the last")
      expect.equal(host.last("0820", back).de60.network, "372", "DE60.3")
    end
    expect.equal(host.last("0820").de60.network, "371", "DE60.3 of the end")
    expect.equal(host.last("0800").de60.network, "370", "DE60.3 of a key")
    expect.equal(host.last("0800").de62, "9F0605A0000003339F2201F3", "DE62 of a key")
    for _, card in ipairs { "unionpay-sda", "unionpay-cda-65537", "unionpay-sm2" } do
      keys.expect_tvr(t, card, card == "unionpay-sda" and "02" or "00")
    end
  end,
}

scenario "The display says what is updated, how far it is, and how much came" {
  tags = { "host", "keys" }, covers = covers,
  run = function()
    t:power_on()
    host.keys { offer = { "F1", "F2", "F3" } }
    expect.equal(keys.end_of_download(t, "download_done"), "Updated CA keys 3")
  end,
}

scenario "The same in Chinese, and why nothing came" {
  tags = { "host", "keys" }, covers = covers,
  run = function()
    chinese:power_on()
    host.keys { offer = { "F1", "F2", "F3" } }
    expect.equal(keys.end_of_download(chinese, "download_done"), "更新完成 公钥 3")
    host.keys { offer = { "F1", "F2" }, fault = "checksum" }
    expect.equal(keys.end_of_download(chinese, "download_failed"), "更新失败 公钥 校验值错误")
  end,
}

scenario "Each message of a download has a trace number of its own, and a sale goes on behind them" {
  tags = { "host", "keys" }, covers = covers,
  run = function()
    t:power_on()
    keys.fetch(t, { offer = { "F1", "F2" } })
    local sale, list, key = host.last("0200"), host.last("0820", 1), host.last("0800", 1)
    expect.equal(tonumber(list.de11), tonumber(sale.de11) + 1, "list")
    expect.equal(tonumber(key.de11), tonumber(sale.de11) + 2, "first key")
    expect.equal(tonumber(host.last("0820").de11), tonumber(sale.de11) + 4, "end")
    keys.pay(t)
    expect.equal(tonumber(host.last("0200").de11), tonumber(sale.de11) + 5, "next sale")
  end,
}

scenario "A key that is listed twice is one key" {
  tags = { "host", "keys" }, covers = covers,
  run = function()
    t:power_on()
    keys.fetch(t, { offer = { "F1", "F3", "F1" } })
    keys.expect_tvr(t, "unionpay-sda", "02")
    keys.expect_tvr(t, "unionpay-sm2", "00")
  end,
}

for _, packed in ipairs { false, true } do
  scenario("The last day of a key " .. (packed and "in four bytes" or "in eight characters")) {
    tags = { "host", "keys" }, covers = covers,
    run = function()
      t:power_on()
      keys.fetch(t, { offer = { { key = "F1", expiry = "20260615", packed = packed } } })
      keys.expect_tvr(t, "unionpay-sda", "02", "TVR on the last day")
      bench.wait(24 * 3600)
      keys.expect_tvr(t, "unionpay-sda", "42", "TVR on the day after")
    end,
  }
end

scenario "A key that is no longer on the list is gone" {
  tags = { "host", "keys" }, covers = covers,
  run = function()
    t:power_on()
    keys.fetch(t, { offer = { "F1", "F2", "F3" } })
    keys.expect_tvr(t, "unionpay-sda", "02")
    keys.fetch(t, { offer = { "F2", "F3" } })
    keys.expect_tvr(t, "unionpay-sda", "42", "TVR when the key was taken off the list")
    keys.expect_tvr(t, "unionpay-sm2", "00")
    t:power_cut()
    t:power_on()
    keys.expect_tvr(t, "unionpay-sda", "42", "TVR after a restart")
  end,
}

scenario "Keys of the factory: a download speaks for the whole scheme" {
  tags = { "host", "keys" }, covers = covers,
  run = function()
    factory:power_on()
    keys.expect_tvr(factory, "unionpay-sda", "02", "TVR with the factory's key")
    keys.fetch(factory, { offer = { "F3" } })
    expect.equal(host.last("0820").de64, nil, "a MAC where the profile wants none")
    keys.expect_tvr(factory, "unionpay-sm2", "00")
    keys.expect_tvr(factory, "unionpay-sda", "42", "TVR when the factory's key is not on the list")
  end,
}

scenario "Nothing to hand out: the terminal keeps what it has" {
  tags = { "host", "keys" }, covers = covers,
  run = function()
    factory:power_on()
    keys.fetch(factory, { offer = {} })
    expect.equal(host.count "0820", 2, "list and end")
    keys.expect_tvr(factory, "unionpay-sda", "02")
    expect.equal(host.count "0820", 2, "no second time")
  end,
}

scenario "Downloaded keys outlive a power cut" {
  tags = { "host", "keys", "power" }, covers = covers,
  run = function()
    t:power_on()
    keys.fetch(t, { offer = { "F1" } })
    t:power_cut()
    t:power_on()
    local lists = host.count "0820"
    keys.expect_tvr(t, "unionpay-sda", "02")
    expect.equal(host.count "0820", lists, "no second download")
  end,
}

scenario "What the host asked for is remembered when the power goes: done at power-up" {
  tags = { "host", "keys", "power" }, covers = { "DOMAIN 2.6 CA key download", "DOMAIN 4.1" },
  run = function()
    t:power_on()
    host.keys { offer = { "F1" } }
    host.rule { on = "0820", action = "silent_before" }
    keys.pay(t)
    host.wait("0820", 1)
    t:power_cut()
    host.clear()
    t:power_on()
    t:wait_idle()
    expect.equal(host.last("0820").de60.network, "371", "the download came to its end")
    keys.expect_tvr(t, "unionpay-sda", "02")
  end,
}

scenario "The line drops in the middle: tried again by itself, from the list on" {
  tags = { "host", "keys" }, covers = covers,
  run = function()
    t:power_on()
    host.keys { offer = { "F1", "F2", "F3" } }
    host.rule { on = "0800", nth = 2, action = "hang_up" }
    expect.equal(keys.end_of_download(t, "download_failed"), "Not updated CA keys no answer")
    expect.equal(host.count "0820", 1, "messages so far")
    bench.wait(70)
    expect.equal(host.count "0820", 3, "the list again, and the end")
    expect.equal(host.last("0820").de60.network, "371", "DE60.3")
    keys.expect_tvr(t, "unionpay-sm2", "00")
  end,
}

scenario "Silence in the middle: the old keys stay whole, and a customer need not wait" {
  tags = { "host", "keys" }, covers = covers,
  run = function()
    t:power_on()
    keys.fetch(t, { offer = { "F1", "F2" } })
    host.keys { offer = { "F2", "F3" } }
    host.rule { on = "0800", nth = 2, action = "silent_before" }
    keys.end_of_download(t, "download_failed", 90)
    keys.expect_tvr(t, "unionpay-sda", "02", "TVR with an old key")
    bench.wait(70)
    keys.expect_tvr(t, "unionpay-sda", "42", "TVR when the old key is gone")
    keys.expect_tvr(t, "unionpay-sm2", "00", "TVR with the new one")
  end,
}

scenario "The line goes down in the middle, and stays down for minutes: made up for when it is back" {
  tags = { "host", "keys" }, covers = covers,
  run = function()
    t:power_on()
    host.keys { offer = { "F1" } }
    net.down_after("host", { what = "answer", nth = 2 })
    keys.end_of_download(t, "download_failed", 90)
    bench.wait(300)
    net.up()
    bench.wait(120)
    expect.equal(host.last("0820").de60.network, "371", "the download came to its end")
    keys.expect_tvr(t, "unionpay-sda", "02")
  end,
}

scenario "No room for the new keys: the old ones stay, until there is" {
  tags = { "host", "keys", "storage" }, covers = covers,
  run = function()
    t:power_on()
    keys.fetch(t, { offer = { "F1" } })
    host.keys { offer = { "F2", "F3" } }
    net.down_after("host", { what = "answer", nth = 2 })
    keys.end_of_download(t, "download_failed", 90)
    t:storage_fault { kind = "full" }
    net.up()
    bench.wait(120)
    expect.equal(host.last("0820").de60.network, "371", "the download came to its end")
    t:storage_repair()
    keys.expect_tvr(t, "unionpay-sda", "02", "TVR with the old key")
    keys.expect_tvr(t, "unionpay-sm2", "00", "TVR with the new one")
  end,
}

-- The operator's menu has the rows of what the terminal does: behind the card's log, the updates.
for row, name in ipairs { "Card log", "Update CA keys", "Update parameters" } do
  scenario("The operator's menu, row " .. row .. ": " .. name) {
    tags = { "host", "keys", "menu" }, covers = covers,
    run = function()
      t:power_on()
      t:keys "FUNC"
      expect.screen(t, "menu_row")
      t:keys(tostring(row))
      expect.equal(t:screen().rows[2], row .. ": " .. name, "row")
      t:keys "CANCEL"
      t:wait_idle()
      expect.equal(host.count "0820", 0, "messages of a download")
    end,
  }
end

scenario "The operator asks for keys and parameters: no host has to" {
  tags = { "host", "keys", "menu" },
  covers = { "DOMAIN 2.6 CA key download", "DOMAIN 2.3 AID table download, DF11 to DF21" },
  run = function()
    host.keys { offer = { "F1" }, demand = false }
    host.applications { offer = { { aid = "A000000333010102", ["9F1B"] = "00002710" } }, demand = false }
    t:power_on()
    for row = 2, 3 do
      t:keys "FUNC"
      expect.screen(t, "menu_row")
      t:keys(row .. " ENTER")
      expect.screen(t, "download_done")
      t:wait_idle()
    end
    expect.equal(keys.pay(t, "unionpay-sda"), "0200040000", "TVR with key and floor limit")
  end,
}
