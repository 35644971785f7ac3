/** CRC-32C by RFC 3720, B.4, four bytes at a time. */
const bytewise = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte
  for (let bit = 0; bit < 8; bit++) rest = rest >>> 1 ^ (rest & 1 ? 0x82f63b78 : 0)
  return rest >>> 0
})
const after = (rest: number) => (rest >>> 8 ^ bytewise[rest & 0xff]) >>> 0
const [zero, one, two, three] = [bytewise, bytewise.map(after), bytewise.map(rest => after(after(rest))), bytewise.map(rest => after(after(after(rest))))]

export function crc32c(bytes: Uint8Array): number {
  let running = 0xffff_ffff
  let at = 0
  for (; at + 4 <= bytes.length; at += 4) {
    running ^= bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24
    running = three[running & 0xff] ^ two[running >>> 8 & 0xff] ^ one[running >>> 16 & 0xff] ^ zero[running >>> 24]
  }
  for (; at < bytes.length; at++) running = running >>> 8 ^ zero[(running ^ bytes[at]) & 0xff]
  return ~running >>> 0
}
