/** Which frames a driver wants of those that come. VIRTIO 1.2, 5.1.6.5.1 to 5.1.6.5.3. */

/** Addresses of its table: with more, all of their kind come. */
export const FilterTableLimit: u32 = 64

/** Bits of `mode`, by the number of the command that sets each. */
export namespace Mode {
  export const Promiscuous: u32 = 1 << 0
  export const AllMulticast: u32 = 1 << 1
  export const AllUnicast: u32 = 1 << 2
  export const NoMulticast: u32 = 1 << 3
  export const NoUnicast: u32 = 1 << 4
  export const NoBroadcast: u32 = 1 << 5
}

@unmanaged export class Filter {
  mac: u64 //       its own, the first byte lowest
  mode: u32
  count: u32 //     addresses in the table
  overflow: u32 //  AllMulticast or AllUnicast: the table has no room for these
  reserved: u32

  @inline get table(): usize { return changetype<usize>(this) + 24 }
  @inline get vlans(): usize { return this.table + (FilterTableLimit << 3) }
}
export const FilterBytes: u32 = 24 + 64 * 8 + 512
@inline const Broadcast: u64 = 0xffff_ffff_ffff

/** Everything comes. */
export function resetFilter(filter: Filter): void {
  memory.fill(changetype<usize>(filter), 0, FilterBytes)
  filter.mode = Mode.Promiscuous
}

/** True when a frame for an address is wanted. */
export function wantsAddress(filter: Filter, destination: u64): bool {
  if (destination == filter.mac) return !(filter.mode & Mode.NoUnicast)
  if (destination == Broadcast) return !(filter.mode & Mode.NoBroadcast)
  const isGroup = (destination & 1) != 0
  if (filter.mode & (isGroup ? Mode.NoMulticast : Mode.NoUnicast)) return false
  if ((filter.mode | filter.overflow) & (isGroup ? Mode.AllMulticast : Mode.AllUnicast)) return true
  for (let index: u32 = 0; index < filter.count; index++) if (load<u64>(filter.table + (<usize>index << 3)) == destination) return true
  return false
}

/** True when a frame of a VLAN is. */
@inline export function wantsVlan(filter: Filter, vlan: u32): bool { return (load<u8>(filter.vlans + (vlan >> 3)) >> (vlan & 7) & 1) != 0 }

/** Wants a VLAN, or no longer. */
export function setVlan(filter: Filter, vlan: u32, wanted: bool): void {
  const at = filter.vlans + (vlan >> 3)
  const bit = 1 << (vlan & 7)
  store<u8>(at, wanted ? load<u8>(at) | bit : load<u8>(at) & ~bit)
}

/** Empties the table. */
export function clearTable(filter: Filter): void {
  filter.count = 0
  filter.overflow = 0
}

/** Adds an address to it. */
export function addAddress(filter: Filter, mac: u64): void {
  if (filter.count == FilterTableLimit) filter.overflow |= mac & 1 ? Mode.AllMulticast : Mode.AllUnicast
  else {
    store<u64>(filter.table + (<usize>filter.count << 3), mac)
    filter.count++
  }
}
