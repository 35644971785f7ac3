/**
 * One VM's memory, as its machine sees it. Every access is checked against that VM's memory map:
 * outside RAM a read gives all ones, a write is dropped, and `false` says so where there is a result.
 * Accesses are volatile: each happens exactly once, with the width it names.
 */

/** Keys of `report`. Bytes, but for the first and the third; the last three are at least 1, or 0 where the guest has not said. */
export namespace MemoryReport {
  export const Follows: u32 = 0 // 1: its guest has a driver that gives memory back when it is asked
  export const Given: u32 = 1 //   its guest has given back, by what its driver says
  export const Reported: u32 = 2 // nanoseconds of guest time when what follows was said last; 0: never
  export const Free: u32 = 3 //    nobody uses
  export const Available: u32 = 4 // could be used without swapping
  export const Total: u32 = 5 //   its guest has in all
  export const Count: u32 = 6
}

/** Bytes of guest RAM. RAM lies at [0, min(size, 3 GiB)) and, beyond that, from 4 GiB on. Firmware, which only this sandbox can write, ends at 4 GiB and is not counted. */
@external('ram', 'size') export declare function size(): u64
@external('ram', 'read8') export declare function read8(gpa: u64): u32
@external('ram', 'read16') export declare function read16(gpa: u64): u32
@external('ram', 'read32') export declare function read32(gpa: u64): u32
@external('ram', 'read64') export declare function read64(gpa: u64): u64
@external('ram', 'write8') export declare function write8(gpa: u64, value: u32): void
@external('ram', 'write16') export declare function write16(gpa: u64, value: u32): void
@external('ram', 'write32') export declare function write32(gpa: u64, value: u32): void
@external('ram', 'write64') export declare function write64(gpa: u64, value: u64): void

/** Copies `length` bytes from guest RAM into this sandbox's memory at `target`; false when any byte is not RAM. */
@external('ram', 'copyOut') export declare function copyOut(target: usize, gpa: u64, length: u32): bool

/** Copies `length` bytes of this sandbox's memory at `source` into guest RAM; false when any byte is not RAM. */
@external('ram', 'copyIn') export declare function copyIn(gpa: u64, source: usize, length: u32): bool

/** Writes `length` zero bytes into guest RAM; false when any byte is not RAM. */
@external('ram', 'zero') export declare function zero(gpa: u64, length: u64): bool

/** Has what was written before seen by all of the VM's processors before anything that is read afterwards is read. */
@external('ram', 'fence') export declare function fence(): void

/**
 * Has the nucleus take RAM from the VM, for others to be given, or give it back, zeroed: of [gpa, gpa + bytes), whole blocks of 2 MiB, as many from the first on as it does at once.
 * It is done after this call, while the guest stands still; then the machine's export `memoryChanged(): void` is called, and `backed` says what came of it: a block that a disk
 * has a request for stays, and there may be no memory to give back. False while an earlier exchange waits.
 */
@external('ram', 'release') export declare function release(gpa: u64, bytes: u64): bool
@external('ram', 'reclaim') export declare function reclaim(gpa: u64, bytes: u64): bool

/** True where there is memory at `gpa`: false outside RAM and where it was taken. */
@external('ram', 'backed') export declare function backed(gpa: u64): bool

/** Has RAM that was taken be there again, as a processor that uses it would: `memoryChanged` is called once it is. A VM for which the host has none stands still until it is resumed, and then that is called, too. */
@external('ram', 'touch') export declare function touch(gpa: u64): void

/** Tells the administrator what the guest says of its memory; `key` is a MemoryReport. */
@external('ram', 'report') export declare function report(key: u32, value: u64): void
