/** A driver of virtio's entropy device: what a test needs of VIRTIO 1.2. One queue, whose requests are made one after the other. */
import { ticksOf } from '../platform/clock'
import { linear, load16, load32, load64, load8, pause, readTsc, store16, store32, store64, store8 } from '../platform/hw'
import { findFunction, memoryAt, nextCapability, readConfiguration, writeConfiguration } from '../platform/pci'

@inline export const IndirectDescriptors: u64 = 1 << 28
@inline export const EventIndex: u64 = 1 << 29
@inline export const Version1: u64 = 1 << 32
@inline export const Packed: u64 = 1 << 34

const NoVector: u32 = 0xFFFF
const NeedsReset: u32 = 64
const Patience: u64 = 500_000 // microseconds

let slot: u32 = 32
let commonBar: u32 = 0
let common: u64 = 0
let notification: u64 = 0
let status: u64 = 0
let messages: u32 = 0

const rings = memory.data(3 * 8192)
/** Where requests are answered. */
export const buffer: usize = memory.data(4096, 16)

// Each on a page of its own.
@inline function descriptors(): u64 { return (linear(rings) + 4095) & ~<u64>4095 }
@inline function driver(): u64 { return descriptors() + 4096 }
@inline function device(): u64 { return descriptors() + 8192 }

let size: u32 = 0
let isPacked = false
let next: u32 = 0
let wrap: u32 = 1

/** Finds the device and its structures; false when there is none. */
export function findEntropy(): bool {
  slot = findFunction(0x1044_1AF4)
  return slot < 32 && locate()
}

/** Where the structures are now. */
export function locate(): bool {
  for (let at = nextCapability(slot, 0); at != 0; at = nextCapability(slot, at)) {
    const head = readConfiguration(slot, at)
    if ((head & 0xFF) == 0x11) messages = at
    if ((head & 0xFF) != 0x09) continue
    const bar = readConfiguration(slot, at + 4) & 0xFF
    const place = memoryAt(slot, bar) + readConfiguration(slot, at + 8)
    switch (head >> 24) {
      case 1:
        common = place
        commonBar = bar
        break
      case 2:
        notification = place
        break
      case 3:
        status = place
    }
  }
  writeConfiguration(slot, 4, 6) // memory, bus master
  return common != 0 && notification != 0 && messages != 0
}

/** Moves the structures' memory to another address; the address before. */
export function move(to: u64): u64 {
  const before = memoryAt(slot, commonBar)
  writeConfiguration(slot, 4, 4) // bus mastering goes on
  writeConfiguration(slot, 0x10 + (commonBar << 2), <u32>to)
  if ((readConfiguration(slot, 0x10 + (commonBar << 2)) & 6) == 4) writeConfiguration(slot, 0x14 + (commonBar << 2), <u32>(to >> 32))
  locate()
  return before
}

/** The input of this board's I/O APIC that INTA# is wired to. */
export function pin(): u32 { return 16 + slot % 4 }

export function offered(): u64 {
  store32(common, 0)
  const low = load32(common + 4)
  store32(common, 1)
  return <u64>load32(common + 4) << 32 | low
}

function deviceStatus(): u32 { return load8(common + 0x14) }

/** Waits until the device says that it needs a reset. */
export function stops(): bool {
  for (const end = readTsc() + ticksOf(Patience); !(deviceStatus() & NeedsReset) && readTsc() < end;) pause()
  return (deviceStatus() & NeedsReset) != 0
}

export function interruptStatus(): u32 { return load8(status) }

/** MSI-X: the queue's message to local APIC 0, or masked; none at all with `on` false. */
export function sendMessages(on: bool, vector: u32, masked: bool): void {
  const table = readConfiguration(slot, messages + 4)
  const entry = memoryAt(slot, table & 7) + (table & ~7)
  store32(entry, 0xFEE0_0000)
  store32(entry + 4, 0)
  store32(entry + 8, vector)
  store32(entry + 12, u32(masked))
  writeConfiguration(slot, messages, on ? 1 << 31 : 0)
}

/** Resets the device and starts it with one queue; true when it agrees. */
export function startEntropy(features: u64, queueSize: u32): bool {
  store8(common + 0x14, 0)
  for (const end = readTsc() + ticksOf(Patience); deviceStatus() != 0 && readTsc() < end;) pause()
  store8(common + 0x14, 1)
  store8(common + 0x14, 3)
  for (let part: u32 = 0; part < 2; part++) {
    store32(common + 8, part)
    store32(common + 12, <u32>(features >> (part << 5)))
  }
  store8(common + 0x14, 11)
  if (!(deviceStatus() & 8)) return false
  isPacked = (features & Packed) != 0
  size = queueSize
  next = 0
  wrap = 1
  memory.fill(rings, 0, 3 * 8192)
  store16(common + 0x16, 0)
  store16(common + 0x18, size)
  store16(common + 0x1A, (readConfiguration(slot, messages) >> 31) != 0 ? 0 : NoVector)
  writeAddress(0x20, descriptors())
  writeAddress(0x28, driver())
  writeAddress(0x30, device())
  store16(common + 0x1C, 1)
  store8(common + 0x14, 15)
  return load16(common + 0x18) == size
}

function writeAddress(field: u32, value: u64): void {
  store32(common + field, <u32>value)
  store32(common + field + 4, <u32>(value >> 32))
}

/** One descriptor; `last` is the next one of a split ring, the id of a packed one. */
export function describe(index: u32, gpa: u64, length: u32, flags: u32, last: u32): void {
  const at = descriptors() + (<u64>index << 4)
  store64(at, gpa)
  store64(at + 8, isPacked ? length | <u64>last << 32 | <u64>flags << 48 : length | <u64>flags << 32 | <u64>last << 48)
}

/** Makes the chain from descriptor `head` of a split ring available, and notifies. `jump` is how far the index goes. */
export function offer(head: u32, jump: u32 = 1): void {
  store16(driver() + 4 + ((next % size) << 1), head)
  next = (next + jump) & 0xFFFF
  store16(driver() + 2, next)
  notify()
}

function notify(): void { store16(notification, 0) } // the first queue's place

/** Has `length` bytes written to the buffer; how many the device says, or 0 when it does not answer. */
export function request(length: u32): u32 { return isPacked ? requestPacked(length) : requestSplit(length) }

function requestSplit(length: u32): u32 {
  describe(next % size, linear(buffer), length, 2, 0)
  const index = next
  offer(index % size)
  for (const end = readTsc() + ticksOf(Patience); load16(device() + 2) != next;) {
    if (readTsc() > end) return 0
    pause()
  }
  return load32(device() + 4 + ((index % size) << 3)) == index % size ? load32(device() + 8 + ((index % size) << 3)) : 0
}

function requestPacked(length: u32): u32 {
  const index = next
  const bits: u32 = wrap ? 1 << 7 : 1 << 15
  describe(index, linear(buffer), length, 2 | bits, 0x1234)
  if (++next == size) next = 0
  const used: u32 = wrap ? 1 << 7 | 1 << 15 : 0
  if (next == 0) wrap ^= 1
  notify()
  const at = descriptors() + (<u64>index << 4) + 8
  for (const end = readTsc() + ticksOf(Patience); (<u32>(load64(at) >> 48) & (1 << 7 | 1 << 15)) != used;) {
    if (readTsc() > end) return 0
    pause()
  }
  return (<u32>(load64(at) >> 32) & 0xFFFF) == 0x1234 ? <u32>load64(at) : 0
}
