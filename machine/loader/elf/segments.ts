/** The loadable segments of an ELF kernel: checked all together, then copied to their physical addresses. */
import * as ram from '../../../capability/ram'
import { NOWHERE, claim, isFree, isRam } from '../claims'
import * as image from '../image'
import { refuse, say, sayDecimal, sayRange } from '../../message'
import { elf } from './header'

/** Program header types. */
export namespace SegmentType {
  export const Load: u32 = 1
  export const Note: u32 = 4
}

/** One program header, as `readSegment` found it. */
export namespace segment {
  export let type: u32 = 0
  export let offset: u64 = 0 // in the file
  export let virtualAddress: u64 = 0
  export let physicalAddress: u64 = 0
  export let fileBytes: u64 = 0
  export let memoryBytes: u64 = 0
  export let alignment: u64 = 0
}

/** Where the whole image is linked: [start, end) of physical addresses over all loadable segments. */
export namespace linked {
  export let start: u64 = 0
  export let end: u64 = 0
}

/** Reads program header `index`, below `elf.programHeaderCount`. */
export function readSegment(index: u32): void {
  const header = elf.programHeaders + <u64>index * elf.programHeaderBytes
  segment.type = image.dword(header)
  if (elf.is64Bit) {
    segment.offset = image.qword(header + 8)
    segment.virtualAddress = image.qword(header + 16)
    segment.physicalAddress = image.qword(header + 24)
    segment.fileBytes = image.qword(header + 32)
    segment.memoryBytes = image.qword(header + 40)
    segment.alignment = image.qword(header + 48)
  } else {
    segment.offset = image.dword(header + 4)
    segment.virtualAddress = image.dword(header + 8)
    segment.physicalAddress = image.dword(header + 12)
    segment.fileBytes = image.dword(header + 16)
    segment.memoryBytes = image.dword(header + 20)
    segment.alignment = image.dword(header + 28)
  }
}

/** Checks every loadable segment against the file and finds `linked`. False, with the reason logged. */
export function checkSegments(): bool {
  linked.start = u64.MAX_VALUE
  linked.end = 0
  for (let i: u32 = 0; i < elf.programHeaderCount; i++) {
    readSegment(i)
    if (!isLoaded()) continue
    if (segment.fileBytes > segment.memoryBytes) return refuseSegment(i, 'has more bytes in the file than in memory: the ELF file is damaged')
    if (!image.contains(segment.offset, segment.fileBytes)) return refuseSegment(i, 'reaches past the end of the file: it is cut short')
    if (segment.physicalAddress > u64.MAX_VALUE - segment.memoryBytes) return refuseSegment(i, 'wraps around the end of memory: the ELF file is damaged')
    linked.start = min(linked.start, segment.physicalAddress)
    linked.end = max(linked.end, segment.physicalAddress + segment.memoryBytes)
  }
  return linked.end != 0 || refuse('kernel: no ELF program header is a loadable segment: link it as an executable')
}

/** Checks that every segment, moved by `displacement`, lies in free RAM; takes it all and loads it. False, with the reason logged. */
export function loadSegments(displacement: u64): bool {
  for (let i: u32 = 0; i < elf.programHeaderCount; i++) {
    readSegment(i)
    if (!isLoaded()) continue
    const start = segment.physicalAddress + displacement
    if (!isRam(start, segment.memoryBytes)) return refuseSegment(i, 'does not lie in RAM: give the VM more memory or link the kernel lower')
    if (!isFree(start, segment.memoryBytes)) return refuseSegment(i, 'covers 0h-4FFh or 9FC00h-FFFFFh, which the firmware tables need: link the kernel at 1 MiB or above')
  }
  // Segments of one image may overlap; the later one wins, as for every other loader.
  for (let i: u32 = 0; i < elf.programHeaderCount; i++) {
    readSegment(i)
    if (!isLoaded()) continue
    const start = segment.physicalAddress + displacement
    const loaded = claim(start, segment.memoryBytes) && image.copy(segment.offset, start, segment.fileBytes) &&
      ram.zero(start + segment.fileBytes, segment.memoryBytes - segment.fileBytes)
    if (!loaded) return refuseSegment(i, 'cannot be read from the file: pack the image again')
  }
  return true
}

/** The physical address, as linked, of the entry point, which may be given as a virtual one; NOWHERE, with the reason logged, when no segment holds it. */
export function entryAddress(): u64 {
  for (let i: u32 = 0; i < elf.programHeaderCount; i++) {
    readSegment(i)
    if (!isLoaded()) continue
    if (holds(segment.virtualAddress, elf.entry)) return segment.physicalAddress + (elf.entry - segment.virtualAddress)
  }
  if (isInSegment(elf.entry)) return elf.entry
  say('kernel: the ELF entry point ')
  sayRange(elf.entry, 1)
  refuse(' is in no loadable segment, neither as a virtual nor as a physical address: check the linker script')
  return NOWHERE
}

/** True when a physical address, as linked, is in a loadable segment. */
export function isInSegment(address: u64): bool {
  for (let i: u32 = 0; i < elf.programHeaderCount; i++) {
    readSegment(i)
    if (isLoaded() && holds(segment.physicalAddress, address)) return true
  }
  return false
}

function holds(start: u64, address: u64): bool {
  return address >= start && address - start < segment.memoryBytes
}

function isLoaded(): bool {
  return segment.type == SegmentType.Load && segment.memoryBytes != 0
}

function refuseSegment(index: u32, why: string): bool {
  say('kernel: ELF program header ')
  sayDecimal(index)
  say(' (')
  sayRange(segment.physicalAddress, segment.memoryBytes)
  say(') ')
  return refuse(why)
}
