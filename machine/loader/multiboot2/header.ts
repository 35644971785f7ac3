/** The Multiboot 2 header of a kernel and its tags. Multiboot2 Specification 2.0, 3.1. */
import * as image from '../image'
import { refuse, say, sayDecimal, sayHexadecimal } from '../../message'

/** Header tag types. */
namespace HeaderTag {
  export const End: u32 = 0
  export const InformationRequest: u32 = 1
  export const Address: u32 = 2
  export const EntryAddress: u32 = 3
  export const ConsoleFlags: u32 = 4
  export const Framebuffer: u32 = 5
  export const ModuleAlignment: u32 = 6 // always done
  export const EfiBootServices: u32 = 7 // these three concern EFI firmware only, and this VM has none
  export const EfiI386Entry: u32 = 8
  export const EfiAmd64Entry: u32 = 9
  export const Relocatable: u32 = 10
}

/** Bit 0 of a tag's flags: the loader may ignore the tag. */
const OPTIONAL: u32 = 1
/** Console flags: one of the supported consoles must be there. */
const CONSOLE_REQUIRED: u32 = 1

const HEADER_MAGIC: u32 = 0xe852_50d6
const ARCHITECTURE_I386: u32 = 0
const SEARCH_BYTES: u64 = 32768
const ALIGNMENT: u64 = 8
const FIXED_BYTES: u64 = 16
const TAG_HEADER_BYTES: u32 = 8
/** The highest information tag type that the specification defines; a kernel may ask for those that this VM has nothing to say of. */
const INFORMATION_TAG_MAXIMUM: u32 = 21

/** Where a relocatable kernel wants to be. */
export namespace Preference {
  export const None: u32 = 0
  export const Lowest: u32 = 1
  export const Highest: u32 = 2
}

/** What the header says. */
export namespace header {
  export let offset: u64 = 0 // in the file
  export let hasAddresses: bool = false
  export let headerAddress: u32 = 0
  export let loadAddress: u32 = 0
  export let loadEnd: u32 = 0
  export let bssEnd: u32 = 0
  export let hasEntry: bool = false
  export let entry: u32 = 0
  export let wantsScreen: bool = false
  export let isRelocatable: bool = false
  export let minAddress: u32 = 0
  export let maxAddress: u32 = 0
  export let alignment: u32 = 0
  export let preference: u32 = 0
}

/** Finds and checks the header and all its tags. False, with the reason logged. */
export function readHeader(): bool {
  const end = min(SEARCH_BYTES, image.bytes())
  let at: u64 = 0
  while (at + FIXED_BYTES <= end && !isHeader(at)) at += ALIGNMENT
  if (at + FIXED_BYTES > end) return refuse('kernel: no Multiboot 2 header (E85250D6h and a matching checksum) in the first 32768 bytes: set boot.protocol to what the kernel is, or unpack it if it is compressed')
  header.offset = at
  header.hasAddresses = false
  header.hasEntry = false
  header.wantsScreen = false
  header.isRelocatable = false
  const architecture = image.dword(at + 4)
  if (architecture != ARCHITECTURE_I386) {
    say('kernel: the Multiboot 2 header is for architecture ')
    sayDecimal(architecture)
    return refuse(', not 0 (i386): the kernel is built for another processor')
  }
  const length = <u64>image.dword(at + 8)
  if (length > end - at) return refuseTag(at, 'the header reaches past the end of the file or of its first 32768 bytes')
  return readTags(at + FIXED_BYTES, at + length)
}

function readTags(start: u64, end: u64): bool {
  let at = start
  while (at + TAG_HEADER_BYTES <= end) {
    const type = image.word(at)
    const size = image.dword(at + 4)
    if (type == HeaderTag.End) return true
    if (size < TAG_HEADER_BYTES || size > end - at) return refuseTag(at, 'the tag is shorter than its own header or longer than what is left')
    if (size < minimum(type)) return refuseTag(at, 'the tag is too short for its type')
    if (!readTag(at, type, size, (image.word(at + 2) & OPTIONAL) != 0)) return false
    at += (<u64>size + ALIGNMENT - 1) & ~(ALIGNMENT - 1)
  }
  return refuseTag(at, 'no end tag (type 0, size 8)')
}

function readTag(at: u64, type: u32, size: u32, isOptional: bool): bool {
  switch (type) {
    case HeaderTag.InformationRequest: return isOptional || readRequest(at, size)
    case HeaderTag.Address:
      header.hasAddresses = true
      header.headerAddress = image.dword(at + 8)
      header.loadAddress = image.dword(at + 12)
      header.loadEnd = image.dword(at + 16)
      header.bssEnd = image.dword(at + 20)
      return true
    case HeaderTag.EntryAddress:
      header.hasEntry = true
      header.entry = image.dword(at + 8)
      return true
    case HeaderTag.ConsoleFlags:
      if ((image.dword(at + 8) & CONSOLE_REQUIRED) != 0) header.wantsScreen = true
      return true
    case HeaderTag.Framebuffer:
      if (!isOptional) header.wantsScreen = true
      return true
    case HeaderTag.Relocatable: return readRelocatable(at)
    case HeaderTag.ModuleAlignment:
    case HeaderTag.EfiBootServices:
    case HeaderTag.EfiI386Entry:
    case HeaderTag.EfiAmd64Entry: return true
    default:
      if (isOptional) return true
      say('kernel: the Multiboot 2 header tag at file offset ')
      sayHexadecimal(at)
      say(' has type ')
      sayDecimal(type)
      return refuse(', is required, and the Multiboot 2 specification does not define it')
  }
}

/** A kernel may require that the loader knows an information tag, not that there is something to tell: 3.1.4. */
function readRequest(at: u64, size: u32): bool {
  for (let offset: u32 = 8; offset + 4 <= size; offset += 4) {
    const type = image.dword(at + offset)
    if (type <= INFORMATION_TAG_MAXIMUM) continue
    say('kernel: its Multiboot 2 header requires information of type ')
    sayDecimal(type)
    return refuse(', which the specification does not define')
  }
  return true
}

function readRelocatable(at: u64): bool {
  header.isRelocatable = true
  header.minAddress = image.dword(at + 8)
  header.maxAddress = image.dword(at + 12)
  header.alignment = image.dword(at + 16)
  header.preference = image.dword(at + 20)
  if (header.alignment == 0) header.alignment = 1
  if ((header.alignment & (header.alignment - 1)) != 0) return refuseTag(at, 'the alignment of the relocatable tag is no power of two')
  if (header.preference > Preference.Highest) return refuseTag(at, 'the preference of the relocatable tag is none of 0, 1 and 2')
  if (header.maxAddress < header.minAddress) return refuseTag(at, 'the relocatable tag has max_addr below min_addr')
  return true
}

/** Least size of a tag of each type that carries fields. */
function minimum(type: u32): u32 {
  switch (type) {
    case HeaderTag.Address:
    case HeaderTag.Relocatable: return 24
    case HeaderTag.EntryAddress:
    case HeaderTag.ConsoleFlags: return 12
    case HeaderTag.Framebuffer: return 20
    default: return TAG_HEADER_BYTES
  }
}

function isHeader(at: u64): bool {
  return image.dword(at) == HEADER_MAGIC &&
    HEADER_MAGIC + image.dword(at + 4) + image.dword(at + 8) + image.dword(at + 12) == 0
}

function refuseTag(at: u64, what: string): bool {
  say('kernel: in the Multiboot 2 header at file offset ')
  sayHexadecimal(at)
  say(' ')
  say(what)
  return refuse(': the header is malformed')
}
