/** Resource descriptors: what a device in the DSDT occupies. ACPI 6.5, 6.4. */
import { put16, put32, put8 } from './buffer'

/** Small descriptors: tag and length in one byte. 6.4.2. */
namespace Small {
  export const Irq2: u32 = 0x22 // without flags: edge, active high, exclusive
  export const Io: u32 = 0x47
}

/** Large descriptors: tag, then a length of 16 bits. 6.4.3. */
namespace Large {
  export const FixedMemory32: u32 = 0x86
  export const DwordAddress: u32 = 0x87
  export const WordAddress: u32 = 0x88
  export const Interrupt: u32 = 0x89
}

const DECODE_16_BITS: u32 = 1
const READ_WRITE: u32 = 1

/** Address space descriptors, 6.4.3.5: resource type, general flags, type-specific flags. */
namespace AddressSpace {
  export const Memory: u32 = 0
  export const Io: u32 = 1
  export const Bus: u32 = 2
  export const FixedProducer: u32 = 0x0c // both ends fixed, passed on to what is behind
  export const EntireIoRange: u32 = 3
  export const NonCacheableWritable: u32 = 1
}

/** Interrupt descriptor, 6.4.3.6: consumer, level, active high, shared. */
const LEVEL_HIGH_SHARED: u32 = 0x09

/** I/O ports at a fixed place; `length` up to 255. */
export function ioPorts(first: u32, length: u32): void {
  put8(Small.Io)
  put8(DECODE_16_BITS)
  put16(first)
  put16(first)
  put8(1) // alignment
  put8(length)
}

/** ISA interrupt `line`. */
export function isaInterrupt(line: u32): void {
  put8(Small.Irq2)
  put16(1 << line)
}

/** Memory at a fixed place below 4 GiB. */
export function fixedMemory(base: u64, length: u64): void {
  put8(Large.FixedMemory32)
  put16(9)
  put8(READ_WRITE)
  put32(<u32>base)
  put32(<u32>length)
}

/** PCI bus numbers behind a bridge. */
export function busNumbers(first: u32, last: u32): void {
  wordAddress(AddressSpace.Bus, 0, first, last)
}

/** I/O ports passed on to PCI. */
export function ioWindow(first: u32, last: u32): void {
  wordAddress(AddressSpace.Io, AddressSpace.EntireIoRange, first, last)
}

/** Memory passed on to PCI. */
export function memoryWindow(base: u64, length: u64): void {
  put8(Large.DwordAddress)
  put16(23)
  put8(AddressSpace.Memory)
  put8(AddressSpace.FixedProducer)
  put8(AddressSpace.NonCacheableWritable)
  put32(0) // granularity
  put32(<u32>base)
  put32(<u32>(base + length - 1))
  put32(0) // translation
  put32(<u32>length)
}

/** Global system interrupt, level-triggered, active high, shared. */
export function levelInterrupt(gsi: u32): void {
  put8(Large.Interrupt)
  put16(6)
  put8(LEVEL_HIGH_SHARED)
  put8(1)
  put32(gsi)
}

function wordAddress(type: u32, specific: u32, first: u32, last: u32): void {
  put8(Large.WordAddress)
  put16(13)
  put8(type)
  put8(AddressSpace.FixedProducer)
  put8(specific)
  put16(0) // granularity
  put16(first)
  put16(last)
  put16(0) // translation
  put16(last - first + 1)
}
