/** The checksum of the Internet protocols, over memory of one's own: completed by whoever receives a frame for somebody who does not. RFC 1071. */

/** The sum of the 16-bit words of `bytes` bytes, 64 KiB at most, in 16 bits; the most significant byte is first, and an odd byte at the end is that of a word. */
export function sumOf(address: usize, bytes: u32): u32 {
  let sum: u32 = 0
  const words = bytes & ~1
  for (let offset: u32 = 0; offset < words; offset += 2) sum += bswap<u16>(load<u16>(address + offset))
  if (bytes & 1) sum += <u32>load<u8>(address + words) << 8
  return fold(sum)
}

/** A sum in 16 bits. */
export function fold(sum: u32): u32 {
  sum = (sum & 0xffff) + (sum >> 16)
  return (sum & 0xffff) + (sum >> 16)
}

/** What stands in the frame for a sum. FFFFh is the same number as 0, which UDP takes for none (RFC 768). */
export function checksumOf(sum: u32): u32 { return sum == 0xffff ? sum : ~sum & 0xffff }
