local keys = require "keys"
local t = bench.terminal { profile = "unionpay-keyless" }

local covers = { "DOMAIN 2.6 CA key download", "DOMAIN 5.7" }

-- A download that is given up: the screen says why, the keys of the one before stay, and when the host has mended it
-- the terminal comes for it with the next sale.
local function spoilt(offer, why, rule)
  t:power_on()
  keys.fetch(t, { offer = { "F1" } })
  host.keys(offer)
  if rule then host.rule(rule) end
  expect.equal(keys.end_of_download(t, "download_failed"), "Not updated CA keys " .. why)
  host.clear()
  host.keys { offer = { "F2", "F3" } }
  keys.expect_tvr(t, "unionpay-sda", "02", "TVR with the key from before")
  keys.expect_tvr(t, "unionpay-sm2", "00", "TVR after the next download")
end

local faults = {
  { "the checksum of a key is wrong", { fault = "checksum" }, "checksum wrong" },
  { "a key whose last length goes beyond its end", { fault = "tlv" }, "object not readable" },
  { "another key than the one asked for", { fault = "other" }, "wrong object" },
  { "a key that is on the list only", { fault = "missing" }, "object missing" },
  { "a list that is cut short", { fault = "length" }, "list not readable" },
  { "a list with more to come and nothing in it", { fault = "empty" }, "list not readable" },
  { "a list that never ends", { fault = "endless" }, "list too long" },
}
for _, f in ipairs(faults) do
  scenario("Given up, and nothing changed: " .. f[1]) {
    tags = { "host", "keys" }, covers = covers,
    run = function()
      spoilt({ offer = { "F1", "F2", "F3" }, per_answer = 2, fault = f[2].fault, nth = 1 }, f[3])
    end,
  }
end

local answers = {
  { "the list without a MAC", "no MAC", { on = "0820", action = "no_mac" } },
  { "a key without a MAC", "no MAC", { on = "0800", action = "no_mac" } },
  { "the end without a MAC", "no MAC", { on = "0820", nth = 2, action = "no_mac" } },
  { "a code that refuses", "switch malfunction", { on = "0800", action = "code", code = "96" } },
  { "no DE62 in the answer", "object not readable", { on = "0800", action = "field", field = 62 } },
  { "DE62 with one byte", "object missing", { on = "0800", action = "field", field = 62, value = "0" } },
  { "a list state that is none", "list not readable", { on = "0820", action = "field", field = 62, value = "7" } },
}
for _, a in ipairs(answers) do
  scenario("Given up, and nothing changed: " .. a[1]) {
    tags = { "host", "keys" }, covers = covers,
    run = function() spoilt({ offer = { "F1", "F2", "F3" } }, a[2], a[3]) end,
  }
end

scenario "A list without end is bounded" {
  tags = { "host", "keys" }, covers = covers,
  run = function()
    t:power_on()
    host.keys { offer = { "F1" }, per_answer = 5, fault = "endless" }
    keys.end_of_download(t, "download_failed")
    expect.equal(host.count "0820", 7, "list requests: 32 entries are the most")
    expect.equal(host.count "0800", 1, "sign-in, and no key")
  end,
}

-- Heard under wrong keys, or not at all: tried again after a minute.
local again = {
  { "a wrong MAC on the list", "wrong MAC", { on = "0820", action = "wrong_mac" } },
  { "a wrong MAC on a key", "wrong MAC", { on = "0800", action = "wrong_mac" } },
  { "garbage", "no answer", { on = "0800", action = "garbage" } },
  { "another trace number", "no answer", { on = "0800", action = "wrong_trace" } },
  { "silence", "no answer", { on = "0820", action = "silent_before" } },
  { "silence at the end", "no answer", { on = "0820", nth = 2, action = "silent_after" } },
}
for _, a in ipairs(again) do
  scenario("Tried again: " .. a[1]) {
    tags = { "host", "keys" }, covers = covers,
    run = function()
      t:power_on()
      host.keys { offer = { "F1" } }
      host.rule(a[3])
      expect.equal(keys.end_of_download(t, "download_failed", 90), "Not updated CA keys " .. a[2])
      bench.wait(90)
      t:wait_idle()
      expect.equal(host.last("0820").de60.network, "371", "the download came to its end")
      keys.expect_tvr(t, "unionpay-sda", "02")
    end,
  }
end

-- One key of several that is of no use: the others are.
local unusable = {
  { "its last day is over", { key = "F1", expiry = "20260614" } },
  { "its algorithm is unknown", { key = "F1", algorithm = "07" } },
}
for _, u in ipairs(unusable) do
  scenario("A key is refused, the others are taken: " .. u[1]) {
    tags = { "host", "keys" }, covers = covers,
    run = function()
      t:power_on()
      host.keys { offer = { u[2], "F3" } }
      expect.equal(keys.end_of_download(t, "download_done"), "Updated CA keys 1")
      keys.expect_tvr(t, "unionpay-sda", "42")
      keys.expect_tvr(t, "unionpay-sm2", "00")
    end,
  }
end

scenario "No key of the list is of any use: the terminal keeps what it has" {
  tags = { "host", "keys" }, covers = covers,
  run = function() spoilt({ offer = { { key = "F2", expiry = "20200101" } } }, "nothing usable") end,
}
