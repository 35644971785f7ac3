/** An image placed by the addresses in its Multiboot header rather than by ELF: Multiboot 0.6.96, 3.1.3; Multiboot 2, 3.1.5. */
import * as ram from '../../../capability/ram'
import { claim, isFree, isRam } from '../claims'
import * as image from '../image'
import { refuse, say, sayHexadecimal, sayRange } from '../../message'

/** What to copy where, once `checkFlat` has found it sound. */
export namespace flat {
  export let fileOffset: u64 = 0
  export let start: u64 = 0 // guest physical, as linked
  export let fileBytes: u64 = 0
  export let memoryBytes: u64 = 0
}

/**
 * Checks the address fields of a header found at `headerOffset` in the file; `loadEnd` 0 means the whole file, `bssEnd` 0
 * means no zeroed part. False, with the reason logged.
 */
export function checkFlat(headerOffset: u64, headerAddress: u64, loadAddress: u64, loadEnd: u64, bssEnd: u64): bool {
  if (loadAddress > headerAddress || headerAddress - loadAddress > headerOffset) {
    say('kernel: load_addr ')
    sayHexadecimal(loadAddress)
    say(' in the Multiboot header does not match header_addr ')
    sayHexadecimal(headerAddress)
    say(' and the header at file offset ')
    sayHexadecimal(headerOffset)
    return refuse(': it would start before the file or after its header; check the linker script')
  }
  flat.fileOffset = headerOffset - (headerAddress - loadAddress)
  flat.start = loadAddress
  const rest = image.bytes() - flat.fileOffset
  flat.fileBytes = loadEnd == 0 ? rest : loadEnd - loadAddress
  if (loadEnd != 0 && (loadEnd < loadAddress || flat.fileBytes > rest)) {
    say('kernel: load_end_addr ')
    sayHexadecimal(loadEnd)
    return refuse(' in the Multiboot header is not between load_addr and the end of the file: check the linker script, or the file is cut short')
  }
  const end = flat.start + flat.fileBytes
  if (bssEnd != 0 && bssEnd < end) {
    say('kernel: bss_end_addr ')
    sayHexadecimal(bssEnd)
    return refuse(' in the Multiboot header is below the end of what is loaded: check the linker script')
  }
  flat.memoryBytes = max(end, bssEnd) - flat.start
  return true
}

/** Takes the image's memory, moved by `displacement`, and loads it. False, with the reason logged. */
export function loadFlat(displacement: u64): bool {
  const start = flat.start + displacement
  if (!isRam(start, flat.memoryBytes)) return refuseRange(start, 'do not lie in RAM: give the VM more memory or link the kernel lower')
  if (!isFree(start, flat.memoryBytes)) return refuseRange(start, 'cover 0h-4FFh or 9FC00h-FFFFFh, which the firmware tables need: link the kernel at 1 MiB or above')
  const loaded = claim(start, flat.memoryBytes) && image.copy(flat.fileOffset, start, flat.fileBytes) &&
    ram.zero(start + flat.fileBytes, flat.memoryBytes - flat.fileBytes)
  return loaded || refuseRange(start, 'cannot be read from the file: pack the image again')
}

/** True when a physical address, as linked, is in the image. */
export function isInFlat(address: u64): bool {
  return address >= flat.start && address - flat.start < flat.memoryBytes
}

function refuseRange(start: u64, why: string): bool {
  say('kernel: the load addresses of the Multiboot header (')
  sayRange(start, flat.memoryBytes)
  say(') ')
  return refuse(why)
}
