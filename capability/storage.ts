/**
 * What the storage pool's service has: block devices, the requests for its volumes and the orders of an administrator. Guests' bytes go by reference: the service
 * says which part of a request belongs in which block of a device and is told the checksum of it, and never sees the bytes. Blocks are of 4 KiB, numbered from
 * the beginning of a device. Every `tag` comes back with `completed`, in any order; a function that begins something
 * gives false when as much is under way as can be: again after the next completion. The nucleus calls `open` once, for the pool that is there; `submit` when requests or
 * orders wait, `completed` when something has ended, and `tick` every few seconds; not 0 from any of them: `proceed` is to be called soon, since the service does a little at
 * a time. To learn of a volume it writes a name of 64 bytes where `question` says; `find` answers with its number, and a BlockUnit in place of the name, or u32.MAX_VALUE.
 */

/** A request, as `next` gives it; DiskOperation of capability/disk.ts says what. */
@unmanaged export class StorageRequest {
  id: u32 // below StorageRequestLimit, and no other's until it is completed
  volume: u32 // its number
  operation: u32
  sectors: u32 // of 512 bytes
  sector: u64
}

/** Requests under way at most. */
export const StorageRequestLimit: u32 = 248 // Memory.Own

/** How requests end: DiskStatus, and what only whoever runs the VM needs to know. */
export namespace StorageStatus {
  export const Ok: u32 = 0
  export const Failed: u32 = 1 // the device could not, or what it gave is not what was written
  export const Unsupported: u32 = 2
  export const NoSpace: u32 = 3 // the pool is full; the same request again when there is room
  export const Missing: u32 = 4 // a device of the pool is; the same request again when it is back
}

/** What bytes can be moved between: a request, by its id; this sandbox's own memory, by address; or one of a few blocks of 4 KiB outside all guests, for what is smaller than a block. */
export namespace Memory {
  export const Own: u32 = 0xF8 // and all up to Scratch mean the same: numbers that are no request's, for what the service asks of itself
  export const Scratch: u32 = 0x100 // + its number
}
export const ScratchLimit: u32 = 32
/** Most blocks of this sandbox's own memory that are moved at once. */
export const OwnBlocksLimit: u32 = 16

/** Devices that the service was given; they are numbered from 0. */
@external('storage', 'count') export declare function count(): u32
/** One of DiskNumber of a device. */
@external('storage', 'number') export declare function number(device: u32, key: u32): u64
/** Copies what is known of a device, a BlockUnit with its serial number (BlockUnitBytes), to `target`. */
@external('storage', 'unit') export declare function unit(device: u32, target: usize): bool
/** Copies what is configured, a StorageConfiguration of capability/configuration.ts, to `target`. */
@external('storage', 'configured') export declare function configured(target: usize): void
/** Copies bytes of a configured image, by its number; false when they are not all there. */
@external('storage', 'image') export declare function image(number: u32, offset: u64, target: usize, bytes: u32): bool

/**
 * Begins a DiskOperation: `blocks` blocks between a device, from `block` on, and a Memory, from `offset` on, which is not to change before that has ended. Flush moves
 * none: what had ended before it survives a power cut when it has. False when as much is under way as can be, or what is named is not there.
 */
@external('storage', 'transfer') export declare function transfer(operation: u32, memory: u32, offset: u32, blocks: u32, device: u32, block: u64, tag: u32): bool
/** CRC-32C of bytes of a Memory; of what was transferred, once that has ended. */
@external('storage', 'checksum') export declare function checksum(memory: u32, offset: u32, bytes: u32): u32
/** Zeroes bytes of a Memory. */
@external('storage', 'zero') export declare function zero(memory: u32, offset: u32, bytes: u32): void
/** Copies bytes between a scratch block, from `at` on, and a request: into the block, or out of it. */
@external('storage', 'copy') export declare function copy(scratch: u32, at: u32, request: u32, offset: u32, bytes: u32, into: bool): void

