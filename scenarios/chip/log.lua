-- The transaction log in the card, which the operator reads with FUNC (EMV Book 3 annex D).
local t = bench.terminal { profile = "unionpay-intl" }

local function case(name, body)
  scenario(name) {
    tags = { "chip", "log" }, covers = { "DOMAIN 2.12" },
    run = function()
      body()
      t:wait_idle(120)
      expect.equal(host.count "0200", 0, "requests")
    end,
  }
end

local function open(name)
  t:power_on()
  t:keys "FUNC"
  expect.screen(t, "menu")
  t:keys "1"
  expect.screen(t, "log_card")
  if name then t:insert(cards.load(name)) end
end

local function page(...)
  expect.equal(t:screen().name, "log_page", "screen")
  for i, text in ipairs { ... } do expect.equal(t:screen().rows[i], text, "row " .. i) end
end

case("Three entries, newest first, forwards and backwards", function()
  open "select-log-three"
  expect.screen(t, "log_page")
  page("1/3 2026-06-14", "129.00  18:30", "SUPERMARKET NORTH")
  t:keys "DOWN"
  page("2/3 2026-06-12", "4.50  08:01", "KIOSK")
  t:keys "DOWN"
  page("3/3 2026-06-01", "2000.00  12:00", "BANK")
  t:keys "DOWN UP UP"
  page("2/3 2026-06-12")
  t:keys "CANCEL"
  expect.screen(t, "remove_card")
  t:remove()
end)

local others = {
  { "An empty log", "select-log-empty", "log_none" },
  { "An application without a log", "select-log-none", "log_none" },
  { "A record of another length than the format's", "select-log-malformed", "card_error" },
  { "A blocked card", "blocked-card", "card_blocked" },
  { "No application in common", "no-common-aid", "not_accepted" },
}
for _, o in ipairs(others) do
  case(o[1] .. " is said so", function()
    open(o[2])
    expect.screen(t, o[3])
    t:remove()
  end)
end

case("The card is pulled while its log is read", function()
  open()
  t:insert(cards.load("select-log-three"):fault { at = "get_data", kind = "remove" })
  expect.screen(t, "log_removed")
end)
case("Nobody inserts a card: the time runs out", function() open() end)
case("CANCEL at each step leads back", function()
  t:power_on()
  t:keys "FUNC CANCEL"
  t:wait_idle()
  open()
  t:keys "CANCEL"
end)
