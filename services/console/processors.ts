/** Sets of the host's processors: bit n is number n. As text, numbers and ranges: 0,2-3. */
import { HostNumber, hostNumber } from '../../capability/admin'
import { parseNumber } from './format'

/** The set that a text names; 0 when it is none, or names a processor that this host has not. */
export function parseProcessors(text: string): u64 {
  const last = hostNumber(HostNumber.CpuCount) - 1
  const parts = text.split(',')
  let set: u64 = 0
  for (let i = 0; i < parts.length; i++) {
    const ends = parts[i].split('-')
    if (ends.length > 2) return 0
    const from = parseNumber(ends[0], last)
    const to = parseNumber(ends[ends.length - 1], last)
    if (from > to || to > last) return 0
    for (let number = from; number <= to; number++) set |= <u64>1 << number
  }
  return set
}

/** A set as text. */
export function processorsText(set: u64): string {
  const parts: string[] = []
  for (let from: u32 = 0; from < 64; from++) {
    if (!(set >> from & 1)) continue
    let to = from
    while (to < 63 && (set >> (to + 1) & 1)) to++
    parts.push(to == from ? from.toString() : `${from}-${to}`)
    from = to
  }
  return parts.join(',')
}

/** Those of this host. */
export function hostProcessors(): u64 {
  const count = hostNumber(HostNumber.CpuCount)
  return count < 64 ? (<u64>1 << count) - 1 : u64.MAX_VALUE
}
