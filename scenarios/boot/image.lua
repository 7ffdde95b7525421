local t = bench.terminal { profile = "unionpay-intl" }

-- One bit of slot A is flipped; the ROM must refuse what lies there, say so, and start nothing.
local places = {
  { "the header's magic", 0 }, { "the manifest's length", 4 }, { "the manifest", 40 },
  { "the image's first byte", 4096 }, { "the middle of the image", 400000 },
}
for _, place in ipairs(places) do
  scenario("A flipped bit in " .. place[1] .. " refuses to boot") {
    tags = { "boot", "signature" }, covers = { "DOMAIN 7.4" },
    run = function()
      t:rot { area = "slot-a", offset = place[2], mask = 0x10 }
      t:power_on()
      expect.screen(t, "boot_failed")
      expect.never_shown(t, "starting")
    end,
  }
end

scenario "A terminal that has worked refuses its image once it has rotted" {
  tags = { "boot", "signature" }, covers = { "DOMAIN 7.4" },
  run = function()
    t:power_on()
    t:wait_idle()
    t:power_cut()
    t:rot { area = "slot-a", offset = 200000, mask = 0x01 }
    t:power_on()
    expect.screen(t, "boot_failed")
  end,
}

scenario "Bit rot in the empty slot B changes nothing" {
  tags = { "boot" }, covers = { "DOMAIN 7.4" },
  run = function()
    t:rot { area = "slot-b", offset = 123456, mask = 0x80 }
    t:power_on()
    t:wait_idle()
  end,
}

-- Manifest and signature are what the ROM trusts: one bit of them changed, however small the change, and nothing runs.
scenario "A flipped bit anywhere in the manifest refuses to boot" {
  tags = { "boot", "signature" }, covers = { "DOMAIN 7.4" },
  run = function()
    for offset = 16, 208, 3 do
      t:rot { area = "slot-a", offset = offset, mask = 0x01 }
      t:power_on()
      expect.screen(t, "boot_failed")
      t:power_cut()
      t:rot { area = "slot-a", offset = offset, mask = 0x01 } -- and back
    end
    t:power_on()
    t:wait_idle()
  end,
}
