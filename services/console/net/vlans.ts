/** Sets of VLANs: 4096 bits, of which those of 0 to 4094 can be set. As text, numbers and ranges: 1,10-19. */
import { parseNumber } from '../format'

export const VlanSetBytes: u32 = 512
/** Greatest number of a VLAN. */
export const MostVlan: u32 = 4094

/** True when a VLAN is in a set. */
export function hasVlan(set: usize, vlan: u32): bool { return (load<u8>(set + (vlan >> 3)) >> (vlan & 7) & 1) != 0 }

/** Adds one. */
export function addVlan(set: usize, vlan: u32): void { store<u8>(set + (vlan >> 3), load<u8>(set + (vlan >> 3)) | 1 << <u8>(vlan & 7)) }

/** Adds those that a text names; false when it names none, or some that cannot be. */
export function parseVlans(text: string, set: usize): bool {
  const parts = text.split(',')
  for (let i = 0; i < parts.length; i++) {
    const ends = parts[i].trim().split('-')
    if (ends.length > 2) return false
    const from = parseNumber(ends[0], MostVlan)
    const to = parseNumber(ends[ends.length - 1], MostVlan)
    if (from > to || to > MostVlan) return false
    for (let vlan = <u32>from; vlan <= <u32>to; vlan++) addVlan(set, vlan)
  }
  return true
}

/** A set as text; '' for none. */
export function vlansText(set: usize): string {
  const parts: string[] = []
  for (let from: u32 = 0; from <= MostVlan; from++) {
    if (!hasVlan(set, from)) continue
    let to = from
    while (to < MostVlan && hasVlan(set, to + 1)) to++
    parts.push(to == from ? from.toString() : `${from}-${to}`)
    from = to
  }
  return parts.join(',')
}
