local shop = require "shop"
local keys = require "keys"
local t = bench.terminal { profile = "unionpay-keyless" }
local tap = bench.terminal { profile = "unionpay-tap" }

local covers = { "DOMAIN 2.3 AID table download, DF11 to DF21", "DOMAIN 4.4" }
local debit, credit = "A000000333010101", "A000000333010102"

local function not_accepted(name)
  shop.insert_for(t, cards.load(name), "12.00")
  expect.screen(t, "not_accepted")
  t:remove()
  expect.screen(t, "please_swipe")
  t:keys "CANCEL"
  t:wait_idle()
end

-- The factory's floor limit is zero: the bit "over the floor limit" (byte 4, 80) is set in every sale.
scenario "A floor limit from the host: the next sale is below it" {
  tags = { "host", "parameters" }, covers = covers,
  run = function()
    t:power_on()
    host.applications { offer = { { aid = debit, ["9F1B"] = "00001388" }, { aid = credit, ["9F1B"] = "00001388" } } }
    expect.equal(keys.pay(t, "unionpay-credit", "12.00"), "8000048000", "TVR by the factory's limit")
    expect.equal(host.last("0820").de60.network, "381", "DE60.3 of the end")
    expect.equal(host.last("0820", 1).de60.network, "382", "DE60.3 of the list")
    expect.equal(host.last("0800").de60.network, "380", "DE60.3 of an application")
    expect.equal(host.last("0800").de62, "9F0608A000000333010102", "DE62 of an application")
    expect.equal(keys.pay(t, "unionpay-credit", "12.00"), "8000040000", "TVR below the limit")
    expect.equal(keys.pay(t, "unionpay-credit", "99.00"), "8000048000", "TVR above the limit, with the sales before")
  end,
}

scenario "The display says what came" {
  tags = { "host", "parameters" }, covers = covers,
  run = function()
    t:power_on()
    host.applications { offer = { { aid = debit }, { aid = credit } } }
    expect.equal(keys.end_of_download(t, "download_done"), "Updated Card parameters 2")
  end,
}

scenario "A floor limit from the host outlives a power cut" {
  tags = { "host", "parameters", "power" }, covers = covers,
  run = function()
    t:power_on()
    host.applications { offer = { { aid = credit, ["9F1B"] = "00002710" } } }
    keys.pay(t, "unionpay-credit")
    t:power_cut()
    t:power_on()
    expect.equal(keys.pay(t, "unionpay-credit"), "8000040000", "TVR below the limit")
  end,
}

scenario "An action code from the host (DF13): the next sale is declined offline" {
  tags = { "host", "parameters" }, covers = covers,
  run = function()
    t:power_on()
    host.applications { offer = { { aid = credit, DF13 = "8000000000" } } }
    keys.pay(t, "unionpay-credit")
    local requests = host.count "0200"
    shop.pay_with_pin(t, cards.load "unionpay-credit", "12.00")
    expect.screen(t, "declined")
    shop.leave(t)
    expect.equal(host.count "0200", requests, "requests")
    expect.equal(shop.last_record(t).response, "Z1", "response code on the journal")
  end,
}

scenario "A version from the host (9F09 before 9F08): the next card has another" {
  tags = { "host", "parameters" }, covers = covers,
  run = function()
    t:power_on()
    host.applications { offer = { { aid = credit, ["9F08"] = "0030", ["9F09"] = "0031" } } }
    keys.pay(t, "unionpay-credit")
    expect.equal(keys.pay(t, "unionpay-credit"):sub(3, 4), "80", "byte 2 of the TVR: versions differ")
  end,
}

scenario "An application that is not on the list is not accepted any more" {
  tags = { "host", "parameters" }, covers = covers,
  run = function()
    t:power_on()
    host.applications { offer = { { aid = credit } } }
    keys.pay(t, "unionpay-credit")
    keys.pay(t, "unionpay-credit")
    not_accepted "unionpay-debit"
  end,
}

scenario "Partial names (DF01): what only begins like the application is taken or not" {
  tags = { "host", "parameters" }, covers = covers,
  run = function()
    t:power_on()
    host.applications { offer = { { aid = "A00000033301", DF01 = "00" } } }
    keys.pay(t, "unionpay-credit")
    keys.pay(t, "unionpay-credit")
    host.applications { offer = { { aid = "A00000033301", DF01 = "01" } } }
    keys.pay(t, "unionpay-credit")
    not_accepted "unionpay-credit"
  end,
}

scenario "Keys and applications are both asked for: fetched one after the other, without a sale in between" {
  tags = { "host", "keys", "parameters" },
  covers = { "DOMAIN 2.6 CA key download", "DOMAIN 2.3 AID table download, DF11 to DF21" },
  run = function()
    t:power_on()
    host.applications { offer = { { aid = credit, ["9F1B"] = "00002710" } } }
    keys.fetch(t, { offer = { "F1" } })
    expect.equal(host.last("0820").de60.network, "381", "DE60.3 of the last end")
    expect.equal(host.last("0820", 2).de60.network, "371", "DE60.3 of the one before")
    expect.equal(keys.pay(t, "unionpay-sda"), "0200040000", "TVR with key and floor limit")
  end,
}

scenario "A limit for taps from the host (DF20): above it no tap is offered" {
  tags = { "host", "parameters", "contactless" }, covers = covers,
  run = function()
    tap:power_on()
    tap:sale "30.00"
    expect.screen(tap, "present_card")
    tap:keys "CANCEL"
    tap:wait_idle()
    host.applications {
      offer = { { aid = debit, DF19 = "000000000000", DF20 = "000000002000", DF21 = "000000001000" },
                { aid = credit, DF19 = "000000000000", DF20 = "000000002000", DF21 = "000000001000" } },
    }
    tap:sale "12.00"
    tap:insert(cards.load "unionpay-credit")
    expect.screen(tap, "enter_pin")
    tap:pin "123456"
    expect.screen(tap, "approved")
    shop.leave(tap)
    tap:sale "19.99"
    expect.screen(tap, "present_card")
    tap:keys "CANCEL"
    tap:wait_idle()
    tap:sale "30.00"
    expect.screen(tap, "insert_card")
    tap:keys "CANCEL"
    tap:wait_idle()
  end,
}

-- Not taken: the factory's limits hold.
local wrong = {
  { "a percentage that is none", { DF16 = "AB" } },
  { "a floor limit that is too short", { ["9F1B"] = "2710" } },
  { "a code that is too long", { DF12 = "DC4004F80000" } },
  { "an amount with hex digits", { DF20 = "0000000000FF" } },
  { "a default DDOL that is too long", { DF14 = ("9F3704"):rep(11) } },
  { "no floor limit", { ["9F1B"] = "" } },
  { "no version", { ["9F08"] = "" } },
}
for _, w in ipairs(wrong) do
  scenario("Given up, and nothing changed: an application with " .. w[1]) {
    tags = { "host", "parameters" }, covers = { "DOMAIN 2.3 AID table download, DF11 to DF21", "DOMAIN 5.7" },
    run = function()
      local application = { aid = credit, ["9F1B"] = "00002710" }
      for name, value in pairs(w[2]) do application[name] = value end
      t:power_on()
      host.applications { offer = { { aid = debit }, application } }
      expect.equal(keys.end_of_download(t, "download_failed"), "Not updated Card parameters object not readable")
      host.applications { offer = {}, demand = false }
      expect.equal(keys.pay(t, "unionpay-credit"), "8000048000", "TVR by the factory's limit")
    end,
  }
end
