/** The ELF note that names a kernel's PVH entry point. Xen public/elfnote.h, XEN_ELFNOTE_PHYS32_ENTRY. */
import { elf } from '../elf/header'
import { SegmentType, readSegment, segment } from '../elf/segments'
import * as image from '../image'
import { NOWHERE } from '../claims'

const XEN_ELFNOTE_PHYS32_ENTRY: u32 = 18
const XEN_NAME: u32 = 0x006e_6558 // "Xen" and its zero
const NOTE_HEADER_BYTES: u64 = 12
/** Notes of real kernels have less than a page; the rest of a longer segment is not searched. */
const SEARCH_BYTES: u64 = 0x1_0000

/** The physical address of the entry point, or NOWHERE when no note names one. */
export function pvhEntry(): u64 {
  for (let i: u32 = 0; i < elf.programHeaderCount; i++) {
    readSegment(i)
    if (segment.type != SegmentType.Note || !image.contains(segment.offset, segment.fileBytes)) continue
    const entry = searchNotes(segment.offset, segment.offset + min(segment.fileBytes, SEARCH_BYTES), segment.alignment == 8 ? 8 : 4)
    if (entry != NOWHERE) return entry
  }
  return NOWHERE
}

/** Name and descriptor are each padded to `alignment`. System V ABI, chapter 5, "Note Section". */
function searchNotes(start: u64, end: u64, alignment: u64): u64 {
  let at = start
  while (at + NOTE_HEADER_BYTES <= end) {
    const nameBytes = image.dword(at)
    const descriptorBytes = image.dword(at + 4)
    const descriptor = start + padded(at + NOTE_HEADER_BYTES + nameBytes - start, alignment)
    const next = start + padded(descriptor + descriptorBytes - start, alignment)
    if (descriptor + descriptorBytes > end) break
    const isEntry = image.dword(at + 8) == XEN_ELFNOTE_PHYS32_ENTRY && nameBytes == 4 && image.dword(at + NOTE_HEADER_BYTES) == XEN_NAME
    if (isEntry && descriptorBytes == 4) return image.dword(descriptor)
    if (isEntry && descriptorBytes == 8) return image.qword(descriptor)
    at = next
  }
  return NOWHERE
}

function padded(length: u64, alignment: u64): u64 { return (length + alignment - 1) & ~(alignment - 1) }
