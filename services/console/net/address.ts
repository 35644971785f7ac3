/** Hardware and IP addresses as text. RFC 5952 for IPv6. */
import { parseNumber } from '../format'

/** A hardware address, its first byte lowest. */
export function macText(mac: u64): string {
  let text = ''
  for (let i: u64 = 0; i < 48; i += 8) text += (i ? ':' : '') + (mac >> i & 0xff).toString(16).padStart(2, '0')
  return text
}

/** The four bytes of an IPv4 address at an address in memory. */
export function ipv4Text(at: usize): string { return `${load<u8>(at)}.${load<u8>(at + 1)}.${load<u8>(at + 2)}.${load<u8>(at + 3)}` }

/** The sixteen of an IPv6 address: the longest run of two zero groups or more is '::'. */
export function ipv6Text(at: usize): string {
  let run = -1
  let longest = 1
  for (let i = 0; i < 8; i++) {
    let length = 0
    while (i + length < 8 && load<u16>(at + ((i + length) << 1)) == 0) length++
    if (length <= longest) continue
    run = i
    longest = length
  }
  let text = ''
  for (let i = 0; i < 8; i++) {
    if (i == run) {
      text += '::'
      i += longest - 1
    } else {
      text += (text.length && !text.endsWith(':') ? ':' : '') + bswap<u16>(load<u16>(at + (i << 1))).toString(16)
    }
  }
  return text
}

/** Writes the four bytes of an IPv4 address; false when the text is none. */
export function parseIpv4(text: string, target: usize): bool {
  const parts = text.split('.')
  if (parts.length != 4) return false
  for (let i = 0; i < 4; i++) {
    const value = parseNumber(parts[i], 255)
    if (value > 255 || parts[i].length > 1 && parts[i].startsWith('0')) return false
    store<u8>(target + i, <u8>value)
  }
  return true
}

/** Writes the sixteen of an IPv6 address; false when the text is none. RFC 4291, 2.2. */
export function parseIpv6(text: string, target: usize): bool {
  memory.fill(target, 0, 16)
  const halves = text.split('::')
  if (halves.length > 2) return false
  if (halves.length == 2 && halves[0].includes('.')) return false // an IPv4 address stands at the end only
  const front = parseGroups(halves[0], target)
  if (halves.length == 1) return front == 16
  const back = parseGroups(halves[1], behind)
  if (front < 0 || back < 0 || front + back > 14) return false
  memory.copy(target + 16 - back, behind, back)
  return true
}

const behind: usize = memory.data(20, 8) // '::'

/** Writes groups, the last of which may be an IPv4 address; how many bytes they are, or -1. */
function parseGroups(text: string, target: usize): i32 {
  if (!text.length) return 0
  const parts = text.split(':')
  let at = 0
  for (let i = 0; i < parts.length; i++) {
    const isIpv4 = i == parts.length - 1 && parts[i].includes('.')
    if (at + (isIpv4 ? 4 : 2) > 16) return -1
    if (isIpv4) {
      if (!parseIpv4(parts[i], target + at)) return -1
      at += 4
      continue
    }
    const group = parseHexadecimal(parts[i])
    if (group < 0) return -1
    store<u16>(target + at, bswap<u16>(<u16>group))
    at += 2
  }
  return at
}

/** One to four hexadecimal digits, or -1. */
function parseHexadecimal(text: string): i32 {
  if (!text.length || text.length > 4) return -1
  let value = 0
  for (let i = 0; i < text.length; i++) {
    const digit = '0123456789abcdef'.indexOf(text.charAt(i).toLowerCase())
    if (digit < 0) return -1
    value = value << 4 | digit
  }
  return value
}
