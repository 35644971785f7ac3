/**
 * CRC-32C (Castagnoli): polynomial 82F63B78h reflected, all ones at the start, inverted at the end; RFC 3720, B.4. Eight bytes at a time: the remainder of
 * each byte with none to seven zero bytes behind it.
 */
const TableBytes: usize = 1024
const tables: usize = memory.data(8192, 8)

@inline function remainder(zeros: usize, byte: u32): u32 { return load<u32>(tables + zeros * TableBytes + (<usize>(byte & 0xFF) << 2)) }

/** Fills the tables. */
export function prepareCrc32c(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let rest = byte
    for (let bit = 0; bit < 8; bit++) rest = rest >> 1 ^ ((rest & 1) != 0 ? 0x82F6_3B78 : 0)
    store<u32>(tables + (<usize>byte << 2), rest)
  }
  for (let zeros: usize = 1; zeros < 8; zeros++) {
    for (let byte: u32 = 0; byte < 256; byte++) {
      const rest = remainder(zeros - 1, byte)
      store<u32>(tables + zeros * TableBytes + (<usize>byte << 2), rest >> 8 ^ remainder(0, rest))
    }
  }
}

/** The checksum of `length` bytes. */
export function crc32c(bytes: usize, length: u32): u32 {
  let running: u32 = 0xFFFF_FFFF
  const end = bytes + length
  for (; end - bytes >= 8; bytes += 8) {
    const low = running ^ load<u32>(bytes)
    const high = load<u32>(bytes, 4)
    running = remainder(7, low) ^ remainder(6, low >> 8) ^ remainder(5, low >> 16) ^ remainder(4, low >> 24)
      ^ remainder(3, high) ^ remainder(2, high >> 8) ^ remainder(1, high >> 16) ^ remainder(0, high >> 24)
  }
  for (; bytes < end; bytes++) running = running >> 8 ^ remainder(0, running ^ load<u8>(bytes))
  return ~running
}
