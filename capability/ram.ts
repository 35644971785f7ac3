/**
 * One VM's memory, as its machine sees it. Every access is checked against that VM's memory map:
 * outside RAM a read gives all ones, a write is dropped, and `false` says so where there is a result.
 * Accesses are volatile: each happens exactly once, with the width it names.
 */

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
