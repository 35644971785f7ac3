/** The Multiboot 1 header of a kernel. Multiboot Specification 0.6.96, 3.1. */
import * as image from '../image'
import { refuse, say, sayHexadecimal } from '../../message'

/** Bits of the header's flags. */
export namespace HeaderFlag {
  export const PageAlign: u32 = 1 << 0 // always done
  export const MemoryInformation: u32 = 1 << 1 // always given
  export const VideoMode: u32 = 1 << 2
  export const Addresses: u32 = 1 << 16
}

const HEADER_MAGIC: u32 = 0x1bad_b002
const SEARCH_BYTES: u64 = 8192
const ALIGNMENT: u64 = 4
const SHORT_BYTES: u64 = 12
const WITH_ADDRESSES_BYTES: u64 = 32
/** Requirements, bits 0 to 15, that this loader does not know. */
const UNKNOWN_REQUIREMENTS: u32 = 0xfff8

/** What the header says. */
export namespace header {
  export let offset: u64 = 0 // in the file
  export let flags: u32 = 0
  export let headerAddress: u32 = 0
  export let loadAddress: u32 = 0
  export let loadEnd: u32 = 0
  export let bssEnd: u32 = 0
  export let entry: u32 = 0
}

/** Finds and checks the header. False, with the reason logged. */
export function readHeader(): bool {
  const end = min(SEARCH_BYTES, image.bytes())
  let at: u64 = 0
  while (at + SHORT_BYTES <= end && !isHeader(at)) at += ALIGNMENT
  if (at + SHORT_BYTES > end) return refuse('kernel: no Multiboot header (1BADB002h and a matching checksum) in the first 8192 bytes: set boot.protocol to what the kernel is, or unpack it if it is compressed')
  header.offset = at
  header.flags = image.dword(at + 4)
  const unknown = header.flags & UNKNOWN_REQUIREMENTS
  if (unknown != 0) {
    say('kernel: the Multiboot header at file offset ')
    sayHexadecimal(at)
    say(' requires ')
    sayHexadecimal(unknown)
    return refuse(' in its flags, which Multiboot 0.6.96 does not define')
  }
  if ((header.flags & HeaderFlag.Addresses) == 0) return true
  if (at + WITH_ADDRESSES_BYTES > end) {
    say('kernel: the Multiboot header at file offset ')
    sayHexadecimal(at)
    return refuse(' has address fields but ends before them: the kernel is damaged')
  }
  header.headerAddress = image.dword(at + 12)
  header.loadAddress = image.dword(at + 16)
  header.loadEnd = image.dword(at + 20)
  header.bssEnd = image.dword(at + 24)
  header.entry = image.dword(at + 28)
  return true
}

function isHeader(at: u64): bool {
  return image.dword(at) == HEADER_MAGIC && HEADER_MAGIC + image.dword(at + 4) + image.dword(at + 8) == 0
}
