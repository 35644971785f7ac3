/** What lies on a pool's devices; docs/storage-format.md has the rules. Little-endian, blocks of 4 KiB. */

export const BlockBytes: u32 = 4096
export const BlockShift: u32 = 12

/** Bytes "TYPERVSP". */
@inline export const SuperblockMagic: u64 = 0x5053_5652_4550_5954
export const FormatVersion: u32 = 1

export namespace Limit {
  export const Devices: u32 = 16
  export const Tops: u32 = 416
  export const Volumes: u32 = 4096
  export const Height: u32 = 5
  export const Name: u32 = 63 // bytes
  export const References: u32 = 0xFF00 // to one block
}
/** Bytes of a volume at most. */
@inline export const VolumeBytesLimit: u64 = 1 << 48

/** Which device a superblock's copy speaks of. */
@unmanaged export class DeviceRecord {
  uuidLow: u64 //  00h
  uuidHigh: u64 // 08h
  blocks: u64 //   10h
  reserved: u64 // 18h
}

/** The root of all, of which each device has four places. */
@unmanaged export class Superblock {
  magic: u64 //       00h
  version: u32 //     08h
  checksum: u32 //    0Ch  CRC-32C of the block with 0 here
  uuidLow: u64 //     10h  the pool's
  uuidHigh: u64 //    18h
  generation: u64 //  20h  of the commit, from 1
  device: u32 //      28h  the one that this copy is on
  deviceCount: u32 // 2Ch
  topCount: u32 //    30h
  reserved: u32 //    34h
  change: u64 //      38h  number of the last change that the commit has

  // 40h  the pool's name
  @inline get name(): usize { return changetype<usize>(this) + 0x40 }
  @inline record(index: u32): DeviceRecord { return changetype<DeviceRecord>(changetype<usize>(this) + 0x100 + (<usize>index << 5)) }
  /** Address of a table entry. */
  @inline top(index: u32): usize { return changetype<usize>(this) + 0x300 + (<usize>index << 3) }
}

/** Bits of a table entry: of a block of the tables, what is in it and where. */
export namespace Entry {
  export const FreeShift: u32 = 32 // blocks without reference of a leaf of counts, 16 bits
}
@inline export const EntryInitial: u64 = 1 << 62 // it was never written
@inline export const EntryPlace: u64 = 1 << 63 // in its second place
@inline export const EntryReserved: u64 = 0x3FFF_0000_0000_0000

/** Table blocks have 512 entries, a leaf of counts 2048 counts. */
export const EntryBits: u32 = 9
export const CountBits: u32 = 11
/** Leaves of the first device's tables that are blocks of volume records. */
export const VolumeLeaves: u32 = 256
export const RecordsPerLeaf: u32 = 16

/** What a count of references says beyond a number. Those from Held on are never on a device: there they are 0. */
export namespace Count {
  export const Held: u32 = 0xFFFC // for a write that is under way
  export const FreedEven: u32 = 0xFFFD // free when the commit of an even generation is done
  export const FreedOdd: u32 = 0xFFFE
  export const Reserved: u32 = 0xFFFF // labels and tables, and what is beyond the end
}

/** Of four counts at once: where none has its high bit, none says anything beyond a number. */
@inline export const CountHighBits: u64 = 0x8000_8000_8000_8000

/** To a node or a block of data. Block 0 of the pool is neither: no pointer. */
@unmanaged export class Pointer {
  block: u64 //    00h
  checksum: u32 // 08h  CRC-32C of the block
  reserved: u32 // 0Ch
}
export const PointerShift: u32 = 4
/** Pointers of a node: 256. */
export const NodeBits: u32 = 8

export namespace VolumeState {
  export const None: u32 = 0
  export const Kept: u32 = 1
  export const Deleted: u32 = 2 // its blocks are being given back
}
export namespace VolumeFlag {
  export const ReadOnly: u32 = 1 // a snapshot
}

@unmanaged export class Volume {
  state: u32 //      00h
  flags: u32 //      04h
  bytes: u64 //      08h  a multiple of 4096
  rootBlock: u64 //  10h  a Pointer
  rootChecksum: u32
  rootReserved: u32
  height: u32 //     20h  levels of nodes
  reserved: u32 //   24h
  uuidLow: u64 //    28h
  uuidHigh: u64 //   30h
  originLow: u64 //  38h  UUID of what it was made of, or 0
  originHigh: u64 // 40h
  created: u64 //    48h  generation

  // 50h  its name, 90h  what its VMs may ask at most, 0: anything, and what the configuration has said of that last
  @inline get name(): usize { return changetype<usize>(this) + 0x50 }
  /** Bytes a second. */
  @inline get byteLimit(): u64 { return load<u64>(changetype<usize>(this), 0x90) }
  @inline set byteLimit(to: u64) { store<u64>(changetype<usize>(this), to, 0x90) }
  @inline get configuredByteLimit(): u64 { return load<u64>(changetype<usize>(this), 0x98) }
  @inline set configuredByteLimit(to: u64) { store<u64>(changetype<usize>(this), to, 0x98) }
  /** Requests a second. */
  @inline get requestLimit(): u32 { return load<u32>(changetype<usize>(this), 0xA0) }
  @inline set requestLimit(to: u32) { store<u32>(changetype<usize>(this), to, 0xA0) }
  @inline get configuredRequestLimit(): u32 { return load<u32>(changetype<usize>(this), 0xA4) }
  @inline set configuredRequestLimit(to: u32) { store<u32>(changetype<usize>(this), to, 0xA4) }
  @inline get root(): Pointer { return changetype<Pointer>(changetype<usize>(this) + 0x10) }
}
/** What is behind it in a record is reserved. */
export const VolumeFieldsEnd: usize = 0xA8
export const VolumeShift: u32 = 8
