/**
 * A VM's disks, as its machine sees them. Data goes by reference: a request names guest memory, which the nucleus checks and translates once, and the device
 * of the host reads and writes it there. When requests have been carried out the machine's export `diskCompleted` is called.
 */

/** What is known of a disk, for `number`. */
export namespace DiskNumber {
  export const Sectors: u32 = 0 // of 512 bytes
  export const ReadOnly: u32 = 1 // 1: it cannot be written
  export const LogicalBlockBytes: u32 = 2 // requests are whole ones
  export const PhysicalBlockBytes: u32 = 3 // what the medium writes at once
  export const CanDiscard: u32 = 4 // 1: Discard and WriteZeroes are carried out
}

/** What is asked of a disk. */
export namespace DiskOperation {
  export const Read: u32 = 0
  export const Write: u32 = 1
  export const Flush: u32 = 2 // what was completed before it survives a power cut
  export const Discard: u32 = 3 // the bytes are of no use any more
  export const WriteZeroes: u32 = 4
}

/** How a request ended. */
export namespace DiskStatus {
  export const Ok: u32 = 0
  export const Failed: u32 = 1 // the medium could not
  export const Unsupported: u32 = 2
}

/** A part of guest memory; all of it is to be RAM. */
@unmanaged export class DiskSegment {
  gpa: u64
  length: u32 // bytes, not 0
  reserved: u32
}

/** Most segments of one request: each may lie in two places of the host's memory, more only when it is longer than 2 MiB. */
export const DiskSegmentLimit: u32 = 126

/** Most sectors of one read or write, a GiB: a part of memory has its length in 32 bits, however many segments lie one behind the other. */
export const DiskTransferLimit: u32 = 1 << 21

/** How many disks the VM has; they are numbered from 0. */
@external('disk', 'count') export declare function count(): u32

/** One of DiskNumber of a disk. */
@external('disk', 'number') export declare function number(disk: u32, key: u32): u64

/** Copies a disk's serial number, ASCII, to `target`; its length, `capacity` at most. */
@external('disk', 'serial') export declare function serial(disk: u32, target: usize, capacity: u32): u32

/**
 * Asks for `sectors` of 512 bytes from `sector` on, into or out of the `count` DiskSegments at `segments`, whose lengths add up to them (none for Flush, Discard
 * and WriteZeroes). `tag` comes back with the answer and is the machine's own affair. False when as many requests are under way as can be: again after the
 * next `diskCompleted`. What is wrong with a request, ends beyond the disk included, comes as DiskStatus.Failed.
 */
@external('disk', 'submit') export declare function submit(disk: u32, operation: u32, tag: u32, sector: u64, sectors: u32, segments: usize, count: u32): bool

/** The next request that was carried out, as tag | DiskStatus << 32, or -1 when there is none. */
@external('disk', 'completed') export declare function completed(): i64
