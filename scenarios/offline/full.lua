-- The storage has no room, or fails, where an approval without the host is about to be recorded, or its booking.
local shop = require "shop"
local t = bench.terminal { profile = "unionpay-offline" }
local ec = bench.terminal { profile = "unionpay-ec" }
local tap = bench.terminal { profile = "unionpay-tap-offline" }

-- What is full when the card is being read was not when the sale began.
local function full_when(at, screen)
  bench.start(function()
    expect.screen(at, screen)
    at:storage_fault { kind = "full", at = 1 }
  end)
end

scenario "No room for the intent of a purse's sale: the purse is not asked to pay" {
  tags = { "offline", "ec", "storage" }, covers = { "DOMAIN 3.9 contact EC", "DOMAIN 5.4" },
  run = function()
    local card = cards.load "unionpay-ec"
    ec:power_on()
    ec:wait_idle()
    ec:sale "12.00"
    expect.screen(ec, "insert_card")
    full_when(ec, "reading_card")
    ec:insert(card)
    expect.screen(ec, "journal_full", 120)
    ec:storage_repair()
    shop.leave(ec)
    expect.equal(card:counters().purse, 10000, "the purse")
    expect.equal(#host.ledger(), 0, "bookings")
  end,
}

scenario "No room for the intent of a tap: the sale ends, and the purse is not asked to pay" {
  tags = { "offline", "contactless", "storage" }, covers = { "DOMAIN 3.9 qPBOC offline", "DOMAIN 5.4" },
  run = function()
    local card = cards.load "qpboc-offline-01"
    tap:power_on()
    tap:wait_idle()
    tap:sale "12.00"
    expect.screen(tap, "present_card")
    full_when(tap, "hold_card")
    tap:tap(card)
    expect.screen(tap, "journal_full", 120)
    tap:storage_repair()
    tap:untap()
    tap:wait_idle()
    expect.equal(card:counters().purse, 20000, "the purse")
    expect.equal(#host.ledger(), 0, "bookings")
  end,
}

-- The fault comes when the host has the upload, before its answer is here.
local function upload_with(fault)
  local card = cards.load "action-offline-approves"
  t:power_on()
  shop.insert_for(t, card, "12.00")
  expect.screen(t, "approved")
  bench.start(function()
    host.wait("0220", 1)
    t:storage_fault(fault)
  end)
  t:remove()
end

scenario "No room to note the booking: the upload is repeated by itself, and the host has it already" {
  tags = { "offline", "upload", "storage" }, covers = { "DOMAIN 5.4" },
  run = function()
    upload_with { kind = "full", at = 1 }
    t:wait_idle()
    expect.equal(#t:inspect().uploads, 1, "uploads due")
    t:storage_repair()
    host.wait("0220", 2, 300)
    bench.wait(5)
    t:wait_idle()
    expect.equal(#t:inspect().uploads, 0, "uploads left")
    expect.equal(#host.ledger(), 1, "bookings")
  end,
}

scenario "The storage fails when the booking is noted: out of service, and repeated after the next start" {
  tags = { "offline", "upload", "storage" }, covers = { "DOMAIN 5.4" },
  run = function()
    upload_with { kind = "error", at = 1, lasting = true }
    expect.screen(t, "boot_failed", 120)
    t:power_cut()
    t:storage_repair()
    t:power_on()
    host.wait("0220", 2, 300)
    t:wait_idle()
    expect.equal(#t:inspect().uploads, 0, "uploads left")
    expect.equal(#host.ledger(), 1, "bookings")
  end,
}

scenario "No room for the approval of a purse's sale: out of service, and told after the next start" {
  tags = { "offline", "ec", "storage" }, covers = { "DOMAIN 3.9 contact EC", "DOMAIN 5.2" },
  run = function()
    local card = cards.load "unionpay-ec"
    ec:power_on()
    ec:wait_idle()
    ec:sale "12.00"
    expect.screen(ec, "insert_card")
    bench.start(function()
      for _ = 1, 400 do
        if #ec:inspect().records > 0 then break end
        bench.wait(0.01)
      end
      ec:storage_fault { kind = "full", at = 1 }
    end)
    ec:insert(card)
    expect.screen(ec, "boot_failed", 120)
    expect.never_shown(ec, "journal_full")
    ec:power_cut()
    ec:remove()
    ec:storage_repair()
    ec:power_on()
    expect.screen(ec, "payment_unknown", 120)
    ec:wait_idle()
    expect.printed(ec, "RESULT UNKNOWN")
    expect.equal(card:counters().purse, 8800, "the purse")
    expect.equal(#ec:inspect().uploads, 0, "uploads")
  end,
}
