/**
 * CRC-32 as in IEEE 802.3, gzip and zip: polynomial EDB88320h reflected, all ones at the start, inverted at the end. Four bytes at a time,
 * since there may be 16 MiB of them: the remainder of each byte with none to three zero bytes behind it.
 */
const TableBytes: usize = 1024
const tables: usize = memory.data(4096, 4)

@inline function remainder(zeros: usize, byte: u32): u32 { return load<u32>(tables + zeros * TableBytes + (<usize>(byte & 0xFF) << 2)) }

/** Fills the tables. */
export function prepareCrc32(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let rest = byte
    for (let bit = 0; bit < 8; bit++) rest = rest >> 1 ^ ((rest & 1) != 0 ? 0xEDB8_8320 : 0)
    store<u32>(tables + (<usize>byte << 2), rest)
  }
  for (let zeros: usize = 1; zeros < 4; zeros++) {
    for (let byte: u32 = 0; byte < 256; byte++) {
      const rest = remainder(zeros - 1, byte)
      store<u32>(tables + zeros * TableBytes + (<usize>byte << 2), rest >> 8 ^ remainder(0, rest))
    }
  }
}

/** The checksum of `length` bytes. */
export function crc32(bytes: usize, length: u32): u32 {
  let running: u32 = 0xFFFF_FFFF
  const end = bytes + length
  for (; end - bytes >= 4; bytes += 4) {
    running ^= load<u32>(bytes)
    running = remainder(3, running) ^ remainder(2, running >> 8) ^ remainder(1, running >> 16) ^ remainder(0, running >> 24)
  }
  for (; bytes < end; bytes++) running = running >> 8 ^ remainder(0, running ^ load<u8>(bytes))
  return ~running
}
