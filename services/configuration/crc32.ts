/** CRC-32 as in IEEE 802.3, gzip and zip: polynomial EDB88320h reflected, all ones at the start, inverted at the end. */

/** The remainder of each byte. */
const table: usize = memory.data(1024, 4)

/** Fills the table. */
export function prepareCrc32(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let remainder = byte
    for (let bit = 0; bit < 8; bit++) remainder = remainder >> 1 ^ ((remainder & 1) != 0 ? 0xEDB8_8320 : 0)
    store<u32>(table + (<usize>byte << 2), remainder)
  }
}

/** The checksum of `length` bytes. */
export function crc32(bytes: usize, length: u32): u32 {
  let running: u32 = 0xFFFF_FFFF
  for (const end = bytes + length; bytes < end; bytes++) running = running >> 8 ^ load<u32>(table + (<usize>((running ^ load<u8>(bytes)) & 0xFF) << 2))
  return ~running
}
