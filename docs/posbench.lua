---@meta
-- Made by: ./posbench api --luals

---The bench: terminals, time.
---@class bench
bench = {}

---A terminal manufactured from sim/profiles/NAME.json: core in slot A, keys loaded, power off.
---`{ profile = name }`
---@param options table
---@return terminal
function bench.terminal(options) end

---Declares a scenario: scenario "name" { run = function() ... end, tags = {}, covers = {} }.
---`name`
---@param name string
---@return fun(fields: table)
function bench.scenario(name) end

---Lets virtual time pass.
---`seconds`
---@param seconds number
function bench.wait(seconds) end

---Runs a function beside this one, e.g. a second customer at a second terminal.
---`function`
---@param body fun()
function bench.start(body) end

---Virtual time in seconds since the start of the case.
---@return number
function bench.now() end

---A terminal, as `bench.terminal` returns it.
---@class terminal
local terminal = {}

---Switches on and waits until the terminal rests: idle, asking, or out of service.
---`[seconds]`
---@param seconds? number
function terminal:power_on(seconds) end

---Takes the power away now; mode says what unsynced data survives.
---`[{ mode, seed }]`
---@param options? table
function terminal:power_cut(options) end

---Cuts the power after the n-th record line of that kind (send, recv, screen, ...); with storage = n at the n-th storage operation after it.
---`kind [, { what, nth, storage, when, mode, seed }]`
---@param kind string
---@param options? table
function terminal:cut_after(kind, options) end

---Pulls the card after the n-th record line of that kind; one in the field leaves it.
---`kind [, { what, nth }]`
---@param kind string
---@param options? table
function terminal:pull_after(kind, options) end

---Waits for a planned cut; fails when it does not come.
---`[seconds]`
---@param seconds? number
function terminal:wait_off(seconds) end

---Waits for the idle screen; fails when it does not come.
---`[seconds]`
---@param seconds? number
function terminal:wait_idle(seconds) end

---Presses keys: digits and ENTER, CANCEL, CLEAR, UP, DOWN, MENU, FUNC.
---`text`
---@param text string
function terminal:keys(text) end

---Types a PIN and ENTER.
---`digits`
---@param digits string
function terminal:pin(digits) end

---Types an amount ("12.00") and ENTER, waits until the terminal asks for the card.
---`amount`
---@param amount string
function terminal:sale(amount) end

---Puts a card into the chip reader. With run --reader it is the card in the real one, which is waited for.
---`card`
---@param card card
function terminal:insert(card) end

---Pulls the card out, if one is there. A card in a real reader stays there, without power, and counts as pulled.
function terminal:remove() end

---Swipes a card.
---`card`
---@param card card
function terminal:swipe(card) end

---Holds a card into the contactless field, where it stays; a second one collides with it.
---`card`
---@param card card
function terminal:tap(card) end

---Takes this card, or all of them, out of the field.
---`[card]`
---@param card? card
function terminal:untap(card) end

---Takes the paper roll out (false) or puts one in (true).
---`there`
---@param there boolean
function terminal:paper(there) end

---Sets the battery-backed clock, or makes it lose its time (nil).
---`text or nil`
---@param text? string
function terminal:clock(text) end

---Bit rot: inverts bits of one flash byte in boot, slot-a or slot-b.
---`{ area, offset [, mask] }`
---@param options table
function terminal:rot(options) end

---Storage fault from the at-th storage operation on (1: the next): error (once, or lasting), full, wear (area, erases), bad-block (area, block), read-error (file, offset; once, or lasting).
---`{ kind [, at, lasting, area, block, erases, file, offset] }`
---@param options table
function terminal:storage_fault(options) end

---Lifts all storage faults; what they have done stays.
function terminal:storage_repair() end

---What is on the display: { name, text, rows }.
---@return table
function terminal:screen() end

---Everything printed so far.
---@return string
function terminal:receipt() end

---The journal as the image reads it: { state, records, reversals, uploads }.
---@return table
function terminal:inspect() end

---Hash of everything durable in the terminal, as hex.
---@return string
function terminal:hash() end

---Keeps a value for recover and check.
---`key, value`
---@param key string
---@param value any
function terminal:note(key, value) end

---A value kept by note.
---`key`
---@param key string
---@return any
function terminal:noted(key) end

---Cards.
---@class cards
cards = {}

---A card of cards/profiles/NAME.json; its account is opened at the host.
---`name`
---@param name string
---@return card
function cards.load(name) end

---A card, as `cards.load` returns it.
---@class card
local card = {}