/** Copies the next request, a StorageRequest, to `target`. False when there is none. */
@external('storage', 'next') export declare function next(target: usize): bool
/** A request has ended, with one of StorageStatus. */
@external('storage', 'complete') export declare function complete(id: u32, status: u32): void
/** What has ended next, as tag | DiskStatus << 32, or -1 when there is nothing. */
@external('storage', 'completed') export declare function completed(): i64

/** What an administrator can ask for. Those of a pool come first; `name` is of a volume in all others. */
export namespace StorageOperation {
  export const PoolCreate: u32 = 0 // called `name`, on `devices` and partitions; all that they hold is lost
  export const PoolImport: u32 = 1 // the one on `devices` and partitions, or where none is named whatever one there is
  export const PoolExport: u32 = 2 // commits and lets go
  export const Probe: u32 = 3 // what is on the one device of `devices`
  export const PartitionNext: u32 = 4 // of the GPT of the one device of `devices`, the first partition whose number is `value` or more: that, its bytes, `what` is in it; `flags` 1 when it is the pool's, 2 when it cannot be had; Failed with that number when it cannot be read
  export const PoolInfo: u32 = 5
  export const PoolCheck: u32 = 6
  export const VolumeCreate: u32 = 7 // of `value` bytes
  export const VolumeInfo: u32 = 8
  export const VolumeNext: u32 = 9 // the first volume whose number is `value` or more
  export const VolumeResize: u32 = 10 // to `value` bytes
  export const VolumeSnapshot: u32 = 11 // called `other`
  export const VolumeClone: u32 = 12 // called `other`, which can be written
  export const VolumeRollback: u32 = 13 // to what `other` holds
  export const VolumeDelete: u32 = 14
  export const VolumeImport: u32 = 15 // made of the image called `other`; or where `devices` names one, of that: all of it, or the GPT partition number `value`. Answered when it has begun
  export const VolumeExport: u32 = 16 // written to the one device of `devices`, or its partition. Answered when it has begun
  export const Progress: u32 = 17 // of the import or export that began last: `flags` 1 while it goes on, `bytes` done, `free` to do, `what` how it ended, an OrderStatus
  export const ImageNext: u32 = 18 // the first image whose number is `value` or more: its number, bytes and name
  export const PoolDevice: u32 = 19 // the pool's device number `value`: which it is, `what` partition of it, or 0, its bytes, its serial number as a name; `flags` 1 when it is missing
  export const VolumeLimit: u32 = 20 // `value` bytes and `limit` requests a second at most; 0: as many as there are
}

export namespace OrderFlag {
  export const Force: u32 = 1 // PoolCreate, VolumeExport: whatever is there
}

/** An order. Names are ASCII without spaces, 63 characters at most, with zeros behind them. */
@unmanaged export class StorageOrder {
  operation: u32
  flags: u32
  devices: u32 // bit n: device n
  limit: u32
  value: u64

  @inline get name(): usize { return changetype<usize>(this) + 24 }
  @inline get other(): usize { return changetype<usize>(this) + 88 }
  /** Of PoolCreate and PoolImport, in place of `other`: a device | the number of a partition of its GPT << 8; 0 behind the last. */
  @inline partition(index: u32): u32 { return load<u32>(this.other + (<usize>index << 2)) }
  @inline setPartition(index: u32, to: u32): void { store<u32>(this.other + (<usize>index << 2), to) }
}
/** Partitions that an order can name. */
export const StorageOrderPartitions: u32 = 16
export const StorageOrderBytes: u32 = 152

