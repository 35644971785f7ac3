/** The changes that wait for their turn: one at a time, in the order in which they came. */
export namespace Change {
  export const Map: u32 = 0 // of a part that was written
  export const Unmap: u32 = 1 // of a request
  export const Order: u32 = 2
}
const Capacity: u32 = 1024 // more than there are parts, requests and orders
const ring: usize = memory.data(1024 << 2, 4)
let first: u32 = 0
let last: u32 = 0

export function clearQueue(): void { first = last = 0 }
export function queueChange(kind: u32, number: u32): void { store<u32>(ring + (<usize>(last++ & Capacity - 1) << 2), kind << 24 | number) }
export function isQueueEmpty(): bool { return first == last }
export function firstChange(): u32 { return load<u32>(ring + (<usize>(first & Capacity - 1) << 2)) >> 24 }
export function firstNumber(): u32 { return load<u32>(ring + (<usize>(first & Capacity - 1) << 2)) & 0xFF_FFFF }
export function endFirstChange(): void { first++ }