---A fault, at reset or at a command by name or INS. Between card and reader: mute, remove, sw, corrupt, truncate, extend, delay, broken, garble. What the card says: mutate_tag, mutate_value, wrong_length, duplicate_tag, drop_tag, atc_jump, wrong_cryptogram, wrong_certificate. For a reader at character level also what the card does at its contacts: slow, silent, parity, bad_ts, bad_tck, endless, one_by_one, nulls, wrong_procedure, wtx, bad_lrc, bad_sequence, resend, ifs, abort.
---`{ at, kind [, ins, nth, sw, byte, after, times, value, etu, ms, tag, to] }`
---@param options table
---@return card
function card:fault(options) end

---Takes all faults away from the next insertion on, those of the profile too.
---@return card
function card:heal() end

---Makes the card itself behave wrongly: wrong_cryptogram, second_ac_refused, ...
---`name [, on]`
---@param name string
---@param on? boolean
---@return card
function card:twist(name, on) end

---{ atc, last_online_atc, pin_tries, blocked, app_blocked, cvr, tvr, purse } as the card holds them; purse: cents.
---@return table
function card:counters() end

---Cents on the card's account at the host.
---@return integer
function card:balance() end

---The PAN as a receipt may show it.
---@return string
function card:masked_pan() end

---The acquirer's host.
---@class host
host = {}

---Scripted behaviour for the n-th request of that MTI from now (nth = 0: every): silent_before, wrong_mac, code, ...; issuer_script: the templates of `script` with the MAC (right, wrong, none, other_atc, other_ac) and the PIN that its commands lack; field: DE `field` of the answer becomes `value` (text) or `hex`, or is left out.
---`{ on, nth, action, code, delay, script, mac, new_pin, old_pin, field, value, hex }`
---@param options table
function host.rule(options) end

---Takes all rules away.
function host.clear() end

---CA keys that the host hands out from now: indexes of cards/keys/ca.json, or { key, expiry, algorithm, packed }. Terminals are told to come for them (demand = false: not). fault: endless, empty, length; of the nth object: checksum, tlv, other, missing.
---`{ offer, per_answer, demand, fault, nth }`
---@param options table
function host.keys(options) end

---The same for applications: { aid, DF01, ["9F1B"], DF11, ... } as hex.
---`{ offer, per_answer, demand, fault, nth }`
---@param options table
function host.applications(options) end

---A request the host has received: { mti, de3, ..., de55 = { ["9F26"] = hex }, de60 = { ic_condition, ... } }.
---`[mti [, back]]`
---@param mti? string
---@param back? integer
---@return table?
function host.last(mti, back) end

---How many requests of that MTI the host has received.
---`[mti]`
---@param mti? string
---@return integer
function host.count(mti) end

---All bookings: { kind, amount, trace, terminal }.
---@return table[]
function host.ledger() end

---Waits until the host has received that many requests.
---`mti [, count [, seconds]]`
---@param mti string
---@param count? integer
---@param seconds? number
function host.wait(mti, count, seconds) end

---The line between terminal and host.
---@class net
net = {}

---Restores the line.
function net.up() end

---Takes the line down; open connections die at both ends.
function net.down() end

---Takes the line down right after the n-th record line of that kind (send, host what=answer, ...).
---`kind [, { what, nth }]`
---@param kind string
---@param options? table
function net.down_after(kind, options) end

---Latency one way and bandwidth.
---`{ latency_ms, bytes_per_s }`
---@param options table
function net.speed(options) end

---At the at-th byte from now: drop the link, corrupt the byte, hold everything from there, or split: the rest comes 50 ms later.
---`{ direction, kind, at }`
---@param options table
function net.fault(options) end

---Expectations.
---@class expect
expect = {}

---Waits for a screen of that name, shown since the last action or still standing.
---`terminal, name [, seconds]`
---@param terminal terminal
---@param name string
---@param seconds? number
function expect.screen(terminal, name, seconds) end

---Two values are equal (tables by content).
---`found, expected [, what]`
---@param found any
---@param expected any
---@param what? string
function expect.equal(found, expected, what) end

---Two values are not equal.
---`found, other [, what]`
---@param found any
---@param other any
---@param what? string
function expect.different(found, other, what) end

---The value is true.
---`value [, what]`
---@param value any
---@param what? string
function expect.truth(value, what) end

---Waits until the words stand on paper.
---`terminal, words [, seconds]`
---@param terminal terminal
---@param words string
---@param seconds? number
function expect.printed(terminal, words, seconds) end

---The words stand nowhere on paper.
---`terminal, words`
---@param terminal terminal
---@param words string
function expect.not_printed(terminal, words) end

---No screen of that name was shown in this case.
---`terminal, name`
---@param terminal terminal
---@param name string
function expect.never_shown(terminal, name) end

scenario = bench.scenario
