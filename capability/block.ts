/**
 * The requests that the driver of a block device carries out. The nucleus calls the driver's export `submit(): void` when some wait; those that a driver that
 * failed had taken and not completed are given to the next instance again, oldest first.
 */

/** One unit of a device, a namespace or a drive: what `announce` is told. */
@unmanaged export class BlockUnit {
  blocks: u64
  blockBytes: u32 // 512 to 4096
  physicalBlockBytes: u32
  maxBlocks: u32 // of one request; a larger one is given in parts
  readOnly: u32 // 1: it cannot be written
  canDiscard: u32 // 1
  serialLength: u32 // characters of its serial number, ASCII, 64 at most, which follow
}

/** Bytes of a unit with the longest serial number. */
export const BlockUnitBytes: u32 = 96

/** A request, as `next` gives it; DiskOperation and DiskStatus of capability/disk.ts say what and how. */
@unmanaged export class BlockRequest {
  id: u32 //        given back with `complete`
  unit: u32
  operation: u32 // one of DiskOperation
  count: u32 //     parts of memory, which follow
  block: u64 //     the first
  blocks: u32
  reserved: u32
}

/** A part of memory for DMA: host physical, within it contiguous. But for the first's begin and the last's end all begin and end at multiples of 4 KiB where the guest's did. */
@unmanaged export class BlockPart {
  physical: u64
  bytes: u32
  reserved: u32
}

/** Bytes that `next` needs at most: a request with all its parts. */
export const BlockRequestBytes: u32 = 32 + 16 * 256

/** Units of a device. */
export const UnitLimit: u32 = 16

/** Tells of a unit: `unit` below UnitLimit, what is at `description`, a BlockUnit. Again when it has changed; no blocks: it is gone. */
@external('block', 'announce') export declare function announce(unit: u32, description: usize): void

/** Copies the next request to `target`, BlockRequestBytes of this sandbox's memory. False when there is none. */
@external('block', 'next') export declare function next(target: usize): bool

/** A request has ended, with one of DiskStatus. */
@external('block', 'complete') export declare function complete(id: u32, status: u32): void
