/** Rates as text: bytes a second are bits to whoever reads. The words are those of the configuration. */
import { parseNumber } from '../format'

const least: u64 = 1000
const most: u64 = 125000000000
const leastBurst: u64 = 128 << 10
const digits: i32 = 9 // behind the point

/** A rate such as 100 Mbit/s or 2.5Gbit/s in bytes a second; 0 when the text is none, or one that cannot be. */
export function parseRate(text: string): u64 {
  if (!text.endsWith('bit/s')) return 0
  const rest = text.substring(0, text.length - 5)
  const unit = unitOf(rest.charAt(rest.length - 1))
  const parts = rest.substring(0, rest.length - 1).trimEnd().split('.')
  const whole = parseNumber(parts[0], 1000000000)
  if (!unit || parts.length > 2 || whole > 1000000000) return 0
  let bits = whole * unit
  if (parts.length == 2) {
    if (!parts[1].length || parts[1].length > digits) return 0
    const part = parseNumber(parts[1].padEnd(digits, '0'), 999999999)
    if (part > 999999999) return 0
    bits += part * unit / 1000000000
  }
  const rate = (bits + 4) / 8
  return rate >= least && rate <= most ? rate : 0
}

function unitOf(letter: string): u64 { return letter == 'k' ? 1000 : letter == 'M' ? 1000000 : letter == 'G' ? 1000000000 : 0 }

/** A rate in words; none for 0. */
export function rateText(rate: u64): string {
  if (!rate) return 'none'
  const bits = rate * 8
  if (bits >= 1000000000) return decimal(bits, 1000000000) + ' Gbit/s'
  return bits >= 1000000 ? decimal(bits, 1000000) + ' Mbit/s' : decimal(bits, 1000) + ' kbit/s'
}

/** With as many digits as there are, nine at most, none of them a 0 at the end. */
function decimal(value: u64, unit: u64): string {
  const part = value % unit
  if (!part) return (value / unit).toString()
  let text = (part * (1000000000 / unit)).toString().padStart(digits, '0')
  while (text.endsWith('0')) text = text.substring(0, text.length - 1)
  return `${value / unit}.${text}`
}

/** Bytes that may come at once: all that a twentieth of a second allows, and two frames of the longest at least. */
export function burstOf(rate: u64): u64 { return rate ? max(leastBurst, (rate + 10) / 20) : 0 }
