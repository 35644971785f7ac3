/** A VM's RAM as the capability shows it, in a module of its own: two modules of Wasm call each other much faster than JavaScript calls one. */
const Bytes: u64 = 1 << 20
const base = heap.alloc(1 << 20)

/** Where it lies in this module's memory, for a test that plays the guest. */
export function address(): usize { return base }

/** Writes that were not to RAM: the real capability drops them too, but nothing that was checked does any. */
export let strays: u32 = 0

/** The driver writes while the device reads: one read in so many gives something else, 0 for none. */
let flicker: u32 = 0
let state: u32 = 1
export function setFlicker(one: u32, seed: u32): void {
  flicker = one
  state = seed | 1
}

function random(): u32 {
  state ^= state << 13
  state ^= state >> 17
  state ^= state << 5
  return state
}

@inline function disturbed(value: u64): u64 { return flicker != 0 && random() % flicker == 0 ? value ^ (<u64>random() << (random() & 63)) : value }
@inline function isRam(gpa: u64, length: u64): bool { return gpa < Bytes && length <= Bytes - gpa }

export function size(): u64 { return Bytes }
export function read8(gpa: u64): u32 { return isRam(gpa, 1) ? <u8>disturbed(load<u8>(base + <usize>gpa)) : u8.MAX_VALUE }
export function read16(gpa: u64): u32 { return isRam(gpa, 2) ? <u16>disturbed(load<u16>(base + <usize>gpa)) : u16.MAX_VALUE }
export function read32(gpa: u64): u32 { return isRam(gpa, 4) ? <u32>disturbed(load<u32>(base + <usize>gpa)) : u32.MAX_VALUE }
export function read64(gpa: u64): u64 { return isRam(gpa, 8) ? disturbed(load<u64>(base + <usize>gpa)) : u64.MAX_VALUE }
export function write8(gpa: u64, value: u32): void { if (isWritten(gpa, 1)) store<u8>(base + <usize>gpa, <u8>value) }
export function write16(gpa: u64, value: u32): void { if (isWritten(gpa, 2)) store<u16>(base + <usize>gpa, <u16>value) }
export function write32(gpa: u64, value: u32): void { if (isWritten(gpa, 4)) store<u32>(base + <usize>gpa, value) }
export function write64(gpa: u64, value: u64): void { if (isWritten(gpa, 8)) store<u64>(base + <usize>gpa, value) }
export function fence(): void {}

function isWritten(gpa: u64, length: u64): bool {
  if (isRam(gpa, length)) return true
  strays++
  return false
}
