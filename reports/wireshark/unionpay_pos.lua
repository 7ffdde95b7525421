-- Wireshark shim for UnionPay-style POS messages: LEN(2) TPDU(5) header(6) ISO 8583. Strips what is not ISO 8583, spells the compressed body
-- out in the dissector's ASCII form (its default preferences), and hands that to the built-in dissector, which has no name of
-- its own and is reached through a port that nothing uses (8583). Use:
--   tshark -X lua_script:unionpay_pos.lua -d tcp.port==8583,iso8583 -o "iso8583.len_endian:Big endian" -r FILE
-- Fields that are binary on the line (52, 55, 62, 64) show as hex; of DE53 the dissector takes 8 digits, the other 8 are zeros.
local proto = Proto("unionpay_pos", "UnionPay POS frame")
local f_len = ProtoField.uint16("unionpay_pos.len", "Length")
local f_tpdu = ProtoField.bytes("unionpay_pos.tpdu", "TPDU")
local f_header = ProtoField.bytes("unionpay_pos.header", "Header")
proto.fields = { f_len, f_tpdu, f_header }

local HEAD = 13 -- LEN, TPDU, header

-- kind: n digits, r digits with the filler on the left, s text, b bytes; the count when fixed, ll digits of the prefix when not
local function n(count) return { kind = "n", count = count } end
local function s(count) return { kind = "s", count = count } end
local function b(count) return { kind = "b", count = count } end
local function var(kind, ll) return { kind = kind, ll = ll } end
local fields = {
  [2] = var("n", 2), [3] = n(6), [4] = n(12), [11] = n(6), [12] = n(6), [13] = n(4), [14] = n(4), [15] = n(4), [22] = n(3),
  [23] = { kind = "r", count = 3 }, [25] = n(2), [26] = n(2), [32] = var("n", 2), [35] = var("n", 2), [36] = var("n", 3),
  [37] = s(12), [38] = s(6), [39] = s(2), [40] = s(3), [41] = s(8), [42] = s(15), [43] = s(40), [44] = var("s", 2),
  [46] = var("s", 3), [48] = var("n", 3), [49] = s(3), [52] = b(8), [53] = { kind = "n", count = 16, shown = 8 }, [54] = var("s", 3), [55] = var("b", 3),
  [56] = var("s", 3), [60] = var("n", 3), [61] = var("n", 3), [62] = var("b", 3), [63] = var("s", 3), [64] = b(8),
}

local function hex(body, at, len)
  local text = {}
  for i = at, at + len - 1 do text[#text + 1] = string.format("%02X", body:get_index(i)) end
  return table.concat(text)
end

-- One field from `at`: its text and where the next one starts.
local function spell(body, at, field)
  local count = field.count
  if field.ll then
    local size = math.floor((field.ll + 1) / 2)
    count = tonumber(hex(body, at, size))
    at = at + size
  end
  local len = (field.kind == "n" or field.kind == "r") and math.floor((count + 1) / 2) or count
  local text = hex(body, at, len)
  if field.kind == "n" then
    text = text:sub(1, field.shown or count)
  elseif field.kind == "r" then
    text = text:sub(-count)
  elseif field.kind == "s" then
    text = text:gsub("%x%x", function(h) return string.char(tonumber(h, 16)) end)
  end
  if field.ll then text = string.format("%0" .. field.ll .. "d", #text) .. text end
  return text, at + len
end

local function spell_out(body)
  local out, at = { hex(body, 0, 2), hex(body, 2, 8) }, 10
  for de = 2, 64 do
    local octet = body:get_index(2 + math.floor((de - 1) / 8))
    if bit32.extract(octet, 7 - (de - 1) % 8) == 1 then
      out[#out + 1], at = spell(body, at, assert(fields[de], "field outside the profile"))
    end
  end
  return table.concat(out)
end

local function frame(tvb, pinfo, tree)
  local item = tree:add(proto, tvb(0, HEAD))
  item:add(f_len, tvb(0, 2))
  item:add(f_tpdu, tvb(2, 5))
  item:add(f_header, tvb(7, 6))
  local ok, text = pcall(spell_out, tvb(HEAD):bytes())
  if not ok then
    item:add_expert_info(PI_MALFORMED, PI_ERROR, "not a UnionPay POS message: " .. tostring(text))
    return tvb:len()
  end
  local inner = ByteArray.new(string.char(math.floor(#text / 256), #text % 256) .. text, true)
  DissectorTable.get("tcp.port"):get_dissector(8583):call(inner:tvb("ISO 8583"), pinfo, tree)
  return tvb:len()
end

function proto.dissector(tvb, _, tree)
  dissect_tcp_pdus(tvb, tree, 2, function(t) return t(0, 2):uint() + 2 end, frame)
end

DissectorTable.get("tcp.port"):add(5000, proto)