/** How an order ended. */
export namespace OrderStatus {
  export const Ok: u32 = 0
  export const Failed: u32 = 1 // a device did not do it; the log says which
  export const Unsupported: u32 = 2 // there is no such order
  export const NoSpace: u32 = 3
  export const NoPool: u32 = 4 // none is imported; or, of PoolImport, none is there
  export const PoolImported: u32 = 5 // there is one already
  export const NotEmpty: u32 = 6 // a device holds something: `what` says what
  export const WrongDevices: u32 = 7 // too small, too many, not those that the pool is made of
  export const Corrupt: u32 = 8 // metadata are not what was written
  export const NoMemory: u32 = 9 // too little for a pool of this size
  export const NoSuchVolume: u32 = 10
  export const NameTaken: u32 = 11
  export const WrongName: u32 = 12
  export const TooManyVolumes: u32 = 13
  export const OutOfRange: u32 = 14
  export const InUse: u32 = 15
  export const ReadOnly: u32 = 16 // a snapshot does not change
  export const NoSuchPartition: u32 = 17
  export const Damaged: u32 = 18 // the pool can only be read
  export const NoSuchImage: u32 = 19
  export const Busy: u32 = 20 // another import or export goes on
  export const Missing: u32 = 21 // a device of the pool is
}

/** What is found on a device: `what` of a StorageAnswer to Probe, or to PoolCreate that ended as NotEmpty. */
export namespace Content {
  export const Nothing: u32 = 0 // that is known
  export const Pool: u32 = 1
  export const Gpt: u32 = 2
  export const Mbr: u32 = 3
  export const Ext: u32 = 4
  export const Xfs: u32 = 5
  export const Btrfs: u32 = 6
  export const Lvm: u32 = 7
  export const Ntfs: u32 = 8
  export const Fat: u32 = 9
  export const Luks: u32 = 10
  export const Swap: u32 = 11
  export const Iso9660: u32 = 12
  export const Md: u32 = 13
  export const Zfs: u32 = 14
  export const BitLocker: u32 = 15
}

/** The answer to an order. Of a volume: number, flags (1: a snapshot), bytes, its limits as `free` bytes and `what` requests a second; of a pool: devices, 1 if it can only be read, 2 while one is missing, bytes. */
@unmanaged export class StorageAnswer {
  status: u32
  what: u32 //     a Content
  number: u32
  flags: u32
  bytes: u64
  free: u64 //     of a pool, bytes; of PoolCheck how many blocks are wrong
  generation: u64 // of a pool, its last commit; of a volume, in which it was made
  uuidLow: u64
  uuidHigh: u64
  originLow: u64 // UUID of the volume that it was made of; of a pool its devices that are whole, bit n: device n
  originHigh: u64

  @inline get name(): usize { return changetype<usize>(this) + 72 }
}
export const StorageAnswerBytes: u32 = 136

/** A change of a volume that is done and not committed: kept outside, so that an instance which follows one that failed makes it again. */
@unmanaged export class StorageChange {
  pool: u64 //       the lower half of its UUID
  number: u64 //     of those of a pool each has a higher one
  block: u64 //      of the volume
  data: u64 //       the block of the pool that it is mapped to; 0: it is not mapped any more
  volume: u32
  extent: u32 //     the checksum of a block that is mapped; how many blocks are not mapped any more
}
export const StorageChangeBytes: u32 = 40
/** Changes that can be kept. */
export const StorageChangeLimit: u32 = 1024

/** How many more can be. */
@external('storage', 'room') export declare function room(): u32
/** Keeps a change, the StorageChange at `source`, behind the others; there is to be room for it. */
@external('storage', 'remember') export declare function remember(source: usize): void
/** Copies one that is kept to `target`, by its place from the oldest on; false when there are no more. */
@external('storage', 'recall') export declare function recall(place: u32, target: usize): bool
/** Forgets the oldest, up to a number. */
@external('storage', 'forget') export declare function forget(number: u64): void

/** True while a VM has this volume: it is not deleted or rolled back. */
@external('storage', 'isUsed') export declare function isUsed(volume: u32): bool

/** There is a pool from now on, or none: requests come only where there is one. */
@external('storage', 'open') export declare function open(is: bool): void

/** Copies the next order, a StorageOrder, to `target`. False when there is none. The one before has been answered. */
@external('storage', 'order') export declare function order(target: usize): bool
/** Answers the order with the StorageAnswer at `source`. */
@external('storage', 'answer') export declare function answer(source: usize): void
