/** CRC-32 of IEEE 802.3 (polynomial EDB8_8320h, reflected), over physical memory. */
import { load8 } from '../hw'

// One entry per nibble: a 64-byte table costs two look-ups a byte, and a pack's metadata is small.
const table: StaticArray<u32> = [
  0x0000_0000, 0x1DB7_1064, 0x3B6E_20C8, 0x26D9_30AC, 0x76DC_4190, 0x6B6B_51F4, 0x4DB2_6158, 0x5005_713C,
  0xEDB8_8320, 0xF00F_9344, 0xD6D6_A3E8, 0xCB61_B38C, 0x9B64_C2B0, 0x86D3_D2D4, 0xA00A_E278, 0xBDBD_F21C,
]

/** Value before the first byte. */
export const CRC32_START: u32 = 0xFFFF_FFFF

/** The checksum's running value after one more byte. */
@inline export function crc32Byte(running: u32, byte: u32): u32 {
  running ^= byte
  running = unchecked(table[running & 15]) ^ (running >> 4)
  return unchecked(table[running & 15]) ^ (running >> 4)
}

/** The running value after `length` bytes of physical memory. */
export function crc32Range(running: u32, hpa: u64, length: u32): u32 {
  for (let i: u32 = 0; i < length; i++) running = crc32Byte(running, load8(hpa + i))
  return running
}

/** The finished checksum. */
@inline export function crc32End(running: u32): u32 { return ~running }
