/**
 * A PCI function of the host, as its driver sees it: its registers, its messages, and where the driver's own memory lies for its DMA. The nucleus ends a
 * function's DMA (Command.BusMaster) before it takes the memory of a driver that failed; a driver that starts finds the function as its predecessor left it otherwise,
 * with commands that name memory which is somebody else's by now: it has its DMA again when the driver has brought it to rest and says so.
 * A driver exports `start(): i32`, 0 when its device works, and `interrupt(): void`, called when the function sent its message. Of a function without messages it is
 * called when its line is held down, or that of another which shares it: the driver has its own let go in that call, which may come for nothing.
 */

/** What `number` knows. */
export namespace DeviceNumber {
  export const Identity: u32 = 0 // vendor | device << 16
  export const Class: u32 = 1 // revision | interface << 8 | subclass << 16 | class << 24
  export const MemoryBytes: u32 = 2 // + the base address register, 0 to 5: the bytes of its memory, 0 for none
}
@external('device', 'number') export declare function number(key: u32): u64

/** Reads a register in the memory at base address register `bar`, which must be a multiple of its width; all ones where the function has none. */
@external('device', 'read8') export declare function read8(bar: u32, offset: u32): u32
@external('device', 'read16') export declare function read16(bar: u32, offset: u32): u32
@external('device', 'read32') export declare function read32(bar: u32, offset: u32): u32
@external('device', 'read64') export declare function read64(bar: u32, offset: u32): u64

/** Writes one; nowhere where the function has none. What was written to memory before is seen by the device first. */
@external('device', 'write8') export declare function write8(bar: u32, offset: u32, value: u32): void
@external('device', 'write16') export declare function write16(bar: u32, offset: u32, value: u32): void
@external('device', 'write32') export declare function write32(bar: u32, offset: u32, value: u32): void
@external('device', 'write64') export declare function write64(bar: u32, offset: u32, value: u64): void

/** Reads 32 bits of the function's own configuration space, `offset` a multiple of 4. */
@external('device', 'configuration') export declare function configuration(offset: u32): u32

/** The host physical address of the byte at `address` of this sandbox's memory: it is the same for all of that 4 KiB page, and says nothing of the next one. 0 outside it. */
@external('device', 'physical') export declare function physical(address: usize): u64

/** The function is at rest: from now on it may read and write memory, and send its message. */
@external('device', 'startTransfers') export declare function startTransfers(): void

/** Reads memory that the device writes: once, with this width, after all that was read before. */
@external('device', 'shared16') export declare function shared16(address: usize): u32
@external('device', 'shared32') export declare function shared32(address: usize): u32
@external('device', 'shared64') export declare function shared64(address: usize): u64

/** Nanoseconds since some moment before boot. */
@external('device', 'now') export declare function now(): u64

/** Has `deadline(): void` be called when `now` is past `time`, once; 0 takes that back. */
@external('device', 'arm') export declare function arm(time: u64): void
